import { Patience } from './waiting.js';
import { freeSlot, letReadersIn, type Seat, type Wait } from './seat.js';
import {
  FREEING,
  MOST_SLOTS,
  RECOVERER,
  RGEN,
  WANTED,
  WRITER,
  bitOfClaim,
  holdersOf,
  readersOf,
  slotsWhere,
} from './words.js';

/*
 * Slots of dead threads are freed by one thread at a time, that which RECOVERER names, until it has repaired what they left
 * half-done. If it dies as well, whoever knows that takes its place, and frees what it was about to (FREEING).
 */

/** Milliseconds after which whoever is still in the way, and was not named, is taken for dead. */
const GRACE = 100;
/** How often it is waited for the end of that without having seen the lock at rest. */
const ROUNDS = 10;

/**
 * Frees the slots of dead threads: those named, or those in the way. `timeout`: how long to wait for the living.
 * @returns whether a dead one had the write side. Then the caller has it now, and ends with `endRecovery`
 * @throws LockTimeoutError when a living one is in the way for too long; then all is as it was, but for readers that are freed
 */
export function free(seat: Seat, dead: readonly number[] | undefined, timeout: number): boolean {
  const { words } = seat;
  const gone = dead === undefined ? 0 : slotsWhere(words, (_slot, thread) => dead.includes(thread));
  begin(seat, gone, timeout);
  let hasInherited = false;
  try {
    hasInherited = freeSlots(seat, gone | Atomics.load(words, FREEING), timeout);
    if (dead === undefined && !hasInherited) hasInherited = freeHolders(seat, timeout);
    return hasInherited;
  } finally {
    if (!hasInherited) endRecovery(seat);
  }
}

export function endRecovery({ words, claim }: Seat): void {
  if (Atomics.compareExchange(words, RECOVERER, claim, 0) === claim) Atomics.notify(words, RECOVERER);
}

function begin({ words, claim }: Seat, gone: number, timeout: number): void {
  const patience = new Patience(words, timeout);
  for (let expected = 0; ;) {
    const other = Atomics.compareExchange(words, RECOVERER, expected, claim);
    if (other === expected) return;
    const isGone = (bitOfClaim(other) & gone) !== 0;
    expected = isGone ? other : 0;
    if (!isGone && other !== 0 && !patience.sleep({ at: RECOVERER, value: other })) {
      throw patience.refusal('the right to recover', bitOfClaim(other));
    }
  }
}

/** @returns whether one of them had the write side; the caller has it then */
function freeSlots(seat: Seat, slots: number, timeout: number): boolean {
  if (slots === 0) return false;
  const { words } = seat;
  Atomics.or(words, FREEING, slots);
  const writer = Atomics.load(words, WRITER);
  const hasInherited = (bitOfClaim(writer) & slots) !== 0 && seat.inherit(writer);
  // Until nobody reads, its slot says what is still to be done.
  const last = hasInherited ? bitOfClaim(writer) : 0;
  freeEach(words, slots & ~last);
  if (!hasInherited) return false;
  const patience = new Patience(words, timeout);
  if (!acquireWithin(seat, patience)) {
    const refusal = patience.refusal('the write side', readersOf(words));
    Atomics.and(words, FREEING, ~last);
    Atomics.compareExchange(words, WRITER, seat.claim, writer);
    seat.release();
    throw refusal;
  }
  freeEach(words, last);
  return true;
}

function freeEach(words: Int32Array, slots: number): void {
  for (let slot = 0; slot < MOST_SLOTS; slot++) {
    const bit = 1 << slot;
    // Not in FREEING when it is somebody else's.
    if ((slots & bit) !== 0) freeSlot(words, slot, () => Atomics.and(words, FREEING, ~bit));
  }
  letReadersIn(words);
  // They may have died just before they woke others.
  Atomics.notify(words, RGEN);
  Atomics.notify(words, WRITER);
}

/** Frees whoever does not let it have the write side, and then whoever keeps readers out without taking it. */
function freeHolders(seat: Seat, timeout: number): boolean {
  const { words } = seat;
  const patience = new Patience(words, timeout);
  while (!acquireWithin(seat, new Patience(words, GRACE, GRACE))) {
    const readers = holdersOf(words, seat.bit) & readersOf(words);
    const holders = readers !== 0 ? readers : bitOfClaim(Atomics.load(words, WRITER)) & ~seat.bit;
    if (freeSlots(seat, holders, timeout)) return true;
    if (holders === 0 && patience.isOver) {
      seat.release();
      throw patience.refusal('the write side', holdersOf(words, seat.bit));
    }
  }
  seat.release();
  for (let round = 0; round < ROUNDS; round++) {
    const wanting = Atomics.load(words, WANTED);
    if (wanting === 0) break;
    if (isAtRest(words, wanting) && Atomics.compareExchange(words, WRITER, 0, seat.claim) === 0) {
      // As long as it has the write side, none of them can take it.
      freeSlots(seat, Atomics.load(words, WANTED) & wanting, timeout);
      seat.release();
      break;
    }
  }
  return false;
}

/** Whether nobody takes the write side for a while, though all of these want it. */
function isAtRest(words: Int32Array, wanting: number): boolean {
  const generation = Atomics.load(words, RGEN);
  const patience = new Patience(words, GRACE, GRACE);
  do {
    const isSame = Atomics.load(words, WANTED) === wanting && Atomics.load(words, RGEN) === generation;
    if (!isSame || Atomics.load(words, WRITER) !== 0) return false;
  } while (patience.sleep({ at: RGEN, value: generation }));
  return true;
}

/** @returns false when the time is over; then it is still asking */
export function acquireWithin(seat: Seat, patience: Patience): boolean {
  const wait: Wait = { at: 0, value: 0 };
  while (!seat.acquire(wait)) if (!patience.sleep(wait)) return false;
  return true;
}

import { LockMisuseError } from '../base/errors.js';
import {
  RGEN,
  TOP,
  WANTED,
  WRITER,
  claimOf,
  ownerAt,
  slotsOf,
  slotsWhere,
  stateAt,
  threadsOf,
} from './words.js';

/** In RGEN, by whoever is about to wait for it. The next number is without. */
const AWAITED = 1;

/** For what a step that got no further has to wait: until the word `at` is no longer `value`. Filled by the step. */
export interface Wait {
  at: number;
  value: number;
}

/**
 * A slot of a lock, and the steps by which whoever has it takes and leaves a side. No step waits.
 *
 * 1. A reader says that it is in, then looks whether anybody wants to write; a writer says that it wants to, then looks
 *    whether anybody is in. Each step of Atomics has its place in one order for all threads, so one of the two sees the other.
 * 2. Whoever changes what others wait for wakes them afterwards. What is waited for was read before the step failed.
 * 3. A thread may be gone after any step. Then its slot tells all: state, bit in WANTED, claim in WRITER.
 * 4. Whoever was taken for dead and is alive finds its slot in another state, and leaves everything alone.
 */
export class Seat {
  readonly words: Int32Array;
  readonly bit: number;
  readonly claim: number;
  readonly #slot: number;
  readonly #at: number;
  readonly #idle: number;
  readonly #reading: number;

  constructor(words: Int32Array, slot: number) {
    this.words = words;
    this.bit = 1 << slot;
    this.#slot = slot;
    this.#at = stateAt(slot);
    this.#idle = Atomics.load(words, this.#at);
    this.#reading = this.#idle + 1;
    this.claim = claimOf(slot, this.#idle);
  }

  /** @returns whether the read side was had; if not, the slot is as it was, and `retryEnter` comes next */
  enter(wait: Wait): boolean {
    const { words } = this;
    this.#sitDown();
    if (Atomics.load(words, WANTED) === 0) return true;
    this.leave();
    return this.retryEnter(wait);
  }

  retryEnter(wait: Wait): boolean {
    const { words } = this;
    for (;;) {
      const generation = Atomics.or(words, RGEN, AWAITED) | AWAITED;
      if (Atomics.load(words, WANTED) !== 0) {
        wait.at = RGEN;
        wait.value = generation;
        return false;
      }
      this.#sitDown();
      if (Atomics.load(words, WANTED) === 0) return true;
      this.leave();
    }
  }

  leave(): void {
    const { words } = this;
    if (Atomics.compareExchange(words, this.#at, this.#reading, this.#idle) !== this.#reading)
      throw takenForDead();
    if (Atomics.load(words, WANTED) !== 0) Atomics.notify(words, this.#at);
  }

  /**
   * Asks for the write side, or goes on asking. @returns whether it was had; if not, readers are held back until the next
   * call that gives it, or `release`
   */
  acquire(wait: Wait): boolean {
    const { words } = this;
    this.requireAlive();
    Atomics.or(words, WANTED, this.bit);
    const writer = Atomics.compareExchange(words, WRITER, 0, this.claim);
    if (writer !== 0 && writer !== this.claim) {
      wait.at = WRITER;
      wait.value = writer;
      return false;
    }
    const top = Atomics.load(words, TOP);
    for (let slot = 0; slot < top; slot++) {
      const at = stateAt(slot);
      const state = Atomics.load(words, at);
      if (at === this.#at) {
        if (state !== this.#idle) this.requireAlive(); // It throws.
      } else if ((state & 1) !== 0) {
        wait.at = at;
        wait.value = state;
        return false;
      }
    }
    return true;
  }

  /** Takes the write side over from a dead thread. @returns whether that still had it */
  inherit(claim: number): boolean {
    // First: readers must not come in between.
    Atomics.or(this.words, WANTED, this.bit);
    if (Atomics.compareExchange(this.words, WRITER, claim, this.claim) === claim) return true;
    this.release();
    return false;
  }

  /** Gives back the write side that was had. @returns false when this thread was taken for dead meanwhile */
  leaveWrite(): boolean {
    const { words } = this;
    if (Atomics.compareExchange(words, WRITER, this.claim, 0) !== this.claim) return false;
    this.#letOthersIn(Atomics.and(words, WANTED, ~this.bit) & ~this.bit, true);
    return true;
  }

  /** Ends asking for the write side, however far that has come. */
  release(): void {
    const { words } = this;
    const had = Atomics.compareExchange(words, WRITER, this.claim, 0) === this.claim;
    // Where the slot is nobody's, a bit that was set too late must not stay.
    const isOurs = this.isAlive || Atomics.load(words, ownerAt(this.#slot)) === 0;
    const wanting = isOurs ? Atomics.and(words, WANTED, ~this.bit) & ~this.bit : Atomics.load(words, WANTED);
    this.#letOthersIn(wanting, had);
  }

  /** Who waits for the write side said before that it wants to write: readers or it. */
  #letOthersIn(wanting: number, isFree: boolean): void {
    if (wanting === 0) letReadersIn(this.words);
    else if (isFree) Atomics.notify(this.words, WRITER);
  }

  /** Whether the slot is still whose it was. Not while it reads. */
  get isAlive(): boolean {
    return Atomics.load(this.words, this.#at) === this.#idle;
  }

  /** @throws LockMisuseError, having given back what it had */
  requireAlive(): void {
    if (this.isAlive) return;
    this.release();
    throw takenForDead();
  }

  /** Gives the slot back. */
  vacate(): void {
    if (this.isAlive) Atomics.store(this.words, ownerAt(this.#slot), 0);
  }

  /** Says that it reads. What a call that was cut off has left there is its own. */
  #sitDown(): void {
    const state = Atomics.compareExchange(this.words, this.#at, this.#idle, this.#reading);
    if (state !== this.#idle && state !== this.#reading) throw takenForDead();
  }
}

/** Takes a free slot. @throws LockMisuseError where there is none */
export function takeSeat(words: Int32Array, thread: number): Seat {
  const slots = slotsOf(words);
  for (let slot = 0; slot < slots; slot++) {
    if (Atomics.compareExchange(words, ownerAt(slot), 0, thread + 1) !== 0) continue;
    raiseTop(words, slot + 1);
    return new Seat(words, slot);
  }
  const threads = threadsOf(
    words,
    slotsWhere(words, () => true),
  );
  throw new LockMisuseError(
    `all ${slots} slots of the lock are taken, by ${nameThreads(threads)}: close() what is no longer used; slots of threads ` +
      'that died come back by recover',
  );
}

/** Before anybody sits there: a writer who does not see it yet will be seen from there. */
function raiseTop(words: Int32Array, top: number): void {
  for (let seen = Atomics.load(words, TOP); seen < top;) {
    seen = Atomics.compareExchange(words, TOP, seen, top);
  }
}

/** Wakes those who wait to read. */
export function letReadersIn(words: Int32Array): void {
  const generation = Atomics.load(words, RGEN);
  if ((generation & AWAITED) === 0) return;
  Atomics.compareExchange(words, RGEN, generation, generation + 1);
  Atomics.notify(words, RGEN);
}

/** Frees a slot of a dead thread. */
export function freeSlot(words: Int32Array, slot: number, beforeItIsFree: () => void): void {
  const state = Atomics.load(words, stateAt(slot));
  Atomics.store(words, stateAt(slot), (state | 1) + 1);
  Atomics.notify(words, stateAt(slot));
  Atomics.and(words, WANTED, ~(1 << slot));
  beforeItIsFree();
  Atomics.store(words, ownerAt(slot), 0);
}

export function nameThreads(threads: readonly number[]): string {
  return `${threads.length === 1 ? 'thread' : 'threads'} ${threads.join(', ')}`;
}

function takenForDead(): LockMisuseError {
  return new LockMisuseError(
    'this thread was taken for dead by a recover in another one, and its slot was freed: what it held is not its own any ' +
      'more. Attach anew',
  );
}

/**
 * The shared words of a lock. All but those of the header are read and written by Atomics only.
 *
 *     0     magic, version, slots
 *     32    TOP         slots that were ever taken: writers look at no more
 *     64    WANTED      a bit for each slot that writes or wants to; readers stay out while there is one
 *     96    WRITER      who has the write side (`claimOf`), or 0
 *     128   RGEN        what readers wait for: odd while there may be some, and one more when WANTED is 0 again
 *     160   RECOVERER   who frees slots of the dead, or repairs what they left (`claimOf`), or 0
 *     161   FREEING     a bit for each slot that it was about to free
 *     162   NEXT_ID     how many ids of threads were made up
 *     192.. slots       STATE: odd while it reads; by 2 more each time that it was freed from a dead thread
 *                       OWNER: 1 + the id of the thread that has it, or 0
 *
 * What different threads write lies 128 bytes apart, so that none takes the cache line of another.
 */
export const TOP = 32;
export const WANTED = 64;
export const WRITER = 96;
export const RGEN = 128;
export const RECOVERER = 160;
export const FREEING = 161;
const NEXT_ID = 162;
const SLOTS = 192;
const SLOT_LENGTH = 32;

const MAGIC = 0x666d6c6b;
const VERSION = 1;
/** As many as there are bits in WANTED that leave it positive. */
export const MOST_SLOTS = 31;
/** A claim has the slot, counted from 1, in so many bits, and above them the times that the slot was freed. */
const SLOT_BITS = 5;
/** No engine counts its threads so far. */
const FIRST_MADE_UP_ID = 1_000_000;

export function makeWords(slots: number): Int32Array<SharedArrayBuffer> {
  const bytes = (SLOTS + slots * SLOT_LENGTH) * Int32Array.BYTES_PER_ELEMENT;
  const words = new Int32Array(new SharedArrayBuffer(bytes));
  words.set([MAGIC, VERSION, slots]);
  return words;
}

/** The words in a buffer that a handle has. @returns undefined where it has none of this version */
export function wordsIn(buffer: SharedArrayBuffer): Int32Array<SharedArrayBuffer> | undefined {
  const { byteLength } = buffer;
  if (byteLength < SLOTS * Int32Array.BYTES_PER_ELEMENT || byteLength % 4 !== 0) return undefined;
  const words = new Int32Array(buffer, 0, byteLength / 4);
  const slots = slotsOf(words);
  const isOurs = words[0] === MAGIC && words[1] === VERSION && slots >= 1 && slots <= MOST_SLOTS;
  return isOurs && words.length === SLOTS + slots * SLOT_LENGTH ? words : undefined;
}

/** How many there are. */
export function slotsOf(words: Int32Array): number {
  return words[2];
}

export function stateAt(slot: number): number {
  return SLOTS + slot * SLOT_LENGTH;
}

export function ownerAt(slot: number): number {
  return stateAt(slot) + 1;
}

/** Names a slot, and whose it is: after that was freed, it is another's. `idle` is its state while it does not read. */
export function claimOf(slot: number, idle: number): number {
  return ((idle >>> 1) << SLOT_BITS) | (slot + 1);
}

/** The bit of the slot that a claim names; none for 0. */
export function bitOfClaim(claim: number): number {
  return claim === 0 ? 0 : 1 << ((claim & ((1 << SLOT_BITS) - 1)) - 1);
}

/** Bits of the slots that are taken and for which `condition` holds. */
export function slotsWhere(words: Int32Array, condition: (slot: number, thread: number) => boolean): number {
  let bits = 0;
  for (let slot = 0; slot < slotsOf(words); slot++) {
    const owner = Atomics.load(words, ownerAt(slot));
    if (owner !== 0 && condition(slot, owner - 1)) bits |= 1 << slot;
  }
  return bits;
}

/** Ids of the threads that have these slots, each once. */
export function threadsOf(words: Int32Array, bits: number): number[] {
  const threads = new Set<number>();
  slotsWhere(words, (slot, thread) => {
    if (((bits >>> slot) & 1) !== 0) threads.add(thread);
    return false;
  });
  return [...threads];
}

export function madeUpId(words: Int32Array): number {
  return FIRST_MADE_UP_ID + Atomics.add(words, NEXT_ID, 1);
}

/** Which slots read just now. */
export function readersOf(words: Int32Array): number {
  return slotsWhere(words, (slot) => (Atomics.load(words, stateAt(slot)) & 1) !== 0);
}

/** Looks so often, as one who is turned away is in for an instant. */
const LOOKS = 8;

/**
 * Who is in the way: those who read, for a writer beside them is still waiting for them; otherwise who writes; otherwise
 * who wants to write, for they hold readers back.
 */
export function holdersOf(words: Int32Array, except: number): number {
  let readers = ~except;
  for (let look = 0; look < LOOKS && readers !== 0; look++) readers &= readersOf(words);
  if (readers !== 0) return readers;
  const writer = bitOfClaim(Atomics.load(words, WRITER)) & ~except;
  return writer !== 0 ? writer : Atomics.load(words, WANTED) & ~except;
}

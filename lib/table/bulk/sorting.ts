import { compareBytes, sharedInKv } from '../../base/bytes.js';
import type { Growable } from '../../storage/growable.js';
import { KEY_LENGTH, OFFSET } from '../../storage/layout.js';

/**
 * Words for each entry of a batch whose records are staged: OFFSET, KEY_LENGTH and VALUE_LENGTH, as in a node; and the node
 * with its key, NONE where there is none yet.
 */
export const STAGED_WORDS = 4;
export const STAGED_NODE = 3;

/** Words for each entry in the order of keys: which one it is, and what is known of where it belongs. */
export const SORTED_WORDS = 2;
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
/** In the lower half of an integer of 64 bits. */
export const WHICH = IS_LITTLE_ENDIAN ? 0 : 1;
export const WHERE = 1 - WHICH;
/** WHERE of an entry whose key has a node. */
export const SETTLED = -0x80000000;

/** Entries for which room is kept. */
export const MAX_KEPT = 1 << 16;
/** Entries that are taken as they are, if they are in ascending order. */
const MIN_ASCENDING = 1 << 8;
const MAX_ASCENDING = 1 << 10;
/** So few are compared with one another. */
const FEW = 4;
/** After so many sortings of what others have left equal, it costs more than it is worth. */
const MAX_DEPTH = 32;

/**
 * Sorts staged entries by key, where keys are in byte order: as integers, whose high bits are the bytes that follow what all
 * keys share, and whose low bits say which entry it is. (Typed arrays are sorted natively, and integers faster than
 * doubles.) Entries whose bytes are equal so far are sorted again by those that follow, but not any number of times: so chosen
 * keys cannot make it slow.
 */
export class Sorting {
  /**
   * SORTED_WORDS for each entry, in ascending order of keys, equal ones in the order of the batch: WHICH it is; and WHERE, how
   * many bytes its key shares with the one before. If all, it is SETTLED: its STAGED_NODE is `~` the first entry with that key.
   */
  sorted: Int32Array = new Int32Array(0);
  #integers = new BigUint64Array(0);
  /** Entries of a run whose order is found. */
  #run: Int32Array = this.sorted;
  #staged: Int32Array = this.sorted;
  #kv: Growable<Uint8Array> | undefined;
  /** Low bits of an integer that say which entry it is of. */
  #indexBits = 0;

  /**
   * Sorts entries from one on, to before another at most: as few as are worth it where they are in ascending order already,
   * so that what is done with them next finds them in the cache.
   * @returns the one behind the last of them; `from` where there is no memory for it, or the keys are not worth it
   */
  sort(kv: Growable<Uint8Array>, staged: Int32Array, from: number, to: number): number {
    const count = to - from;
    if (!this.#makeRoom(count)) return from;
    const stop = this.#takeAscending(kv, staged, from, count > MAX_ASCENDING ? from + MAX_ASCENDING : to);
    if (stop === to || stop - from >= MIN_ASCENDING) return stop;
    this.#kv = kv;
    this.#staged = staged;
    this.#indexBits = 32 - Math.clz32(to - 1);
    for (let i = from, at = WHICH; i < to; i++, at += SORTED_WORDS) this.sorted[at] = i;
    if (!this.#sortRun(0, count, 0, 0)) return from;
    this.sorted[WHERE] = 0;
    return to;
  }

  #makeRoom(count: number): boolean {
    if (this.#integers.length >= count) return true;
    const room = Math.max(MAX_ASCENDING, count);
    try {
      const run = new Int32Array(room);
      this.#integers = new BigUint64Array(room);
      this.#run = run;
    } catch {
      return false;
    }
    this.sorted = new Int32Array(this.#integers.buffer);
    return true;
  }

  /** Lets go of what need not be kept. */
  release(): void {
    this.#kv = undefined;
    if (this.#integers.length > MAX_KEPT) {
      this.#integers = new BigUint64Array(0);
      this.sorted = new Int32Array(0);
      this.#run = this.sorted;
    }
    this.#staged = this.sorted;
  }

  /** Takes entries as long as they are in ascending order. @returns the first that is not */
  #takeAscending({ view }: Growable<Uint8Array>, staged: Int32Array, from: number, to: number): number {
    const { sorted } = this;
    let at = STAGED_WORDS * from;
    let offset = staged[at + OFFSET];
    let length = staged[at + KEY_LENGTH];
    sorted[WHICH] = from;
    sorted[WHERE] = 0;
    for (let i = from + 1, pair = SORTED_WORDS; i < to; i++, pair += SORTED_WORDS) {
      at += STAGED_WORDS;
      const before = offset;
      const lengthBefore = length;
      offset = staged[at + OFFSET];
      length = staged[at + KEY_LENGTH];
      const end = length < lengthBefore ? length : lengthBefore;
      const shared = sharedInKv(view, before, offset, 0, end) | 0;
      const isAbove =
        shared < end
          ? view.getUint8(before + shared) < view.getUint8(offset + shared)
          : lengthBefore < length;
      if (!isAbove) return i;
      sorted[pair + WHICH] = i;
      sorted[pair + WHERE] = shared;
    }
    return to;
  }

  /**
   * Sorts those from one position to before another, whose keys share `skip` bytes. What the first of them shares with the
   * one before is for the caller to say.
   * @returns whether they are sorted
   */
  #sortRun(from: number, to: number, skip: number, depth: number): boolean {
    const { sorted } = this;
    const staged = this.#staged;
    const indexMask = (1 << this.#indexBits) - 1;
    const shared = this.#makeIntegers(from, to, skip, ~indexMask);
    this.#integers.subarray(from, to).sort();
    /** Where a run of equal integers begins, and these, less the entry. */
    let begin = from;
    let high = sorted[SORTED_WORDS * from + WHERE];
    let low = sorted[SORTED_WORDS * from + WHICH] & ~indexMask;
    sorted[SORTED_WORDS * from + WHICH] &= indexMask;
    /** What the first of the run shares with the last of the one before. */
    let sharedBefore = 0;
    for (let j = from + 1; j <= to; j++) {
      const pair = SORTED_WORDS * j;
      const nextHigh = j === to ? 0 : sorted[pair + WHERE];
      const nextLow = j === to ? 0 : sorted[pair + WHICH] & ~indexMask;
      if (j < to) {
        sorted[pair + WHICH] &= indexMask;
        if (nextHigh === high && nextLow === low) continue;
      }
      if (j - begin > 1 && !this.#sortEqual(begin, j, shared, depth)) return false;
      sorted[SORTED_WORDS * begin + WHERE] = sharedBefore;
      const bits = nextHigh !== high ? Math.clz32(nextHigh ^ high) : 32 + Math.clz32(nextLow ^ low);
      // Where a key ends, the integer goes on with zeros.
      const length = staged[STAGED_WORDS * sorted[pair - SORTED_WORDS + WHICH] + KEY_LENGTH];
      sharedBefore = shared + (bits >> 3);
      if (sharedBefore > length) sharedBefore = length;
      begin = j;
      high = nextHigh;
      low = nextLow;
    }
    return true;
  }

  /** Makes the integers of entries whose keys share `skip` bytes. @returns how many they share in all */
  #makeIntegers(from: number, to: number, skip: number, mask: number): number {
    const { sorted } = this;
    const staged = this.#staged;
    const { view } = this.#kv!;
    let at = STAGED_WORDS * sorted[SORTED_WORDS * from + WHICH];
    const first = staged[at + OFFSET];
    let shared = staged[at + KEY_LENGTH];
    for (let j = from + 1; j < to; j++) {
      at = STAGED_WORDS * sorted[SORTED_WORDS * j + WHICH];
      const length = staged[at + KEY_LENGTH];
      shared = sharedInKv(view, first, staged[at + OFFSET], skip, length < shared ? length : shared) | 0;
    }
    for (let j = from; j < to; j++) {
      const pair = SORTED_WORDS * j;
      at = STAGED_WORDS * sorted[pair + WHICH];
      const start = (staged[at + OFFSET] + shared) | 0;
      const left = staged[at + KEY_LENGTH] - shared;
      sorted[pair + WHERE] = left >= 4 ? view.getInt32(start) : bytesOf(view, start, left);
      const low = left >= 8 ? view.getInt32(start + 4) : bytesOf(view, start + 4, left - 4);
      sorted[pair + WHICH] |= low & mask;
    }
    return shared;
  }

  /** Sorts those whose integers were equal, in the order of the batch so far. @returns whether they are sorted */
  #sortEqual(from: number, to: number, shared: number, depth: number): boolean {
    if (to - from <= FEW) {
      this.#sortFew(from, to, shared);
      return true;
    }
    const whole = shared + ((64 - this.#indexBits) >> 3);
    const rest = this.#takeShort(from, to, shared, whole);
    if (rest === to) return true;
    const where = rest === from ? 0 : this.#keyLengthAt(rest - 1);
    if (to - rest > 1 && (depth === MAX_DEPTH || !this.#sortRun(rest, to, whole, depth + 1))) return false;
    this.sorted[SORTED_WORDS * rest + WHERE] = where;
    return true;
  }

  /**
   * Takes to the front the keys that end before `whole`. Where others go on they have zeros, as their integers are equal: each
   * is the beginning of all longer ones, and those of one length are equal.
   * @returns where the others begin
   */
  #takeShort(from: number, to: number, shared: number, whole: number): number {
    const { sorted } = this;
    const run = this.#run;
    let long = 0;
    for (let j = from; j < to; j++) {
      if (this.#keyLengthAt(j) >= whole) long++;
      run[j - from] = sorted[SORTED_WORDS * j + WHICH];
    }
    if (long === to - from) return from;
    let j = from;
    for (let length = shared; length < whole; length++) {
      let first = -1;
      for (let i = 0; i < to - from; i++) {
        const at = STAGED_WORDS * run[i];
        if (this.#staged[at + KEY_LENGTH] !== length) continue;
        if (first >= 0) this.#staged[at + STAGED_NODE] = ~first;
        sorted[SORTED_WORDS * j + WHICH] = run[i];
        sorted[SORTED_WORDS * j + WHERE] = first >= 0 ? SETTLED : j === from ? 0 : this.#keyLengthAt(j - 1);
        if (first < 0) first = run[i];
        j++;
      }
    }
    const rest = j;
    for (let i = 0; i < to - from; i++) {
      if (this.#staged[STAGED_WORDS * run[i] + KEY_LENGTH] >= whole) {
        sorted[SORTED_WORDS * j++ + WHICH] = run[i];
      }
    }
    return rest;
  }

  #keyLengthAt(position: number): number {
    return this.#staged[STAGED_WORDS * this.sorted[SORTED_WORDS * position + WHICH] + KEY_LENGTH];
  }

  /** Sorts a few by comparing them. */
  #sortFew(from: number, to: number, skip: number): void {
    const { sorted } = this;
    for (let j = from + 1; j < to; j++) {
      const entry = sorted[SORTED_WORDS * j + WHICH];
      let place = j;
      for (; place > from; place--) {
        const before = sorted[SORTED_WORDS * (place - 1) + WHICH];
        if (this.#compare(before, entry, this.#sharedBy(before, entry, skip)) <= 0) break;
        sorted[SORTED_WORDS * place + WHICH] = before;
      }
      sorted[SORTED_WORDS * place + WHICH] = entry;
    }
    let first = sorted[SORTED_WORDS * from + WHICH];
    for (let j = from + 1; j < to; j++) {
      const entry = sorted[SORTED_WORDS * j + WHICH];
      const shared = this.#sharedBy(sorted[SORTED_WORDS * (j - 1) + WHICH], entry, skip);
      const isEqual = shared === this.#keyLengthAt(j) && shared === this.#keyLengthAt(j - 1);
      if (isEqual) {
        this.#staged[STAGED_WORDS * entry + STAGED_NODE] = ~first;
      } else {
        first = entry;
      }
      sorted[SORTED_WORDS * j + WHERE] = isEqual ? SETTLED : shared;
    }
  }

  /** How many bytes the keys of two entries share, if the first `skip` are the same. */
  #sharedBy(a: number, b: number, skip: number): number {
    const staged = this.#staged;
    const inA = STAGED_WORDS * a;
    const inB = STAGED_WORDS * b;
    const end = Math.min(staged[inA + KEY_LENGTH], staged[inB + KEY_LENGTH]);
    return sharedInKv(this.#kv!.view, staged[inA + OFFSET], staged[inB + OFFSET], skip, end);
  }

  /** Compares the keys of two entries, which share the first `skip` bytes. */
  #compare(a: number, b: number, skip: number): number {
    const staged = this.#staged;
    const kv = this.#kv!.array;
    const startA = staged[STAGED_WORDS * a + OFFSET];
    const startB = staged[STAGED_WORDS * b + OFFSET];
    const endA = startA + staged[STAGED_WORDS * a + KEY_LENGTH];
    const endB = startB + staged[STAGED_WORDS * b + KEY_LENGTH];
    return compareBytes(kv, startA, endA, kv, startB, endB, skip);
  }
}

/** Up to four bytes, the first of them highest, and zeros. */
function bytesOf(view: DataView, start: number, count: number): number {
  let word = 0;
  for (let i = 0, shift = 24; i < count && i < 4; i++, shift -= 8) word |= view.getUint8(start + i) << shift;
  return word;
}

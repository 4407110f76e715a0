import { compareBytes, sharedInKv } from '../../base/bytes.js';
import { keepOne } from '../../base/kept.js';
import type { Growable } from '../../storage/growable.js';
import { KEY_LENGTH, OFFSET } from '../../storage/layout.js';
import { STAGED_NODE, STAGED_WORDS } from './staging.js';

/** So few are compared with one another. */
const FEW = 8;
/** After so many sortings of what others have left equal, entries are compared: chosen keys could go on for ever. */
const MAX_DEPTH = 32;

const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
/** Which half of an integer of 64 bits is which. */
const LOW = IS_LITTLE_ENDIAN ? 0 : 1;
const HIGH = 1 - LOW;

/**
 * Finds the order of staged entries by their keys, where these are in byte order; equal ones stay in the order they are in,
 * and the STAGED_NODE of all but the first of them becomes `~` the first.
 *
 * They are sorted as integers, whose high bits are the bytes that follow what all keys share, and whose low bits say which
 * entry it is: typed arrays of 64-bit integers are sorted natively. Entries whose bytes are equal so far are sorted again by
 * those that follow, or compared.
 * @returns which entry is first, second, ...
 * @throws RangeError when there is no memory for it
 */
export function sortStaged(kv: Growable<Uint8Array>, staged: Int32Array, count: number): Int32Array {
  const sort = new Sort(kv, staged, count);
  keepOne(Sort, () => new Sort(undefined, EMPTY, 0));
  sort.run(0, count, 0, 0);
  return sort.order;
}

const EMPTY = new Int32Array(0);

class Sort {
  readonly order: Int32Array;
  readonly #kv: Growable<Uint8Array> | undefined;
  readonly #staged: Int32Array;
  readonly #integers: BigUint64Array;
  /** The same in halves, to be read and written without making an object of each. */
  readonly #halves: Int32Array;
  /** Low bits of an integer that say which entry it is of. */
  readonly #indexBits: number;

  constructor(kv: Growable<Uint8Array> | undefined, staged: Int32Array, count: number) {
    this.#kv = kv;
    this.#staged = staged;
    this.#integers = new BigUint64Array(count);
    this.#halves = new Int32Array(this.#integers.buffer);
    this.#indexBits = 32 - Math.clz32(count - 1);
    this.order = new Int32Array(count);
    for (let i = 0; i < count; i++) this.order[i] = i;
  }

  /** Sorts those from one position to before another, whose keys share `skip` bytes. */
  run(from: number, to: number, skip: number, depth: number): void {
    const { order } = this;
    const halves = this.#halves;
    const indexMask = this.#indexBits === 0 ? 0 : -1 >>> (32 - this.#indexBits);
    const shared = this.#makeIntegers(from, to, skip, ~indexMask);
    this.#integers.subarray(from, to).sort();
    for (let j = from; j < to; j++) order[j] = halves[2 * j + LOW] & indexMask;
    let begin = from;
    for (let j = from + 1; j <= to; j++) {
      const isEqual =
        j < to &&
        halves[2 * j + HIGH] === halves[2 * begin + HIGH] &&
        ((halves[2 * j + LOW] ^ halves[2 * begin + LOW]) & ~indexMask) === 0;
      if (isEqual) continue;
      if (j - begin > 1) this.#sortEqual(begin, j, shared, depth);
      begin = j;
    }
  }

  /** Sorts those whose integers were equal: the bytes after `shared`, and zeros where a key ends before. */
  #sortEqual(from: number, to: number, shared: number, depth: number): void {
    /** Bytes that an integer surely takes in. */
    const whole = (64 - this.#indexBits) >> 3;
    let isLong = to - from > FEW && depth < MAX_DEPTH;
    for (let j = from; j < to && isLong; j++) isLong = this.#lengthAt(j) >= shared + whole;
    if (isLong) {
      this.run(from, to, shared + whole, depth + 1);
      return;
    }
    if (to - from > FEW) {
      this.order.subarray(from, to).sort((a, b) => this.#compare(a, b, shared) || a - b);
    } else {
      this.#sortFew(from, to, shared);
    }
    this.#markSame(from, to, shared);
  }

  #sortFew(from: number, to: number, shared: number): void {
    const { order } = this;
    for (let j = from + 1; j < to; j++) {
      const entry = order[j];
      let place = j;
      for (; place > from && this.#compare(order[place - 1], entry, shared) > 0; place--) {
        order[place] = order[place - 1];
      }
      order[place] = entry;
    }
  }

  #markSame(from: number, to: number, shared: number): void {
    const { order } = this;
    let first = order[from];
    for (let j = from + 1; j < to; j++) {
      if (this.#compare(first, order[j], shared) === 0) {
        this.#staged[STAGED_WORDS * order[j] + STAGED_NODE] = ~first;
      } else {
        first = order[j];
      }
    }
  }

  /** Compares the keys of two entries, which share the first `skip` bytes. */
  #compare(a: number, b: number, skip: number): number {
    const { array } = this.#kv!;
    const staged = this.#staged;
    const startA = staged[STAGED_WORDS * a + OFFSET];
    const startB = staged[STAGED_WORDS * b + OFFSET];
    const endA = startA + staged[STAGED_WORDS * a + KEY_LENGTH];
    const endB = startB + staged[STAGED_WORDS * b + KEY_LENGTH];
    return compareBytes(array, startA, endA, array, startB, endB, skip);
  }

  /** Makes the integers of entries whose keys share `skip` bytes. @returns how many they share in all */
  #makeIntegers(from: number, to: number, skip: number, mask: number): number {
    const { order } = this;
    const staged = this.#staged;
    const { view } = this.#kv!;
    const first = staged[STAGED_WORDS * order[from] + OFFSET];
    let shared = this.#lengthAt(from);
    for (let j = from + 1; j < to; j++) {
      const at = STAGED_WORDS * order[j];
      const length = staged[at + KEY_LENGTH];
      shared = sharedInKv(view, first, staged[at + OFFSET], skip, length < shared ? length : shared) | 0;
    }
    for (let j = from; j < to; j++) {
      const at = STAGED_WORDS * order[j];
      const start = (staged[at + OFFSET] + shared) | 0;
      const left = staged[at + KEY_LENGTH] - shared;
      const upper = left >= 4 ? view.getInt32(start) : bytesOf(view, start, left);
      const lower = left >= 8 ? view.getInt32(start + 4) : bytesOf(view, start + 4, left - 4);
      this.#halves[2 * j + HIGH] = upper;
      this.#halves[2 * j + LOW] = (lower & mask) | order[j];
    }
    return shared;
  }

  #lengthAt(position: number): number {
    return this.#staged[STAGED_WORDS * this.order[position] + KEY_LENGTH];
  }
}

/** Up to four bytes, the first of them highest, and zeros. */
function bytesOf(view: DataView, start: number, count: number): number {
  let word = 0;
  for (let i = 0, shift = 24; i < count && i < 4; i++, shift -= 8) word |= view.getUint8(start + i) << shift;
  return word;
}

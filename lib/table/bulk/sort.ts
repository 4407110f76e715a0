import { compareBytes, sharedInKv } from '../../base/bytes.js';
import type { Growable } from '../../storage/growable.js';
import { KEY_LENGTH, OFFSET } from '../../storage/layout.js';
import { STAGED_WORDS } from './staging.js';

/** So few are compared with one another. */
const FEW = 8;
/** After so many sortings of what others have left equal, entries are compared: chosen keys could go on for ever. */
const MAX_DEPTH = 32;

/**
 * Puts staged entries in the order of their keys, where these are in byte order; equal ones stay in the order they are in.
 *
 * They are sorted as integers, whose high bits are the bytes that follow what all keys share, and whose low bits say which
 * entry it is: typed arrays of 64-bit integers are sorted natively. Entries whose bytes are equal so far are sorted again by
 * those that follow, or compared.
 * @param order of all entries, in the order of the batch; becomes which one is first, second, ...
 * @throws RangeError when there is no memory for it
 */
export function sortStaged(kv: Growable<Uint8Array>, staged: Int32Array, order: Int32Array): void {
  new Sort(kv, staged, order).sort(0, order.length, 0, 0);
}

class Sort {
  readonly #kv: Growable<Uint8Array>;
  readonly #staged: Int32Array;
  readonly #order: Int32Array;
  readonly #integers: BigUint64Array;
  /** The same, to be read and written without making an object of each. */
  readonly #halves: DataView;
  /** Low bits of an integer that say which entry it is of. */
  readonly #indexBits: number;

  constructor(kv: Growable<Uint8Array>, staged: Int32Array, order: Int32Array) {
    this.#kv = kv;
    this.#staged = staged;
    this.#order = order;
    this.#integers = new BigUint64Array(order.length);
    this.#halves = new DataView(this.#integers.buffer);
    this.#indexBits = 32 - Math.clz32(order.length - 1);
  }

  /** Sorts those from one position to before another, whose keys share `skip` bytes. */
  sort(from: number, to: number, skip: number, depth: number): void {
    const order = this.#order;
    const halves = this.#halves;
    const indexMask = this.#indexBits === 0 ? 0 : -1 >>> (32 - this.#indexBits);
    const shared = this.#makeIntegers(from, to, skip, ~indexMask);
    this.#integers.subarray(from, to).sort();
    /** Bytes that an integer surely takes in. */
    const whole = (64 - this.#indexBits) >> 3;
    let begin = from;
    for (let j = from; j < to; j++) order[j] = low(halves, j) & indexMask;
    for (let j = from + 1; j <= to; j++) {
      const isEqual =
        j < to &&
        high(halves, j) === high(halves, begin) &&
        ((low(halves, j) ^ low(halves, begin)) & ~indexMask) === 0;
      if (isEqual) continue;
      if (j - begin > 1) this.#sortEqual(begin, j, shared, whole, depth);
      begin = j;
    }
  }

  /** Sorts those whose integers were equal: the bytes after `shared`, and zeros where a key ends before `whole` of them. */
  #sortEqual(from: number, to: number, shared: number, whole: number, depth: number): void {
    if (to - from > FEW && depth < MAX_DEPTH) {
      let isLong = true;
      for (let j = from; j < to && isLong; j++) isLong = this.#lengthAt(j) >= shared + whole;
      if (isLong) {
        // Those of this run alone are written anew; the caller has gone past them.
        this.sort(from, to, shared + whole, depth + 1);
        return;
      }
    }
    if (to - from > FEW) {
      this.#order.subarray(from, to).sort((a, b) => this.#compare(a, b, shared) || a - b);
      return;
    }
    const order = this.#order;
    for (let j = from + 1; j < to; j++) {
      const entry = order[j];
      let place = j;
      for (; place > from && this.#compare(order[place - 1], entry, shared) > 0; place--) {
        order[place] = order[place - 1];
      }
      order[place] = entry;
    }
  }

  /** Compares the keys of two entries, which share the first `skip` bytes. */
  #compare(a: number, b: number, skip: number): number {
    const { array } = this.#kv;
    const staged = this.#staged;
    const startA = staged[STAGED_WORDS * a + OFFSET];
    const startB = staged[STAGED_WORDS * b + OFFSET];
    const endA = startA + staged[STAGED_WORDS * a + KEY_LENGTH];
    const endB = startB + staged[STAGED_WORDS * b + KEY_LENGTH];
    return compareBytes(array, startA, endA, array, startB, endB, skip);
  }

  /** Makes the integers of entries whose keys share `skip` bytes. @returns how many they share in all */
  #makeIntegers(from: number, to: number, skip: number, mask: number): number {
    const order = this.#order;
    const staged = this.#staged;
    const { view } = this.#kv;
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
      this.#halves.setInt32(8 * j + HIGH, upper, IS_LITTLE_ENDIAN);
      this.#halves.setInt32(8 * j + LOW, (lower & mask) | order[j], IS_LITTLE_ENDIAN);
    }
    return shared;
  }

  #lengthAt(position: number): number {
    return this.#staged[STAGED_WORDS * this.#order[position] + KEY_LENGTH];
  }
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
/** Where in an integer of 64 bits its halves stand. */
const HIGH = IS_LITTLE_ENDIAN ? 4 : 0;
const LOW = 4 - HIGH;

function high(halves: DataView, position: number): number {
  return halves.getInt32(8 * position + HIGH, IS_LITTLE_ENDIAN);
}

function low(halves: DataView, position: number): number {
  return halves.getInt32(8 * position + LOW, IS_LITTLE_ENDIAN);
}

/** Up to four bytes, the first of them highest, and zeros. */
function bytesOf(view: DataView, start: number, count: number): number {
  let word = 0;
  for (let i = 0, shift = 24; i < count && i < 4; i++, shift -= 8) word |= view.getUint8(start + i) << shift;
  return word;
}

import { describe } from './arguments.js';
import { compareBytes, lengthOf } from './bytes.js';
import { bytewise, type Comparer } from './comparer.js';
import { LockMisuseError } from './errors.js';

/**
 * Compares a stored key with a given one: the one place where that is done. The stored key is
 * kv[offset, offset + length), the given one key[start, start + keyLength): a scratch buffer may be longer than its key,
 * and a key that is to be put already stands in kv.
 */
export interface Order {
  /**
   * How many bytes at the end of every key do not take part in byte order: keys whose bytes before that tail differ
   * are ordered by those bytes, as `compareBytes` does it; only where these are the same does the tail decide, in a
   * way that `compare` alone knows. 0 where keys are plainly in byte order, `undefined` where nothing is known.
   */
  readonly byteOrderedTail?: number;
  /** Whether a caller's comparer is running: what it calls meanwhile is called from inside. */
  readonly comparing?: boolean;
  /** Between comparisons: lets go of arrays that it keeps for the next one, and of one that was cut off. */
  forget?(): void;
  /** @param skip how many bytes at the beginning are known to be the same; 0 where keys are in no byte order */
  compare(
    kv: Uint8Array,
    offset: number,
    length: number,
    key: Uint8Array,
    start: number,
    keyLength: number,
    skip: number,
  ): number;
}

/** A comparer may know a faster form of itself: a method of this name gives it, or `undefined`. */
export const toOrder: unique symbol = Symbol('toOrder');

export interface OrderedComparer extends Comparer {
  [toOrder](): Order | undefined;
}

export function orderOf(comparer: Comparer): Order {
  if (comparer === bytewise) return byteOrder;
  return (comparer as Partial<OrderedComparer>)[toOrder]?.() ?? new CustomOrder(comparer);
}

export const byteOrder: Order = {
  byteOrderedTail: 0,
  compare: (kv, offset, length, key, start, keyLength, skip) =>
    compareBytes(kv, offset, offset + length, key, start, start + keyLength, skip),
};

const NO_BYTES = new Uint8Array(0);

/** A caller's comparer, which may throw, call back, or answer nonsense. */
export class CustomOrder implements Order {
  readonly #comparer: Comparer;
  #comparing = false;
  /** The last part of a longer array that was given: it takes as long to make as a comparison. */
  #given: Uint8Array = NO_BYTES;
  #givenOf: Uint8Array | undefined;
  #givenStart = 0;

  constructor(comparer: Comparer) {
    this.#comparer = comparer;
  }

  get comparing(): boolean {
    return this.#comparing;
  }

  compare(
    kv: Uint8Array,
    offset: number,
    length: number,
    key: Uint8Array,
    start: number,
    keyLength: number,
  ): number {
    // A read inside a read is no conflict for the lock, but from a comparer it would recurse without end.
    if (this.#comparing) throw new LockMisuseError('a comparer must not call the DB it serves');
    const stored = kv.subarray(offset, offset + length);
    const given = keyLength === lengthOf(key) ? key : this.#partOf(key, start, keyLength);
    let result: unknown;
    this.#comparing = true;
    try {
      result = this.#comparer.compare(stored, given);
    } finally {
      this.#comparing = false;
    }
    if (typeof result !== 'number' || Number.isNaN(result)) {
      throw new TypeError(
        `comparer '${this.#comparer.name}' must return a number, but gave ${describe(result)}`,
      );
    }
    return result;
  }

  forget(): void {
    this.#comparing = false;
    this.#given = NO_BYTES;
    this.#givenOf = undefined;
  }

  #partOf(key: Uint8Array, start: number, length: number): Uint8Array {
    const isKnown = this.#givenOf === key && this.#givenStart === start && this.#given.length === length;
    if (!isKnown) {
      this.#given = key.subarray(start, start + length);
      this.#givenOf = key;
      this.#givenStart = start;
    }
    return this.#given;
  }
}

import { compareBytes, describe } from './bytes.js';
import { bytewise, type Comparer } from './comparer.js';
import { LockMisuseError } from './errors.js';

/**
 * Compares a stored key with a given one: the one place where that is done. The stored key is
 * kv[offset, offset + length), the given one key[0, keyLength) (a scratch buffer may be longer than its key).
 */
export interface Order {
  /**
   * How many bytes at the end of every key do not take part in byte order: keys whose bytes before that tail differ
   * are ordered by those bytes, as `compareBytes` does it; only where these are the same does the tail decide, in a
   * way that `compare` alone knows. 0 where keys are plainly in byte order, `undefined` where nothing is known.
   */
  readonly byteOrderedTail?: number;
  compare(kv: Uint8Array, offset: number, length: number, key: Uint8Array, keyLength: number): number;
}

export function orderOf(comparer: Comparer): Order {
  return comparer === bytewise ? byteOrder : new CustomOrder(comparer);
}

export const byteOrder: Order = {
  byteOrderedTail: 0,
  compare: (kv, offset, length, key, keyLength) =>
    compareBytes(kv, offset, offset + length, key, 0, keyLength),
};

/** A caller's comparer, which may throw, call back, or answer nonsense. */
export class CustomOrder implements Order {
  readonly #comparer: Comparer;
  #comparing = false;

  constructor(comparer: Comparer) {
    this.#comparer = comparer;
  }

  compare(kv: Uint8Array, offset: number, length: number, key: Uint8Array, keyLength: number): number {
    // A read inside a read is no conflict for the lock, but from a comparer it would recurse without end.
    if (this.#comparing) throw new LockMisuseError('a comparer must not call the DB it serves');
    this.#comparing = true;
    try {
      const given = keyLength === key.length ? key : key.subarray(0, keyLength);
      const result: unknown = this.#comparer.compare(kv.subarray(offset, offset + length), given);
      if (typeof result !== 'number' || Number.isNaN(result)) {
        throw new TypeError(
          `comparer '${this.#comparer.name}' must return a number, but gave ${describe(result)}`,
        );
      }
      return result;
    } finally {
      this.#comparing = false;
    }
  }
}

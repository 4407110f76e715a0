import { compareBytes, describe } from './bytes.js';
import { bytewise, type Comparer } from './comparer.js';
import { LockMisuseError } from './errors.js';
import { InternalKeyComparer, TAG_LENGTH, compareTags, requireTag } from './internalkey.js';

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

export function orderOf(comparer: Comparer): Order {
  if (comparer === bytewise) return byteOrder;
  return isInternalOrder(comparer) ? new InternalOrder(comparer) : new CustomOrder(comparer);
}

export const byteOrder: Order = {
  byteOrderedTail: 0,
  compare: (kv, offset, length, key, start, keyLength, skip) =>
    compareBytes(kv, offset, offset + length, key, start, start + keyLength, skip),
};

/** Unless a subclass has an order of its own. */
function isInternalOrder(comparer: Comparer): comparer is InternalKeyComparer {
  return (
    comparer instanceof InternalKeyComparer && comparer.compare === InternalKeyComparer.prototype.compare
  );
}

/** Internal keys, see `makeInternalKey`: in the order of their user keys, then the larger tag first. */
export class InternalOrder implements Order {
  /** The order of the user keys. */
  readonly user: Order;
  readonly byteOrderedTail: number | undefined;

  constructor(comparer: InternalKeyComparer) {
    this.user = orderOf(comparer.userComparer);
    this.byteOrderedTail = this.user === byteOrder ? TAG_LENGTH : undefined;
  }

  get comparing(): boolean {
    return this.user.comparing === true;
  }

  /** @throws InternalKeyCorruptedError when a key is too short to hold a tag */
  compare(
    kv: Uint8Array,
    offset: number,
    length: number,
    key: Uint8Array,
    start: number,
    keyLength: number,
    skip: number,
  ): number {
    requireTag(length);
    requireTag(keyLength);
    const tag = length - TAG_LENGTH;
    const givenTag = keyLength - TAG_LENGTH;
    const result = this.user.compare(kv, offset, tag, key, start, givenTag, skip);
    return result !== 0 ? result : compareTags(kv, offset + tag, key, start + givenTag);
  }
}

/** A caller's comparer, which may throw, call back, or answer nonsense. */
export class CustomOrder implements Order {
  readonly #comparer: Comparer;
  #comparing = false;
  /** The last part of a longer array that was given: it takes as long to make as a comparison. */
  #given: Uint8Array = new Uint8Array(0);
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
    this.#comparing = true;
    try {
      const given = keyLength === key.length ? key : this.#partOf(key, start, keyLength);
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

/// <reference lib="esnext.disposable" preserve="true" />
import type { DB, DBIterator } from '../index.js';
import type { Codec } from './codec.js';
import type { Bounds } from './scan.js';

export type Pick = 'entry' | 'key' | 'value';

/**
 * The entries of a range, one after the other. The map may change meanwhile: a walk never yields a key after its delete
 * returned, never goes backwards and never skips a key that was there throughout. As a `Map`'s, it goes on after a `break`.
 */
export class Walk<K, V, T> implements IterableIterator<T, undefined> {
  readonly #db: DB;
  readonly #isShared: boolean;
  readonly #key: Codec<K>;
  readonly #value: Codec<V>;
  readonly #pick: Pick;
  readonly #reverse: boolean;
  /** Undefined before the first step, and after the last. */
  #cursor: DBIterator | undefined;
  #left: number;
  #isFresh = true;

  constructor(
    db: DB,
    isShared: boolean,
    key: Codec<K>,
    value: Codec<V>,
    pick: Pick,
    { range, reverse, limit }: Bounds,
  ) {
    this.#db = db;
    this.#isShared = isShared;
    this.#key = key;
    this.#value = value;
    this.#pick = pick;
    this.#reverse = reverse;
    this.#left = limit;
    this.#cursor = db.iterator(range);
  }

  next(): IteratorResult<T, undefined> {
    while (this.#step()) {
      const cursor = this.#cursor!;
      if (this.#isShared) {
        const { key, value } = cursor;
        // Another thread may have removed it meanwhile, and compacted.
        if (value !== undefined) return this.#yield(key!, 0, key!.length, value, 0, value.length);
        this.#left++;
      } else {
        const { keyStart, valueStart, valueEnd } = cursor;
        const kv = this.#db.kvData;
        return this.#yield(kv, keyStart, valueStart, kv, valueStart, valueEnd);
      }
    }
    return { value: undefined, done: true };
  }

  #yield(
    keys: Uint8Array,
    keyStart: number,
    keyEnd: number,
    values: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): IteratorResult<T, undefined> {
    const key = this.#pick === 'value' ? undefined : this.#key.read(keys, keyStart, keyEnd);
    if (this.#pick === 'key') return { value: key as T, done: false };
    const value = this.#value.read(values, valueStart, valueEnd);
    return { value: (this.#pick === 'value' ? value : [key, value]) as T, done: false };
  }

  [Symbol.iterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.#cursor?.release();
    this.#cursor = undefined;
  }

  #step(): boolean {
    const cursor = this.#cursor;
    if (cursor === undefined) return false;
    if (this.#left > 0 && this.#move(cursor)) {
      this.#left--;
      return true;
    }
    this[Symbol.dispose]();
    return false;
  }

  #move(cursor: DBIterator): boolean {
    if (this.#reverse === false) return cursor.next();
    if (this.#isFresh === false) return cursor.prev();
    this.#isFresh = false;
    return cursor.last();
  }
}

/**
 * Gives walks what the iterators of the language have in common, such as `map` and `take` where engines know these, and a tag as
 * those of a `Map` have.
 */
export function inheritFromIterators(): void {
  const ofArrays = Object.getPrototypeOf([][Symbol.iterator]()) as object;
  Object.setPrototypeOf(Walk.prototype, Object.getPrototypeOf(ofArrays) as object);
  Object.defineProperty(Walk.prototype, Symbol.toStringTag, {
    value: 'OrderedMap Iterator',
    configurable: true,
  });
}

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
  readonly #key: Codec<K>;
  readonly #value: Codec<V>;
  readonly #pick: Pick;
  readonly #reverse: boolean;
  /** Undefined before the first step, and after the last. */
  #cursor: DBIterator | undefined;
  #left: number;
  #isFresh = true;

  constructor(db: DB, key: Codec<K>, value: Codec<V>, pick: Pick, { range, reverse, limit }: Bounds) {
    this.#db = db;
    this.#key = key;
    this.#value = value;
    this.#pick = pick;
    this.#reverse = reverse;
    this.#left = limit;
    this.#cursor = db.iterator(range);
  }

  next(): IteratorResult<T, undefined> {
    if (!this.#step()) return { value: undefined, done: true };
    const cursor = this.#cursor!;
    const { keyStart, valueStart, valueEnd } = cursor;
    const kv = this.#db.kvData;
    const key = this.#pick === 'value' ? undefined : this.#key.read(kv, keyStart, valueStart);
    if (this.#pick === 'key') return { value: key as T, done: false };
    const value = this.#value.read(kv, valueStart, valueEnd);
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

/** Gives walks what the iterators of the language have in common, such as `map` and `take` where engines know these. */
export function inheritFromIterators(): void {
  const ofArrays = Object.getPrototypeOf([][Symbol.iterator]()) as object;
  Object.setPrototypeOf(Walk.prototype, Object.getPrototypeOf(ofArrays) as object);
}

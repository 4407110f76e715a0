// A database that does nothing: what a row takes with it is abstract-level's own share of that row. It answers all reads with one value, and
// its iterators have as many entries as were put. One that copies gives what is new and the caller's own, as whoever keeps no array of a
// caller's has to: what a row takes with that is the least that it can take.
import {
  AbstractIterator,
  AbstractKeyIterator,
  AbstractLevel,
  AbstractValueIterator,
  type AbstractDatabaseOptions,
} from 'abstract-level';

type Bytes = Uint8Array | string;
/** What abstract-level calls, and its types do not name. */
type Base = new (db: unknown, options: object) => object;

/** Items are made when they are asked for, as other databases do. */
function turning(Base: unknown) {
  return class extends (Base as Base) {
    #left: number;
    readonly #make: () => unknown;

    constructor(db: Idle, options: object, count: number, make: () => unknown) {
      super(db, options);
      this.#left = count;
      this.#make = make;
    }

    _next(): unknown {
      return this.#left-- > 0 ? this.#make() : undefined;
    }

    _nextv(size: number): unknown[] {
      const items: unknown[] = [];
      for (; items.length < size && this.#left > 0; this.#left--) items.push(this.#make());
      return items;
    }

    _all(): unknown[] {
      return this._nextv(Infinity);
    }
  };
}

const Entries = turning(AbstractIterator);
const Keys = turning(AbstractKeyIterator);
const Values = turning(AbstractValueIterator);

/** Several copies share a buffer, as Node's do. */
class Copies {
  #slab = Buffer.alloc(0);
  #used = 0;

  of(bytes: Bytes): Bytes {
    if (typeof bytes === 'string') return bytes;
    const { length } = bytes;
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.from(new ArrayBuffer(Math.max(length, Buffer.poolSize)));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    this.#slab.set(bytes, start);
    return Buffer.isBuffer(bytes)
      ? Buffer.from(this.#slab.buffer, start, length)
      : new Uint8Array(this.#slab.buffer, start, length);
  }
}

export class Idle extends AbstractLevel<Bytes, unknown, unknown> {
  /** What hands out. */
  readonly #out: (bytes: Bytes) => Bytes;
  #key: Bytes = '';
  #value: Bytes = '';
  #count = 0;

  constructor(
    { storeEncoding, ...options }: AbstractDatabaseOptions<unknown, unknown> & { storeEncoding?: string },
    isCopying: boolean,
  ) {
    const encodings = { [storeEncoding ?? 'buffer']: true, utf8: true };
    super(
      { has: true, getSync: true, seek: true, encodings, signals: { iterators: false } } as object,
      options,
    );
    const copies = new Copies();
    this.#out = isCopying ? (bytes) => copies.of(bytes) : (bytes) => bytes;
  }

  #note(key: Bytes, value: Bytes): void {
    this.#key = key;
    this.#value = value;
    this.#count++;
  }

  _put(key: Bytes, value: Bytes): void {
    this.#note(key, value);
  }

  _batch(operations: readonly { key: Bytes; value: Bytes }[]): void {
    for (const { key, value } of operations) this.#note(key, value);
  }

  _get = () => this.#out(this.#value);
  _getSync = () => this.#out(this.#value);
  _getMany = (keys: readonly Bytes[]) => keys.map(() => this.#out(this.#value));
  _del = () => undefined;
  _clear = () => undefined;
  _iterator = (options: object) =>
    new Entries(this, options, this.#count, () => [this.#out(this.#key), this.#out(this.#value)]);
  _keys = (options: object) => new Keys(this, options, this.#count, () => this.#out(this.#key));
  _values = (options: object) => new Values(this, options, this.#count, () => this.#out(this.#value));
}

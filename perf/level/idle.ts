// A database that does nothing: what a row takes with it is abstract-level's own share of that row. It answers all reads with one value, and
// its iterators have as many entries as were put.
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

export class Idle extends AbstractLevel<Bytes, unknown, unknown> {
  #key: Bytes = '';
  #value: Bytes = '';
  #count = 0;

  constructor({
    storeEncoding,
    ...options
  }: AbstractDatabaseOptions<unknown, unknown> & { storeEncoding?: string }) {
    const encodings = { [storeEncoding ?? 'buffer']: true, utf8: true };
    super(
      { has: true, getSync: true, seek: true, encodings, signals: { iterators: false } } as object,
      options,
    );
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

  _get = () => this.#value;
  _getSync = () => this.#value;
  _getMany = (keys: readonly Bytes[]) => keys.map(() => this.#value);
  _del = () => undefined;
  _clear = () => undefined;
  _iterator = (options: object) => new Entries(this, options, this.#count, () => [this.#key, this.#value]);
  _keys = (options: object) => new Keys(this, options, this.#count, () => this.#key);
  _values = (options: object) => new Values(this, options, this.#count, () => this.#value);
}

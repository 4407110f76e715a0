import {
  AbstractLevel,
  type AbstractDatabaseOptions,
  type AbstractOpenOptions,
  type AbstractSnapshot,
} from 'abstract-level';
import type {
  Encoded,
  EncodingOptions,
  IteratorBase,
  IteratorOptions,
  Manifest,
  Operation,
  RangeOptions,
  ReadOptions,
  SnapshotOptions,
  StoreEncoding,
  SublevelBase,
} from './abstractlevel.js';
import type { DB } from '../index.js';
import { batchOf } from './batch.js';
import { clear } from './clear.js';
import { Format } from './formats.js';
import type { Pick } from './items.js';
import { EntryIterator, KeyIterator, ValueIterator } from './iterators.js';
import { rangeOf } from './scan.js';
import { Snapshot, type Reader } from './snapshot.js';
import { Sublevel } from './sublevel.js';
import { TextOrBytes } from './textorbytes.js';
import { Versions } from './versions.js';
import { Walk } from './walk.js';

/** What the constructor takes. */
export interface DatabaseOptions<K, V> extends AbstractDatabaseOptions<K, V> {
  /**
   * What keys and values are held as: bytes, as 'buffer' (the default) or 'view', which differ in what the database hands to
   * encodings, a `Buffer` or a `Uint8Array`; or text, as 'utf8', which can't hold any bytes, and whose keys sort as JavaScript
   * compares strings.
   */
  storeEncoding?: 'buffer' | 'view' | 'utf8' | undefined;
  /** For other databases; has no effect here. */
  createIfMissing?: boolean | undefined;
  /** For other databases; has no effect here. */
  errorIfExists?: boolean | undefined;
}

/** What `open` takes. */
export interface OpenOptions extends AbstractOpenOptions {
  /** For other databases; has no effect here. */
  createIfMissing?: boolean | undefined;
  /** For other databases; has no effect here. */
  errorIfExists?: boolean | undefined;
}

/** The name under which a database gives the DBs that hold its keys: the present ones, and what was, if there is anything. For tests. */
export const STORES: unique symbol = Symbol.for('flat-memdb.level.stores');

const STORE_ENCODINGS: readonly unknown[] = ['buffer', 'view', 'utf8'];

/**
 * An `abstract-level` database in memory: with the name, options and answers of the package memory-level, on the two arrays of a
 * `DB`. Keys and values are copied in, and what comes out is the caller's own. A snapshot or iterator reads what was there when it was
 * made; it costs what is changed meanwhile, and nothing else.
 *
 * Where there is no memory for a write, it rejects with a `CapacityError` and has changed nothing; a batch is written as a whole, or not.
 * @example
 * const db = new MemoryLevel({ valueEncoding: 'json' });
 * await db.batch([
 *   { type: 'put', key: 'user:2', value: { name: 'Grace' } },
 *   { type: 'put', key: 'user:1', value: { name: 'Ada' } },
 * ]);
 * for await (const [key, value] of db.iterator({ gt: 'user:' })) console.log(key, value.name); // -> user:1 Ada, user:2 Grace
 */
export class MemoryLevel<KDefault = string, VDefault = string> extends AbstractLevel<
  Uint8Array | string,
  KDefault,
  VDefault
> {
  #versions = new Versions();
  readonly #format: Format;
  readonly #text: TextOrBytes | undefined;

  /**
   * A database of its own, which opens by itself.
   * @throws Error with code `LEVEL_ENCODING_NOT_SUPPORTED` for another `storeEncoding`; what abstract-level throws for other encodings
   * @example
   * const db = new MemoryLevel({ keyEncoding: 'view', valueEncoding: 'json', storeEncoding: 'view' });
   * await db.put(Uint8Array.of(1), { n: 1 });
   * console.log(await db.get(Uint8Array.of(1))); // -> { n: 1 }
   */
  constructor(options?: DatabaseOptions<KDefault, VDefault>);
  /** @internal */
  constructor(location: unknown, options?: DatabaseOptions<KDefault, VDefault>);
  constructor(location?: unknown, options?: DatabaseOptions<KDefault, VDefault>) {
    // Other databases take a location first.
    if (typeof location === 'object' && location !== null) options = location;
    const { storeEncoding: given, ...forward } = options ?? {};
    const storeEncoding: StoreEncoding = given || 'buffer';
    if (!STORE_ENCODINGS.includes(storeEncoding)) throw unknownEncoding();
    const manifest: Manifest = {
      seek: true,
      explicitSnapshots: true,
      permanence: false,
      createIfMissing: false,
      errorIfExists: false,
      has: true,
      getSync: true,
      // Text needs no detour by bytes.
      encodings: { [storeEncoding]: true, utf8: true },
      signals: { iterators: false },
    };
    const text = TextOrBytes.of(storeEncoding);
    super(manifest, text?.chosenBy(forward) ?? forward);
    this.#text = text;
    text?.takePlaceIn(this, forward);
    this.#format = new Format(storeEncoding, () => this.keyEncoding('buffer').encode('') as Uint8Array);
  }

  /** @internal */
  get [STORES](): readonly DB[] {
    return this.#versions.stores;
  }

  // What abstract-level calls: it awaits what these give, and has a promise of its own reject with what they throw.

  /** @internal */
  _put(key: Encoded, value: Encoded): void {
    const format = this.#format;
    this.#versions.put(format.key(key), format.value(value));
  }

  /** @internal */
  _get(key: Encoded, options: ReadOptions): Encoded | undefined {
    return this._getSync(key, options);
  }

  /** @internal */
  _getSync(key: Encoded, { snapshot, valueEncoding }: ReadOptions): Encoded | undefined {
    const format = this.#format;
    const reader = snapshot && Snapshot.readerOf(snapshot);
    const value = (reader?.versions ?? this.#versions).get(format.key(key), reader?.sequence);
    return value && format.read(value, valueEncoding);
  }

  /** @internal */
  _getMany(keys: readonly Encoded[], options: ReadOptions): (Encoded | undefined)[] {
    return keys.map((key) => this._getSync(key, options));
  }

  /** @internal */
  _has(key: Encoded, options: ReadOptions): boolean {
    return this.#has(key, options);
  }

  /** @internal */
  _hasMany(keys: readonly Encoded[], options: ReadOptions): boolean[] {
    return keys.map((key) => this.#has(key, options));
  }

  #has(key: Encoded, { snapshot }: ReadOptions): boolean {
    const format = this.#format;
    const reader = snapshot && Snapshot.readerOf(snapshot);
    return (reader?.versions ?? this.#versions).has(format.key(key), reader?.sequence);
  }

  /** @internal */
  _del(key: Encoded): void {
    this.#versions.delete(this.#format.key(key));
  }

  /** @internal */
  _batch(operations: readonly Operation[]): void {
    const format = this.#format;
    this.#versions.write(batchOf(operations, format));
  }

  /** @internal */
  async _clear(options: RangeOptions): Promise<void> {
    const format = this.#format;
    const range = rangeOf(options, (key) => format.key(key));
    const { snapshot, limit } = options;
    if (range.start === undefined && range.limit === undefined && limit === -1 && !snapshot) {
      // Whoever reads goes on with what there was.
      this.#versions = new Versions();
    } else {
      await clear(this.#versions, range, options, snapshot && Snapshot.readerOf(snapshot));
    }
  }

  /** @internal */
  _iterator(options: IteratorOptions): IteratorBase {
    return new EntryIterator(this, this.#walk('entry', options), options);
  }

  /** @internal */
  _keys(options: IteratorOptions): IteratorBase {
    return new KeyIterator(this, this.#walk('key', options), options);
  }

  /** @internal */
  _values(options: IteratorOptions): IteratorBase {
    return new ValueIterator(this, this.#walk('value', options), options);
  }

  #walk(pick: Pick, options: IteratorOptions): Walk {
    const { snapshot } = options;
    const reader: Reader = snapshot
      ? Snapshot.readerOf(snapshot)
      : { versions: this.#versions, sequence: this.#versions.enter() };
    return new Walk(reader, !snapshot, this.#format, pick, options);
  }

  /** @internal */
  _snapshot(options: SnapshotOptions): AbstractSnapshot {
    return new Snapshot(this.#versions, options);
  }

  /** @internal */
  _sublevel(name: string | readonly string[], options: EncodingOptions): SublevelBase {
    return new Sublevel(this, name, options, this.#text);
  }
}

function unknownEncoding(): Error {
  const error = new Error("The storeEncoding option must be 'buffer', 'view' or 'utf8'");
  return Object.assign(error, { code: 'LEVEL_ENCODING_NOT_SUPPORTED' });
}

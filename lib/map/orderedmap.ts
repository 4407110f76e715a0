import { describe, requireFunction } from '../base/arguments.js';
import { keepOne } from '../base/kept.js';
import { bytewise, DB, type DBOptions, type Entry, type Range } from '../index.js';
import { any, type AnyKey } from './any.js';
import { codecOf, type Codec, type SimpleCodec } from './codec.js';
import { INSPECT, inspected, type Inspect, type InspectOptions } from './inspect.js';
import { json } from './json.js';
import { Packer } from './packer.js';
import { boundsOf, type Bounds, type MapScan } from './scan.js';
import { Encoder } from './scratch.js';
import { inheritFromIterators, Walk, type Pick } from './walk.js';

/** Options of the DB below: `comparer` is not among them, since the codec of the keys makes the order. */
export interface OrderedMapOptions<K, V> extends Omit<DBOptions, 'comparer'> {
  /** Makes bytes of keys, which sort as the keys do; `codecs.any` by default. */
  key?: Codec<K> | SimpleCodec<K> | undefined;
  /** Makes bytes of values; `codecs.json` by default. */
  value?: Codec<V> | SimpleCodec<V> | undefined;
  /**
   * The DB below, of bytewise order, in place of a new one: one that was loaded, or that threads share, whose keys and values these
   * codecs wrote.
   */
  db?: DB | undefined;
  /** What the map begins with. Of equal keys, the last counts. */
  entries?: Iterable<readonly [K, V]> | null | undefined;
}

/** As the library of the program declares them; the same for every version of it. */
type EntriesOf<K, V> = ReturnType<Map<K, V>['entries']>;
type ItemsOf<T> = ReturnType<Map<T, T>['values']>;

/** Entries that are put at once when a map is made: for each, there are two small objects meanwhile. */
const AT_ONCE = 1 << 13;

/**
 * A `Map` whose entries stand in the order of their keys, with ranges, ranks and pages. Keys and values lie in the two arrays of
 * a `DB` as bytes: a million of them are nothing to the collector.
 *
 * It can stand in for a `Map`, but for these: the order is that of keys, not of insertion; keys and values go in as bytes and come out
 * as new values, so an object that was got and changed must be set again; and keys are equal if their bytes are, so two dates of
 * the same time are one key. All that comes out is the caller's own.
 *
 * Any call may throw what a codec throws, and what `DB` throws. Then it has changed nothing.
 * @example
 * const map = new OrderedMap({ key: codecs.string, value: codecs.number });
 * map.set('cherry', 3).set('apple', 1).set('banana', 2);
 * console.log([...map.keys()], map.get('apple')); // -> [ 'apple', 'banana', 'cherry' ] 1
 */
export class OrderedMap<K = AnyKey, V = unknown> {
  readonly #db: DB;
  /** With other threads. */
  readonly #isShared: boolean;
  readonly #keys: Encoder<K>;
  /** Encodes upper bounds, while the lower one is still needed. */
  readonly #limits: Encoder<K>;
  readonly #values: Encoder<V>;

  /**
   * @throws TypeError for what is no option, and for `comparer`; what `set` and `DB` throw
   * @example
   * const words = new OrderedMap({ entries: [['b', [2, 3]], ['a', [1]], [10, 'ten'], [9, 'nine']] });
   * console.log([...words]); // -> [ [ 9, 'nine' ], [ 10, 'ten' ], [ 'a', [ 1 ] ], [ 'b', [ 2, 3 ] ] ]
   */
  constructor(options: OrderedMapOptions<K, V> = {}) {
    requireOptions(options);
    const { key = any, value = json, entries, db, ...rest } = options;
    const keys = codecOf(key as Codec<K>, 'key');
    this.#keys = new Encoder(keys);
    this.#limits = new Encoder(keys);
    this.#values = new Encoder(codecOf(value as Codec<V>, 'value'));
    if (db !== undefined) requireDB(db, rest);
    this.#db = db ?? new DB(rest);
    this.#isShared = db !== undefined && isShared(db);
    keepOne(OrderedMap, oneToKeep);
    // A DB of another's gets all of them, or none.
    if (entries !== undefined && entries !== null)
      this.#putAll(entries, db === undefined ? AT_ONCE : Infinity);
  }

  #putAll(entries: Iterable<readonly [K, V]>, atOnce: number): void {
    const packer = this.#packer();
    for (const entry of iterable(entries)) {
      packer.add(entry);
      if (packer.count === atOnce) this.#db.putMany(packer.take());
    }
    this.#db.putMany(packer.take());
  }

  /** Several calls of the DB as one, for the other threads of a shared one. In one thread, they are that anyway. */
  #atOnce<T>(calls: () => T): T {
    if (!this.#isShared) return calls();
    const { lock } = this.#db;
    lock.lock();
    try {
      return calls();
    } finally {
      lock.unlock();
    }
  }

  #packer(): Packer<K, V> {
    return new Packer(this.#keys.codec, this.#values.codec);
  }

  /**
   * Adds an entry, or replaces the value of an equal key. @returns the map
   * @example
   * const map = new OrderedMap();
   * console.log(map.set('a', 1).set('b', { two: 2 }).set('a', 3).size); // -> 2
   */
  set(key: K, value: V): this {
    const values = this.#values;
    const valueBytes = values.encode(value);
    const { turn } = values;
    const keyBytes = this.#keys.encode(key);
    values.requireTurn(turn);
    this.#db.put(keyBytes, valueBytes);
    return this;
  }

  /**
   * The value of a key, made anew; `undefined` where there is none.
   * @example
   * const map = new OrderedMap({ entries: [['a', { n: 1 }]] });
   * console.log(map.get('a'), map.get('b')); // -> { n: 1 } undefined
   */
  get(key: K): V | undefined {
    const bytes = this.#db.get(this.#keys.encode(key));
    return bytes === undefined ? undefined : this.#values.codec.read(bytes, 0, bytes.length);
  }

  /**
   * Whether a key is present. Its value is not read.
   * @example
   * const map = new OrderedMap({ entries: [[-0, 'zero'], [NaN, 'none']] });
   * console.log(map.has(0), map.has(NaN), map.has('0')); // -> true true false
   */
  has(key: K): boolean {
    return this.#db.has(this.#keys.encode(key));
  }

  /**
   * Removes a key. @returns whether it was there
   * @example
   * const map = new OrderedMap({ entries: [['a', 1]] });
   * console.log(map.delete('a'), map.delete('a')); // -> true false
   */
  delete(key: K): boolean {
    return this.#db.delete(this.#keys.encode(key));
  }

  /**
   * Removes all entries. Iterators go on, and see what comes after where they are.
   * @example
   * const map = new OrderedMap({ entries: [['a', 1]] });
   * map.clear();
   * console.log(map.size); // -> 0
   */
  clear(): void {
    this.#db.deleteRange({});
  }

  /** Number of entries. */
  get size(): number {
    return this.#db.length;
  }

  /**
   * Gives a key the value that `compute` makes of its present one, `undefined` where there is none. Nothing comes between.
   * @param compute must not use the map. What it throws is passed on, and nothing was changed.
   * @returns what `compute` gave
   * @example
   * const counts = new OrderedMap({ value: codecs.number });
   * for (const word of 'to be or not to be'.split(' ')) counts.update(word, (n = 0) => n + 1);
   * console.log([...counts]); // -> [ [ 'be', 2 ], [ 'not', 1 ], [ 'or', 1 ], [ 'to', 2 ] ]
   */
  update(key: K, compute: (value: V | undefined) => V): V {
    requireFunction(compute, 'compute');
    let result!: V;
    this.#db.update(this.#keys.encode(key), (bytes) => {
      result = compute(bytes && this.#values.codec.read(bytes, 0, bytes.length));
      return this.#values.encode(result);
    });
    return result;
  }

  /**
   * The value of a key; where there is none, it is given this one.
   * @example
   * const map = new OrderedMap({ entries: [['a', 1]] });
   * console.log(map.getOrInsert('a', 7), map.getOrInsert('b', 7), map.size); // -> 1 7 2
   */
  getOrInsert(key: K, value: V): V {
    return this.getOrInsertComputed(key, () => value);
  }

  /**
   * The value of a key; where there is none, it is given the one that `compute` makes.
   * @example
   * const map = new OrderedMap({ entries: [['a', 1]] });
   * console.log(map.getOrInsertComputed('b', (key) => `${key}!`)); // -> b!
   */
  getOrInsertComputed(key: K, compute: (key: K) => V): V {
    requireFunction(compute, 'compute');
    return this.#atOnce(() => {
      const bytes = this.#db.get(this.#keys.encode(key));
      if (bytes !== undefined) return this.#values.codec.read(bytes, 0, bytes.length);
      const value = compute((key as unknown) === 0 ? (0 as K) : key); // -0 is 0.
      this.set(key, value);
      return value;
    });
  }

  /**
   * `set` for many entries, in their order: all of them, or none where one can't be encoded or has no room. Takes memory for all
   * their bytes while it lasts.
   * @example
   * const map = new OrderedMap();
   * map.setMany(Object.entries({ b: 2, a: 1 }));
   * console.log([...map.keys()]); // -> [ 'a', 'b' ]
   */
  setMany(entries: Iterable<readonly [K, V]>): void {
    this.#putAll(entries, Infinity);
  }

  /**
   * Calls a function for each entry, in order.
   * @example
   * const map = new OrderedMap({ entries: [['b', 2], ['a', 1]] });
   * map.forEach((value, key) => console.log(key, value)); // -> a 1, b 2
   */
  forEach(callback: (value: V, key: K, map: this) => void, thisArg?: unknown): void {
    requireFunction(callback, 'callback');
    for (const [key, value] of this.range()) callback.call(thisArg, value, key, this);
  }

  /**
   * All entries in order, or those of a range: the same as `range`.
   * @example
   * const map = new OrderedMap({ entries: [['b', 2], ['a', 1]] });
   * console.log(Object.fromEntries(map.entries())); // -> { a: 1, b: 2 }
   */
  entries(scan?: MapScan<K>): EntriesOf<K, V> {
    return this.range(scan);
  }

  /**
   * The entries of a range, in order or in reverse. The map may change meanwhile: what was deleted is never seen, what was there
   * throughout always.
   * @example
   * const map = new OrderedMap({ entries: ['a', 'b', 'c', 'd'].map((key, i) => [key, i]) });
   * for (const [key, value] of map.range({ gte: 'b', lt: 'd' })) console.log(key, value); // -> b 1, c 2
   * console.log([...map.range({ lt: 'd', reverse: true, limit: 1 })]); // -> [ [ 'c', 2 ] ]
   */
  range(scan?: MapScan<K>): EntriesOf<K, V> {
    return this.#walk<[K, V]>('entry', scan);
  }

  /**
   * The keys of a range, as `range`. Values are not read.
   * @example
   * const map = new OrderedMap({ entries: ['a', 'b', 'c', 'd'].map((key, i) => [key, i]) });
   * console.log([...map.keys({ gt: 'b' })]); // -> [ 'c', 'd' ]
   */
  keys(scan?: MapScan<K>): ItemsOf<K> {
    return this.#walk<K>('key', scan);
  }

  /**
   * The values of a range, in the order of their keys, as `range`. Keys are not read.
   * @example
   * const map = new OrderedMap({ entries: ['a', 'b', 'c', 'd'].map((key, i) => [key, i]) });
   * console.log([...map.values({ gt: 'b' })]); // -> [ 2, 3 ]
   */
  values(scan?: MapScan<K>): ItemsOf<V> {
    return this.#walk<V>('value', scan);
  }

  /**
   * All entries, as `entries`.
   * @example
   * const map = new OrderedMap({ entries: [['b', 2], ['a', 1]] });
   * for (const [key, value] of map) console.log(key, value); // -> a 1, b 2
   */
  [Symbol.iterator](): EntriesOf<K, V> {
    return this.range();
  }

  /**
   * Number of entries in a range; takes about as long as two lookups.
   * @example
   * const map = new OrderedMap({ entries: ['a', 'b', 'c', 'd'].map((key, i) => [key, i]) });
   * console.log(map.count(), map.count({ gte: 'b' }), map.count({ gte: 'b', limit: 2 })); // -> 4 3 2
   */
  count(scan?: MapScan<K>): number {
    const { range, limit } = this.#boundsOf(scan);
    return Math.min(this.#db.count(range), limit);
  }

  /**
   * Removes the entries of a range, with a `limit` the first so many in its direction. @returns how many there were
   * @example
   * const map = new OrderedMap({ entries: ['a', 'b', 'c', 'd'].map((key, i) => [key, i]) });
   * console.log(map.deleteRange({ lt: 'b' }), map.deleteRange({ reverse: true, limit: 2 }), [...map.keys()]); // -> 1 2 [ 'b' ]
   */
  deleteRange(scan: MapScan<K>): number {
    if (scan === undefined) throw new TypeError('deleteRange takes a range; clear() removes all');
    const bounds = this.#boundsOf(scan);
    if (bounds.limit === 0) return 0;
    if (bounds.limit === Infinity) return this.#db.deleteRange(bounds.range);
    return this.#atOnce(() => {
      const isAll = bounds.limit >= this.#db.count(bounds.range);
      return this.#db.deleteRange(isAll ? bounds.range : this.#cut(bounds));
    });
  }

  /** The range of the first entries of a longer one, in its direction. */
  #cut({ range: { start, limit: end }, reverse, limit }: Bounds): Range {
    const db = this.#db;
    const below = (key: Uint8Array | undefined, otherwise: number) =>
      key === undefined ? otherwise : db.count({ limit: key });
    return reverse
      ? { start: db.at(below(end, db.length) - limit)?.[0], limit: end }
      : { start, limit: db.at(below(start, 0) + limit)?.[0] };
  }

  /**
   * The entry before which there are `index` others, from the end where that is below 0; `undefined` where there is none. Takes
   * about as long as a lookup.
   * @throws TypeError, RangeError for what is no whole number
   * @example
   * const map = new OrderedMap({ entries: [['b', 2], ['a', 1]] });
   * console.log(map.at(0), map.at(-1), map.at(2)); // -> [ 'a', 1 ] [ 'b', 2 ] undefined
   */
  at(index: number): [K, V] | undefined {
    return this.#read(this.#db.at(index));
  }

  /**
   * How many keys are below this one, which need not be there.
   * @example
   * const map = new OrderedMap({ entries: [['b', 2], ['a', 1]] });
   * console.log(map.rank('a'), map.rank('b'), map.rank('z')); // -> 0 1 2
   */
  rank(key: K): number {
    return this.#db.count({ limit: this.#keys.encode(key) });
  }

  /**
   * The first entry; `undefined` where there is none.
   * @example
   * const map = new OrderedMap({ entries: [['b', 2], ['a', 1]] });
   * console.log(map.first()); // -> [ 'a', 1 ]
   */
  first(): [K, V] | undefined {
    return this.#read(this.#db.first());
  }

  /**
   * The last entry; `undefined` where there is none.
   * @example
   * const map = new OrderedMap({ entries: [['b', 2], ['a', 1]] });
   * console.log(map.last()); // -> [ 'b', 2 ]
   */
  last(): [K, V] | undefined {
    return this.#read(this.#db.last());
  }

  /**
   * Removes the first entry. @returns it; `undefined` where there is none
   * @example
   * const map = new OrderedMap({ entries: [['b', 2], ['a', 1]] });
   * console.log(map.shift(), map.size); // -> [ 'a', 1 ] 1
   */
  shift(): [K, V] | undefined {
    return this.#atOnce(() => this.#take(this.#db.first()));
  }

  /**
   * Removes the last entry. @returns it; `undefined` where there is none
   * @example
   * const map = new OrderedMap({ entries: [['b', 2], ['a', 1]] });
   * console.log(map.pop(), map.size); // -> [ 'b', 2 ] 1
   */
  pop(): [K, V] | undefined {
    return this.#atOnce(() => this.#take(this.#db.last()));
  }

  /** The DB below. Reading it is safe; what is put there must be what the codecs write. */
  get db(): DB {
    return this.#db;
  }

  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- on the prototype, as that of Map
  get [Symbol.toStringTag](): string {
    return 'OrderedMap';
  }

  /** @internal */
  [INSPECT](depth: number | null, options: InspectOptions, inspect: Inspect): string {
    return inspected(this, 'OrderedMap', depth, options, inspect);
  }

  #walk<T>(pick: Pick, scan: MapScan<K> | undefined): Walk<K, V, T> {
    const bounds = this.#boundsOf(scan);
    return new Walk(this.#db, this.#isShared, this.#keys.codec, this.#values.codec, pick, bounds);
  }

  #boundsOf(scan: MapScan<K> | undefined): Bounds {
    return boundsOf(scan, this.#keys, this.#limits);
  }

  #read(entry: Entry | undefined): [K, V] | undefined {
    if (entry === undefined) return undefined;
    const [key, value] = entry;
    return [this.#keys.codec.read(key, 0, key.length), this.#values.codec.read(value, 0, value.length)];
  }

  #take(entry: Entry | undefined): [K, V] | undefined {
    const taken = this.#read(entry);
    if (entry !== undefined) this.#db.delete(entry[0]);
    return taken;
  }
}

/** What is done with the first map, since modules do nothing when they are loaded. */
function oneToKeep(): unknown {
  inheritFromIterators();
  const map = new OrderedMap({ capacity: 0 });
  return [map, map.range()];
}

const OPTIONS = ['key', 'value', 'entries', 'db', 'capacity', 'lock', 'randHeight', 'autoCompact'];

function requireOptions(options: unknown): void {
  if (options === null || typeof options !== 'object' || Symbol.iterator in options) {
    throw new TypeError(
      `OrderedMap takes a plain object of options, such as { entries }, but got ${describe(options)}`,
    );
  }
  for (const name in options) {
    if (OPTIONS.includes(name)) continue;
    const why =
      name === 'comparer' ? 'the codec of the keys makes their order' : `it has ${OPTIONS.join(', ')}`;
    throw new TypeError(`OrderedMap has no option '${name}': ${why}`);
  }
}

function requireDB(db: unknown, options: DBOptions): void {
  if (!(db instanceof DB) || Object.values(options).some((option) => option !== undefined)) {
    throw new TypeError(
      'db must be a DB, and then has its own options, so that there may be none of a DB beside it',
    );
  }
  if (db.comparer !== bytewise) {
    throw new TypeError(`db must be in bytewise order, which the codec of the keys needs`);
  }
}

function isShared(db: DB): boolean {
  try {
    return db.handle !== undefined;
  } catch {
    return false;
  }
}

function iterable<T>(items: Iterable<T>): Iterable<T> {
  if (typeof (items as Iterable<T> | undefined)?.[Symbol.iterator] === 'function') return items;
  throw new TypeError(`entries must be iterable, such as an array, but got ${describe(items)}`);
}

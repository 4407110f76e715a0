import {
  describe,
  isFilledBytes,
  requireBoolean,
  requireBytes,
  requireFunction,
  requireIndex,
  requireIterable,
  requireOptions,
  requirePair,
} from '../base/arguments.js';
import { lengthOf } from '../base/bytes.js';
import type { Comparer } from '../base/comparer.js';
import { CapacityError, MemDBError } from '../base/errors.js';
import type { Subject } from '../dump/format.js';
import { load, loadFrom } from '../dump/read.js';
import type { ReadableBytes, WritableBytes } from '../dump/streams.js';
import { dump, dumpTo, portionsOf, portionsOfBytes } from '../dump/write.js';
import { DBIterator } from './iterator.js';
import { keepOne } from '../base/kept.js';
import { Made } from '../base/made.js';
import { boundsOf, type Range, type Scan } from '../base/range.js';
import { WRITER, type LocalRWLock, type RWLock } from '../lock/rwlock.js';
import type { SharedTable } from '../shared/sharedtable.js';
import { NONE, type NodeIndex } from '../storage/layout.js';
import { putMany } from '../table/bulk/putmany.js';
import type { Upkeep } from '../table/compaction/upkeep.js';
import { walk } from '../table/walk.js';
import { TABLE, type Table, type Entry } from '../table/table.js';
import {
  attachedParts,
  makerOf,
  subjectOf,
  sharedParts,
  type AttachOptions,
  type DBHandle,
  type DBOptions,
  type Parts,
  type SharedDBOptions,
} from './parts.js';

/**
 * An ordered key/value store in memory: goleveldb's `memdb` on two flat arrays.
 *
 * Keys and values are `Uint8Array`s (a Node `Buffer` is one), copied in; what is given out are views into `kvData`.
 * A view keeps its bytes under later puts and deletes, and when the DB is compacted; `reset` makes them anyone's. An overwrite
 * or a delete leaves the old bytes where they were, until there are so many that the DB is compacted: what lives is copied to
 * new arrays, a few entries with each write. The old ones are freed when no view and no live cursor needs them.
 *
 * Any call may throw `TypeError` for an argument of the wrong kind, `LockMisuseError` when made from inside a
 * comparer or height source of the same DB, what these themselves throw, and a `MemDBError` with code `MEMDB_DETACHED` once
 * a buffer of the DB was transferred away. Whatever a call throws, it has changed nothing.
 * @example
 * const bytes = (text) => new TextEncoder().encode(text);
 * const text = (array) => new TextDecoder().decode(array);
 * const db = new DB();
 * db.put(bytes('user:2'), bytes('Grace'));
 * db.put(bytes('user:1'), bytes('Ada'));
 * for (const [key, value] of db) console.log(text(key), text(value)); // -> user:1 Ada, user:2 Grace
 */
export class DB {
  readonly #table: Table;
  /** The lock as it was given; and with what turns calls from inside away. */
  readonly #plainLock: RWLock;
  readonly #lock: RWLock;
  /** If it was not given. */
  readonly #ownLock: LocalRWLock | undefined;
  readonly #upkeep: Upkeep;
  readonly #comparer: Comparer;
  readonly #subject: Subject;
  /** Where threads share it. */
  readonly #shared: SharedTable | undefined;
  readonly #handle: DBHandle | undefined;

  /**
   * @throws RangeError, CapacityError when `capacity` is no size, or can't be had
   * @example
   * const reverse = { name: 'reverse', compare: (a, b) => bytewise.compare(b, a) };
   * const db = new DB({ comparer: reverse, capacity: 1 << 20 });
   * db.putMany([[bytes('a'), bytes('1')], [bytes('b'), bytes('2')]]);
   * console.log([...db.keys()].map(text)); // -> [ 'b', 'a' ]
   */
  constructor(options: DBOptions = {}) {
    const parts = options instanceof Made ? (options as Made<Parts>).parts : makerOf(options).make();
    this.#table = parts.table;
    this.#upkeep = parts.upkeep;
    this.#comparer = parts.comparer;
    this.#subject = subjectOf(parts.comparer);
    this.#plainLock = parts.plainLock;
    this.#lock = parts.lock;
    this.#ownLock = parts.ownLock;
    this.#shared = parts.shared;
    this.#handle = parts.handle;
    keepOne(DB, oneToKeep);
  }

  /** @internal */
  get [TABLE](): Table {
    if (this.#shared === undefined) return this.#table;
    return this.#read((table) => table); // As it is now; whoever looks at it longer holds the lock.
  }

  /** Looks at the table as any read does. @internal */
  lookAt(what: (table: Table) => void): void {
    this.#read(what);
  }

  /**
   * Makes a DB: with `shared: true`, one that other threads can attach, by its `handle`. All its memory is reserved at once, and
   * does not grow. In a browser, the page must be cross-origin isolated.
   *
   * A shared DB has every call of a local one. What it gives out are copies; each read takes the read lock, and each write the
   * write lock, for as long as the call lasts.
   * @throws CapacityError where so much can't be reserved
   * @throws MemDBError where there is no shared memory
   * @example
   * const db = DB.create({ shared: true, maxCapacity: 1 << 20 });
   * db.put(bytes('a'), bytes('1'));
   * const there = DB.attach(db.handle); // in another thread, to which the handle was posted
   * console.log(text(there.get(bytes('a')))); // -> 1
   */
  static create(options: (DBOptions & { shared?: false | undefined }) | SharedDBOptions = {}): DB {
    const given = options as Partial<SharedDBOptions> | null;
    if (given?.shared === undefined) return new DB(options);
    requireBoolean(given.shared, 'shared');
    if (given.shared) return new DB(new Made(sharedParts(options as SharedDBOptions)) as DBOptions);
    const local = { ...given };
    delete local.shared;
    return new DB(local);
  }

  /**
   * The shared DB of a handle, for this thread: see `create`. It takes one of the places for threads until `close`.
   * @throws TypeError, MemDBError for what is no handle, or one of a DB in another order or of another version, and where
   *   there are as many threads as may be
   * @example
   * const db = DB.create({ shared: true, maxCapacity: 1 << 20 });
   * const there = DB.attach(db.handle, { lockTimeout: 1000 });
   * there.put(bytes('a'), bytes('1'));
   * console.log(text(db.get(bytes('a')))); // -> 1
   */
  static attach(handle: DBHandle, options: AttachOptions = {}): DB {
    return new DB(new Made(attachedParts(handle, options)) as DBOptions);
  }

  /**
   * The DB of a dump: see `dump`. The bytes are copied. All is checked before: checksums, lengths, nodes and links, the order of the
   * keys. What no entry needs, such as the seed of the heights, begins anew.
   * @param options as of a new DB, with a comparer of the name that the dumped one had
   * @throws CorruptionError for what is damaged, with `position`: where, in bytes
   * @throws MemDBError for a dump of another version (`MEMDB_VERSION`), in another order (`MEMDB_ORDER`), of a MemTable (`MEMDB_KIND`)
   * @throws CapacityError where there is no memory for it
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * const dumped = db.dump();
   * console.log(text(DB.load(dumped, { autoCompact: false }).get(bytes('a')))); // -> 1
   * dumped[dumped.length - 1] ^= 1;
   * try { DB.load(dumped); } catch (error) { console.log(error.code, error.position); } // -> MEMDB_CORRUPTION 112
   */
  static load(bytes: Uint8Array, options: DBOptions = {}): DB {
    return new DB(new Made(load(bytes, makerOf(options))) as DBOptions);
  }

  /**
   * The same of a stream of bytes, which is read to its end, and cancelled where that is not as it must be. There is no second copy in
   * memory.
   * @throws what `load` throws, and what the stream fails with
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * const stream = new Response(db.dump()).body; // of a file: Readable.toWeb(createReadStream(path)), in Node
   * const loaded = await DB.loadFrom(stream);
   * console.log(text(loaded.get(bytes('a')))); // -> 1
   */
  static async loadFrom(readable: ReadableBytes, options: DBOptions = {}): Promise<DB> {
    return new DB(new Made(await loadFrom(readable, makerOf(options))) as DBOptions);
  }

  /**
   * Adds an entry, or replaces the value of the one with an equal key. Copies both: the caller may reuse its arrays.
   * @throws CapacityError when the entry does not fit
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * db.put(bytes('a'), bytes('2'));
   * console.log(text(db.get(bytes('a'))), db.length); // -> 2 1
   */
  put(key: Uint8Array, value: Uint8Array): void {
    requireBytes(key, 'key');
    requireBytes(value, 'value');
    this.#lock.lock();
    try {
      this.#put(key, value);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.unlock();
    }
  }

  /**
   * The value of a key: a view into `kvData`, not to be modified; `undefined` where there is none.
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * console.log(text(db.get(bytes('a'))), db.get(bytes('b'))); // -> 1 undefined
   */
  get(key: Uint8Array): Uint8Array | undefined {
    requireBytes(key, 'key');
    this.#lock.rlock();
    try {
      const node = this.#table.find(key, lengthOf(key));
      if (node !== NONE) return this.#table.storage.valueOf(node);
      this.#table.requireSound();
      return undefined;
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.runlock();
    }
  }

  /**
   * Lends the value of a key to a function, under the read lock: a view, which is not to be modified, and not to be kept where the
   * DB is shared. @returns what the function returns; `undefined` where there is no such key, and it is not called
   * @param look must not write to the DB
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('12'));
   * console.log(db.read(bytes('a'), (value) => value[1] - value[0]), db.read(bytes('b'), text)); // -> 1 undefined
   */
  read<T>(key: Uint8Array, look: (value: Uint8Array) => T): T | undefined {
    requireBytes(key, 'key');
    requireFunction(look, 'look');
    this.#lock.rlock();
    try {
      const node = this.#attached.find(key, lengthOf(key));
      if (node === NONE) return undefined;
      const value = this.#table.storage.lendValueOf(node);
      return this.#lend(1, () => look(value));
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.runlock();
    }
  }

  /**
   * Whether a key is present.
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * console.log(db.has(bytes('a')), db.has(bytes('b'))); // -> true false
   */
  has(key: Uint8Array): boolean {
    requireBytes(key, 'key');
    this.#lock.rlock();
    try {
      return this.#attached.find(key, lengthOf(key)) !== NONE;
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.runlock();
    }
  }

  /**
   * `put` for many entries, in their order. Room for all is made first, as if every key were new.
   * @throws TypeError, CapacityError for what can't be put, and what a comparer throws; then none was.
   * @example
   * const db = new DB();
   * db.putMany([[bytes('b'), bytes('2')], [bytes('a'), bytes('1')]]);
   * console.log([...db.keys()].map(text)); // -> [ 'a', 'b' ]
   */
  putMany(entries: Iterable<Entry>): void {
    const list = entriesOf(entries);
    this.#lock.lock();
    try {
      try {
        putMany(this.#attached, list);
      } catch (error) {
        this.#makeRoom(error, () => putMany(this.#table, list));
      }
      this.#upkeep.tidy(list.length);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.unlock();
    }
  }

  /**
   * `get` for many keys: their values, as views, in the order of the keys.
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * console.log(db.getMany([bytes('b'), bytes('a')]).map((value) => value && text(value))); // -> [ undefined, '1' ]
   */
  getMany(keys: Iterable<Uint8Array>): (Uint8Array | undefined)[] {
    const list = keysOf(keys);
    const values: (Uint8Array | undefined)[] = [];
    this.#lock.rlock();
    try {
      this.#attached.findEach(list, (node) =>
        values.push(node === NONE ? undefined : this.#table.storage.valueOf(node)),
      );
      return values;
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.runlock();
    }
  }

  /**
   * The first entry whose key is at or above `key`: two views into `kvData`; `undefined` where there is none.
   * @example
   * const db = new DB();
   * db.put(bytes('user:2'), bytes('Grace'));
   * console.log(db.find(bytes('user:1')).map(text), db.find(bytes('z'))); // -> [ 'user:2', 'Grace' ] undefined
   */
  find(key: Uint8Array): [key: Uint8Array, value: Uint8Array] | undefined {
    requireBytes(key, 'key');
    this.#lock.rlock();
    try {
      return this.#entryOrNone(this.#attached.findGE(key, lengthOf(key), this.#table.at));
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.runlock();
    }
  }

  /**
   * Removes a key. @returns whether it was there
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * console.log(db.delete(bytes('a')), db.delete(bytes('a'))); // -> true false
   */
  delete(key: Uint8Array): boolean {
    requireBytes(key, 'key');
    this.#lock.lock();
    try {
      return this.#delete(key);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.unlock();
    }
  }

  /**
   * Gives a key the value that `compute` makes of its present one, `undefined` where there is none; where it gives
   * `undefined`, the key is removed. Both happen under one write lock: nothing comes between.
   * @param compute is lent a view into `kvData`, not to be modified; its result is copied. It must not call the DB. What it
   *   throws is passed on, and nothing was changed.
   * @throws CapacityError when the entry does not fit
   * @example
   * const db = new DB();
   * const increment = (value) => Uint8Array.of(value === undefined ? 1 : value[0] + 1);
   * db.update(bytes('visits'), increment);
   * db.update(bytes('visits'), increment);
   * console.log(db.get(bytes('visits'))[0]); // -> 2
   */
  update(key: Uint8Array, compute: (value: Uint8Array | undefined) => Uint8Array | undefined): void {
    requireBytes(key, 'key');
    requireFunction(compute, 'compute');
    this.#lock.lock();
    try {
      const table = this.#attached;
      key = new Uint8Array(key); // What `compute` does with its array is no concern of ours.
      const node = table.find(key, lengthOf(key));
      const present = node === NONE ? undefined : table.storage.valueOf(node);
      const value = this.#lend(WRITER, () => compute(present));
      if (value !== undefined) {
        requireBytes(value, 'what compute returns');
        this.#put(key, value);
      } else if (node !== NONE) {
        this.#delete(key);
      }
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.unlock();
    }
  }

  /**
   * Removes all entries of a range, faster than one by one; where they are most of all, by copying the others, unless
   * `autoCompact` is off. @returns how many there were
   * @example
   * const db = new DB();
   * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
   * console.log(db.deleteRange({ start: bytes('b') }), [...db.keys()].map(text)); // -> 2 [ 'a' ]
   */
  deleteRange(range: Range): number {
    const bounds = boundsOf(range);
    this.#lock.lock();
    try {
      this.#table.requireSound();
      return this.#upkeep.deleteRange(bounds);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.unlock();
    }
  }

  /**
   * The first entry: two views into `kvData`; `undefined` where there is none.
   * @example
   * const db = new DB();
   * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
   * console.log(db.first().map(text)); // -> [ 'a', 'A' ]
   */
  first(): [key: Uint8Array, value: Uint8Array] | undefined {
    return this.#read((table) => this.#entryOrNone(table.first(table.at)));
  }

  /**
   * The last entry: two views into `kvData`; `undefined` where there is none.
   * @example
   * const db = new DB();
   * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
   * console.log(db.last().map(text)); // -> [ 'c', 'C' ]
   */
  last(): [key: Uint8Array, value: Uint8Array] | undefined {
    return this.#read((table) => this.#entryOrNone(table.last(table.at)));
  }

  /**
   * The entry before which there are `index` others, from the end where that is below 0: two views into `kvData`;
   * `undefined` where there is none. Takes about as long as a search.
   * @throws TypeError, RangeError for what is no whole number
   * @example
   * const db = new DB();
   * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
   * console.log(db.at(1).map(text), db.at(-1).map(text), db.at(3)); // -> [ 'b', 'B' ] [ 'c', 'C' ] undefined
   */
  at(index: number): [key: Uint8Array, value: Uint8Array] | undefined {
    requireIndex(index);
    return this.#read((table) => this.#entryOrNone(table.nodeAt(index)));
  }

  /**
   * Number of entries in a range; takes about as long as two searches.
   * @example
   * const db = new DB();
   * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
   * console.log(db.count(), db.count({ start: bytes('a'), limit: bytes('c') })); // -> 3 2
   */
  count(range?: Range): number {
    const { start, limit } = boundsOf(range);
    this.#lock.rlock();
    try {
      return this.#attached.count(start, limit);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.runlock();
    }
  }

  /**
   * A cursor over `[start, limit)`. The bounds are copied.
   * @example
   * const db = new DB();
   * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
   * const it = db.iterator({ limit: bytes('c') });
   * while (it.next()) console.log(text(it.key), text(it.value)); // -> a A, b B
   * it.release();
   */
  iterator(range?: Range): DBIterator {
    return new DBIterator(this.#table, this.#lock, this.#ownLock !== undefined, range);
  }

  /**
   * The entries of a range, in order or in reverse, as pairs of views. The DB may be changed meanwhile.
   * @example
   * const db = new DB();
   * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
   * for (const [key, value] of db.entries({ start: bytes('b') })) {
   *   console.log(text(key), text(value)); // -> b B, c C
   * }
   */
  entries(scan?: Scan): IterableIterator<[key: Uint8Array, value: Uint8Array]> {
    return walk(this.iterator(boundsOf(scan, true)), scan?.reverse, entryOf);
  }

  /**
   * The keys of a range, as `entries`.
   * @example
   * const db = new DB();
   * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
   * console.log([...db.keys({ reverse: true })].map(text)); // -> [ 'c', 'b', 'a' ]
   */
  keys(scan?: Scan): IterableIterator<Uint8Array> {
    return walk(this.iterator(boundsOf(scan, true)), scan?.reverse, keyOf);
  }

  /**
   * The values of a range, in the order of their keys, as `entries`.
   * @example
   * const db = new DB();
   * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
   * console.log([...db.values({ limit: bytes('c') })].map(text)); // -> [ 'A', 'B' ]
   */
  values(scan?: Scan): IterableIterator<Uint8Array> {
    return walk(this.iterator(boundsOf(scan, true)), scan?.reverse, valueOf);
  }

  /**
   * @example
   * const db = new DB();
   * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
   * console.log(new Map(db).size); // -> 3
   */
  [Symbol.iterator](): IterableIterator<[key: Uint8Array, value: Uint8Array]> {
    return this.entries();
  }

  /**
   * What other threads attach a shared DB by: it can be posted as it is.
   * @throws MemDBError where the DB is not shared
   */
  get handle(): DBHandle {
    if (this.#handle === undefined) throw notShared();
    return this.#handle;
  }

  /**
   * After a thread that shares the DB died: makes the DB valid again, if that thread was writing, and frees its place. Call it once
   * the thread is gone for certain, as after the `exit` event of a worker. Every write that had returned is there; of one that had not,
   * all or nothing, but that `putMany` may be in up to some entry, where its thread died. Several threads may call it at once.
   * @param options `dead` are ids of threads; by default, all that hold the lock now
   * @throws MemDBError where the DB is not shared
   * @example
   * const db = DB.create({ shared: true, maxCapacity: 1 << 20 });
   * db.recover({ dead: 17 }); // nobody waits for thread 17 any more
   */
  recover(options: { dead?: number | readonly number[] | undefined } = {}): void {
    requireOptions(options, 'recover', ['dead']);
    if (this.#shared === undefined) throw notShared();
    this.#shared.recover(threadsOf(options.dead));
  }

  /**
   * Gives back the place that this thread takes in a shared DB; any call throws from now on. The DB of the other threads stays as it
   * is. Of a DB that is not shared, there is nothing to give back.
   * @throws LockMisuseError while this thread holds the lock
   * @example
   * const db = DB.create({ shared: true, maxCapacity: 1 << 20, threads: 2 });
   * DB.attach(db.handle).close();
   * DB.attach(db.handle).close(); // there is room for one more again
   */
  close(): void {
    this.#shared?.plainLock.close();
  }

  /**
   * The lock that guards every call: the one given, or the DB's own. Of a shared DB, a `SharedRWLock`: what a thread calls while it
   * holds one side of that takes no other, so that several calls belong together, and a page may await a side first.
   * @example
   * const db = DB.create({ shared: true, maxCapacity: 1 << 20 });
   * db.lock.lock(); // in a page: await db.lock.lockAsync()
   * db.put(bytes('a'), bytes('1'));
   * db.put(bytes('b'), bytes('1'));
   * db.lock.unlock(); // other threads see both, or none
   */
  get lock(): RWLock {
    return this.#plainLock;
  }

  /**
   * The order of the keys, as it was given; `bytewise` by default.
   * @example
   * console.log(new DB().comparer === bytewise); // -> true
   */
  get comparer(): Comparer {
    return this.#comparer;
  }

  /** Number of entries. goleveldb's `Len`. */
  get length(): number {
    return this.#read((table) => table.length);
  }

  /** Bytes of the keys and values of the entries. goleveldb's `Size`. */
  get size(): number {
    return this.#read((table) => table.size);
  }

  /** Bytes of `kvData` that are reserved. */
  get capacity(): number {
    return this.#read(({ storage }) => storage.kv.array.length);
  }

  /** Bytes of `kvData` that are reserved and still unused. */
  get free(): number {
    return this.#read(({ storage }) => storage.kv.array.length - storage.kv.length);
  }

  /**
   * Bytes of `kvData` that no entry holds: records that were replaced or deleted. With `autoCompact`, at most as many as
   * `size` and 1 MiB.
   */
  get garbage(): number {
    return this.#read((table) => table.storage.kv.length - table.size);
  }

  /**
   * Gives back what no entry holds, at once: copies what lives, in the order of keys, to new arrays that are as large as they need
   * to be, and an eighth more. Views given out keep their bytes, and iterators go on from where they stand. Takes
   * time for each entry, and memory for both copies while it lasts; with `autoCompact`, there is no need for it.
   * @throws CapacityError when there is no memory for the copy; nothing was changed
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * db.put(bytes('a'), bytes('2'));
   * console.log(db.garbage); // -> 2
   * db.compact();
   * console.log(db.garbage, text(db.get(bytes('a')))); // -> 0 2
   */
  compact(): void {
    this.#lock.lock();
    try {
      this.#table.requireSound();
      this.#upkeep.compact();
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.unlock();
    }
  }

  /**
   * All entries, as bytes to be stored or sent: both arrays as `compact` would leave them, with checksums, and the name of the order.
   * The DB is left as it is. `DB.load` makes a DB of them again, in any thread, engine or later version.
   * @returns an array of its own, of `size` bytes and some 21 for each entry
   * @throws CapacityError where there is no memory for that
   * @throws MemDBError with code `MEMDB_BYTE_ORDER` on a big-endian machine
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * console.log(db.dump().length); // -> 204
   */
  dump(): Uint8Array {
    return this.#read((table) => dump(table, this.#subject));
  }

  /**
   * Writes the same bytes to a stream, and closes that: the entries as they are at the call. The DB may be written to meanwhile, and no
   * lock is held. There is no second copy in memory, but of what is written to meanwhile: of nodes, never more than all that there are. A
   * shared DB is copied first.
   * @throws CapacityError, MemDBError as `dump`; and what the stream fails with. Then the stream is aborted.
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * const { readable, writable } = new TransformStream();
   * const written = db.dumpTo(writable); // to a file: Writable.toWeb(createWriteStream(path)), in Node
   * db.reset();
   * const loaded = await DB.loadFrom(readable);
   * await written;
   * console.log(text(loaded.get(bytes('a')))); // -> 1
   */
  dumpTo(writable: WritableBytes): Promise<void> {
    return dumpTo(writable, () =>
      this.#read((table) =>
        this.#shared === undefined
          ? portionsOf(table, this.#subject)
          : portionsOfBytes(dump(table, this.#subject)),
      ),
    );
  }

  /**
   * Empties the DB. Large buffers are given back, unless `capacity` asked for them; with `autoCompact: false`, all are kept.
   * Iterators made before fail at their next move, and views given out before may show other bytes from now on. The
   * default height source starts anew.
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * db.reset();
   * console.log(db.length, db.capacity > 0); // -> 0 true
   */
  reset(): void {
    this.#lock.lock();
    try {
      this.#table.requireSound();
      this.#upkeep.reset();
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.unlock();
    }
  }

  /** All reserved bytes of keys and values; not to be modified. Growth replaces the array by a larger one. */
  get kvData(): Uint8Array {
    return this.#read(({ storage }) => {
      storage.isLent = true;
      return storage.kv.array;
    });
  }

  /** Bytes of `kvData` in use. */
  get kvLength(): number {
    return this.#read(({ storage }) => storage.kv.length);
  }

  /** All reserved slots of nodes; not to be modified. Growth replaces the array by a larger one. */
  get nodeData(): Int32Array {
    return this.#read(({ storage }) => {
      storage.isLent = true;
      return storage.nodes.array;
    });
  }

  /** Slots of `nodeData` in use. */
  get nodeLength(): number {
    return this.#read(({ storage }) => storage.nodes.length);
  }

  /** Runs a caller's code under the lock. That is given back by a store, not by a call that could be cut off. */
  #lend<T>(holders: number, run: () => T): T {
    const lock = this.#ownLock;
    if (lock === undefined) return run();
    const { held } = lock;
    lock.held = held + holders;
    try {
      return run();
    } finally {
      lock.held = held;
    }
  }

  #put(key: Uint8Array, value: Uint8Array): void {
    try {
      this.#table.put(key, lengthOf(key), value);
    } catch (error) {
      this.#makeRoom(error, () => this.#table.put(key, lengthOf(key), value));
    }
    this.#upkeep.tidy(1);
  }

  #delete(key: Uint8Array): boolean {
    const wasThere = this.#attached.delete(key, lengthOf(key));
    this.#upkeep.tidy(1);
    return wasThere;
  }

  /** After a call that changed nothing for lack of room: makes it again, if there is more room now, or throws what it threw. */
  #makeRoom(error: unknown, call: () => void): void {
    this.#table.mend();
    while (error instanceof CapacityError && this.#upkeep.makeRoom(error)) {
      try {
        return call();
      } catch (next) {
        error = next; // There are two ways to make room.
      }
    }
    throw error;
  }

  #read<T>(what: (table: Table) => T): T {
    this.#lock.rlock();
    try {
      return what(this.#attached);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      this.#lock.runlock();
    }
  }

  /** The table, if its buffers are still there. */
  get #attached(): Table {
    this.#table.requireSound();
    return this.#table;
  }

  #explained(error: unknown): unknown {
    return this.#table.storage.explained(error);
  }

  #entryOrNone(node: NodeIndex): [key: Uint8Array, value: Uint8Array] | undefined {
    const { storage } = this.#table;
    return node === NONE ? undefined : [storage.keyOf(node), storage.valueOf(node)];
  }
}

/**
 * Keys, each checked. Those of an array are taken as they are; another iterable may make each in the same array, so these
 * are copied one by one.
 */
function keysOf(keys: Iterable<Uint8Array>): readonly Uint8Array[] {
  const list: Uint8Array[] = [];
  if (Array.isArray(keys)) {
    for (let i = 0; i < keys.length; i++) {
      const key: unknown = keys[i];
      requireItem(key, i);
      list.push(key);
    }
    return list;
  }
  requireIterable(keys, 'keys');
  for (const key of keys) {
    requireItem(key, list.length);
    list.push(new Uint8Array(key));
  }
  return list;
}

/** Entries, copied where those of `keysOf` are; those of an array are checked when they are put. */
function entriesOf(entries: Iterable<Entry>): readonly Entry[] {
  if (Array.isArray(entries)) return entries as Entry[];
  requireIterable(entries, 'entries');
  const list: Entry[] = [];
  for (const entry of entries) {
    requirePair(entry, list.length);
    requireBytes(entry[0], `the key of entries[${list.length}]`);
    requireBytes(entry[1], `the value of entries[${list.length}]`);
    list.push([new Uint8Array(entry[0]), new Uint8Array(entry[1])]);
  }
  return list;
}

function notShared(): MemDBError {
  return new MemDBError(
    'MEMDB_NOT_SHARED',
    'this DB is not shared with other threads: DB.create({ shared: true }) makes one that is',
  );
}

/** @throws TypeError for what is no id of a thread, or list of them */
function threadsOf(dead: number | readonly number[] | undefined): readonly number[] | undefined {
  if (dead === undefined) return undefined;
  const list: readonly unknown[] = Array.isArray(dead) ? dead : [dead];
  for (const id of list) {
    if (!Number.isInteger(id)) throw new TypeError(`dead must be ids of threads, but got ${describe(id)}`);
  }
  return list as number[];
}

function requireItem(item: unknown, index: number): asserts item is Uint8Array {
  if (!isFilledBytes(item)) requireBytes(item, `keys[${index}]`);
}

function entryOf({ key, value }: DBIterator): [key: Uint8Array, value: Uint8Array] {
  return [key!, value!];
}

function keyOf({ key }: DBIterator): Uint8Array {
  return key!;
}

function valueOf({ value }: DBIterator): Uint8Array {
  return value!;
}

function oneToKeep(): unknown {
  const db = new DB({ capacity: 0 });
  return [db, db.iterator()];
}

import { isFilledBytes, requireBytes } from '../base/arguments.js';
import { lengthOf } from '../base/bytes.js';
import type { Comparer } from '../base/comparer.js';
import { MemDBError } from '../base/errors.js';
import { keepOne } from '../base/kept.js';
import type { Order } from '../base/order.js';
import { boundsOf, type Range, type Scan } from '../base/range.js';
import { MEM_TABLE_KIND, type Subject } from '../dump/format.js';
import { load, loadFrom } from '../dump/read.js';
import type { ReadableBytes, WritableBytes } from '../dump/streams.js';
import { dump, dumpTo, portionsOf } from '../dump/write.js';
import { UNKNOWN } from '../index/hash/hashindex.js';
import { ReentryGuard } from '../lock/reentry.js';
import { requireSharing } from '../shared/handle.js';
import type { SharedList } from '../shared/sharedlist.js';
import { KEY_LENGTH, NEXT, NONE, OFFSET, type NodeIndex } from '../storage/layout.js';
import { compact } from '../table/compaction/compaction.js';
import { TABLE, type Table } from '../table/table.js';
import { walk } from '../table/walk.js';
import { INTERNAL_COMPARER, makeInternalKey, type InternalKeyComparer } from './internalkey.js';
import { InternalOrder } from './internalorder.js';
import { KeyScratch } from './keyscratch.js';
import type { LookupKey } from './lookupkey.js';
import { MemTableIterator } from './memtableiterator.js';
import {
  attachedParts,
  makerOf,
  partsOf,
  sharedParts,
  withParts,
  type ListAttachOptions,
  type ListHandle,
  type ListKind,
  type SharedListOptions,
} from './parts.js';
import {
  MAX_SEQUENCE,
  SEEK_TYPE,
  TAG_LENGTH,
  ValueType,
  compareTags,
  requireSequence,
  requireTag,
  requireValueType,
  sequenceNumberAt,
} from './tag.js';
import { requireReaders, visibleTo } from './visible.js';

export interface MemTableOptions {
  /**
   * Order of the user keys; `bytewise` by default. An `InternalKeyComparer`, which is what LevelDB's MemTable is made
   * with, stands for its user comparer.
   */
  comparer?: Comparer | undefined;
  /** Bytes of `kvData` to reserve at first. Advisory: it grows as needed, and of more than 8 MiB, a fifteenth more is reserved. */
  capacity?: number | undefined;
}

/** What another thread attaches a shared MemTable by: posted as it is, to be given to `MemTable.attach` there. */
export type MemTableHandle = ListHandle<'flat-memdb.MemTable'>;

/**
 * What a memtable knows of a key: that it was deleted, or its value, a view into `kvData`; and the sequence number with which
 * that was written, `undefined` above 2^53-1 (an iterator has it as a `bigint`).
 */
export type MemTableEntry =
  | { readonly type: typeof ValueType.Deletion; readonly sequenceNumber: number | undefined }
  | {
      readonly type: typeof ValueType.Value;
      readonly value: Uint8Array;
      readonly sequenceNumber: number | undefined;
    };

/** An internal key, see `makeInternalKey`, and its value: two views. */
export interface MemTableFound {
  readonly internalKey: Uint8Array;
  readonly value: Uint8Array;
}

export interface MemTableCompaction {
  /** Sequence numbers below the oldest at which there are readers, too; in any order. */
  snapshots?: Iterable<number | bigint> | undefined;
  /** Whether no older table holds anything that a tombstone may hide; `false` by default. */
  bottom?: boolean | undefined;
}

const KIND: ListKind<'flat-memdb.MemTable'> = {
  name: 'MemTable',
  kind: 'flat-memdb.MemTable',
  tagLength: TAG_LENGTH,
  // Enough for user keys and values of 3 bytes or more.
  nodeBytes: 2,
  userComparerOf,
  orderOf: (user) => new InternalOrder(user),
};

const NO_VALUE = new Uint8Array(0);

/** An older version of a key is this many links behind the first, at most; otherwise, it is searched for. */
const VERSIONS_TO_TRY = 4;

/**
 * LevelDB's memtable: every version of every key, each with its sequence number, in internal-key order (see
 * `makeInternalKey`). Versions are added and never changed, so that readers need no lock, in other threads either (see `create`); only
 * `compact` drops some.
 *
 * Keys and values are `Uint8Array`s, copied in; what is given out are views into `kvData`, not to be modified, which
 * keep their bytes for good.
 *
 * Any call may throw `TypeError` for an argument of the wrong kind, `RangeError` for a number out of range,
 * `LockMisuseError` when made from inside the table's own comparer, what the comparer itself throws, and a `MemDBError` with
 * code `MEMDB_DETACHED` once its buffer was transferred away. Whatever a call throws, it has changed nothing.
 * @example
 * const table = new MemTable();
 * let sequence = 0;
 * table.add(++sequence, ValueType.Value, bytes('color'), bytes('red'));
 * table.add(++sequence, ValueType.Deletion, bytes('color'));
 * console.log(text(table.get(bytes('color'), 1).value)); // -> red
 * console.log(table.get(bytes('color')).type === ValueType.Deletion); // -> true
 */
export class MemTable {
  readonly #table: Table;
  readonly #subject: Subject;
  readonly #userOrder: Order;
  readonly #guard: ReentryGuard;
  readonly #scratch = new KeyScratch();
  /** Where threads share it. */
  readonly #shared: SharedList | undefined;
  readonly #handle: MemTableHandle | undefined;

  /**
   * @throws TypeError, RangeError, CapacityError when `capacity` is no size, or can't be had
   * @example
   * const table = new MemTable({ comparer: bytewise, capacity: 4 << 20 });
   * console.log(table.length); // -> 0
   */
  constructor(options: MemTableOptions = {}) {
    const { name, table, userOrder, shared, handle } = partsOf(KIND, options);
    this.#subject = { kind: MEM_TABLE_KIND, order: name };
    this.#table = table;
    this.#userOrder = userOrder;
    this.#guard = new ReentryGuard(undefined, table.order);
    this.#shared = shared;
    this.#handle = handle;
    keepOne(MemTable, oneToKeep);
  }

  /** @internal */
  get [TABLE](): Table {
    return this.#table;
  }

  /**
   * Makes a MemTable: with `shared: true`, one that other threads can read, which attach it by its `handle`. All its memory is
   * reserved at once, and does not grow. In a browser, the page must be cross-origin isolated.
   *
   * This thread is the one that adds; the others read, meanwhile. No call of a reader takes a lock or waits for anybody. What `add`
   * has returned from, every thread sees; of a version that is just being added, all or nothing. What is given out are copies.
   * @throws CapacityError where so much can't be reserved
   * @throws MemDBError with code `MEMDB_NOT_ISOLATED` where there is no shared memory
   * @example
   * const table = MemTable.create({ shared: true, maxCapacity: 1 << 20 });
   * const reader = MemTable.attach(table.handle); // in another thread, to which the handle was posted
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * console.log(text(reader.get(bytes('color')).value)); // -> red
   */
  static create(options: MemTableOptions | SharedListOptions = {}): MemTable {
    const isLocal = (options as Partial<SharedListOptions> | null)?.shared === undefined;
    return new MemTable(isLocal ? options : withParts(sharedParts(KIND, options as SharedListOptions)));
  }

  /**
   * The shared MemTable of a handle, for this thread: to read, see `create`; with `writer: true`, to add in place of a writer
   * that is gone for certain, as a worker is after its `exit` event. Readers go on meanwhile. Every version whose `add` had returned is
   * there; of one that was being added, all or nothing. Takes time for each version. A writer that was not gone fails at its next
   * `add`, and up to then reads what there was before.
   * @throws TypeError, MemDBError for what is no handle, or one of a MemTable in another order or of another version
   * @throws LockMisuseError for `writer: true` where this thread has the writer, or another thread takes over as well
   * @example
   * const table = MemTable.create({ shared: true, maxCapacity: 1 << 20 });
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * const reader = MemTable.attach(table.handle);
   * console.log(reader.length, text(reader.get(bytes('color')).value)); // -> 1 red
   * try { reader.add(2, ValueType.Deletion, bytes('color')); } catch (error) { console.log(error.code); } // -> MEMDB_LOCK_MISUSE
   */
  static attach(handle: MemTableHandle, options: ListAttachOptions = {}): MemTable {
    return new MemTable(withParts(attachedParts(KIND, handle, options)));
  }

  /**
   * The MemTable of a dump: see `dump`. The bytes are copied, and all is checked before.
   * @param options as of a new one, with a comparer of the name that the dumped one had
   * @throws CorruptionError for what is damaged, with `position`: where, in bytes
   * @throws MemDBError for a dump of another version (`MEMDB_VERSION`), in another order (`MEMDB_ORDER`), of a DB (`MEMDB_KIND`)
   * @throws CapacityError where there is no memory for it
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * console.log(text(MemTable.load(table.dump()).get(bytes('color')).value)); // -> red
   */
  static load(bytes: Uint8Array, options: MemTableOptions = {}): MemTable {
    return new MemTable(withParts(load(bytes, makerOf(KIND, options))));
  }

  /**
   * The same of a stream of bytes, which is read to its end, and cancelled where that is not as it must be. There is no second copy in
   * memory.
   * @throws what `load` throws, and what the stream fails with
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * const loaded = await MemTable.loadFrom(new Response(table.dump()).body);
   * console.log(text(loaded.get(bytes('color')).value)); // -> red
   */
  static async loadFrom(readable: ReadableBytes, options: MemTableOptions = {}): Promise<MemTable> {
    return new MemTable(withParts(await loadFrom(readable, makerOf(KIND, options))));
  }

  /**
   * Adds a version of a key. Copies key and value: the caller may reuse its arrays.
   *
   * A `Deletion` needs no value; if it is given one, it is stored, as in LevelDB, and only an iterator shows it.
   * @param sequence 0 .. 2^56-1; above 2^53-1 as a `bigint`. Versions may come in any order of sequence numbers.
   * @throws MemDBError with code `MEMDB_DUPLICATE_KEY` when the key has a version of this sequence number and type
   * @throws CapacityError when the version does not fit
   * @throws LockMisuseError where another thread is the writer of a shared MemTable
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * table.add(2, ValueType.Deletion, bytes('color'));
   * console.log(table.length); // -> 2
   */
  add(
    sequence: number | bigint,
    type: typeof ValueType.Deletion,
    userKey: Uint8Array,
    value?: Uint8Array,
  ): void;
  /**
   * Adds a version whose type is known only when the program runs: one that was read from a log, for instance. Copies key and
   * value, an empty one for a `Deletion`.
   * @param sequence 0 .. 2^56-1; above 2^53-1 as a `bigint`
   * @throws MemDBError with code `MEMDB_DUPLICATE_KEY` when the key has a version of this sequence number and type
   * @throws CapacityError when the version does not fit
   * @example
   * const table = new MemTable();
   * const log = [[ValueType.Value, 'color', 'red'], [ValueType.Deletion, 'shape', '']];
   * log.forEach(([type, key, value], i) => table.add(i + 1, type, bytes(key), bytes(value)));
   * console.log(table.get(bytes('shape')).type === ValueType.Deletion); // -> true
   */
  add(sequence: number | bigint, type: ValueType, userKey: Uint8Array, value: Uint8Array): void;
  add(sequence: number | bigint, type: ValueType, userKey: Uint8Array, value?: Uint8Array): void {
    requireSequence(sequence);
    requireValueType(type);
    requireBytes(userKey, 'userKey');
    if (type === ValueType.Deletion && value === undefined) value = NO_VALUE;
    requireBytes(value, 'value');
    this.#guard.requireOutside();
    this.#shared?.requireWriter();
    const length = this.#scratch.set(userKey, sequence, type);
    if (!this.#table.add(this.#scratch.bytes, length, value)) {
      throw new MemDBError(
        'MEMDB_DUPLICATE_KEY',
        `this key has a version with sequence number ${sequence} and type ${type} already; nothing was changed. ` +
          'Every write needs a sequence number of its own',
      );
    }
    this.#shared?.publish();
  }

  /**
   * The newest version of a key at or below a sequence number, by default the newest of all. A tombstone is an
   * answer: the key was deleted, and what older tables hold of it does not count. `undefined`: nothing is known here.
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * table.add(2, ValueType.Value, bytes('color'), bytes('blue'));
   * console.log(text(table.get(bytes('color')).value)); // -> blue
   * console.log(text(table.get(bytes('color'), 1).value)); // -> red
   * console.log(table.get(bytes('shape'))); // -> undefined
   */
  get(userKey: Uint8Array, sequence?: number | bigint): MemTableEntry | undefined;
  /**
   * The same for a key and sequence number that are put together already: made once, a `LookupKey` serves for one table after
   * another.
   * @example
   * const tables = [new MemTable(), new MemTable()];
   * tables[1].add(1, ValueType.Value, bytes('color'), bytes('red'));
   * const lookupKey = new LookupKey(bytes('color'), 9);
   * for (const table of tables) console.log(table.get(lookupKey)?.sequenceNumber); // -> undefined, 1
   */
  get(lookupKey: LookupKey): MemTableEntry | undefined;
  get(key: Uint8Array | LookupKey, sequence?: number | bigint): MemTableEntry | undefined {
    if (isLookupKey(key)) {
      const { internalKey } = key;
      requireBytes(internalKey, 'internalKey');
      if (sequence !== undefined) throw new TypeError('a LookupKey has a sequence number: give no other');
      this.#guard.requireOutside();
      const length = lengthOf(internalKey);
      requireTag(length);
      return this.#newest(internalKey, length);
    }
    requireBytes(key, 'userKey');
    if (sequence !== undefined) requireSequence(sequence);
    this.#guard.requireOutside();
    if (sequence === undefined) {
      this.#table.requireSound();
      // The first of all versions of a key needs no ordered search, mostly.
      const first = this.#table.findFirst(key, lengthOf(key));
      if (first !== UNKNOWN) return first === NONE ? undefined : this.#entryOf(first);
    }
    const length = this.#scratch.set(key, sequence, SEEK_TYPE);
    return this.#newest(this.#scratch.bytes, length);
  }

  /**
   * The first version at or after a place in internal-key order, whatever its user key: that of `userKey` and `sequence`,
   * by default before all versions of the key. `undefined` where there is none.
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * const { internalKey, value } = table.find(bytes('b'));
   * console.log(text(parseInternalKey(internalKey).userKey), text(value)); // -> color red
   */
  find(userKey: Uint8Array, sequence?: number | bigint): MemTableFound | undefined {
    requireBytes(userKey, 'userKey');
    if (sequence !== undefined) requireSequence(sequence);
    this.#guard.requireOutside();
    const table = this.#table;
    table.requireSound();
    const length = this.#scratch.set(userKey, sequence, SEEK_TYPE);
    const node = table.findGE(this.#scratch.bytes, length, table.at);
    if (node === NONE) return undefined;
    return { internalKey: table.storage.keyOf(node), value: table.storage.valueOf(node) };
  }

  /**
   * The versions of the user keys in `[start, limit)`, in internal-key order or in reverse, as pairs of views: internal key
   * and value. Versions may be added meanwhile.
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * table.add(2, ValueType.Value, bytes('color'), bytes('blue'));
   * for (const [internalKey, value] of table.entries()) {
   *   console.log(parseInternalKey(internalKey).sequence, text(value)); // -> 2n blue, 1n red
   * }
   */
  entries(scan?: Scan): IterableIterator<[internalKey: Uint8Array, value: Uint8Array]> {
    return walk(this.iterator(boundsOf(scan, true)), scan?.reverse, entryOf);
  }

  /**
   * Their internal keys, as `entries`.
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * console.log([...table.keys()].map((key) => text(parseInternalKey(key).userKey))); // -> [ 'color' ]
   */
  keys(scan?: Scan): IterableIterator<Uint8Array> {
    return walk(this.iterator(boundsOf(scan, true)), scan?.reverse, internalKeyOf);
  }

  /**
   * Their values, as `entries`.
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * table.add(2, ValueType.Value, bytes('color'), bytes('blue'));
   * console.log([...table.values()].map(text)); // -> [ 'blue', 'red' ]
   */
  values(scan?: Scan): IterableIterator<Uint8Array> {
    return walk(this.iterator(boundsOf(scan, true)), scan?.reverse, valueOf);
  }

  /**
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * for (const [internalKey, value] of table) console.log(internalKey.length, text(value)); // -> 13 red
   */
  [Symbol.iterator](): IterableIterator<[internalKey: Uint8Array, value: Uint8Array]> {
    return this.entries();
  }

  /**
   * A cursor over the versions of the user keys in `[start, limit)`, in internal-key order. The bounds are user
   * keys: all versions of `start` are in the range and none of `limit`. They are copied.
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * table.add(2, ValueType.Value, bytes('color'), bytes('blue'));
   * const it = table.iterator();
   * while (it.next()) console.log(text(it.userKey), it.sequence, it.type); // -> color 2n 1, color 1n 1
   */
  iterator(range?: Range): MemTableIterator {
    return new MemTableIterator(this.#table, this.#guard, this.#scratch, internalRange(range));
  }

  /**
   * Drops the versions that no reader can see any more, by LevelDB's rules, and gives back their room at once: kept is what is the
   * newest version at or below `oldestSequence` or above it, and what is the newest at or below one of the snapshots. Tombstones
   * among these stay, since they may hide what an older table holds, unless there is none. Views given out keep their
   * bytes, and iterators go on from where they stand.
   * @param oldestSequence that of the oldest reader; any newer one may come. 0 .. 2^56-1, above 2^53-1 as a `bigint`
   * @throws CapacityError when there is no memory for the copy; nothing was changed
   * @throws MemDBError with code `MEMDB_SHARED` where threads share it
   * @example
   * const table = new MemTable();
   * for (let sequence = 1; sequence <= 9; sequence++) {
   *   table.add(sequence, ValueType.Value, bytes('counter'), bytes(String(sequence)));
   * }
   * table.compact(8, { snapshots: [3] });
   * console.log([...table.values()].map(text)); // -> [ '9', '8', '3' ]
   */
  compact(oldestSequence: number | bigint, options: MemTableCompaction = {}): void {
    const readers = requireReaders(oldestSequence, options);
    this.#guard.requireOutside();
    if (this.#shared !== undefined) {
      throw new MemDBError(
        'MEMDB_SHARED',
        'a MemTable that threads share is never compacted, as readers go along its links with no lock; nothing was changed. Add ' +
          'what is to stay to a new one',
      );
    }
    this.#table.requireSound();
    compact(this.#table, visibleTo(readers, this.#table, this.#userOrder));
  }

  /**
   * All versions, as bytes to be stored or sent, in internal-key order, with checksums and the name of the order of the user keys;
   * `MemTable.load` makes a MemTable of them again. One that threads share can be dumped by each of them, while versions are added:
   * those are in whose `add` had returned, as `length` counts them.
   * @returns an array of its own
   * @throws CapacityError where there is no memory for that
   * @throws MemDBError with code `MEMDB_BYTE_ORDER` on a big-endian machine
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * console.log(MemTable.load(table.dump()).length); // -> 1
   */
  dump(): Uint8Array {
    this.#guard.requireOutside();
    return dump(this.#table, this.#subject, this.#shared?.length);
  }

  /**
   * Writes the same bytes to a stream, and closes that: the versions that there are at the call. Others may be added meanwhile, and
   * `compact` may be called. There is no second copy in memory, but of what is written to meanwhile.
   * @throws CapacityError, MemDBError as `dump`; and what the stream fails with. Then the stream is aborted.
   * @example
   * const table = new MemTable();
   * const { readable, writable } = new TransformStream();
   * const written = table.dumpTo(writable);
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * const loaded = await MemTable.loadFrom(readable);
   * await written;
   * console.log(loaded.length); // -> 0
   */
  dumpTo(writable: WritableBytes): Promise<void> {
    return dumpTo(writable, () => {
      this.#guard.requireOutside();
      return portionsOf(this.#table, this.#subject, this.#shared?.length);
    });
  }

  /**
   * What other threads attach a shared MemTable by: it can be posted as it is.
   * @throws MemDBError with code `MEMDB_NOT_SHARED` where it is not shared
   */
  get handle(): MemTableHandle {
    return requireSharing(this.#handle, 'MemTable');
  }

  /** Number of versions, tombstones among them. Another thread may have just added one more that is not counted yet. */
  get length(): number {
    return this.#shared !== undefined ? this.#shared.length : this.#table.mend().length;
  }

  /** Bytes of the user keys and values of all versions, tombstones among them. */
  get size(): number {
    if (this.#shared !== undefined) return this.#shared.size;
    const { length, size } = this.#table.mend();
    return size - TAG_LENGTH * length;
  }

  /**
   * Bytes in use by keys, values and everything kept to find them. It grows with every `add` by about what that adds,
   * so it tells when to begin a new table, as LevelDB's `ApproximateMemoryUsage` does. What is reserved ahead does
   * not count: an array that has just grown may hold up to three times as much again. For a reader of a shared one, it is what threads
   * share: what the writer keeps to find its place is not in it.
   */
  get approximateMemoryUsage(): number {
    const { index, storage } = this.#table.mend();
    if (this.#shared !== undefined) return this.#shared.usedBytes + (index?.usedBytes ?? 0);
    const nodes = storage.nodes.length * Int32Array.BYTES_PER_ELEMENT;
    return storage.kv.length + nodes + (index?.usedBytes ?? 0);
  }

  /**
   * The bytes that an iterator's `keyStart`, `valueStart` and `valueEnd` are positions in; not to be modified. Growth
   * replaces the array by a larger one.
   */
  get kvData(): Uint8Array {
    return this.#table.storage.kv.array;
  }

  /** The first version at or after a place in internal-key order, if it is one of the same user key. */
  #newest(internalKey: Uint8Array, length: number): MemTableEntry | undefined {
    const table = this.#table;
    table.requireSound();
    const tagStart = length - TAG_LENGTH;
    const first = table.findFirst(internalKey, tagStart);
    if (first === NONE) return undefined;
    const node = first === UNKNOWN ? UNKNOWN : this.#visible(first, internalKey, tagStart);
    if (node !== UNKNOWN) return node === NONE ? undefined : this.#entryOf(node);
    const found = table.findGE(internalKey, length, table.at);
    return found !== NONE && this.#isOf(found, internalKey, tagStart) ? this.#entryOf(found) : undefined;
  }

  /** From the first version of a key on, the first at or behind a place; UNKNOWN where there are too many to go along. */
  #visible(first: NodeIndex, internalKey: Uint8Array, tagStart: number): NodeIndex | typeof UNKNOWN {
    const nodes = this.#table.storage.nodes.array;
    const kv = this.#table.storage.kv.array;
    let node = first;
    for (let i = 0; i < VERSIONS_TO_TRY; i++) {
      const tag = nodes[node + OFFSET] + nodes[node + KEY_LENGTH] - TAG_LENGTH;
      if (compareTags(kv, tag, internalKey, tagStart) >= 0) return node;
      node = nodes[node + NEXT] as NodeIndex;
      if (node === NONE || !this.#isOf(node, internalKey, tagStart)) return NONE;
    }
    return UNKNOWN;
  }

  /** Whether a node is a version of a user key. */
  #isOf(node: NodeIndex, userKey: Uint8Array, userKeyLength: number): boolean {
    const { kv, nodes } = this.#table.storage;
    const start = nodes.array[node + OFFSET];
    const length = nodes.array[node + KEY_LENGTH] - TAG_LENGTH;
    return this.#userOrder.compare(kv.array, start, length, userKey, 0, userKeyLength, 0) === 0;
  }

  #entryOf(node: NodeIndex): MemTableEntry {
    const { storage } = this.#table;
    const nodes = storage.nodes.array;
    const kv = storage.kv.array;
    const tagStart = nodes[node + OFFSET] + nodes[node + KEY_LENGTH] - TAG_LENGTH;
    const sequenceNumber = sequenceNumberAt(kv, tagStart);
    return kv[tagStart] === ValueType.Deletion
      ? { type: ValueType.Deletion, sequenceNumber }
      : { type: ValueType.Value, value: storage.valueOf(node), sequenceNumber };
  }
}

// A program may have two copies of the package, as ES module and as CommonJS: what is of the other is no `instanceof` ours.

function isLookupKey(key: Uint8Array | LookupKey): key is LookupKey {
  return !isFilledBytes(key) && (key as Partial<LookupKey> | undefined)?.internalKey !== undefined;
}

function userComparerOf(comparer: Comparer): Comparer {
  const { userComparer } = comparer as Partial<InternalKeyComparer>;
  return comparer.name === INTERNAL_COMPARER && userComparer !== undefined ? userComparer : comparer;
}

/** Before the first tag of a user key there is nothing of that key: both bounds are put there. */
function internalRange(range: Range | undefined): Range {
  const { start, limit } = boundsOf(range);
  return {
    start: start && makeInternalKey(start, MAX_SEQUENCE, SEEK_TYPE),
    limit: limit && makeInternalKey(limit, MAX_SEQUENCE, SEEK_TYPE),
  };
}

function entryOf({ internalKey, value }: MemTableIterator): [internalKey: Uint8Array, value: Uint8Array] {
  return [internalKey!, value!];
}

function internalKeyOf({ internalKey }: MemTableIterator): Uint8Array {
  return internalKey!;
}

function valueOf({ value }: MemTableIterator): Uint8Array {
  return value!;
}

function oneToKeep(): unknown {
  const table = new MemTable({ capacity: 0 });
  return [table, table.iterator()];
}

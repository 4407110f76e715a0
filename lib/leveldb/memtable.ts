import { isFilledBytes, requireBytes, requireCapacity, requireOptions } from '../base/arguments.js';
import { copyBytes } from '../base/bytes.js';
import { bytewise, requireComparer, type Comparer } from '../base/comparer.js';
import { Cursor } from '../table/cursor.js';
import { MemDBError, noMemory } from '../base/errors.js';
import { INTERNAL_COMPARER, makeInternalKey, type InternalKeyComparer } from './internalkey.js';
import { keepOne } from '../base/kept.js';
import { InternalOrder } from './internalorder.js';
import type { LookupKey } from './lookupkey.js';
import { requireReaders, visibleTo } from './visible.js';
import {
  MAX_SEQUENCE,
  SEEK_TYPE,
  TAG_LENGTH,
  ValueType,
  compareTags,
  requireSequence,
  requireValueType,
  sequenceAt,
  sequenceNumberAt,
  writeFirstTag,
  writeTag,
} from './tag.js';
import { orderOf, type Order } from '../base/order.js';
import { boundsOf, requireRange, type Range, type Scan } from '../base/range.js';
import { ReentryGuard } from '../lock/reentry.js';
import { UNKNOWN } from '../index/hash/hashindex.js';
import { KEY_LENGTH, NEXT, NONE, OFFSET, type NodeIndex } from '../storage/layout.js';
import { DEFAULT_CAPACITY, internalsOf } from '../storage/memory.js';
import { compact } from '../table/compaction/compaction.js';
import { walk } from '../table/walk.js';
import { TABLE, Table } from '../table/table.js';

export interface MemTableOptions {
  /**
   * Order of the user keys; `bytewise` by default. An `InternalKeyComparer`, which is what LevelDB's MemTable is made
   * with, stands for its user comparer.
   */
  comparer?: Comparer | undefined;
  /** Bytes of `kvData` to reserve at first. Advisory: it grows as needed. */
  capacity?: number | undefined;
}

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

const NO_VALUE = new Uint8Array(0);

/** An older version of a key is this many links behind the first, at most; otherwise, it is searched for. */
const VERSIONS_TO_TRY = 4;

/**
 * LevelDB's memtable: every version of every key, each with its sequence number, in internal-key order (see
 * `makeInternalKey`). Versions are added and never changed, so that readers need no lock; only `compact` drops some.
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
  readonly #userOrder: Order;
  readonly #guard: ReentryGuard;
  readonly #scratch = new KeyScratch();

  /**
   * @throws TypeError, RangeError, CapacityError when `capacity` is no size, or can't be had
   * @example
   * const table = new MemTable({ comparer: bytewise, capacity: 4 << 20 });
   * console.log(table.length); // -> 0
   */
  constructor(options: MemTableOptions = {}) {
    requireOptions(options, 'MemTable', ['comparer', 'capacity']);
    const memory = internalsOf(options);
    const { comparer = bytewise, capacity = DEFAULT_CAPACITY } = options;
    requireCapacity(capacity, memory.kvLimit);
    requireComparer(comparer);
    this.#userOrder = orderOf(userComparerOf(comparer));
    const order = new InternalOrder(this.#userOrder);
    this.#guard = new ReentryGuard(undefined, order);
    this.#table = new Table({ order, capacity, memory, hasVersions: true });
    keepOne(MemTable, oneToKeep);
  }

  /** @internal */
  get [TABLE](): Table {
    return this.#table;
  }

  /**
   * Adds a version of a key. Copies key and value: the caller may reuse its arrays.
   *
   * A `Deletion` needs no value; if it is given one, it is stored, as in LevelDB, and only an iterator shows it.
   * @param sequence 0 .. 2^56-1; above 2^53-1 as a `bigint`. Versions may come in any order of sequence numbers.
   * @throws MemDBError with code `MEMDB_DUPLICATE_KEY` when the key has a version of this sequence number and type
   * @throws CapacityError when the version does not fit
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
    const length = this.#scratch.set(userKey, sequence, type);
    if (!this.#table.add(this.#scratch.bytes, length, value)) {
      throw new MemDBError(
        'MEMDB_DUPLICATE_KEY',
        `this key has a version with sequence number ${sequence} and type ${type} already; nothing was changed. ` +
          'Every write needs a sequence number of its own',
      );
    }
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
      return this.#newest(internalKey, internalKey.length);
    }
    requireBytes(key, 'userKey');
    if (sequence !== undefined) requireSequence(sequence);
    this.#guard.requireOutside();
    if (sequence === undefined) {
      this.#table.storage.requireAttached();
      // The first of all versions of a key needs no ordered search, mostly.
      const first = this.#table.findFirst(key, key.length);
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
    table.storage.requireAttached();
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
    return walk(this.iterator(boundsOf(scan)), scan?.reverse, (it) => [it.internalKey!, it.value!]);
  }

  /**
   * Their internal keys, as `entries`.
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * console.log([...table.keys()].map((key) => text(parseInternalKey(key).userKey))); // -> [ 'color' ]
   */
  keys(scan?: Scan): IterableIterator<Uint8Array> {
    return walk(this.iterator(boundsOf(scan)), scan?.reverse, (it) => it.internalKey!);
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
    return walk(this.iterator(boundsOf(scan)), scan?.reverse, (it) => it.value!);
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
    this.#table.storage.requireAttached();
    compact(this.#table, visibleTo(readers, this.#table, this.#userOrder));
  }

  /** Number of versions, tombstones among them. */
  get length(): number {
    return this.#table.length;
  }

  /** Bytes of the user keys and values of all versions, tombstones among them. */
  get size(): number {
    return this.#table.size - TAG_LENGTH * this.#table.length;
  }

  /**
   * Bytes in use by keys, values and everything kept to find them. It grows with every `add` by about what that adds,
   * so it tells when to begin a new table, as LevelDB's `ApproximateMemoryUsage` does. What is reserved ahead does
   * not count: an array that has just grown may hold up to three times as much again.
   */
  get approximateMemoryUsage(): number {
    const { index, storage } = this.#table;
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
    table.storage.requireAttached();
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

/**
 * A cursor over the versions in a memtable: user keys ascending, and of each the newest first. It moves as a
 * `DBIterator` does, and versions added meanwhile are met in their place.
 *
 * `keyStart`, `valueStart` and `valueEnd` are positions in the memtable's `kvData`; the key there is the internal key,
 * whose last 8 bytes are sequence number and type.
 * @example
 * const table = new MemTable();
 * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
 * const it = table.iterator();
 * console.log(it.next(), it.sequenceNumber, text(it.value), it.next()); // -> true 1 red false
 */
export class MemTableIterator extends Cursor {
  readonly #guard: ReentryGuard;
  readonly #scratch: KeyScratch;

  /** @internal */
  constructor(table: Table, guard: ReentryGuard, scratch: KeyScratch, range: Range | undefined) {
    super(table, guard, true, range);
    this.#guard = guard;
    this.#scratch = scratch;
  }

  /**
   * Moves to the newest version of `userKey` at or below `sequence` (by default, the newest of all), or else to what
   * follows in internal-key order: the versions of the next user key.
   * @returns whether there is one in the range; if not, `prev()` moves to the last version of the range
   * @example
   * const table = new MemTable();
   * table.add(1, ValueType.Value, bytes('color'), bytes('red'));
   * table.add(2, ValueType.Value, bytes('color'), bytes('blue'));
   * const it = table.iterator();
   * console.log(it.seek(bytes('color'), 1), text(it.value)); // -> true red
   */
  override seek(userKey: Uint8Array, sequence?: number | bigint): boolean {
    requireBytes(userKey, 'userKey');
    if (sequence !== undefined) requireSequence(sequence);
    this.#guard.requireOutside(); // the call that it is in is using the scratch buffer
    const length = this.#scratch.set(userKey, sequence, SEEK_TYPE);
    return this.seekBytes(this.#scratch.bytes, length);
  }

  /** User key, sequence number and type as one key, see `makeInternalKey`: a view; `undefined` where not valid. */
  get internalKey(): Uint8Array | undefined {
    return this.keyView();
  }

  /** The user key: a view, not to be modified; `undefined` where not valid. */
  get userKey(): Uint8Array | undefined {
    const { keyStart, tagStart } = this;
    if (tagStart >= 0) return this.table.storage.view(keyStart, tagStart - keyStart);
    return this.keyView()?.subarray(0, -TAG_LENGTH);
  }

  /** The sequence number; `undefined` where not valid. */
  get sequence(): bigint | undefined {
    return this.#tag(sequenceAt);
  }

  /** The same as a plain number; `undefined` above 2^53-1, and where not valid. */
  get sequenceNumber(): number | undefined {
    return this.#tag(sequenceNumberAt);
  }

  /** Whether this version is a value or a tombstone; `undefined` where not valid. */
  get type(): ValueType | undefined {
    return this.#tag((bytes, tagStart) => bytes[tagStart] as ValueType);
  }

  /** The value, empty for a tombstone: a view, not to be modified; `undefined` where not valid. */
  get value(): Uint8Array | undefined {
    return this.valueView();
  }

  #tag<T>(read: (bytes: Uint8Array, tagStart: number) => T): T | undefined {
    const { tagStart } = this;
    const { storage } = this.table;
    storage.requireAttached();
    if (tagStart >= 0) return read(storage.kv.array, tagStart);
    const key = this.keyView(); // It may have been left behind by a compaction.
    return key && read(key, key.length - TAG_LENGTH);
  }

  /** Below 0 where not valid. */
  private get tagStart(): number {
    return this.valueStart - TAG_LENGTH;
  }
}

const FIRST_SCRATCH_BYTES = 256;
/** A longer key does not keep its scratch buffer occupied. */
const LARGEST_SCRATCH_BYTES = 1 << 16;

/** Where internal keys are put together for a search, so that a call allocates nothing. */
class KeyScratch {
  bytes = new Uint8Array(FIRST_SCRATCH_BYTES);

  /** @returns the length of the internal key that `bytes` now begins with; no sequence number: the first of all tags */
  set(userKey: Uint8Array, sequence: number | bigint | undefined, type: ValueType): number {
    const tagStart = userKey.length;
    const length = tagStart + TAG_LENGTH;
    if (length > this.bytes.length || this.bytes.length > LARGEST_SCRATCH_BYTES) this.#fit(length);
    copyBytes(userKey, tagStart, this.bytes, 0);
    if (sequence === undefined) {
      writeFirstTag(this.bytes, tagStart);
    } else {
      writeTag(this.bytes, tagStart, sequence, type);
    }
    return length;
  }

  #fit(length: number): void {
    let room = FIRST_SCRATCH_BYTES;
    while (room < length) room *= 2;
    try {
      this.bytes = new Uint8Array(room > LARGEST_SCRATCH_BYTES ? length : room);
    } catch (cause) {
      throw noMemory(`${length} bytes for an internal key`, cause);
    }
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
function internalRange(range: Range | undefined): Range | undefined {
  if (range === undefined) return undefined;
  requireRange(range);
  const { start, limit } = range;
  return {
    start: start && makeInternalKey(start, MAX_SEQUENCE, SEEK_TYPE),
    limit: limit && makeInternalKey(limit, MAX_SEQUENCE, SEEK_TYPE),
  };
}

function oneToKeep(): unknown {
  const table = new MemTable({ capacity: 0 });
  return [table, table.iterator()];
}

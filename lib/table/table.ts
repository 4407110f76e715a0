import { lengthOf } from '../base/bytes.js';
import { CapacityError, ComparerError, StructureError, requireLackOfMemory } from '../base/errors.js';
import type { Order } from '../base/order.js';
import type { Range } from '../base/range.js';
import {
  rankOf,
  firstPlace,
  lastPlace,
  nodeOrNone,
  placeAfter,
  placeBefore,
  placeOfRank,
  predecessors,
  readPage,
} from '../index/pages/walk.js';
import { search, toNode } from '../index/pages/search.js';
import { sharedByNodes } from '../index/pages/store.js';
import { NO_PLACE, Position, type Place } from '../index/position.js';
import { UNKNOWN } from '../index/hash/hashindex.js';
import { TableIndex } from '../index/tableindex.js';
import { HeightQueue, SeededHeights, type Heights } from '../skiplist/heights.js';
import { Towers } from '../skiplist/towers.js';
import {
  COUNT,
  DELETIONS,
  EPOCH,
  EXCHANGES,
  GENERATION,
  HEIGHT_SOURCE,
  LIVE_SLOTS,
  SIZE,
  STRUCTURE,
  type Header,
} from '../storage/header.js';
import {
  FIRST_NODE,
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  NEXT,
  NONE,
  OFFSET,
  VALUE_LENGTH,
  type KVOffset,
  type NodeIndex,
} from '../storage/layout.js';
import { localMemory, type Internals } from '../storage/memory.js';
import { Storage, type Room } from '../storage/storage.js';
import type { Batch } from './bulk/batch.js';
import { Epoch } from './epoch.js';
import { repair } from './repair.js';

export interface TableOptions {
  order: Order;
  /** Bytes of kv that somebody asked for; by default, so many are reserved. */
  capacity: number;
  /** A caller's; seeded ones by default. */
  heights?: Heights;
  memory?: Internals;
  room?: Room;
  /** See TableIndex. */
  hasVersions?: boolean;
  /** How the skip list is searched and linked. */
  Towers?: typeof Towers;
}

/** Who has to hear of every change to the entries, once it is made. It must not throw. */
export interface Follower {
  /** A node was added, or given another record. */
  wrote(node: NodeIndex): void;
  /** A node was unlinked; its key and links are still there. */
  removed(node: NodeIndex): void;
  /** The same of the nodes from `first` to before `end`, which are those of a range. */
  removedRange(first: NodeIndex, end: NodeIndex, range: Range): void;
}

function fullIndex(): CapacityError {
  return new CapacityError(
    'the index of a shared DB is full; nothing was changed. compact() makes room, or a larger maxCapacity',
  );
}

/** A key and its value. */
export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** The name under which a DB, MemTable or SkipList gives its table: for the structure check and for tests. */
export const TABLE: unique symbol = Symbol.for('flat-memdb.table');

export interface TableOwner {
  readonly [TABLE]: Table;
}

/**
 * Entries in the order of their keys: what DB, MemTable and SkipList are made of. Keys are given as key[0, keyLength).
 * Nothing here checks arguments or takes a lock; nothing here is changed when a comparer, a height source or an
 * allocation fails, since all of those come before the first change. (Where memory only makes things faster, its lack
 * is no failure.) A change that is cut off has been made or not: see `isTorn`.
 *
 * Reads change nothing, but that the hash index catches up with the last few writes: `#maintain`, which is all there is of it.
 *
 * Searches that are given a position leave there what they found; from its place, neighbours are near for as long as
 * `structure` stays the same. A write locates, makes room, and then changes: record, node, links, index, counters.
 */
export class Table {
  /** Replaced only by `exchange`, as towers and index are. */
  storage: Storage;
  readonly order: Order;
  towers: Towers;
  /** Undefined where it is switched off, or was dropped for lack of memory: the skip list serves alone. */
  index: TableIndex | undefined;
  follower: Follower | undefined;
  /** The one position of this handle, used by every call in turn. */
  readonly at = new Position();
  /** Number of entries. */
  length = 0;
  /** Bytes of keys and values of the entries. */
  size = 0;
  /** Slots of the nodes of the entries. */
  liveSlots = 0;
  /** Counts insertions and deletions: where it is as it was, positions hold. */
  structure = 0;
  /** Counts deletions: where it is as it was, every node is still in the table. */
  deletions = 0;
  /** Counts resets: after one, node indexes mean nothing any more. */
  generation = 0;
  /** Counts exchanges: after one, so do positions in kv. */
  exchanges = 0;
  /** Counts changes of any kind. */
  epoch = 0;
  /**
   * Set from before the first store of a change until after the last: who finds it set, at the beginning of a call, comes after one that
   * was cut off, by the end of the stack or a timeout. Then level 0 of the list is right, and what follows from it is made anew.
   */
  isTorn = false;
  /** Entries that are being put together: until all are in, the table is torn. */
  batch: Batch | undefined;
  /** What stands for the present epoch, and whether anybody knows it. */
  #now = new Epoch();
  #isNowGiven = false;
  /** Counts what may have replaced bytes behind the records. */
  stagings = 0;
  readonly heights: HeightQueue;
  readonly #areHeightsGiven: boolean;
  /** Where its storage and index come from. */
  memory: Internals;
  // As in the options.
  readonly capacity: number;
  readonly hasVersions: boolean;

  constructor(options: TableOptions) {
    const { order, capacity, heights, memory = localMemory, room, hasVersions = false } = options;
    this.order = order;
    this.memory = memory;
    this.capacity = capacity;
    this.hasVersions = hasVersions;
    this.storage = new Storage(capacity, memory, room);
    this.towers = new (options.Towers ?? Towers)(this.storage, order);
    this.heights = new HeightQueue(heights ?? new SeededHeights());
    this.#areHeightsGiven = heights !== undefined;
    this.buildIndex();
  }

  /** Bytes of everything that leads to the entries: nodes, and what is derived from them. */
  get indexBytes(): number {
    const nodes = this.storage.nodes.length * Int32Array.BYTES_PER_ELEMENT;
    return nodes + (this.index?.bytes ?? 0);
  }

  /** All mutable scalars, see storage/header.ts. */
  store(header: Header): void {
    this.storage.store(header);
    this.towers.store(header);
    this.index?.store(header);
    header[COUNT] = this.length;
    header[SIZE] = this.size;
    header[LIVE_SLOTS] = this.liveSlots;
    header[GENERATION] = this.generation;
    header[STRUCTURE] = this.structure;
    header[DELETIONS] = this.deletions;
    header[EXCHANGES] = this.exchanges;
    header[EPOCH] = this.epoch;
    header[HEIGHT_SOURCE] = this.heights.source.state;
  }

  /** All that the scalars speak of: the two arrays, and those of the index. */
  get arrays(): [kv: Uint8Array, nodes: Int32Array, ...index: Int32Array[]] {
    const { kv, nodes } = this.storage;
    return [kv.array, nodes.array, ...(this.index?.arrays ?? [])];
  }

  /** Takes over scalars and arrays of a table in the same order, with the same seed. */
  load(header: Header, [kv, nodes, ...ofIndex]: Table['arrays']): void {
    this.change();
    this.storage.load(header, kv, nodes);
    this.towers.load(header);
    this.index?.load(header, ofIndex);
    this.length = header[COUNT];
    this.size = header[SIZE];
    this.liveSlots = header[LIVE_SLOTS];
    this.generation = header[GENERATION];
    this.structure = header[STRUCTURE];
    this.deletions = header[DELETIONS];
    this.exchanges = header[EXCHANGES];
    this.epoch = header[EPOCH];
    this.heights.source.state = header[HEIGHT_SOURCE];
  }

  /** The node of this key, or NONE. */
  find(key: Uint8Array, keyLength: number): NodeIndex {
    this.#maintain();
    return this.index !== undefined
      ? this.index.find(key, keyLength, this.at)
      : this.towers.search(key, 0, keyLength, this.at.before);
  }

  /** The first version of a key, without what says which one it is, or NONE; UNKNOWN where `findGE` must tell. */
  findFirst(key: Uint8Array, keyLength: number): NodeIndex | typeof UNKNOWN {
    this.#maintain();
    return this.index === undefined ? UNKNOWN : this.index.findFirst(key, keyLength);
  }

  /** The first node whose key is at or above this one, or NONE. Its place is not always looked for. */
  findGE(key: Uint8Array, keyLength: number, at: Position): NodeIndex {
    const { index } = this;
    if (index !== undefined) {
      this.#maintain();
      const sought = index.findSought(key, keyLength);
      if (sought === NONE) return index.seek(key, keyLength, at);
      at.place = NO_PLACE;
      return sought;
    }
    return this.#withoutPlace(this.towers.seek(key, keyLength, at.before), at);
  }

  /** The first node whose key is above this one, or NONE. */
  findGT(key: Uint8Array, keyLength: number, at: Position): NodeIndex {
    if (this.index !== undefined) return this.index.seekAbove(key, keyLength, at);
    const node = this.towers.seek(key, keyLength, at.before);
    const isExact = node !== NONE && this.compare(node, key, keyLength) === 0;
    return isExact ? this.#linked(node, at) : this.#withoutPlace(node, at);
  }

  /** The last node whose key is below this one, or NONE. */
  findLT(key: Uint8Array, keyLength: number, at: Position): NodeIndex {
    if (this.index === undefined) {
      return this.#withoutPlace(this.towers.seekBelow(key, keyLength, at.before), at);
    }
    const { pages } = this.index;
    search(pages, key, 0, keyLength, at);
    return this.#atPlace(placeBefore(pages, at.place), at);
  }

  first(at: Position): NodeIndex {
    return this.index === undefined
      ? this.#linked(HEAD, at)
      : this.#atPlace(firstPlace(this.index.pages, at), at);
  }

  last(at: Position): NodeIndex {
    return this.index === undefined
      ? this.#withoutPlace(this.towers.last, at)
      : this.#atPlace(lastPlace(this.index.pages), at);
  }

  /** The node after one of the table, whose place may be known. */
  next(node: NodeIndex, place: Place, at: Position): NodeIndex {
    return place === NO_PLACE || this.index === undefined
      ? this.#linked(node, at)
      : this.#atPlace(placeAfter(this.index.pages, place), at);
  }

  /** The node before the one at a place. */
  previous(place: Place, at: Position): NodeIndex {
    return this.#atPlace(placeBefore(this.index!.pages, place), at);
  }

  /** @throws ComparerError unless a node, or HEAD, is before another in the list: who goes back must come to the end some time */
  requireBefore(before: NodeIndex, node: NodeIndex): void {
    do {
      before = this.towers.next(before);
      if (before === NONE) throw new ComparerError('a key is not above the one before it');
    } while (before !== node);
  }

  /** The place of a node that is in the table; NO_PLACE without an index. */
  placeOf(node: NodeIndex, at: Position): Place {
    if (this.index === undefined) return NO_PLACE;
    toNode(this.index.pages, node, at);
    return at.place;
  }

  /** Reads all entries of a page, see index/pages/walk.ts. @returns how many there are */
  readPage(place: Place, run: Int32Array): number {
    return readPage(this.index!.pages, place, run, this.at);
  }

  #atPlace(place: Place, at: Position): NodeIndex {
    at.place = place;
    return nodeOrNone(this.index!.pages, place);
  }

  #linked(node: NodeIndex, at: Position): NodeIndex {
    return this.#withoutPlace(this.towers.next(node), at);
  }

  #withoutPlace(node: NodeIndex, at: Position): NodeIndex {
    at.place = NO_PLACE;
    return node;
  }

  /** Compares the key of a node with a given key. */
  compare(node: NodeIndex, key: Uint8Array, keyLength: number): number {
    const { kv, nodes } = this.storage;
    const { array } = nodes;
    return this.order.compare(kv.array, array[node + OFFSET], array[node + KEY_LENGTH], key, 0, keyLength, 0);
  }

  /** `find` for each of several keys, in their order. */
  findEach(keys: readonly Uint8Array[], found: (node: NodeIndex) => void): void {
    for (let i = 0; i < keys.length && this.index?.isBehind === true; i++) this.#maintain();
    if (this.index !== undefined) {
      this.index.findEach(keys, this.at, found);
    } else {
      for (const key of keys) found(this.find(key, lengthOf(key)));
    }
  }

  /** Number of entries at or above `start` and below `limit`. */
  count(start: Uint8Array | undefined, limit: Uint8Array | undefined): number {
    if (this.index !== undefined) {
      return Math.max(0, this.#rank(limit, this.length) - this.#rank(start, 0));
    }
    const { at } = this;
    let count = 0;
    const isInside = (node: NodeIndex) =>
      node !== NONE && (limit === undefined || this.compare(node, limit, limit.length) < 0);
    let node = start === undefined ? this.first(at) : this.findGE(start, start.length, at);
    for (; isInside(node); node = this.#linked(node, at)) count++;
    return count;
  }

  /** The node before which there are so many others, from the end where that is below 0; NONE outside. */
  nodeAt(index: number): NodeIndex {
    const rank = index < 0 ? index + this.length : index;
    if (rank < 0 || rank >= this.length) return NONE;
    if (this.index !== undefined) return nodeOrNone(this.index.pages, placeOfRank(this.index.pages, rank));
    let node = this.first(this.at);
    for (let i = 0; i < rank; i++) node = this.#linked(node, this.at);
    return node;
  }

  #rank(key: Uint8Array | undefined, otherwise: number): number {
    if (key === undefined) return otherwise;
    const { pages } = this.index!;
    search(pages, key, 0, key.length, this.at);
    return rankOf(pages, this.at);
  }

  /** Comes first in each call that may not find what it needs. @throws MemDBError where a buffer was taken away */
  requireSound(): void {
    this.mend().storage.requireAttached();
  }

  /** Makes good what a call before was cut off in. */
  mend(): this {
    if (this.isTorn === true) repair(this);
    return this;
  }

  /** Lets the index catch up with the last writes: the only thing that a read may change, and not seen from outside. */
  #maintain(): void {
    if (this.isTorn === true) repair(this);
    if (this.index !== undefined && this.index.isBehind && this.memory.maintained !== false) {
      this.index.maintain(true);
    }
  }

  /** Adds an entry, or replaces the value of the one with an equal key. @throws CapacityError */
  put(key: Uint8Array, keyLength: number, value: Uint8Array): void {
    this.requireSound();
    const { kv } = this.storage;
    const valueLength = lengthOf(value);
    if (kv.fits(keyLength + valueLength) !== true) {
      this.#locate(key, 0, keyLength, this.at); // A key that the order refuses makes nothing grow.
      kv.reserve(keyLength + valueLength);
    }
    const offset = kv.length as KVOffset;
    this.stagings++;
    this.storage.stage(offset, key, keyLength, value, valueLength);
    this.putStaged(offset, keyLength, valueLength);
  }

  /** Adds an entry unless there is one with an equal key; tells whether it did. @throws CapacityError */
  add(key: Uint8Array, keyLength: number, value: Uint8Array): boolean {
    this.requireSound();
    const { kv } = this.storage;
    const { at } = this;
    const valueLength = lengthOf(value);
    if (kv.fits(keyLength + valueLength) !== true) {
      if (this.#locate(key, 0, keyLength, at) !== NONE) return false;
      kv.reserve(keyLength + valueLength);
    }
    const offset = kv.length as KVOffset;
    this.stagings++;
    this.storage.stage(offset, key, keyLength, value, valueLength);
    if (this.#locate(kv.array, offset, keyLength, at) !== NONE) return false;
    this.#insert(offset, keyLength, valueLength, at);
    return true;
  }

  /** Puts the record that is staged at the end of kv. */
  putStaged(offset: KVOffset, keyLength: number, valueLength: number): void {
    const { at } = this;
    const node = this.#locate(this.storage.kv.array, offset, keyLength, at);
    if (node !== NONE) {
      this.replace(node, offset, keyLength, valueLength);
    } else {
      this.#insert(offset, keyLength, valueLength, at);
    }
  }

  /** Removes the entry with this key; tells whether there was one. Its bytes and slots stay where they are. */
  delete(key: Uint8Array, keyLength: number): boolean {
    const { at, index, towers } = this;
    const node =
      index !== undefined
        ? index.locatePresent(key, keyLength, at)
        : towers.search(key, 0, keyLength, at.before);
    if (node === NONE) return false;
    const nodes = this.storage.nodes.array;
    if (index !== undefined) this.#findPredecessors(index, key, 0, keyLength, nodes[node + HEIGHT], at);
    towers.requireBehind(node, at.before);
    this.begin();
    this.structure++;
    this.deletions++;
    towers.unlink(node, at.before);
    index?.remove(node, at);
    this.length--;
    this.size -= nodes[node + KEY_LENGTH] + nodes[node + VALUE_LENGTH];
    this.liveSlots -= NEXT + nodes[node + HEIGHT];
    if (this.follower !== undefined) this.follower.removed(node);
    this.isTorn = false;
    return true;
  }

  /** @throws CapacityError where somebody still reads the arrays, and there is no memory for others */
  reset(): void {
    if (this.storage.nodes.pasts.length > 0) this.exchange(emptyOneFor(this));
    this.begin();
    this.generation++;
    this.structure++;
    this.stagings++;
    this.storage.reset();
    this.towers.reset();
    this.heights.reset();
    this.length = 0;
    this.size = 0;
    this.liveSlots = 0;
    if (this.index !== undefined) {
      this.index.reset();
    } else {
      this.buildIndex();
    }
    this.isTorn = false;
  }

  /** What lasts until the next change of any kind: what was read in it holds while it is current. */
  now(): Epoch {
    this.#isNowGiven = true;
    return this.#now;
  }

  /** Announces a change, before its first store. */
  change(): void {
    this.epoch = (this.epoch + 1) | 0;
    if (this.#isNowGiven !== true) return;
    this.#now.current = false;
    this.#now = new Epoch();
    this.#isNowGiven = false;
  }

  /** Announces a change to the entries; at its end, `isTorn` is to be set back. */
  begin(): void {
    this.change();
    this.isTorn = true;
  }

  /** Makes the index, from the skip list. @throws CapacityError where threads share the table: all have it, or none */
  buildIndex(): void {
    this.dropIndex();
    const { indexed = true, seed = Math.floor(Math.random() * 2 ** 32) } = this.memory;
    if (!indexed) return;
    try {
      const index = new TableIndex(this.storage, this.order, this.memory, seed, this.hasVersions);
      if (this.memory.shared?.isMade !== true) {
        index.addAll(this.storage.nodes.array[HEAD + NEXT] as NodeIndex, this.at);
      }
      this.index = index;
    } catch (error) {
      if (this.memory.shared !== undefined) throw error;
      requireLackOfMemory(error);
    }
  }

  /** Slower from now on, and otherwise the same. */
  dropIndex(): void {
    this.index = undefined;
    this.at.place = NO_PLACE;
    this.structure++; // Positions are no more.
  }

  /** The node of key[start, start + keyLength), or NONE; then the position where it belongs is known, for `#insert`. */
  #locate(key: Uint8Array, start: number, keyLength: number, at: Position): NodeIndex {
    // With no other key to compare it with, an order that refuses some keys would not see it.
    if (this.length === 0) this.order.compare(key, start, keyLength, key, start, keyLength, 0);
    at.structure = this.structure;
    if (this.index !== undefined) return this.index.locate(key, start, keyLength, this.towers.last, at);
    at.isAtEnd = false;
    return this.towers.search(key, start, keyLength, at.before);
  }

  /** Gives a node the record that is staged at `offset`. */
  replace(node: NodeIndex, offset: KVOffset, keyLength: number, valueLength: number): void {
    const { kv, nodes } = this.storage;
    const { array } = nodes;
    const gained = keyLength - array[node + KEY_LENGTH] + valueLength - array[node + VALUE_LENGTH];
    this.begin();
    this.batch?.keep(node, array);
    kv.length = offset + keyLength + valueLength;
    this.storage.replaceRecord(node, offset, keyLength, valueLength);
    this.size += gained;
    if (this.follower !== undefined) this.follower.wrote(node);
    this.isTorn = this.batch !== undefined;
  }

  #reserve(index: TableIndex, at: Position): boolean {
    this.isTorn = true; // Its arrays grow one after the other.
    const hasRoom = index.reserve(at);
    this.isTorn = this.batch !== undefined;
    return hasRoom;
  }

  /** Adds a node for the record that is staged at `offset`, at the position that `#locate` found. */
  #insert(offset: KVOffset, keyLength: number, valueLength: number, at: Position): void {
    const { storage, towers } = this;
    const { kv } = storage;
    this.announceHeight();
    const height = this.heights.next();
    storage.nodes.reserve(NEXT + height);
    if (this.index !== undefined && !this.#reserve(this.index, at)) {
      if (this.memory.shared !== undefined) throw fullIndex();
      this.dropIndex();
      at.structure = this.structure;
      at.isAtEnd = false;
      towers.search(kv.array, offset, keyLength, at.before);
    }
    if (at.structure !== this.structure) throw new StructureError('a position was used after a change');
    const { index } = this;
    const isAtEnd = at.isAtEnd === true;
    if (index !== undefined && !isAtEnd) {
      this.#findPredecessors(index, kv.array, offset, keyLength, height, at);
    }
    this.begin();
    this.structure++;
    kv.length = offset + keyLength + valueLength;
    const node = storage.appendNode(offset, keyLength, valueLength, height);
    towers.publish(node, isAtEnd ? towers.ends : at.before);
    if (index !== undefined) index.insert(node, at, towers.last === node);
    this.length++;
    this.size += keyLength + valueLength;
    this.liveSlots += NEXT + height;
    if (this.follower !== undefined) this.follower.wrote(node);
    this.isTorn = this.batch !== undefined;
  }

  /** Links a node whose key is above all others, and adds it to the index, where there is room for it. */
  linkLast(node: NodeIndex): void {
    const { at, index, towers } = this;
    const { last } = towers;
    if (index !== undefined) at.shared = last === NONE ? 0 : sharedByNodes(index.pages, last, node) | 0;
    towers.publish(node, towers.ends);
    index?.append(node, at);
  }

  /**
   * Becomes what another table in the same order is, and that the other way round: node indexes and positions in kv mean nothing
   * any more, but the arrays stay as they are for whoever has views of them. Nobody follows it then.
   */
  exchange(other: Table): void {
    this.change();
    this.order.forget?.();
    const { storage, towers, index, memory, length, size, liveSlots } = this;
    // From here on nothing is called, so that no call can be cut off half-way.
    this.structure++;
    this.deletions++;
    this.exchanges++;
    this.stagings++;
    this.at.place = NO_PLACE;
    this.follower = undefined;
    this.storage = other.storage;
    this.towers = other.towers;
    this.index = other.index;
    this.memory = other.memory;
    this.length = other.length;
    this.size = other.size;
    this.liveSlots = other.liveSlots;
    other.storage = storage;
    other.towers = towers;
    other.index = index;
    other.memory = memory;
    other.length = length;
    other.size = size;
    other.liveSlots = liveSlots;
  }

  /** Counts nodes that were linked or unlinked together, their bytes and slots: below 0 for those that went. */
  counted(count: number, size: number, slots: number): void {
    this.structure++;
    if (count < 0) this.deletions -= count;
    this.length += count;
    this.size += size;
    this.liveSlots += slots;
  }

  /** From a position in the pages, finds its predecessors for a node of some height. */
  #findPredecessors(
    index: TableIndex,
    key: Uint8Array,
    start: number,
    keyLength: number,
    height: number,
    at: Position,
  ): void {
    const level = predecessors(index.pages, at, height);
    if (level < height) this.towers.search(key, start, keyLength, at.before, level);
  }

  /** A caller's height source may come back here, and what a cursor has read ahead would let it step on without the lock. */
  announceHeight(): void {
    if (this.#areHeightsGiven === true) this.change();
  }
}

/** One with as much room. It is no method: a class that names itself is none that a bundler can leave out. */
function emptyOneFor({ capacity, hasVersions, memory, order, storage }: Table): Table {
  const { kv, nodes } = storage;
  const room = { bytes: kv.array.length, slots: nodes.array.length - FIRST_NODE };
  return new Table({ order, capacity, hasVersions, memory, room });
}

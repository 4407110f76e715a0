import { Accelerator } from '../index/tableindex.js';
import { describe, isFilledBytes, requireBytes, requirePair } from '../base/arguments.js';
import { LockMisuseError } from '../base/errors.js';
import { SeededHeights, type Heights } from '../skiplist/heights.js';
import type { Order } from '../base/order.js';
import { NO_PLACE, type Pages, type Place } from '../index/pages/pages.js';
import {
  MAX_KEPT,
  SETTLED,
  SORTED_WORDS,
  STAGED_NODE,
  STAGED_WORDS,
  Sorting,
  WHERE,
  WHICH,
} from './bulk/sorting.js';
import {
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  MAX_HEIGHT,
  NEXT,
  NONE,
  OFFSET,
  VALUE_LENGTH,
  type KVOffset,
  type NodeIndex,
} from '../storage/layout.js';
import { localMemory, type Internals } from '../storage/memory.js';
import { Storage } from '../storage/storage.js';
import { Towers } from '../skiplist/towers.js';

export interface TableOptions {
  order: Order;
  capacity: number;
  /** A caller's; seeded ones by default. */
  heights?: Heights;
  memory?: Internals;
}

const NO_ENTRIES: Int32Array = new Int32Array(0);

const sorting = new Sorting();
let keptStaged: Int32Array = NO_ENTRIES;

/** Room for the words of so many entries, which nobody else has meanwhile. */
function takeStaged(count: number): Int32Array {
  const kept = keptStaged;
  keptStaged = NO_ENTRIES;
  return kept.length >= STAGED_WORDS * count ? kept : new Int32Array(STAGED_WORDS * count);
}

function giveStaged(staged: Int32Array): void {
  if (staged.length <= STAGED_WORDS * MAX_KEPT) keptStaged = staged;
}

export type Entry = readonly [key: Uint8Array, value: Uint8Array];

/** The name under which a DB, MemTable or SkipList gives its table: for the structure check and for tests. */
export const TABLE: unique symbol = Symbol.for('flat-memdb.table');

export interface TableOwner {
  readonly [TABLE]: Table;
}

/** A time in which a table did not change. */
export class Epoch {
  current = true;
}

/** One that is over. */
export const PAST = new Epoch();
PAST.current = false;

/**
 * Entries in the order of their keys: what DB, MemTable and SkipList are made of. Keys are given as key[0, keyLength).
 * Nothing here checks arguments or takes a lock; nothing here is changed when a comparer, a height source or an
 * allocation fails, since all of those come before the first change. (Where memory only makes things faster, its lack
 * is no failure.)
 *
 * A node that is found in the ordered index is left with its place there in `place`: from there, neighbours are near for
 * as long as `structure` stays the same.
 */
export class Table {
  readonly storage: Storage;
  readonly order: Order;
  readonly towers: Towers;
  /** Undefined where it is switched off, or was dropped for lack of memory: the skip list serves alone. */
  accelerator: Accelerator | undefined;
  /** Number of entries. */
  length = 0;
  /** Bytes of keys and values of the entries. */
  size = 0;
  /** Counts insertions and deletions: where it is as it was, places are. */
  structure = 0;
  /** Counts deletions: where it is as it was, every node is still in the table. */
  deletions = 0;
  /** Counts resets: after one, node indexes mean nothing any more. */
  resets = 0;
  /** That of the node that the last find or step returned; NO_PLACE where there is none, or it was not looked for. */
  place = NO_PLACE;
  #epoch = new Epoch();
  /** Whether anybody knows it. */
  #epochGiven = false;
  readonly #memory: Internals;
  readonly #givenHeights: Heights | undefined;
  #heights: Heights;
  /** Heights drawn ahead by `putEach`, for the next new keys: those from `#drawnUsed` to `#drawnEnd`. */
  #drawn = new Uint8Array(0);
  #drawnUsed = 0;
  #drawnEnd = 0;
  /** Counts what may have replaced bytes behind the records. */
  #stagings = 0;

  constructor({ order, capacity, heights, memory = localMemory }: TableOptions) {
    this.order = order;
    this.#memory = memory;
    this.storage = new Storage(capacity, memory);
    this.towers = new Towers(this.storage, order);
    this.#givenHeights = heights;
    this.#heights = this.#givenHeights ?? new SeededHeights();
    this.#accelerate();
  }

  /** Bytes of everything that leads to the entries: nodes, and what is derived from them. */
  get indexBytes(): number {
    const nodes = this.storage.nodes.length * Int32Array.BYTES_PER_ELEMENT;
    return nodes + (this.accelerator?.bytes ?? 0);
  }

  /** The node of this key, or NONE. Its place is not looked for. */
  find(key: Uint8Array, keyLength: number): NodeIndex {
    return this.accelerator !== undefined
      ? this.accelerator.find(key, keyLength)
      : this.towers.search(key, keyLength);
  }

  /** The first node whose key is at or above this one, or NONE. Its place is not always looked for. */
  findGE(key: Uint8Array, keyLength: number): NodeIndex {
    const { accelerator } = this;
    if (accelerator !== undefined) {
      const sought = accelerator.findSought(key, keyLength);
      if (sought !== NONE) {
        this.place = NO_PLACE;
        return sought;
      }
      accelerator.seek(key, keyLength);
      const { pages } = accelerator;
      return this.#at(pages, pages.settle(pages.place));
    }
    const exact = this.towers.search(key, keyLength);
    return exact !== NONE ? exact : this.#linked(this.towers.before[0] as NodeIndex);
  }

  /** The first node whose key is above this one, or NONE. */
  findGT(key: Uint8Array, keyLength: number): NodeIndex {
    const pages = this.accelerator?.pages;
    if (pages !== undefined) {
      const exact = pages.search(key, keyLength);
      return this.#at(pages, exact !== NONE ? pages.after(pages.place) : pages.settle(pages.place));
    }
    const exact = this.towers.search(key, keyLength);
    return this.#linked(exact !== NONE ? exact : (this.towers.before[0] as NodeIndex));
  }

  /** The last node whose key is below this one, or NONE. */
  findLT(key: Uint8Array, keyLength: number): NodeIndex {
    const pages = this.accelerator?.pages;
    if (pages !== undefined) {
      pages.search(key, keyLength);
      return this.#at(pages, pages.before(pages.place));
    }
    this.towers.search(key, keyLength);
    return this.towers.before[0] as NodeIndex;
  }

  first(): NodeIndex {
    const pages = this.accelerator?.pages;
    if (pages === undefined) return this.#linked(HEAD);
    pages.toBegin();
    return this.#at(pages, pages.settle(pages.place));
  }

  last(): NodeIndex {
    const pages = this.accelerator?.pages;
    if (pages === undefined) return this.towers.last();
    pages.toEnd();
    return this.#at(pages, pages.before(pages.place));
  }

  /** The node after one of the table, whose place may be given. */
  next(node: NodeIndex, place = NO_PLACE): NodeIndex {
    if (place === NO_PLACE || this.accelerator === undefined) return this.#linked(node);
    const { pages } = this.accelerator;
    return this.#at(pages, pages.after(place));
  }

  /** The node before the one at a place. */
  previous(place: Place): NodeIndex {
    const { pages } = this.accelerator!;
    return this.#at(pages, pages.before(place));
  }

  /** The place of a node that is in the table; NO_PLACE without an index. */
  placeOf(node: NodeIndex): Place {
    const pages = this.accelerator?.pages;
    if (pages === undefined) return NO_PLACE;
    pages.toNode(node);
    return pages.place;
  }

  /** See `Pages.readPage`. */
  readPage(place: Place, run: Int32Array): number {
    return this.accelerator!.pages.readPage(place, run);
  }

  #at(pages: Pages, place: Place): NodeIndex {
    this.place = place;
    return pages.nodeAt(place);
  }

  #linked(node: NodeIndex): NodeIndex {
    this.place = NO_PLACE;
    return this.storage.nodes.array[node + NEXT] as NodeIndex;
  }

  /** Compares the key of a node with a given key. */
  compare(node: NodeIndex, key: Uint8Array, keyLength: number): number {
    const nodes = this.storage.nodes.array;
    return this.order.compare(
      this.storage.kv.array,
      nodes[node + OFFSET],
      nodes[node + KEY_LENGTH],
      key,
      0,
      keyLength,
      0,
    );
  }

  /** The bytes of a node's key: a view. */
  keyOf(node: NodeIndex): Uint8Array {
    return this.storage.keyOf(node);
  }

  /** The bytes of a node's value: a view. */
  valueOf(node: NodeIndex): Uint8Array {
    return this.storage.valueOf(node);
  }

  /** `find` for each of several keys, in their order. */
  findEach(keys: readonly Uint8Array[], found: (node: NodeIndex) => void): void {
    if (this.accelerator !== undefined) {
      this.accelerator.findEach(keys, found);
    } else {
      for (const key of keys) found(this.towers.search(key, key.length));
    }
  }

  /** Number of entries at or above `start` and below `limit`. */
  count(start: Uint8Array | undefined, limit: Uint8Array | undefined): number {
    const pages = this.accelerator?.pages;
    if (pages !== undefined) {
      return Math.max(0, this.#rank(pages, limit, this.length) - this.#rank(pages, start, 0));
    }
    let count = 0;
    const inRange = (node: NodeIndex) =>
      node !== NONE && (limit === undefined || this.compare(node, limit, limit.length) < 0);
    let node = start === undefined ? this.first() : this.findGE(start, start.length);
    for (; inRange(node); node = this.next(node)) count++;
    return count;
  }

  #rank(pages: Pages, key: Uint8Array | undefined, otherwise: number): number {
    if (key === undefined) return otherwise;
    pages.search(key, key.length);
    return pages.rank();
  }

  /** Adds an entry, or replaces the value of the one with an equal key. @throws CapacityError */
  put(key: Uint8Array, keyLength: number, value: Uint8Array): void {
    const { kv } = this.storage;
    const valueLength = value.length;
    if (kv.fits(keyLength + valueLength) !== true) {
      this.#locate(key, 0, keyLength); // A key that the order refuses makes nothing grow.
      kv.reserve(keyLength + valueLength);
    }
    const offset = kv.length as KVOffset;
    this.#stagings++;
    this.storage.stage(offset, key, keyLength, value, valueLength);
    this.#putStaged(offset, keyLength, valueLength);
  }

  /** Adds an entry unless there is one with an equal key; tells whether it did. @throws CapacityError */
  add(key: Uint8Array, keyLength: number, value: Uint8Array): boolean {
    const { kv } = this.storage;
    const valueLength = value.length;
    if (kv.fits(keyLength + valueLength) !== true) {
      if (this.#locate(key, 0, keyLength) !== NONE) return false;
      kv.reserve(keyLength + valueLength);
    }
    const offset = kv.length as KVOffset;
    this.#stagings++;
    this.storage.stage(offset, key, keyLength, value, valueLength);
    if (this.#locate(kv.array, offset, keyLength) !== NONE) return false;
    this.#insert(offset, keyLength, valueLength);
    return true;
  }

  /**
   * `put` for each entry in turn. All are checked and staged first, and room for all is made as if every key were new:
   * either it can be had, or nothing is changed. Only a comparer can fail half-way.
   * @throws TypeError, CapacityError
   */
  putEach(entries: readonly unknown[]): void {
    const { kv, nodes } = this.storage;
    const count = entries.length;
    const staged = takeStaged(count);
    try {
      const { array } = kv;
      const bytes = this.#stageEach(entries, count, staged);
      kv.reserve(bytes);
      if (kv.array !== array && this.#stageEach(entries, count, staged) > bytes) {
        throw new TypeError('entries must not change while they are put, but they grew');
      }
      nodes.reserve(this.#drawAhead(count));
      for (let from = 0; from < count;) from = this.#putRun(staged, from, count);
    } finally {
      sorting.release();
      giveStaged(staged);
    }
  }

  /** Puts staged entries from one on, to before another at most. @returns the one behind the last of them */
  #putRun(staged: Int32Array, from: number, to: number): number {
    if (this.accelerator?.takesSorted(to - from, this.length) === true) {
      const sortedTo = sorting.sort(this.storage.kv, staged, from, to);
      if (sortedTo > from) {
        this.#putSorted(this.accelerator, staged, from, sortedTo);
        return sortedTo;
      }
    }
    for (let at = STAGED_WORDS * from; at < STAGED_WORDS * to; at += STAGED_WORDS) {
      this.#putStaged(staged[at + OFFSET] as KVOffset, staged[at + KEY_LENGTH], staged[at + VALUE_LENGTH]);
    }
    return to;
  }

  /** Checks entries, takes down their lengths, and stages them as long as there is room. @returns bytes of all of them */
  #stageEach(entries: readonly unknown[], count: number, staged: Int32Array): number {
    const { storage } = this;
    const from = storage.kv.length;
    const staging = ++this.#stagings;
    let bytes = 0;
    for (let i = 0, at = 0; i < count; i++, at += STAGED_WORDS) {
      const entry = entries[i];
      requirePair(entry, i);
      const key = entry[0];
      const value = entry[1];
      if (!isFilledBytes(key)) requireBytes(key, `the key of entries[${i}]`);
      if (!isFilledBytes(value)) requireBytes(value, `the value of entries[${i}]`);
      const keyLength = key.length;
      const valueLength = value.length;
      // To read an entry may run somebody's code, and his lock may let everything through.
      if (this.#stagings !== staging) {
        throw new LockMisuseError('entries must not change the DB that they are put in');
      }
      const offset = from + bytes;
      bytes += keyLength + valueLength;
      staged[at + OFFSET] = offset;
      staged[at + KEY_LENGTH] = keyLength;
      staged[at + VALUE_LENGTH] = valueLength;
      staged[at + STAGED_NODE] = NONE;
      if (from + bytes <= storage.kv.array.length) {
        storage.stage(offset, key, keyLength, value, valueLength);
      }
    }
    return bytes;
  }

  /**
   * Puts entries that have been sorted: finds them in ascending order, makes nodes for the new ones in the order of the
   * batch, as `put` would, and links these in ascending order. Nothing here can fail: keys are in byte order.
   */
  #putSorted(accelerator: Accelerator, staged: Int32Array, from: number, to: number): void {
    const { towers } = this;
    const { sorted } = sorting;
    const count = to - from;
    const found = accelerator.locateEach(staged, sorted, count, towers.ends[0] as NodeIndex);
    this.#takeIn(staged, from, to);
    let linked = 0;
    for (let next = 0; linked < count; linked = next) {
      next =
        linked < found
          ? this.#linkFound(accelerator, staged, sorted, linked, found)
          : accelerator.appendEach(staged, sorted, linked, count, towers);
      if (next === linked) break; // No memory for it.
    }
    if (linked < count) {
      this.#dropAccelerator();
      for (; linked < count; linked++) this.#linkSearched(staged, sorted, linked);
    } else if (found > 0) {
      accelerator.relieve(found);
    }
    this.structure++;
    this.#changed();
  }

  /** Makes nodes for the entries of a batch that have none, and gives the nodes of the others their records. */
  #takeIn(staged: Int32Array, from: number, to: number): void {
    const { storage } = this;
    const { kv } = storage;
    let count = 0;
    let size = 0;
    for (let at = STAGED_WORDS * from; at < STAGED_WORDS * to; at += STAGED_WORDS) {
      const offset = staged[at + OFFSET] as KVOffset;
      const keyLength = staged[at + KEY_LENGTH];
      const valueLength = staged[at + VALUE_LENGTH];
      let node = staged[at + STAGED_NODE] as NodeIndex;
      if (node === NONE) {
        staged[at + STAGED_NODE] = storage.appendNode(offset, keyLength, valueLength, this.#nextHeight());
        size += keyLength + valueLength;
        count++;
      } else {
        if (node < 0) node = staged[STAGED_WORDS * ~node + STAGED_NODE] as NodeIndex;
        this.#replace(node, offset, keyLength, valueLength);
      }
    }
    this.length += count;
    this.size += size;
    const last = STAGED_WORDS * (to - 1);
    kv.length = staged[last + OFFSET] + staged[last + KEY_LENGTH] + staged[last + VALUE_LENGTH];
  }

  /**
   * Adds and links nodes at the places that were found for them, from a position on: those that `Pages.merge` takes
   * together, or else one.
   * @returns the position after them; `from` where there is no memory
   */
  #linkFound(
    accelerator: Accelerator,
    staged: Int32Array,
    sorted: Int32Array,
    from: number,
    to: number,
  ): number {
    const { towers } = this;
    const { pages } = accelerator;
    const nodes = this.storage.nodes.array;
    const kv = this.storage.kv.array;
    const merged = pages.merge(staged, sorted, from, to);
    const stop = merged > from ? merged : from + 1;
    for (let pair = SORTED_WORDS * from; pair < SORTED_WORDS * stop; pair += SORTED_WORDS) {
      const place = sorted[pair + WHERE];
      if (place === SETTLED) continue;
      const at = STAGED_WORDS * sorted[pair + WHICH];
      const node = staged[at + STAGED_NODE] as NodeIndex;
      const height = nodes[node + HEIGHT];
      if (merged > from) {
        if (height === 1) {
          towers.linkBehind(pages.nodeBefore(place as Place), node);
          continue;
        }
        pages.place = place as Place;
      } else {
        if (!accelerator.reservePlace()) return from;
        pages.toFound(place, staged[at + OFFSET], staged[at + KEY_LENGTH]);
      }
      this.#findBefore(accelerator, kv, staged[at + OFFSET], staged[at + KEY_LENGTH], height);
      towers.link(node, height);
      if (merged === from) pages.insert(node);
    }
    return stop;
  }

  /** Links one by the skip list alone. */
  #linkSearched(staged: Int32Array, sorted: Int32Array, position: number): void {
    if (sorted[SORTED_WORDS * position + WHERE] === SETTLED) return;
    const at = STAGED_WORDS * sorted[SORTED_WORDS * position + WHICH];
    const node = staged[at + STAGED_NODE] as NodeIndex;
    this.towers.search(this.storage.kv.array, staged[at + KEY_LENGTH], staged[at + OFFSET]);
    this.towers.link(node, this.storage.nodes.array[node + HEIGHT]);
  }

  /** Puts the record that is staged at the end of kv. */
  #putStaged(offset: KVOffset, keyLength: number, valueLength: number): void {
    const node = this.#locate(this.storage.kv.array, offset, keyLength);
    if (node !== NONE) {
      this.#replace(node, offset, keyLength, valueLength);
    } else {
      this.#insert(offset, keyLength, valueLength);
    }
  }

  /** Removes the entry with this key; tells whether there was one. Its bytes and slots stay where they are. */
  delete(key: Uint8Array, keyLength: number): boolean {
    const { accelerator, towers } = this;
    const node =
      accelerator !== undefined ? accelerator.locatePresent(key, keyLength) : towers.search(key, keyLength);
    if (node === NONE) return false;
    const nodes = this.storage.nodes.array;
    if (accelerator !== undefined) {
      this.#findBefore(accelerator, key, 0, keyLength, nodes[node + HEIGHT]);
      accelerator.remove(node);
    }
    towers.unlink(node);
    this.length--;
    this.size -= nodes[node + KEY_LENGTH] + nodes[node + VALUE_LENGTH];
    this.deletions++;
    this.structure++;
    this.#changed();
    return true;
  }

  /**
   * Removes the entries at or above `start` and below `limit`. @returns how many
   *
   * The arrays are left as if they had been deleted one by one in ascending order.
   */
  deleteRange(start: Uint8Array | undefined, limit: Uint8Array | undefined): number {
    const { storage, towers } = this;
    if (start !== undefined && limit !== undefined) {
      if (this.order.compare(start, 0, start.length, limit, 0, limit.length, 0) >= 0) return 0;
    }
    const before = new Int32Array(MAX_HEIGHT); // HEAD on every level
    if (start !== undefined) {
      towers.search(start, start.length);
      before.set(towers.before);
    }
    if (limit === undefined) {
      towers.last();
    } else {
      towers.search(limit, limit.length);
    }
    const nodes = storage.nodes.array;
    const first = nodes[before[0] + NEXT] as NodeIndex;
    const end = nodes[towers.before[0] + NEXT] as NodeIndex;
    let count = 0;
    let size = 0;
    for (let node = first; node !== end; node = nodes[node + NEXT] as NodeIndex) {
      count++;
      size += nodes[node + KEY_LENGTH] + nodes[node + VALUE_LENGTH];
    }
    if (count === 0) return 0;
    // Removing from the pages leaves `towers.before` alone. For an order of its own, it looks keys up.
    try {
      this.accelerator?.removeRun(first, end);
    } catch (error) {
      this.#accelerate(); // A comparer threw half-way.
      throw error;
    }
    towers.unlinkRun(before);
    this.length -= count;
    this.size -= size;
    this.deletions += count;
    this.structure++;
    this.#changed();
    return count;
  }

  reset(): void {
    this.storage.reset();
    this.towers.reset();
    if (this.accelerator !== undefined) {
      this.accelerator.reset();
    } else {
      this.#accelerate();
    }
    this.#heights = this.#givenHeights ?? new SeededHeights();
    if (this.#givenHeights === undefined) this.#drawnEnd = this.#drawnUsed;
    this.length = 0;
    this.size = 0;
    this.resets++;
    this.#stagings++;
    this.structure++;
    this.#changed();
  }

  /** The epoch that lasts until the next change of any kind: what was read in it holds while it is current. */
  now(): Epoch {
    this.#epochGiven = true;
    return this.#epoch;
  }

  #changed(): void {
    if (this.#epochGiven !== true) return;
    this.#epoch.current = false;
    this.#epoch = new Epoch();
    this.#epochGiven = false;
  }

  /** Makes the accelerator, from the skip list. */
  #accelerate(): void {
    this.#dropAccelerator();
    const { indexed = true, seed = Math.floor(Math.random() * 2 ** 32) } = this.#memory;
    if (!indexed) return;
    try {
      const accelerator = new Accelerator(this.storage, this.order, this.#memory, seed);
      accelerator.addAll(this.#linked(HEAD));
      this.accelerator = accelerator;
    } catch {
      // No memory for it.
    }
  }

  /** Slower from now on, and otherwise the same. */
  #dropAccelerator(): void {
    this.accelerator = undefined;
    this.place = NO_PLACE;
    this.structure++; // Places are no more.
  }

  /** The node of key[start, start + keyLength), or NONE; then the place where it belongs is known, for `#insert`. */
  #locate(key: Uint8Array, start: number, keyLength: number): NodeIndex {
    // With no other key to compare it with, an order that refuses some keys would not see it.
    if (this.length === 0) this.order.compare(key, start, keyLength, key, start, keyLength, 0);
    return this.accelerator !== undefined
      ? this.accelerator.locate(key, start, keyLength, this.towers.ends[0] as NodeIndex)
      : this.towers.search(key, keyLength, start);
  }

  #replace(node: NodeIndex, offset: KVOffset, keyLength: number, valueLength: number): void {
    const { kv, nodes } = this.storage;
    kv.length = offset + keyLength + valueLength;
    this.size += keyLength - nodes.array[node + KEY_LENGTH] + valueLength - nodes.array[node + VALUE_LENGTH];
    nodes.write(node + OFFSET, offset);
    // A comparer may call keys of different lengths equal. goleveldb forgets this slot, and then reads past the record.
    nodes.write(node + KEY_LENGTH, keyLength);
    nodes.write(node + VALUE_LENGTH, valueLength);
    this.#changed();
  }

  #insert(offset: KVOffset, keyLength: number, valueLength: number): void {
    const { storage, towers } = this;
    const { kv } = storage;
    const height = this.#nextHeight();
    storage.nodes.reserve(NEXT + height);
    if (this.accelerator !== undefined && !this.accelerator.reserve()) {
      this.#dropAccelerator();
      towers.search(kv.array, keyLength, offset);
    }
    const { accelerator } = this;
    if (accelerator !== undefined && accelerator.appending !== true) {
      this.#findBefore(accelerator, kv.array, offset, keyLength, height);
    }

    kv.length = offset + keyLength + valueLength;
    const node = storage.appendNode(offset, keyLength, valueLength, height);
    if (accelerator === undefined) {
      towers.link(node, height);
    } else {
      if (accelerator.appending === true) {
        towers.append(node, height);
      } else {
        towers.link(node, height);
      }
      accelerator.insert(node, towers.ends[0] === node);
    }
    this.length++;
    this.size += keyLength + valueLength;
    this.structure++;
    this.#changed();
  }

  /** From the place that the pages found, finds what `towers.link` and `unlink` need for a node of some height. */
  #findBefore(
    accelerator: Accelerator,
    key: Uint8Array,
    start: number,
    keyLength: number,
    height: number,
  ): void {
    const level = accelerator.pages.nodesBefore(this.towers.before, height);
    if (level < height) this.towers.search(key, keyLength, start, level);
  }

  #nextHeight(): number {
    return this.#drawnUsed < this.#drawnEnd ? this.#drawn[this.#drawnUsed++] : this.#drawHeight();
  }

  /** Draws the heights of the next `count` new keys. @returns slots that their nodes will take */
  #drawAhead(count: number): number {
    const left = this.#drawnEnd - this.#drawnUsed;
    if (left < count) {
      // Made anew for each batch, it would call the collector more often than all else does.
      const drawn = this.#drawn.length >= count ? this.#drawn : new Uint8Array(count);
      drawn.set(this.#drawn.subarray(this.#drawnUsed, this.#drawnEnd));
      this.#drawn = drawn;
      this.#drawnUsed = 0;
      this.#drawnEnd = left;
      for (let i = left; i < count; i++) drawn[i] = this.#drawHeight();
      this.#drawnEnd = count;
    }
    let slots = NEXT * count;
    for (let i = this.#drawnUsed; i < this.#drawnUsed + count; i++) slots += this.#drawn[i];
    return slots;
  }

  #drawHeight(): number {
    // A caller's source may come back here, and what a cursor has read ahead would let it step on without the lock.
    if (this.#givenHeights !== undefined) this.#changed();
    const height = this.#heights.next();
    if (!Number.isInteger(height) || height < 1 || height > MAX_HEIGHT) {
      throw new RangeError(
        `randHeight must return an integer from 1 to ${MAX_HEIGHT}, but gave ${describe(height)}`,
      );
    }
    return height;
  }
}

import { sharedInKv, sharedLength } from '../base/bytes.js';
import { expect } from '../base/errors.js';
import { HashIndex, NOT_IN_KV, UNKNOWN } from './hash/hashindex.js';
import type { Order } from '../base/order.js';
import { Pages } from './pages/pages.js';
import { SETTLED, SORTED_WORDS, STAGED_NODE, STAGED_WORDS, WHERE, WHICH } from '../table/bulk/sorting.js';
import type { Towers } from '../skiplist/towers.js';
import { HEIGHT, KEY_LENGTH, NEXT, NONE, OFFSET, type NodeIndex } from '../storage/layout.js';
import { type Memory } from '../storage/memory.js';
import { type Storage } from '../storage/storage.js';

/** Keys that are worth having under way at once. */
const BATCH = 32;
/** Entries of a batch that are worth sorting, at least, and their share of the table: one in so many. */
const MIN_SORTED = 16;
const DENSE = 32;
/** The same where pages are forks: each key takes a search of its own there. */
const DENSE_FORKED = 1;
/** Nodes that may wait for being added to the pages. */
const MAX_UNPAGED = 256;
/** Nodes for which room is made at a time: a power of two, and a part of MAX_UNPAGED. */
const UNPAGED_STEP = 32;

const batchHashes = new Int32Array(BATCH);
const batchNodes = new Int32Array(BATCH);

/**
 * What makes a table fast, behind one door: an ordered index, and where keys are equal only if their bytes are, a
 * hash index. Both are derived from the two arrays, and may be dropped and built anew at any time.
 *
 * Both may lag behind the table by its last nodes. Whoever asks one of them something, brings it up to date: the hash
 * index, see there, to the extent that it can; the pages, wholly. These lag by nodes that were put behind all others, as
 * it is cheaper to add such nodes together.
 *
 * Flags are compared with `true`: V8 takes a plain one for anything that may be true or not, at ten instructions.
 *
 * Invariants:
 * 1. The first `#unpaged` of `#unpagedNodes` are in the table and not in the pages, in ascending order, above all others.
 * 2. The pages have room for them.
 */
export class Accelerator {
  readonly #storage: Storage;
  readonly #order: Order;
  readonly #pages: Pages;
  readonly #hashes: HashIndex | undefined;
  #unpaged = 0;
  readonly #unpagedNodes = new Int32Array(MAX_UNPAGED);
  /** Bytes that each of them shares with the one before; and the least of these. */
  readonly #unpagedShared = new Int32Array(MAX_UNPAGED);
  #leastShared = 0;
  /** Of the key that `locatePresent` was asked for last, if it was needed. */
  #hash: number | undefined;
  /** The last insertion was at the end, as may be the next. */
  #ascending = false;
  /** The last key that was located is above all others, and has not been looked for in the pages. */
  appending = false;
  /** Bytes that it shares with the last one. */
  #shared = 0;
  /** The last key that was located was there, as may be the next. */
  #overwriting = false;
  /** The same of the last seek. */
  #seekingPresent = false;
  /** Of no use, but that what `findEach` touches ahead is not optimised away. */
  touched = 0;

  /** @throws RangeError when there is no memory */
  constructor(storage: Storage, order: Order, memory: Memory, seed: number) {
    this.#storage = storage;
    this.#order = order;
    this.#pages = new Pages(storage, order, memory);
    this.#hashes = order.byteOrderedTail === 0 ? new HashIndex(storage, memory, seed) : undefined;
  }

  /** Bytes it takes once it is up to date. */
  get bytes(): number {
    this.#hashes?.settle();
    return this.pages.bytes + (this.#hashes?.bytes ?? 0);
  }

  /** The ordered index, up to date. */
  get pages(): Pages {
    if (this.#unpaged > 0) this.#addToPages();
    return this.#pages;
  }

  /** The node with exactly this key, or NONE. */
  find(key: Uint8Array, keyLength: number): NodeIndex {
    const node = this.#findHashed(key, keyLength);
    return node !== UNKNOWN ? node : this.pages.search(key, keyLength);
  }

  /**
   * The node with exactly this key, if that is likely and no ordered search is needed; otherwise NONE, and `seek` finds
   * the first one at or above it.
   */
  findSought(key: Uint8Array, keyLength: number): NodeIndex {
    const node = this.#seekingPresent === true ? this.#findHashed(key, keyLength) : UNKNOWN;
    return node === UNKNOWN ? NONE : node;
  }

  /** Sets the place in the pages to that of the first node at or above a key. */
  seek(key: Uint8Array, keyLength: number): void {
    this.#seekingPresent = this.pages.search(key, keyLength) !== NONE;
  }

  /** The node with exactly this key, or NONE; UNKNOWN where only an ordered search can tell. */
  #findHashed(key: Uint8Array, keyLength: number, inKv = NOT_IN_KV): NodeIndex | typeof UNKNOWN {
    const hashes = this.#hashes;
    if (hashes === undefined) return UNKNOWN;
    if (hashes.isBehind) hashes.catchUp();
    return hashes.find(key, keyLength, inKv);
  }

  /**
   * `find` for several keys at once, calling `found` for each in turn. What they will read is read for all of them
   * step by step: bucket, node, record. So their misses of the cache overlap.
   */
  findEach(keys: readonly Uint8Array[], found: (node: NodeIndex) => void): void {
    const hashes = this.#hashes;
    const nodes = this.#storage.nodes.array;
    const kv = this.#storage.kv.array;
    for (let begin = 0; begin < keys.length; begin += BATCH) {
      const count = Math.min(BATCH, keys.length - begin);
      if (hashes !== undefined) {
        for (let i = 0; i < count && hashes.isBehind; i++) hashes.catchUp();
        let touched = 0;
        for (let i = 0; i < count; i++) {
          const key = keys[begin + i];
          batchHashes[i] = hashes.hash(key, key.length);
          touched ^= hashes.touch(batchHashes[i]);
        }
        for (let i = 0; i < count; i++) {
          batchNodes[i] = hashes.guess(batchHashes[i]);
          touched ^= nodes[batchNodes[i] + OFFSET];
        }
        for (let i = 0; i < count; i++) touched ^= kv[nodes[batchNodes[i] + OFFSET]];
        this.touched ^= touched;
      }
      for (let i = 0; i < count; i++) {
        const key = keys[begin + i];
        const node = hashes === undefined ? UNKNOWN : hashes.confirm(batchNodes[i], key, key.length);
        found(node === UNKNOWN ? this.pages.search(key, key.length) : node);
      }
    }
  }

  /**
   * The node with exactly the key key[start, start + keyLength); if there is none, the place where it belongs, which is in
   * the pages, or behind `last`: `reserve` and `insert` may follow.
   * @param last the last node of the table, or NONE
   */
  locate(key: Uint8Array, start: number, keyLength: number, last: NodeIndex): NodeIndex {
    if (this.#ascending === true && last !== NONE && this.#follows(last, key, start, keyLength)) {
      this.appending = true;
      return NONE;
    }
    this.appending = false;
    const inKv = key === this.#storage.kv.array ? start : NOT_IN_KV;
    const there = this.#overwriting === true ? this.#findHashed(key, keyLength, inKv) : UNKNOWN;
    if (there !== UNKNOWN && there !== NONE) return there;
    const node = this.pages.search(key, keyLength, start);
    this.#overwriting = node !== NONE;
    return node;
  }

  /**
   * Whether it pays to put so many entries in the order of their keys, into a table of `length`: where several of them meet in
   * a leaf, or are above all others. Not if the last key that was located was there: the hash finds such keys sooner.
   */
  takesSorted(count: number, length: number): boolean {
    if (this.#order.byteOrderedTail !== 0 || this.#overwriting === true || count < MIN_SORTED) return false;
    return count * (this.#pages.isForked ? DENSE_FORKED : DENSE) >= length;
  }

  /**
   * `locate` for staged keys in their order: finds those that are not above all others, see `Pages.searchEach`, and the very
   * first one of a table. WHERE of the others is still how many bytes they share with the one before.
   * @param last the last node of the table, or NONE
   * @returns the position from which on they are above all others
   */
  locateEach(staged: Int32Array, sorted: Int32Array, count: number, last: NodeIndex): number {
    const kv = this.#storage.kv.array;
    const isAbove = (position: number) => {
      const at = STAGED_WORDS * sorted[SORTED_WORDS * position + WHICH];
      return this.#follows(last, kv, staged[at + OFFSET], staged[at + KEY_LENGTH]);
    };
    let low = last === NONE ? 1 : 0;
    for (let high = last === NONE ? 1 : count; low < high;) {
      const middle = (low + high) >>> 1;
      if (isAbove(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    if (low > 0) this.#overwriting = this.pages.searchEach(staged, sorted, low);
    if (low < count && last !== NONE) {
      isAbove(low);
      sorted[SORTED_WORDS * low + WHERE] = this.#shared;
    }
    return low;
  }

  /** `reserve` for a node of a batch that has a place in the pages. */
  reservePlace(): boolean {
    this.appending = false;
    return this.reserve();
  }

  /**
   * Adds and links nodes whose keys `locateEach` found to be above all others, from a position on, as many as room is made
   * for at a time.
   * @returns the position after them; `from` where there is no memory
   */
  appendEach(staged: Int32Array, sorted: Int32Array, from: number, to: number, towers: Towers): number {
    this.appending = true;
    if (!this.reserve()) return from;
    const nodes = this.#storage.nodes.array;
    let unpaged = this.#unpaged;
    let least = unpaged === 0 ? Infinity : this.#leastShared;
    const full = (unpaged & -UNPAGED_STEP) + UNPAGED_STEP;
    let position = from;
    for (; position < to && unpaged < full; position++) {
      const pair = SORTED_WORDS * position;
      const shared = sorted[pair + WHERE];
      if (shared === SETTLED) continue;
      if (shared < least) least = shared;
      const node = staged[STAGED_WORDS * sorted[pair + WHICH] + STAGED_NODE] as NodeIndex;
      this.#unpagedNodes[unpaged] = node;
      this.#unpagedShared[unpaged++] = shared;
      towers.append(node, nodes[node + HEIGHT]);
    }
    this.#unpaged = unpaged;
    this.#leastShared = least;
    return position;
  }

  /** After a batch of which so many keys were searched for: enters nodes in the hash index, as `reserve` does for each. */
  relieve(count: number): void {
    for (; count > 0 && this.#hashes?.relieve() === true; count--);
  }

  /** Whether a key is above that of a node; what it shares with it is then known. */
  #follows(node: NodeIndex, key: Uint8Array, start: number, keyLength: number): boolean {
    const nodes = this.#storage.nodes.array;
    const { array: kv, view } = this.#storage.kv;
    const offset = nodes[node + OFFSET];
    const length = nodes[node + KEY_LENGTH];
    const tail = this.#order.byteOrderedTail;
    const end = tail === undefined ? 0 : (keyLength < length ? keyLength : length) - tail;
    const shared =
      key === kv ? sharedInKv(view, offset, start, 0, end) : sharedLength(view, offset, key, start, 0, end);
    this.#shared = shared;
    return shared < end
      ? kv[offset + shared] < key[start + shared]
      : this.#order.compare(kv, offset, length, key, start, keyLength, shared) < 0;
  }

  /** Makes room for one more node, so that `insert` can't fail. @returns whether there is memory for it */
  reserve(): boolean {
    try {
      if (this.appending !== true) {
        // None wait: `locate` has been in the pages.
        this.#pages.reserve(1);
        this.#hashes?.relieve();
      } else if ((this.#unpaged & (UNPAGED_STEP - 1)) === 0) {
        if (this.#unpaged === MAX_UNPAGED) this.#addToPages();
        this.#pages.reserve(this.#unpaged + UNPAGED_STEP);
      }
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Adds the last node of the array, whose key `locate` did not find, at the place where it belongs.
   * @param isLast whether that is behind all others
   */
  insert(node: NodeIndex, isLast: boolean): void {
    if (this.appending !== true) {
      this.#ascending = isLast;
      this.#pages.insert(node);
      return;
    }
    if (this.#unpaged === 0 || this.#shared < this.#leastShared) this.#leastShared = this.#shared;
    this.#unpagedNodes[this.#unpaged] = node;
    this.#unpagedShared[this.#unpaged++] = this.#shared;
  }

  #addToPages(): void {
    const count = this.#unpaged;
    this.#unpaged = 0;
    this.#pages.append(this.#unpagedNodes, count, this.#unpagedShared, this.#leastShared);
  }

  /**
   * The node with exactly this key, and its place in the pages: `remove` may follow. To enter a node in the hash index and
   * take it out again pays only where ordered searches are dear.
   */
  locatePresent(key: Uint8Array, keyLength: number): NodeIndex {
    const hashes = this.#hashes;
    this.#hash = undefined;
    if (hashes !== undefined && (!hashes.isBehind || this.#pages.isForked)) {
      if (hashes.isBehind) hashes.catchUp();
      const node = hashes.find(key, keyLength);
      this.#hash = hashes.hashSought;
      if (node !== UNKNOWN) {
        if (node !== NONE) this.pages.toNode(node);
        return node;
      }
    }
    return this.pages.search(key, keyLength);
  }

  /** Removes the node that `locatePresent` found. */
  remove(node: NodeIndex): void {
    this.#hashes?.remove(node, this.#hash);
    this.#pages.remove();
  }

  /**
   * Adds all nodes of the table, for a start, given the first. Where there is a hash index there are none yet: it would
   * take the ones that were deleted, too.
   * @throws RangeError when there is no memory
   */
  addAll(first: NodeIndex): void {
    const nodes = this.#storage.nodes.array;
    for (let node = first; node !== NONE; node = nodes[node + NEXT] as NodeIndex) {
      this.#pages.reserve(1);
      this.#pages.placeAtEnd(node);
      this.#pages.insert(node);
    }
  }

  /** Removes the nodes from one to before another, which are still linked. */
  removeRun(first: NodeIndex, end: NodeIndex): void {
    const nodes = this.#storage.nodes.array;
    const hashes = this.#hashes;
    if (hashes !== undefined) {
      for (let node = first; node !== end; node = nodes[node + NEXT] as NodeIndex) {
        hashes.remove(node);
      }
    }
    const { pages } = this;
    for (let node = first; node !== end;) {
      pages.toNode(node);
      node = pages.removeRun(end);
    }
  }

  /** Throws at the first thing that is not as it must be, given the nodes in order. */
  check(inOrder: readonly NodeIndex[]): void {
    expect(
      this.#unpaged === 0 || inOrder[inOrder.length - this.#unpaged] === this.#unpagedNodes[0],
      `the ${this.#unpaged} nodes that wait are not the last ones`,
    );
    this.pages.check(inOrder);
    this.#hashes?.check(inOrder);
  }

  reset(): void {
    this.#pages.reset();
    this.#hashes?.reset();
    this.#unpaged = 0;
    this.#ascending = false;
    this.#overwriting = false;
    this.#seekingPresent = false;
  }
}

import { lengthOf, sharedInKv, sharedLength } from '../base/bytes.js';
import { requireLackOfMemory } from '../base/errors.js';
import type { Order } from '../base/order.js';
import { HASH_BITS, type Header } from '../storage/header.js';
import { KEY_LENGTH, NEXT, NONE, OFFSET, type NodeIndex } from '../storage/layout.js';
import type { Memory } from '../storage/memory.js';
import type { Storage } from '../storage/storage.js';
import { HashIndex, UNKNOWN } from './hash/hashindex.js';
import { HashedKey } from './hash/keyhash.js';
import { hasRoomAtEnd, insert, insertLast } from './pages/insert.js';
import { remove, removeRun } from './pages/remove.js';
import { search, toNode } from './pages/search.js';
import { PageStore, isForks, sharedByNodes } from './pages/store.js';
import { entryPlace, nodeOrNone, placeAfter } from './pages/walk.js';
import type { Position } from './position.js';

/** Keys that are worth having under way at once. */
const AHEAD = 32;
const guessed = new Int32Array(AHEAD);
/** Instead of the bits of a hash index, in a header. */
const NO_HASHES = -1;

/**
 * What makes a table fast, behind one door: an ordered index, and where keys are equal only if their bytes are, a
 * hash index. Both are derived from the two arrays, and may be dropped and built anew at any time.
 *
 * The pages are always up to date. The hash index may lack the last nodes: a search then answers from the pages, and
 * `maintain` enters some, where writing is allowed. Nothing else here changes anything but in a write.
 *
 * Flags are compared with `true`: V8 takes a plain one for anything that may be true or not, at ten instructions.
 */
export class TableIndex {
  readonly pages: PageStore;
  readonly #storage: Storage;
  readonly #order: Order;
  readonly #hasVersions: boolean;
  /** Whether there is a hash index where there is memory for it. */
  readonly #isHashed: boolean;
  #hashes: HashIndex | undefined;
  readonly #hashed = new HashedKey();
  // What predicts the next call by the last one: an insertion at the end, a key to be put or to be sought that was there.
  #ascending = false;
  #overwriting = false;
  #seekingPresent = false;

  /**
   * @param hasVersions entries are never removed, and what follows the bytes of a key that are in byte order says which version
   *   of it an entry is: it is by those bytes alone that the hash index finds the first version
   * @throws CapacityError when there is no memory
   */
  constructor(storage: Storage, order: Order, memory: Memory, seed: number, hasVersions: boolean) {
    this.#storage = storage;
    this.#order = order;
    this.#hasVersions = hasVersions;
    this.pages = new PageStore(storage, order, memory);
    this.#isHashed = order.byteOrderedTail === 0 || (hasVersions && order.byteOrderedTail !== undefined);
    this.#hashes = this.#isHashed ? new HashIndex(storage, order, memory, seed) : undefined;
  }

  /** Undefined where equal keys may have other bytes, or for lack of memory. */
  get hashes(): HashIndex | undefined {
    return this.#hashes;
  }

  /** Bytes it takes. */
  get bytes(): number {
    return this.pages.bytes + (this.#hashes?.bytes ?? 0);
  }

  /** The same without what is reserved ahead. */
  get usedBytes(): number {
    return this.pages.bytes + (this.#hashes?.usedBytes ?? 0);
  }

  /** Whether it has all that an index of such a table may have: it goes on without some where there is no memory. */
  get isWhole(): boolean {
    const { leafOf, tail } = this.pages;
    return (tail !== 0 || leafOf !== undefined) && (!this.#isHashed || this.#hashes !== undefined);
  }

  /** The arrays it is made of. */
  get arrays(): Int32Array[] {
    const { words, refs, meta, leafOf } = this.pages;
    return [words, refs, meta, leafOf ?? new Int32Array(0), ...(this.#hashes?.arrays ?? [])];
  }

  store(header: Header): void {
    this.pages.store(header);
    header[HASH_BITS] = NO_HASHES;
    this.#hashes?.store(header);
  }

  /** @param arrays those that `arrays` gave */
  load(header: Header, arrays: Int32Array[]): void {
    const [words, refs, meta, leafOf, ...ofHashes] = arrays;
    this.pages.load(header, words, refs, meta, leafOf);
    if (header[HASH_BITS] === NO_HASHES) this.#hashes = undefined;
    this.#hashes?.load(header, ofHashes);
  }

  /** Whether there is something to do for `maintain`. */
  get isBehind(): boolean {
    return this.#hashes !== undefined && this.#hashes.isBehind;
  }

  /** Enters some nodes in the hash index, for a read only few; without memory for it, goes on without. */
  maintain(isRead = false): void {
    const { leafOf } = this.pages;
    const hashes = this.#hashes;
    if (hashes === undefined) return;
    const isWhole = leafOf !== undefined || this.#hasVersions;
    const isEntered = isWhole && (isRead === true ? hashes.catchUpForRead(leafOf) : hashes.catchUp(leafOf));
    if (!isEntered) this.#hashes = undefined;
  }

  /** The node with exactly this key, or NONE. */
  find(key: Uint8Array, keyLength: number, at: Position): NodeIndex {
    const node = this.#findHashed(key, -1, keyLength);
    return node !== UNKNOWN ? node : search(this.pages, key, 0, keyLength, at);
  }

  /**
   * `find` for several keys, in their order. What they will read is read for many of them step by step: bucket, node, record.
   * So their misses of the cache overlap.
   */
  findEach(keys: readonly Uint8Array[], at: Position, found: (node: NodeIndex) => void): void {
    for (let from = 0; from < keys.length; from += AHEAD) {
      const to = Math.min(from + AHEAD, keys.length);
      this.#guessEach(keys, from, to, at);
      for (let i = from; i < to; i++) {
        const node = guessed[i - from] as NodeIndex;
        found(this.#holds(node, keys[i]) ? node : this.find(keys[i], lengthOf(keys[i]), at));
      }
    }
  }

  /** For each of some keys, finds a node that may have it, or NONE. */
  #guessEach(keys: readonly Uint8Array[], from: number, to: number, at: Position): void {
    const hashes = this.#hashes;
    if (hashes === undefined || this.#hasVersions) {
      guessed.fill(NONE);
      return;
    }
    const nodes = this.#storage.nodes.array;
    const kv = this.#storage.kv.array;
    let touched = 0;
    for (let i = from; i < to; i++) {
      hashes.keys.hash(keys[i], lengthOf(keys[i]), this.#hashed);
      guessed[i - from] = this.#hashed.hash;
      touched ^= hashes.touch(this.#hashed.hash);
    }
    for (let i = 0; i < to - from; i++) {
      guessed[i] = hashes.guess(guessed[i]);
      touched ^= nodes[guessed[i] + OFFSET];
    }
    for (let i = 0; i < to - from; i++) touched ^= kv[nodes[guessed[i] + OFFSET]];
    at.touched = touched;
  }

  #holds(node: NodeIndex, key: Uint8Array): boolean {
    const { kv, nodes } = this.#storage;
    const length = lengthOf(key);
    if (node === NONE || nodes.array[node + KEY_LENGTH] !== length) return false;
    return sharedLength(kv.view, nodes.array[node + OFFSET], key, 0, 0, length) === length;
  }

  /**
   * The node with exactly this key, if that is likely and no ordered search is needed; otherwise NONE, and `seek` finds
   * the first one at or above it.
   */
  findSought(key: Uint8Array, keyLength: number): NodeIndex {
    const node = this.#seekingPresent === true ? this.#findHashed(key, -1, keyLength) : UNKNOWN;
    return node === UNKNOWN ? NONE : node;
  }

  /** Finds the position of the first node at or above a key. @returns that node, or NONE */
  seek(key: Uint8Array, keyLength: number, at: Position): NodeIndex {
    const { pages } = this;
    const exact = search(pages, key, 0, keyLength, at);
    this.#seekingPresent = exact !== NONE;
    at.place = entryPlace(pages, at.place);
    return nodeOrNone(pages, at.place);
  }

  /** The same of the first node above a key. */
  seekAbove(key: Uint8Array, keyLength: number, at: Position): NodeIndex {
    const { pages } = this;
    const exact = search(pages, key, 0, keyLength, at);
    at.place = exact !== NONE ? placeAfter(pages, at.place) : entryPlace(pages, at.place);
    return nodeOrNone(pages, at.place);
  }

  /** The first version of key[0, keyLength), or NONE; UNKNOWN where only an ordered search can tell. */
  findFirst(key: Uint8Array, keyLength: number): NodeIndex | typeof UNKNOWN {
    const hashes = this.#hashes;
    if (hashes === undefined || this.#hasVersions !== true) return UNKNOWN;
    hashes.keys.hash(key, keyLength, this.#hashed);
    return hashes.find(key, this.#hashed);
  }

  /** The node with exactly this key, or NONE; UNKNOWN where only an ordered search can tell. @param inKv where it stands, if in kv */
  #findHashed(key: Uint8Array, inKv: number, keyLength: number): NodeIndex | typeof UNKNOWN {
    const hashes = this.#hashes;
    if (hashes === undefined || this.#hasVersions === true) return UNKNOWN;
    const hashed = this.#hashed;
    if (inKv >= 0) {
      hashed.hash = hashes.keys.hashInKv(this.#storage.kv.view, inKv, keyLength);
      hashed.length = keyLength;
      hashed.inKv = inKv;
    } else {
      hashes.keys.hash(key, keyLength, hashed);
    }
    return hashes.find(key, hashed);
  }

  /**
   * The node with exactly the key key[start, start + keyLength); if there is none, the position where it belongs: `reserve`
   * and `insert` may follow.
   * @param last the last node of the table, or NONE
   */
  locate(key: Uint8Array, start: number, keyLength: number, last: NodeIndex, at: Position): NodeIndex {
    if (this.#ascending === true && last !== NONE && this.#follows(last, key, start, keyLength, at)) {
      at.isAtEnd = true;
      return NONE;
    }
    if (this.#overwriting === true) {
      if (this.isBehind) this.maintain();
      const there = this.#findHashed(key, key === this.#storage.kv.array ? start : -1, keyLength);
      if (there !== UNKNOWN && there !== NONE) return there;
    }
    const node = search(this.pages, key, start, keyLength, at);
    this.#overwriting = node !== NONE;
    return node;
  }

  /** Whether a key is above that of the last node; if so, what it shares with it is known. */
  #follows(last: NodeIndex, key: Uint8Array, start: number, keyLength: number, at: Position): boolean {
    const nodes = this.#storage.nodes.array;
    const { array: kv, view } = this.#storage.kv;
    const offset = nodes[last + OFFSET];
    const length = nodes[last + KEY_LENGTH];
    const tail = this.#order.byteOrderedTail;
    const end = tail === undefined ? 0 : (keyLength < length ? keyLength : length) - tail;
    const shared =
      key === kv ? sharedInKv(view, offset, start, 0, end) : sharedLength(view, offset, key, start, 0, end);
    at.shared = shared;
    return shared < end
      ? kv[offset + shared] < key[start + shared]
      : this.#order.compare(kv, offset, length, key, start, keyLength, shared) < 0;
  }

  /** Makes room for one more node at a position, so that adding it can't fail. @returns whether there is memory for it */
  reserve(at: Position): boolean {
    return (at.isAtEnd === true && hasRoomAtEnd(this.pages)) || this.reserveMany(1);
  }

  /** The same for so many at the end. */
  reserveMany(nodes: number): boolean {
    try {
      this.pages.reserve(nodes);
      return true;
    } catch (error) {
      requireLackOfMemory(error);
      return false;
    }
  }

  /** Adds the last node of the array at the position where it belongs. @param isLast whether that is behind all others */
  insert(node: NodeIndex, at: Position, isLast: boolean): void {
    if (at.isAtEnd === true) {
      insertLast(this.pages, node, at);
    } else {
      this.#ascending = isLast;
      insert(this.pages, node, at);
    }
    if (this.#hashes !== undefined && this.#hashes.isFarBehind) this.maintain();
  }

  /**
   * Adds a node above all others, of those that are in the array. Others there may not be in the pages yet: so the hash index,
   * which takes those for deleted, must not be let in before all are.
   */
  append(node: NodeIndex, at: Position): void {
    insertLast(this.pages, node, at);
  }

  /**
   * The node with exactly this key, or NONE, and its position: `remove` may follow. To enter a node in the hash index and
   * take it out again pays only where ordered searches are dear.
   */
  locatePresent(key: Uint8Array, keyLength: number, at: Position): NodeIndex {
    at.hash = undefined;
    if (
      this.#hashes !== undefined &&
      !this.#hasVersions &&
      (!this.isBehind || isForks(this.pages, this.pages.root))
    ) {
      if (this.isBehind) this.maintain();
      const node = this.#findHashed(key, -1, keyLength);
      at.hash = this.#hashed.hash;
      if (node !== UNKNOWN) {
        if (node !== NONE) toNode(this.pages, node, at);
        return node;
      }
    }
    return search(this.pages, key, 0, keyLength, at);
  }

  /** Removes the node that `locatePresent` found. */
  remove(node: NodeIndex, at: Position): void {
    const hashes = this.#hashes;
    hashes?.remove(node, at.hash);
    remove(this.pages, at);
    // One that waited is just passed over now.
    if (hashes !== undefined && hashes.isBehind && hashes.isNear) this.maintain();
  }

  /** Removes the nodes from one to before another, which are still linked. */
  removeRun(first: NodeIndex, end: NodeIndex, at: Position): void {
    const nodes = this.#storage.nodes.array;
    const hashes = this.#hashes;
    if (hashes !== undefined) {
      for (let node = first; node !== end; node = nodes[node + NEXT] as NodeIndex) hashes.remove(node);
    }
    for (let node = first; node !== end;) {
      toNode(this.pages, node, at);
      node = removeRun(this.pages, at, end);
    }
  }

  /**
   * Adds all nodes of a table, for a start, given the first. No keys are compared.
   * @throws CapacityError when there is no memory
   */
  addAll(first: NodeIndex, at: Position): void {
    const nodes = this.#storage.nodes.array;
    let before = NONE;
    for (let node = first; node !== NONE; node = nodes[node + NEXT] as NodeIndex) {
      at.shared = before === NONE ? 0 : sharedByNodes(this.pages, before, node) | 0;
      this.pages.reserve(1);
      insertLast(this.pages, node, at);
      before = node;
    }
  }

  reset(): void {
    this.pages.reset();
    this.#hashes?.reset();
    this.#ascending = false;
    this.#overwriting = false;
    this.#seekingPresent = false;
  }
}

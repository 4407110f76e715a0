import { HashIndex, UNKNOWN } from './hashindex.js';
import type { Order } from './order.js';
import { Pages } from './pages.js';
import { NEXT, NONE, OFFSET, type Memory, type NodeIndex, type Storage } from './storage.js';

/** Keys that are worth having under way at once. */
export const BATCH = 32;
/** Bytes that caches near a core do not hold. */
const OUT_OF_CACHE = 1 << 21;

/**
 * What makes a table fast, behind one door: an ordered index, and where keys are equal only if their bytes are, a
 * hash index. Both are derived from the two arrays, and may be dropped and built anew at any time.
 */
export class Accelerator {
  readonly pages: Pages;
  readonly #storage: Storage;
  readonly #hashes: HashIndex | undefined;
  /** Of the key that `locate` was asked for last. */
  #hash = 0;
  /** The last insertion was at the end, as may be the next. */
  #appending = false;
  /** Of no use, but that what `touch` reads is not optimised away. */
  touched = 0;

  /** @throws RangeError when there is no memory */
  constructor(storage: Storage, order: Order, memory: Memory, seed: number) {
    this.#storage = storage;
    this.pages = new Pages(storage, order, memory);
    this.#hashes = order.byteOrderedTail === 0 ? new HashIndex(storage, memory, seed) : undefined;
  }

  /** Bytes it takes. */
  get bytes(): number {
    return this.pages.bytes + (this.#hashes?.bytes ?? 0);
  }

  /** The node with exactly this key, or NONE. */
  find(key: Uint8Array, keyLength: number): NodeIndex {
    if (this.#hashes !== undefined) {
      const node = this.#hashes.find(key, keyLength, this.#hashes.hash(key, 0, keyLength));
      if (node !== UNKNOWN) return node;
    }
    return this.pages.search(key, keyLength);
  }

  /**
   * `find` for several keys at once, calling `found` for each in turn. What they will read is read for all of them
   * step by step: bucket, node, record. So their misses of the cache overlap.
   */
  findEach(keys: readonly Uint8Array[], found: (node: NodeIndex) => void): void {
    const hashes = this.#hashes;
    const hashOf = new Int32Array(BATCH);
    const nodeOf = new Int32Array(BATCH);
    const nodes = this.#storage.nodes.array;
    const kv = this.#storage.kv.array;
    for (let begin = 0; begin < keys.length; begin += BATCH) {
      const count = Math.min(BATCH, keys.length - begin);
      if (hashes !== undefined) {
        let touched = 0;
        for (let i = 0; i < count; i++) {
          const key = keys[begin + i];
          hashOf[i] = hashes.hash(key, 0, key.length);
          touched ^= hashes.touch(hashOf[i]);
        }
        for (let i = 0; i < count; i++) {
          nodeOf[i] = hashes.guess(hashOf[i]);
          touched ^= nodes[nodeOf[i] + OFFSET];
        }
        for (let i = 0; i < count; i++) touched ^= kv[nodes[nodeOf[i] + OFFSET]];
        this.touched ^= touched;
      }
      for (let i = 0; i < count; i++) {
        const key = keys[begin + i];
        const node = hashes === undefined ? UNKNOWN : hashes.find(key, key.length, hashOf[i]);
        found(node === UNKNOWN ? this.pages.search(key, key.length) : node);
      }
    }
  }

  /** The node with exactly this key; if there is none, the place in the pages where it belongs: `insert` may follow. */
  locate(key: Uint8Array, keyLength: number): NodeIndex {
    const hashes = this.#hashes;
    if (hashes !== undefined) this.#hash = hashes.hash(key, 0, keyLength);
    this.#appending = this.#appending && this.pages.searchEnd(key, keyLength);
    if (this.#appending) return NONE;
    if (hashes !== undefined) {
      const node = hashes.find(key, keyLength, this.#hash);
      if (node > NONE) return node as NodeIndex;
    }
    return this.pages.search(key, keyLength);
  }

  /** Whether it is worth while to `touch`. */
  get isOutOfCache(): boolean {
    return this.#hashes !== undefined && this.#hashes.bytes > OUT_OF_CACHE;
  }

  /** Reads what a put of this key will read first: of several, the misses of the cache overlap. */
  touch(key: Uint8Array): void {
    if (this.#hashes !== undefined) this.touched ^= this.#hashes.touch(this.#hashes.hash(key, 0, key.length));
  }

  /**
   * Makes room for one more node, so that `insert` can't fail.
   * @param end where the node will end, in slots
   * @throws RangeError when there is no memory
   */
  reserve(end: number): void {
    this.pages.reserve();
    this.#hashes?.reserve(end);
  }

  /** Adds a node, whose key `locate` did not find, at the place where it belongs. */
  insert(node: NodeIndex): void {
    this.#appending = this.pages.isEnd();
    this.pages.insert(node);
    this.#hashes?.insert(this.#hash, node);
  }

  /** The node with exactly this key, and its place in the pages: `remove` may follow. */
  locatePresent(key: Uint8Array, keyLength: number): NodeIndex {
    const hashes = this.#hashes;
    if (hashes !== undefined) {
      this.#hash = hashes.hash(key, 0, keyLength);
      if (hashes.guess(this.#hash) === NONE) return NONE;
    }
    return this.pages.search(key, keyLength);
  }

  /** Removes the node that `locatePresent` found. */
  remove(node: NodeIndex): void {
    this.pages.remove();
    this.#hashes?.remove(this.#hash, node);
  }

  /** Adds a node that comes behind all others. @throws RangeError when there is no memory */
  append(node: NodeIndex, end: number): void {
    this.reserve(end);
    this.pages.placeAtEnd(node);
    this.pages.insert(node);
    this.#hashes?.insert(this.#hashes.hashOf(node), node);
  }

  /** Removes the nodes from one to before another, which are still linked. */
  removeRun(first: NodeIndex, end: NodeIndex): void {
    const nodes = this.#storage.nodes.array;
    if (this.#hashes !== undefined) {
      for (let node = first; node !== end; node = nodes[node + NEXT] as NodeIndex) {
        this.#hashes.remove(this.#hashes.hashOf(node), node);
      }
    }
    for (let node = first; node !== end;) {
      const key = this.#storage.keyOf(node);
      this.pages.search(key, key.length);
      node = this.pages.removeRun(end);
    }
  }

  /** Throws at the first thing that is not as it must be, given the nodes in order. */
  check(inOrder: readonly NodeIndex[]): void {
    this.pages.check(inOrder);
    this.#hashes?.check(inOrder);
  }

  reset(): void {
    this.pages.reset();
    this.#hashes?.reset();
    this.#appending = false;
  }
}

import { HashIndex, UNKNOWN } from './hashindex.js';
import type { Order } from './order.js';
import { Pages } from './pages.js';
import { NONE, type Memory, type NodeIndex, type Storage } from './storage.js';

/**
 * What makes a table fast, behind one door: an ordered index, and where keys are equal only if their bytes are, a
 * hash index. Both are derived from the two arrays, and may be dropped and built anew at any time.
 */
export class Accelerator {
  readonly pages: Pages;
  readonly #hashes: HashIndex | undefined;
  /** Of the key that `locate` was asked for last. */
  #hash = 0;
  /** The last insertion was at the end, as may be the next. */
  #appending = false;

  /** @throws RangeError when there is no memory */
  constructor(storage: Storage, order: Order, memory: Memory, seed: number) {
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
      const node = this.#hashes.find(key, keyLength, this.#hashes.hash(key, keyLength));
      if (node !== UNKNOWN) return node;
    }
    return this.pages.search(key, keyLength);
  }

  /** The same, and if there is none, the place in the pages where it belongs: `insert` may follow. */
  locate(key: Uint8Array, keyLength: number): NodeIndex {
    if (this.#hashes !== undefined) {
      this.#hash = this.#hashes.hash(key, keyLength);
      const node = this.#hashes.find(key, keyLength, this.#hash);
      if (node > NONE) return node as NodeIndex;
    }
    if (this.#appending && this.pages.searchEnd(key, keyLength)) return NONE;
    return this.pages.search(key, keyLength);
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

  /** Removes a node: that at the place in the pages. */
  remove(node: NodeIndex, key: Uint8Array, keyLength: number): void {
    this.pages.remove();
    this.#hashes?.remove(this.#hashes.hash(key, keyLength), node);
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

import { ComparerError } from '../base/errors.js';
import type { Order } from '../base/order.js';
import { LIST_ENDS, LIST_HEIGHT, type Header } from '../storage/header.js';
import {
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  MAX_HEIGHT,
  NEXT,
  NONE,
  OFFSET,
  type NodeIndex,
} from '../storage/layout.js';
import type { Storage } from '../storage/storage.js';

/**
 * The skip list in `nodes`: search, and linking and unlinking behind the predecessors that a search found. These are the
 * caller's: the last node before some place, on each level in use.
 *
 * Invariants:
 * 1. Level 0 holds every entry in ascending order; each level above holds a subset of the one below.
 * 2. A node's own links are set before anything links to it. Levels are linked from the bottom up and unlinked from the top
 *    down: one who reads meanwhile, or after a write was cut off, sees a valid list.
 * 3. An unlinked node keeps its links and its key.
 */
export class Towers {
  /** Levels in use, 1..MAX_HEIGHT. It never falls, as in goleveldb, until `reset`. */
  height = 1;
  /** The last node on each level, HEAD on an empty one. */
  readonly ends: Int32Array = new Int32Array(MAX_HEIGHT);
  /** @internal */
  protected readonly storage: Storage;
  /** @internal */
  protected readonly order: Order;

  constructor(storage: Storage, order: Order) {
    this.storage = storage;
    this.order = order;
  }

  reset(): void {
    this.height = 1;
    this.ends.fill(HEAD);
  }

  store(header: Header): void {
    const { ends } = this;
    header[LIST_HEIGHT] = this.height;
    for (let level = 0; level < MAX_HEIGHT; level++) header[LIST_ENDS + level] = ends[level];
  }

  load(header: Header): void {
    this.height = header[LIST_HEIGHT];
    const { ends } = this;
    for (let level = 0; level < MAX_HEIGHT; level++) ends[level] = header[LIST_ENDS + level];
  }

  /** The last node, HEAD where there is none. */
  get last(): NodeIndex {
    return this.ends[0] as NodeIndex;
  }

  /**
   * Finds the predecessors of key[start, start + keyLength).
   * @param floor the lowest level to find them on; those below are left as they are
   * @returns the node with exactly that key, or NONE. The first node at or above the key follows `before[0]`.
   */
  search(key: Uint8Array, start: number, keyLength: number, before: Int32Array, floor = 0): NodeIndex {
    const nodes = this.storage.nodes.array;
    const kv = this.storage.kv.array;
    const order = this.order;
    let node = HEAD;
    /** The nearest node known to be at or above the key: it shows up again on lower levels. */
    let above = NONE;
    let comparison = 1;
    for (let level = this.height - 1; level >= floor;) {
      const next = nodes[node + NEXT + level] as NodeIndex;
      if (next !== above) {
        const offset = nodes[next + OFFSET];
        const result = order.compare(kv, offset, nodes[next + KEY_LENGTH], key, start, keyLength, 0);
        if (result < 0) {
          node = next;
          continue;
        }
        above = next;
        comparison = result;
      }
      before[level--] = node;
    }
    return comparison === 0 ? above : NONE;
  }

  /** The first node at or above key[0, keyLength), or NONE. Which predecessors are known then is no one's business. */
  seek(key: Uint8Array, keyLength: number, before: Int32Array): NodeIndex {
    const exact = this.search(key, 0, keyLength, before);
    return exact !== NONE ? exact : this.next(before[0] as NodeIndex);
  }

  /** The last node below key[0, keyLength), or HEAD. */
  seekBelow(key: Uint8Array, keyLength: number, before: Int32Array): NodeIndex {
    this.search(key, 0, keyLength, before);
    return before[0] as NodeIndex;
  }

  /** The node after one, or NONE; of HEAD, the first. */
  next(node: NodeIndex): NodeIndex {
    return this.storage.nodes.array[node + NEXT] as NodeIndex;
  }

  /** Links a node behind its predecessors, which may be `ends`. */
  publish(node: NodeIndex, before: Int32Array): void {
    const { array } = this.storage.nodes;
    const { ends } = this;
    const height = array[node + HEIGHT];
    for (; this.height < height; this.height++) before[this.height] = HEAD;
    const next = array[before[0] + NEXT];
    array[node + NEXT] = next;
    // Most nodes are on level 0 only, and a loop costs as much as one turn of it.
    if (height > 1) {
      for (let level = 1, slot = NEXT + 1; level < height; level++, slot++) {
        array[node + slot] = array[before[level] + slot];
      }
    }
    this.link(before[0] + NEXT, node);
    if (next === NONE) ends[0] = node;
    for (let level = 1, slot = NEXT + 1; level < height; level++, slot++) {
      this.link(before[level] + slot, node);
      if (array[node + slot] === NONE) ends[level] = node;
    }
  }

  /** Stores a link of a node that readers may have reached. @internal */
  protected link(slot: number, node: NodeIndex): void {
    this.storage.nodes.write(slot, node);
  }

  /** @throws ComparerError unless these are the predecessors of a node, as by a comparer that contradicts itself: links would go in circles */
  requireBehind(node: NodeIndex, before: Int32Array): void {
    const { array } = this.storage.nodes;
    for (let level = array[node + HEIGHT] - 1; level >= 0; level--) {
      if (array[before[level] + NEXT + level] !== node)
        throw new ComparerError('a key is not found where it stands');
    }
  }

  /** Unlinks a node, given its predecessors. */
  unlink(node: NodeIndex, before: Int32Array): void {
    for (let level = this.storage.nodes.array[node + HEIGHT] - 1; level >= 0; level--) {
      this.#linkOver(level, before[level], node);
    }
  }

  /** Unlinks all nodes behind some predecessors, up to others. */
  unlinkRun(before: Int32Array, last: Int32Array): void {
    for (let level = this.height - 1; level >= 0; level--) {
      if (last[level] !== before[level]) this.#linkOver(level, before[level], last[level]);
    }
  }

  /** Links the node before others to the one after the last of them. */
  #linkOver(level: number, before: number, last: number): void {
    const { nodes } = this.storage;
    const next = nodes.array[last + NEXT + level];
    nodes.write(before + NEXT + level, next);
    if (next === NONE) this.ends[level] = before;
  }
}

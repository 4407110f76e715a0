import type { Order } from '../base/order.js';
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
import { type Storage } from '../storage/storage.js';

/**
 * The skip list in `nodes`: search, and linking and unlinking at the place that a search found.
 *
 * Invariants:
 * 1. Level 0 holds every entry in ascending order; each level above holds a subset of the one below.
 * 2. A node's own links are set before anything links to it, and levels are linked from the bottom up: one who
 *    reads meanwhile sees a valid list at every moment, as in LevelDB.
 * 3. An unlinked node keeps its links and its key.
 */
export class Towers {
  /** Levels in use, 1..MAX_HEIGHT. It never falls, as in goleveldb, until `reset`. */
  height = 1;
  /** After a search: the last node before the place searched for, on each level in use. */
  readonly before = new Int32Array(MAX_HEIGHT);
  /** The last node on each level, HEAD on an empty one. */
  readonly ends = new Int32Array(MAX_HEIGHT);
  readonly #storage: Storage;
  readonly #order: Order;

  constructor(storage: Storage, order: Order) {
    this.#storage = storage;
    this.#order = order;
  }

  reset(): void {
    this.height = 1;
    this.ends.fill(HEAD);
  }

  /**
   * Finds the place of key[start, start + keyLength) and leaves it in `before`.
   * @param floor the lowest level to find it on; those below are left as they are
   * @returns the node with exactly that key, or NONE. The first node at or above the key follows `before[0]`.
   */
  search(key: Uint8Array, keyLength: number, start = 0, floor = 0): NodeIndex {
    const nodes = this.#storage.nodes.array;
    const kv = this.#storage.kv.array;
    const order = this.#order;
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
      this.before[level--] = node;
    }
    return comparison === 0 ? above : NONE;
  }

  /** The last node, HEAD when there is none; its place is left in `before` as that of a key above all others. */
  last(): NodeIndex {
    this.before.set(this.ends);
    return this.ends[0] as NodeIndex;
  }

  /** Links a node of some height at the place that the last search found. */
  link(node: NodeIndex, height: number): void {
    const { nodes } = this.#storage;
    for (; this.height < height; this.height++) this.before[this.height] = HEAD;
    for (let level = 0, slot = NEXT; level < height; level++, slot++) {
      const next = nodes.array[this.before[level] + slot];
      nodes.array[node + slot] = next;
      if (next === NONE) this.ends[level] = node;
    }
    for (let slot = NEXT; slot < NEXT + height; slot++) nodes.write(this.before[slot - NEXT] + slot, node);
  }

  /** Links a node of height 1 behind another. */
  linkBehind(before: NodeIndex, node: NodeIndex): void {
    const { nodes } = this.#storage;
    const next = nodes.array[before + NEXT];
    nodes.array[node + NEXT] = next;
    if (next === NONE) this.ends[0] = node;
    nodes.write(before + NEXT, node);
  }

  /** Links a node behind all others. */
  append(node: NodeIndex, height: number): void {
    const { nodes } = this.#storage;
    const { ends } = this;
    nodes.array[node + NEXT] = NONE;
    // Most nodes are on level 0 only, and a loop costs as much as one turn of it.
    if (height > 1) {
      if (height > this.height) this.height = height;
      for (let slot = NEXT + 1; slot < NEXT + height; slot++) nodes.array[node + slot] = NONE;
    }
    nodes.write(ends[0] + NEXT, node);
    ends[0] = node;
    for (let level = 1; level < height; level++) {
      nodes.write(ends[level] + NEXT + level, node);
      ends[level] = node;
    }
  }

  /** Unlinks the node that the last search found. */
  unlink(node: NodeIndex): void {
    const height = this.#storage.nodes.array[node + HEIGHT];
    for (let level = 0; level < height; level++) this.#linkOver(level, this.before[level], node);
  }

  /** Unlinks all nodes between the places `before`, and those that the last search found. */
  unlinkRun(before: Int32Array): void {
    for (let level = 0; level < this.height; level++) {
      if (this.before[level] !== before[level]) this.#linkOver(level, before[level], this.before[level]);
    }
  }

  /** Links the node before others to the one after the last of them. */
  #linkOver(level: number, before: number, last: number): void {
    const { nodes } = this.#storage;
    const next = nodes.array[last + NEXT + level];
    nodes.write(before + NEXT + level, next);
    if (next === NONE) this.ends[level] = before;
  }
}

import type { Order } from './order.js';
import {
  HEAD,
  KEY_LENGTH,
  MAX_HEIGHT,
  NEXT,
  NONE,
  OFFSET,
  Storage,
  VALUE_LENGTH,
  localMemory,
  type Memory,
  type NodeIndex,
} from './storage.js';
import { seededHeights } from './heights.js';
import { describe } from './bytes.js';
import { Towers } from './towers.js';

export interface TableOptions {
  order: Order;
  capacity: number;
  randHeight?: () => number;
  memory?: Memory;
}

/**
 * Entries in the order of their keys: what DB, MemTable and SkipList are made of. Keys are given as key[0, keyLength).
 * Nothing here checks arguments or takes a lock; nothing here is changed when a comparer, a height source or an
 * allocation fails, since all of those come before the first change.
 */
export class Table {
  readonly storage: Storage;
  readonly order: Order;
  readonly towers: Towers;
  /** Number of entries. */
  length = 0;
  /** Bytes of keys and values of the entries. */
  size = 0;
  /** Counts changes of any kind. A cursor compares it to know whether what it has read still holds. */
  version = 0;
  /** Counts unlinked nodes: where it is as it was, every node is still where it was. */
  deletions = 0;
  /** Counts resets: after one, node indexes mean nothing any more. */
  resets = 0;
  readonly #givenHeights: (() => number) | undefined;
  #heights: () => number;

  constructor(options: TableOptions) {
    this.order = options.order;
    this.storage = new Storage(options.capacity, options.memory ?? localMemory);
    this.towers = new Towers(this.storage, this.order);
    this.#givenHeights = options.randHeight;
    this.#heights = options.randHeight ?? seededHeights();
  }

  /** The node of this key, or NONE. */
  find(key: Uint8Array, keyLength: number): NodeIndex {
    return this.towers.search(key, keyLength);
  }

  /** The first node whose key is at or above this one, or NONE. */
  findGE(key: Uint8Array, keyLength: number): NodeIndex {
    const exact = this.towers.search(key, keyLength);
    return exact !== NONE ? exact : this.next(this.towers.before[0] as NodeIndex);
  }

  /** The first node whose key is above this one, or NONE. */
  findGT(key: Uint8Array, keyLength: number): NodeIndex {
    const exact = this.towers.search(key, keyLength);
    return this.next(exact !== NONE ? exact : (this.towers.before[0] as NodeIndex));
  }

  /** The last node whose key is below this one, or NONE. */
  findLT(key: Uint8Array, keyLength: number): NodeIndex {
    this.towers.search(key, keyLength);
    return this.towers.before[0] as NodeIndex;
  }

  first(): NodeIndex {
    return this.next(HEAD);
  }

  last(): NodeIndex {
    return this.towers.last();
  }

  next(node: NodeIndex): NodeIndex {
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
      keyLength,
    );
  }

  /** The bytes of a node's key: a view. */
  keyOf(node: NodeIndex): Uint8Array {
    const nodes = this.storage.nodes.array;
    const start = nodes[node + OFFSET];
    return this.storage.kv.array.subarray(start, start + nodes[node + KEY_LENGTH]);
  }

  /** The bytes of a node's value: a view. */
  valueOf(node: NodeIndex): Uint8Array {
    const nodes = this.storage.nodes.array;
    const start = nodes[node + OFFSET] + nodes[node + KEY_LENGTH];
    return this.storage.kv.array.subarray(start, start + nodes[node + VALUE_LENGTH]);
  }

  /** Adds an entry, or replaces the value of the one with an equal key. @throws CapacityError */
  put(key: Uint8Array, keyLength: number, value: Uint8Array): void {
    const node = this.towers.search(key, keyLength);
    if (node !== NONE) {
      this.#replace(node, key, keyLength, value);
    } else {
      this.#insert(key, keyLength, value);
    }
  }

  /** Adds an entry unless there is one with an equal key; tells whether it did. @throws CapacityError */
  add(key: Uint8Array, keyLength: number, value: Uint8Array): boolean {
    if (this.towers.search(key, keyLength) !== NONE) return false;
    this.#insert(key, keyLength, value);
    return true;
  }

  /** Removes the entry with this key; tells whether there was one. Its bytes and slots stay where they are. */
  delete(key: Uint8Array, keyLength: number): boolean {
    const node = this.towers.search(key, keyLength);
    if (node === NONE) return false;
    const nodes = this.storage.nodes.array;
    this.towers.unlink(node);
    this.length--;
    this.size -= nodes[node + KEY_LENGTH] + nodes[node + VALUE_LENGTH];
    this.deletions++;
    this.version++;
    return true;
  }

  reset(): void {
    this.storage.reset();
    this.towers.reset();
    this.#heights = this.#givenHeights ?? seededHeights();
    this.length = 0;
    this.size = 0;
    this.resets++;
    this.version++;
  }

  #replace(node: NodeIndex, key: Uint8Array, keyLength: number, value: Uint8Array): void {
    const { storage } = this;
    storage.reserve(keyLength + value.length, 0);
    const offset = storage.appendRecord(key, keyLength, value);
    this.size += value.length - storage.nodes.array[node + VALUE_LENGTH];
    storage.nodes.write(node + OFFSET, offset);
    storage.nodes.write(node + VALUE_LENGTH, value.length);
    this.version++;
  }

  #insert(key: Uint8Array, keyLength: number, value: Uint8Array): void {
    const { storage } = this;
    const height = this.#nextHeight();
    storage.reserve(keyLength + value.length, NEXT + height);
    const offset = storage.appendRecord(key, keyLength, value);
    this.towers.link(storage.appendNode(offset, keyLength, value.length, height));
    this.length++;
    this.size += keyLength + value.length;
    this.version++;
  }

  #nextHeight(): number {
    const height = this.#heights();
    if (!Number.isInteger(height) || height < 1 || height > MAX_HEIGHT) {
      throw new RangeError(
        `randHeight must return an integer from 1 to ${MAX_HEIGHT}, but gave ${describe(height)}`,
      );
    }
    return height;
  }
}

import { copyByWords } from './bytes.js';
import { Growable, type Allocator } from './growable.js';

/**
 * The two arrays that hold everything, laid out as goleveldb's memdb lays them out.
 *
 *     kv      | key bytes, value bytes | key bytes, value bytes | ...          append-only
 *     nodes   | head | node | node | ...                                       one run of slots per node
 *
 *     a node  | OFFSET | KEY_LENGTH | VALUE_LENGTH | HEIGHT h | NEXT, h slots |
 *
 * OFFSET is where its record begins in kv; NEXT + l is the index of the next node on level l, NONE at the end.
 * The head is node 0, of full height; since nothing links to it, a link of 0 means none.
 *
 * Invariants:
 * 1. Bytes of kv and nodes below their lengths never move and kv's never change, until `reset`: a record that was
 *    replaced or deleted stays readable where it was.
 * 2. A node's links point to nodes, and are changed only through `Growable.write`.
 */
export type NodeIndex = number & { readonly [nodeIndex]: never };
declare const nodeIndex: unique symbol;
/** A position in kv. */
export type KVOffset = number & { readonly [kvOffset]: never };
declare const kvOffset: unique symbol;

export const OFFSET = 0;
export const KEY_LENGTH = 1;
export const VALUE_LENGTH = 2;
export const HEIGHT = 3;
export const NEXT = 4;

export const MAX_HEIGHT = 12;
export const HEAD = 0 as NodeIndex;
export const NONE = 0 as NodeIndex;
/** Slots that the head takes; the first node begins here. */
export const FIRST_NODE = (NEXT + MAX_HEIGHT) as NodeIndex;

/** Of a node that is on level 0 only. */
export const MIN_NODE_SLOTS = NEXT + 1;
/** On average, as one node in four is on the next level, too. */
export const MEAN_NODE_SLOTS = NEXT + 4 / 3;

/** What `Pages.readPage` says of an entry: its node, and where in kv its key and value are. The key ends at VALUE_START. */
export const ENTRY_WORDS = 4;
export const KEY_START = 1;
export const VALUE_START = 2;
export const VALUE_END = 3;

/** The end of a record must be a number that a slot, or a word of `Pages.readPage`, can hold: 2 GiB, less one byte. */
const KV_LIMIT = 2 ** 31 - 1;
const NODE_LIMIT = 2 ** 31 - 1;
const FIRST_NODE_SLOTS = 256;
/** Heights are random: a few more slots than foreseen. */
const MARGIN = 1.1;
/**
 * Bytes of kv that are reserved where nobody asks for more or less. Growing fourfold, it will be 6 MiB, in which
 * LevelDB's write buffer of 4 MB fits with room to spare.
 */
export const DEFAULT_CAPACITY = 6144;

/** Where memory comes from and where it ends. A seam for tests, which lower the limits and make allocations fail. */
export interface Memory {
  readonly kvLimit: number;
  readonly nodeLimit: number;
  /** Bytes that neighbours in a page of forks may share; as many as fit in a word by default. */
  readonly sharedLimit?: number;
  allocate(bytes: number): ArrayBuffer;
}

export const localMemory: Memory = {
  kvLimit: KV_LIMIT,
  nodeLimit: NODE_LIMIT,
  allocate: (bytes) => new ArrayBuffer(bytes),
};

export function allocateWords(memory: Memory, length: number): Int32Array {
  return new Int32Array(memory.allocate(length * Int32Array.BYTES_PER_ELEMENT));
}

class ByteAllocator implements Allocator<Uint8Array> {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  allocate(length: number): Uint8Array {
    return new Uint8Array(this.#memory.allocate(length));
  }
}

/** For nodes. */
class NodeAllocator implements Allocator<Int32Array> {
  readonly #memory: Memory;
  readonly #storage: Storage;

  constructor(memory: Memory, storage: Storage) {
    this.#memory = memory;
    this.#storage = storage;
  }

  allocate(length: number): Int32Array {
    return allocateWords(this.#memory, length);
  }

  /**
   * As many slots as will be taken once kv is full, if entries go on as they are: who reserved room for records needs
   * nodes for them. But nodes don't get more bytes than records.
   */
  foresee(): number {
    const { kv, nodes } = this.#storage;
    const slots = (nodes.length / Math.max(1, kv.length)) * kv.array.length * MARGIN;
    return Math.ceil(Math.min(slots, kv.array.length / Int32Array.BYTES_PER_ELEMENT));
  }
}

export class Storage {
  readonly kv: Growable<Uint8Array>;
  readonly nodes: Growable<Int32Array>;

  /** @throws CapacityError when `capacity` bytes can't be had */
  constructor(capacity: number, memory: Memory) {
    this.kv = new Growable(
      { name: 'kvData', unit: 'bytes', limit: memory.kvLimit },
      capacity,
      new ByteAllocator(memory),
    );
    this.nodes = new Growable(
      { name: 'nodeData', unit: 'slots', limit: memory.nodeLimit },
      FIRST_NODE_SLOTS,
      new NodeAllocator(memory, this),
    );
    this.reset();
  }

  /** Back to the head alone; what is reserved stays so. */
  reset(): void {
    this.kv.truncate(0);
    this.nodes.truncate(FIRST_NODE);
    const head = this.nodes.array;
    head.fill(0, 0, FIRST_NODE);
    head[HEAD + HEIGHT] = MAX_HEIGHT;
  }

  /**
   * Copies a key and a value to where a record will be, at or behind the end of kv, where there is room. In kv, a key can be
   * compared by words; and it is what is compared that will stand there, whatever array it came from. It is part of the
   * contents only once `kv.length` says so: whoever finds no use for it leaves it there.
   */
  stage(offset: number, key: Uint8Array, keyLength: number, value: Uint8Array, valueLength: number): void {
    const { array, view } = this.kv;
    copyByWords(key, keyLength, array, view, offset);
    copyByWords(value, valueLength, array, view, offset + keyLength);
  }

  /** Adds a node that nothing links to yet, where `reserve` made room; its links are for the caller to set. */
  appendNode(offset: KVOffset, keyLength: number, valueLength: number, height: number): NodeIndex {
    const { nodes } = this;
    const node = nodes.length as NodeIndex;
    const { array } = nodes;
    array[node + OFFSET] = offset;
    array[node + KEY_LENGTH] = keyLength;
    array[node + VALUE_LENGTH] = valueLength;
    array[node + HEIGHT] = height;
    nodes.length = node + NEXT + height;
    return node;
  }

  /** The bytes of a node's key: a view. */
  keyOf(node: NodeIndex): Uint8Array {
    const nodes = this.nodes.array;
    return this.view(nodes[node + OFFSET], nodes[node + KEY_LENGTH]);
  }

  /** The bytes of a node's value: a view. */
  valueOf(node: NodeIndex): Uint8Array {
    const nodes = this.nodes.array;
    return this.view(nodes[node + OFFSET] + nodes[node + KEY_LENGTH], nodes[node + VALUE_LENGTH]);
  }

  /** Bytes of kv: a view. Made in this way it takes half as long as by `subarray`. */
  view(start: number, length: number): Uint8Array {
    return new Uint8Array(this.kv.buffer, start, length);
  }
}

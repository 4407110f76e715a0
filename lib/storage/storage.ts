import { copyBetween, copyByWords } from '../base/bytes.js';
import { copyOut } from '../base/copies.js';
import { MemDBError } from '../base/errors.js';
import { Growable, type Allocator } from './growable.js';
import { KV_LENGTH, NODE_LENGTH, type Header } from './header.js';
import {
  FIRST_NODE,
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  MAX_HEIGHT,
  NEXT,
  OFFSET,
  VALUE_LENGTH,
  type KVOffset,
  type NodeIndex,
} from './layout.js';
import {
  makeWords,
  INTENT_KEY_LENGTH,
  INTENT_NODE,
  INTENT_OFFSET,
  INTENT_STANDS,
  INTENT_VALUE_LENGTH,
  type Memory,
  type SharedRecords,
} from './memory.js';

const FIRST_NODE_SLOTS = 256;
/** Heights are random: a few more slots than foreseen. */
const MARGIN = 1.1;

class ByteAllocator implements Allocator<Uint8Array> {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  allocate(length: number): Uint8Array {
    return recordsOf(this.#memory)?.kv ?? new Uint8Array(this.#memory.allocate(length));
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
    return recordsOf(this.#memory)?.nodes ?? makeWords(this.#memory, length);
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

/** The two arrays, where threads share them. */
function recordsOf({ records, shared }: Memory): SharedRecords | undefined {
  return records ?? shared;
}

/** What to reserve: bytes of kv, and slots for nodes beside the head. */
export interface Room {
  readonly bytes: number;
  readonly slots: number;
}

export class Storage {
  readonly kv: Growable<Uint8Array>;
  readonly nodes: Growable<Int32Array>;
  /** Whether other threads have it, too: what is given out are copies then, as bytes may change once no lock is held. */
  readonly isShared: boolean;
  readonly #intent: Int32Array | undefined;
  /** Whether somebody may have a view of kv, or read it later: then it must not be used again for other records. */
  isLent = false;

  /**
   * @param asked bytes of kv that somebody asked for; by default, so many are reserved
   * @throws CapacityError when there is no memory for them
   */
  constructor(asked: number, memory: Memory, room?: Room) {
    const { kvLimit, nodeLimit } = memory;
    const shared = recordsOf(memory);
    const { whenFull } = shared ?? {};
    this.isShared = shared !== undefined;
    this.#intent = shared?.intent;
    const { bytes, slots } = room ?? { bytes: asked, slots: FIRST_NODE_SLOTS - FIRST_NODE };
    this.kv = new Growable(
      { name: 'kvData', unit: 'bytes', limit: kvLimit, whenFull },
      Math.min(bytes, kvLimit),
      new ByteAllocator(memory),
      undefined,
      asked,
    );
    this.nodes = new Growable(
      { name: 'nodeData', unit: 'slots', limit: nodeLimit, whenFull },
      Math.min(FIRST_NODE + slots, nodeLimit),
      new NodeAllocator(memory, this),
      undefined,
      FIRST_NODE_SLOTS,
    );
    if (shared?.isMade !== true) this.reset();
  }

  /**
   * Whether a buffer was taken away from outside: transferred, by `postMessage` or `structuredClone`. Of an array without a
   * buffer, the length is 0; that of kv may be 0 anyway, where no capacity was asked for.
   */
  get isDetached(): boolean {
    return this.nodes.array.length === 0 || (this.kv.array.length === 0 && isDetached(this.kv.view));
  }

  /** @throws MemDBError where a buffer was taken away */
  requireAttached(): void {
    if (this.isDetached) throw detachedError();
  }

  /** An error, or what is behind it where a buffer was taken away meanwhile. */
  explained(error: unknown): unknown {
    return error instanceof MemDBError || !this.isDetached ? error : detachedError(error);
  }

  /** Back to the head alone; what is reserved stays so. */
  reset(): void {
    const head = this.nodes.array;
    head.fill(0, 0, FIRST_NODE);
    head[HEAD + HEIGHT] = MAX_HEIGHT;
    this.nodes.truncate(FIRST_NODE);
    this.kv.truncate(0);
  }

  store(header: Header): void {
    header[KV_LENGTH] = this.kv.length;
    header[NODE_LENGTH] = this.nodes.length;
  }

  load(header: Header, kv: Uint8Array, nodes: Int32Array): void {
    this.kv.adopt(kv, header[KV_LENGTH]);
    this.nodes.adopt(nodes, header[NODE_LENGTH]);
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

  /** Copies the record of a node of another storage behind the last one, where there is room, without taking it in. */
  stageRecord({ kv, nodes }: Storage, node: NodeIndex): KVOffset {
    const at = this.kv.length as KVOffset;
    const offset = nodes.array[node + OFFSET];
    const length = nodes.array[node + KEY_LENGTH] + nodes.array[node + VALUE_LENGTH];
    copyBetween(kv, offset, length, this.kv, at);
    return at;
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

  /** Gives a node another record. Where threads share it, the three slots are written down before, for `redo`. */
  replaceRecord(node: NodeIndex, offset: KVOffset, keyLength: number, valueLength: number): void {
    const { nodes } = this;
    const intent = this.#intent;
    if (intent !== undefined) {
      intent[INTENT_NODE] = node;
      intent[INTENT_OFFSET] = offset;
      intent[INTENT_KEY_LENGTH] = keyLength;
      intent[INTENT_VALUE_LENGTH] = valueLength;
      Atomics.store(intent, INTENT_STANDS, 1);
    }
    for (let slot = OFFSET; slot <= VALUE_LENGTH && nodes.pasts.length > 0; slot++) nodes.keep(node + slot);
    const { array } = nodes;
    // Nothing is called between the three: no call can be cut off there.
    array[node + OFFSET] = offset;
    // A comparer may call keys of different lengths equal. goleveldb forgets this slot, and then reads past the record.
    array[node + KEY_LENGTH] = keyLength;
    array[node + VALUE_LENGTH] = valueLength;
    if (node < nodes.copied) nodes.renew(node, node + HEIGHT);
    if (intent !== undefined) Atomics.store(intent, INTENT_STANDS, 0);
  }

  /** Ends what a thread has begun, and could not end. */
  redo(): void {
    const intent = this.#intent;
    if (intent === undefined || intent[INTENT_STANDS] === 0) return;
    this.replaceRecord(
      intent[INTENT_NODE] as NodeIndex,
      intent[INTENT_OFFSET] as KVOffset,
      intent[INTENT_KEY_LENGTH],
      intent[INTENT_VALUE_LENGTH],
    );
  }

  /** The bytes of a node's key: a view, or a copy. */
  keyOf(node: NodeIndex): Uint8Array {
    const nodes = this.nodes.array;
    return this.view(nodes[node + OFFSET], nodes[node + KEY_LENGTH]);
  }

  /** The bytes of a node's value: a view, or a copy. */
  valueOf(node: NodeIndex): Uint8Array {
    const nodes = this.nodes.array;
    if (nodes.length === 0) throw detachedError();
    return this.view(nodes[node + OFFSET] + nodes[node + KEY_LENGTH], nodes[node + VALUE_LENGTH]);
  }

  /** The same, to be looked at under the lock only: a view. */
  lendValueOf(node: NodeIndex): Uint8Array {
    const nodes = this.nodes.array;
    if (nodes.length === 0) throw detachedError();
    this.isLent = true;
    return viewOf(this.kv, nodes[node + OFFSET] + nodes[node + KEY_LENGTH], nodes[node + VALUE_LENGTH]);
  }

  /** Bytes of kv to be given out: a view, or a copy where threads share them. @throws MemDBError where its buffer was taken away */
  view(start: number, length: number): Uint8Array {
    if (this.isShared) return copyOut(this.kv, start, length);
    this.isLent = true;
    return viewOf(this.kv, start, length);
  }
}

/** Some bytes of an array: a view. Made in this way it takes half as long as by `subarray`. @throws MemDBError where its buffer was taken away */
export function viewOf(kv: Growable<Uint8Array>, start: number, length: number): Uint8Array {
  try {
    return new Uint8Array(kv.buffer, start, length);
  } catch (error) {
    throw isDetached(kv.view) ? detachedError(error) : error;
  }
}

/** Nothing but a getter of a DataView says so in every engine, by what it throws. */
function isDetached(view: DataView): boolean {
  try {
    return view.byteLength < 0;
  } catch {
    return true;
  }
}

function detachedError(cause?: unknown): MemDBError {
  return new MemDBError(
    'MEMDB_DETACHED',
    'a buffer was transferred away, and with it all that was held here: make a new one. What is given out are views into ' +
      'that buffer: to transfer one, copy it first, with view.slice()',
    { cause },
  );
}

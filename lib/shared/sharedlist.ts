import { LockMisuseError } from '../base/errors.js';
import type { Order } from '../base/order.js';
import { allocateShared, isSharedBuffer, requireSharedMemory } from '../base/sharedmemory.js';
import { threadId } from '../lock/threadid.js';
import { ReaderTowers, WriterTowers } from '../skiplist/sharedtowers.js';
import type { Internals, SharedRecords } from '../storage/memory.js';
import { Table } from '../table/table.js';
import { asItIs, slotsFor } from './arrays.js';
import { requireWhole } from './handle.js';
import { repair } from '../table/repair.js';

/** What a thread needs to know of a shared list. Posted as it is. */
export interface SharedListHandle {
  readonly header: SharedArrayBuffer;
  readonly kv: SharedArrayBuffer;
  readonly nodes: SharedArrayBuffer;
}

/** What each thread brings. */
export interface ListParts {
  readonly order: Order;
  readonly hasVersions: boolean;
  /** Bytes of each key that are not the caller's. */
  readonly tagLength: number;
  readonly internals: Internals;
}

// Words of the header.
/** Counts writers: whoever took over from one is the next. A reader has 0. */
const TERM = 0;
/** Id of the thread that writes. */
const OWNER = 1;
// The other words follow what can be read: an entry that is counted can be found.
const COUNT = 2;
/** Bytes of keys and values, without tags. */
const SIZE = 3;
/** Words that records and nodes take. */
const USED = 4;
const HEADER_WORDS = 5;

/** An id of no thread, for engines that have none. */
const NO_THREAD = -1;

const SMALLER = 'Ask for a smaller maxCapacity: a few times as much is reserved for nodes';
const WHEN_FULL = 'Begin a new one, with a larger maxCapacity if need be: this one does not grow';

/**
 * One thread's hold of entries that one thread adds and any number of threads read, with no lock: the two arrays lie in shared memory,
 * the index in that of the writer. No reader ever waits, or stores anything.
 *
 * Invariants, at any instant, for whoever loads links by Atomics:
 * 1. Level 0 has every entry whose addition has returned, in order, each of them whole; and each level above, some of them.
 * 2. The header counts no entry that can't be read.
 */
export class SharedList {
  readonly table: Table;
  readonly handle: SharedListHandle;
  readonly #header: Int32Array;
  #term: number;
  readonly #tagLength: number;

  /**
   * @param maxCapacity bytes of kv @param nodeBytes bytes of nodes for each of them
   * @throws CapacityError where there is no address space for so much, MemDBError where there is no shared memory
   */
  static create(maxCapacity: number, nodeBytes: number, parts: ListParts): SharedList {
    const slots = slotsFor(maxCapacity, nodeBytes);
    const allocate = (words: number) => allocateShared(words * Int32Array.BYTES_PER_ELEMENT, SMALLER);
    const handle = {
      header: allocate(HEADER_WORDS),
      kv: allocateShared(maxCapacity, SMALLER),
      nodes: allocate(slots),
    };
    const words = headerOf(handle, parts);
    words[OWNER] = threadId() ?? NO_THREAD;
    words[TERM] = 1;
    return new SharedList(handle, parts, words, 1, false);
  }

  /** For reading. @throws TypeError for what is no handle */
  static attach(handle: SharedListHandle, parts: ListParts): SharedList {
    requireBuffers(handle);
    return new SharedList(handle, parts, headerOf(handle, parts), 0, true);
  }

  /**
   * For writing, in place of a writer that is gone; what it has left half done is mended.
   * @throws TypeError for what is no handle, LockMisuseError where the writer is not gone
   */
  static takeOver(handle: SharedListHandle, parts: ListParts): SharedList {
    requireBuffers(handle);
    const header = headerOf(handle, parts);
    const own = threadId() ?? NO_THREAD;
    const term = Atomics.load(header, TERM);
    const owner = Atomics.load(header, OWNER);
    if (owner === own && own !== NO_THREAD) {
      throw new LockMisuseError(
        `this thread, ${own}, is the writer already: there is no second one while it lives`,
      );
    }
    if (Atomics.compareExchange(header, TERM, term, term + 1) !== term) {
      throw new LockMisuseError('another thread has just taken over from the writer: there is one at a time');
    }
    const list = new SharedList(handle, parts, header, term + 1, true);
    // The index is made once it is known what there is.
    list.table.memory = { ...list.table.memory, indexed: parts.internals.indexed ?? true };
    const requireRight = () => list.requireWriter();
    repair(list.table, requireRight);
    requireRight();
    list.publish();
    Atomics.store(header, OWNER, own); // Last: what fails before can be tried again.
    return list;
  }

  private constructor(
    handle: SharedListHandle,
    { order, hasVersions, tagLength, internals }: ListParts,
    header: Int32Array,
    term: number,
    isMade: boolean,
  ) {
    const { seen = asItIs } = internals;
    this.handle = handle;
    this.#header = header;
    this.#term = term;
    this.#tagLength = tagLength;
    const records: SharedRecords = {
      kv: seen(new Uint8Array(handle.kv)),
      nodes: seen(new Int32Array(handle.nodes)),
      isMade,
      whenFull: WHEN_FULL,
    };
    this.table = new Table({
      order,
      capacity: records.kv.length,
      memory: {
        ...internals,
        kvLimit: records.kv.length,
        nodeLimit: records.nodes.length,
        records,
        ...(isMade && { indexed: false }),
      },
      hasVersions,
      Towers: term === 0 ? ReaderTowers : WriterTowers,
    });
  }

  /** @throws LockMisuseError unless this is the writer. One that was taken over from has read its own index up to then: now it reads on. */
  requireWriter(): void {
    const header = this.#header;
    const term = this.#term;
    if (Atomics.load(header, TERM) === term) return;
    const owner = Atomics.load(header, OWNER);
    const who = owner === NO_THREAD ? 'another thread' : `thread ${owner}`;
    if (term === 0) {
      throw new LockMisuseError(
        `this was attached for reading, and ${who} writes; nothing was changed. Once that is gone, attach(handle, { writer: true }) ` +
          'takes over from it',
      );
    }
    const { table } = this;
    table.change();
    table.dropIndex();
    table.towers = new ReaderTowers(table.storage, table.order);
    this.#term = 0;
    throw new LockMisuseError(
      `${who} has taken over as the writer; nothing was changed, and from now on this is for reading`,
    );
  }

  /** Has to follow an addition. */
  publish(): void {
    const header = this.#header;
    const { length, size, storage } = this.table;
    header[SIZE] = size - this.#tagLength * length;
    header[USED] = storage.kv.length / Int32Array.BYTES_PER_ELEMENT + storage.nodes.length;
    // With it, what was stored before can be seen.
    Atomics.store(header, COUNT, length);
  }

  /** Entries that can be read, but for one that is just being added. */
  get length(): number {
    return Atomics.load(this.#header, COUNT);
  }

  /** Bytes of their keys and values, without tags. */
  get size(): number {
    void this.length;
    return this.#header[SIZE];
  }

  /** Bytes of their records and nodes. */
  get usedBytes(): number {
    void this.length;
    return this.#header[USED] * Int32Array.BYTES_PER_ELEMENT;
  }
}

function headerOf({ header }: SharedListHandle, { internals: { seen = asItIs } }: ListParts): Int32Array {
  return seen(new Int32Array(header));
}

function requireBuffers({ header, kv, nodes }: SharedListHandle): void {
  requireSharedMemory();
  requireWhole(
    [header, kv, nodes].every(isSharedBuffer) &&
      header.byteLength === HEADER_WORDS * Int32Array.BYTES_PER_ELEMENT &&
      nodes.byteLength % Int32Array.BYTES_PER_ELEMENT === 0,
  );
}

import { LockMisuseError, MemDBError } from '../base/errors.js';
import type { HashIndex } from '../index/hash/hashindex.js';
import type { Order } from '../base/order.js';
import { allocateShared, isSharedBuffer } from '../base/sharedmemory.js';
import type { RWLock } from '../lock/rwlock.js';
import type { SharedRWLockHandle, SharedRWLock } from '../lock/sharedrwlock.js';
import type { Heights } from '../skiplist/heights.js';
import { HEADER_SLOTS } from '../storage/header.js';
import type { Internals } from '../storage/memory.js';
import { compact, CopiedHeights } from '../table/compaction/compaction.js';
import { Table } from '../table/table.js';
import {
  ACTIVE,
  allocateHalf,
  asItIs,
  BUFFERS,
  CONTROL_WORDS,
  DAMAGED,
  internalsFor,
  SharedHalf,
  VERSION,
  type HalfBuffers,
} from './arrays.js';
import { requireWhole } from './handle.js';
import { repair } from '../table/repair.js';

/** What a thread needs to know of a shared table. Posted as it is. */
export interface SharedTableHandle {
  readonly lock: SharedRWLockHandle;
  readonly header: SharedArrayBuffer;
  readonly halves: readonly [HalfBuffers, HalfBuffers];
  readonly seed: number;
}

/** What each thread brings. */
export interface OwnParts {
  readonly order: Order;
  readonly lock: SharedRWLock;
  /** A caller's; seeded ones by default. */
  readonly heights?: Heights | undefined;
  readonly internals: Internals;
}

/**
 * One thread's hold of a table that threads share, and the lock of that table. All scalars stand in fields of the table, as this
 * thread sees it, and in a header in shared memory: whoever takes the lock loads them, if they have changed, and whoever has written
 * stores them before the lock goes. Only under the write lock is anything written, so that readers find it whole.
 *
 * Invariants, while nobody holds the write lock, unless a thread died that did:
 * 1. The header says what the table is, and which half has it.
 * 2. The hash index lacks few nodes, if any: readers can't enter them.
 */
export class SharedTable implements RWLock {
  readonly table: Table;
  readonly plainLock: SharedRWLock;
  readonly handle: SharedTableHandle;
  /** The other half: empty, but while it is copied to. */
  readonly #copy: Table;
  readonly #halves: readonly [SharedHalf, SharedHalf];
  readonly #header: Int32Array;
  readonly #control: Int32Array;
  /** Of the header, as this thread knows it. */
  #version: number;
  #active = 0;
  /** Those of the table when it was last loaded or stored. */
  #epoch = 0;
  #waiting: number | undefined;
  #hashes: HashIndex | undefined;
  #moves = 0;
  /** Whether nodes wait for the hash index; and reads since that was looked at. */
  #isBehind = false;
  #readsBehind = 0;
  /** Whether a call of this thread is writing; and whether it does so within the write side that the thread took by itself. */
  #isInWrite = false;
  #isWithin = false;
  /** Reads within that. */
  #readsWithin = 0;

  /** @param maxCapacity bytes of kv @throws CapacityError where there is no address space for so much */
  static create(maxCapacity: number, own: OwnParts): SharedTable {
    const header = allocateShared(HEADER_BYTES, '');
    const halves = [allocateHalf(maxCapacity), allocateHalf(maxCapacity)] as const;
    const { seed = Math.floor(Math.random() * 2 ** 32) } = own.internals;
    const shared = new SharedTable({ lock: own.lock.handle, header, halves, seed }, own, false);
    shared.#store();
    return shared;
  }

  static attach(handle: SharedTableHandle, own: OwnParts): SharedTable {
    return new SharedTable(handle, own, true);
  }

  private constructor(
    handle: SharedTableHandle,
    { order, lock, heights, internals }: OwnParts,
    isMade: boolean,
  ) {
    const { header, halves, seed } = handle;
    this.handle = handle;
    this.plainLock = lock;
    const { seen = asItIs } = internals;
    const words = seen(new Int32Array(header));
    this.#header = words.subarray(0, HEADER_SLOTS);
    this.#control = words.subarray(HEADER_SLOTS);
    const halfOf = (which: 0 | 1) => new SharedHalf(halves[which], this.#control, which, isMade, internals);
    const tableOf = (half: SharedHalf, source: Heights | undefined) =>
      new Table({
        order,
        capacity: half.kv.length,
        heights: source,
        memory: internalsFor(half, seed, internals),
      });
    this.#halves = [halfOf(0), halfOf(1)];
    this.table = tableOf(this.#halves[0], heights);
    this.#copy = tableOf(this.#halves[1], new CopiedHeights());
    // What is made anew from now on is made under the write lock.
    for (const half of this.#halves) half.isMade = false;
    this.#version = isMade ? NaN : 0;
  }

  rlock(): void {
    if (this.#isBehind && ++this.#readsBehind > READS_BEHIND) this.#tend();
    this.#requireOutside();
    if (this.plainLock.isWriting) this.#readsWithin++;
    else this.plainLock.rlock();
    if (this.#control[VERSION] === this.#version) return;
    try {
      this.#load();
    } catch (error) {
      this.runlock();
      throw error;
    }
  }

  runlock(): void {
    if (this.#readsWithin > 0) this.#readsWithin--;
    else this.plainLock.runlock();
  }

  lock(): void {
    this.#requireOutside();
    const isWithin = this.plainLock.isWriting && this.#readsWithin === 0;
    if (!isWithin) this.plainLock.lock();
    this.#isWithin = isWithin;
    this.#isInWrite = true;
    try {
      if (this.#control[VERSION] !== this.#version) this.#load();
    } catch (error) {
      this.#leaveWrite();
      throw error;
    }
    this.#damage();
  }

  unlock(): void {
    try {
      if (this.table.isTorn) {
        this.#repair();
        // Looking for what is to be deleted may have entered nodes in the hash index, and changed nothing else.
      } else if (this.table.epoch !== this.#epoch || this.table.index?.hashes?.waiting !== this.#waiting) {
        this.#catchUp();
        this.#store();
      }
      this.#control[DAMAGED] = 0;
    } finally {
      this.#leaveWrite();
    }
  }

  /** @throws LockMisuseError when called from inside a write: the lock may let that in, where somebody awaits it */
  #requireOutside(): void {
    // A call that was cut off, with no `finally`, may have left it so, and somebody may have given the side back since.
    if (this.#isInWrite && this.plainLock.hasWriteSide)
      throw new LockMisuseError('a function given to update must not call the DB');
  }

  #leaveWrite(): void {
    this.#isInWrite = false;
    if (!this.#isWithin) this.plainLock.unlock();
  }

  /**
   * Copies what lives to the other half, under the write lock. Until the last word of it is stored, nothing of the first has changed.
   * @throws CapacityError, with nothing changed
   */
  compact(): void {
    const copy = this.#copy;
    // What this thread knows of that half may be long ago.
    this.#halves[1 - this.#active].forgetTaken();
    copy.dropIndex();
    copy.reset();
    compact(this.table, undefined, copy);
    this.#active = 1 - this.#active;
    this.#catchUp(0);
    this.#store();
  }

  /**
   * After a thread died: makes the table valid again, if that thread was writing, or if the last call of this did not come to its end.
   * @param dead ids of threads; by default, of all that hold the lock now
   */
  recover(dead: readonly number[] | undefined): void {
    // Whoever is given the write side in place of a dead thread has to repair what that was writing.
    let isDamaged = this.plainLock.free(dead);
    if (!isDamaged) {
      if (this.#control[DAMAGED] === 0) return;
      this.plainLock.lock();
      isDamaged = this.#control[DAMAGED] !== 0; // Somebody else may have done it by now.
    }
    try {
      if (isDamaged) this.#repair();
      this.#control[DAMAGED] = 0;
    } finally {
      this.plainLock.unlock();
    }
  }

  /** Until the header is stored, at the end of a write: so that all other threads know of it, if that is cut off before. */
  #damage(): void {
    const control = this.#control;
    control[DAMAGED] = 1;
    this.#version = control[VERSION] = (control[VERSION] + 1) | 0;
  }

  #repair(): void {
    this.#damage();
    this.#version = NaN; // If this is cut off, this thread has to know, too.
    this.#loadScalars();
    this.#halves[this.#active].forgetTaken();
    repair(this.table);
    this.#catchUp(0);
    this.#store();
  }

  /**
   * Between calls, where reads have to do without the hash index, since some nodes wait for it: enters them, if nobody is in the way.
   */
  #tend(): void {
    this.#readsBehind = 0;
    if (!this.plainLock.tryLock()) return;
    try {
      if (this.#control[VERSION] !== this.#version) this.#load();
      if (!this.#isBehind) return;
      this.#catchUp(0);
      this.#store();
    } finally {
      this.plainLock.unlock();
    }
  }

  /** Lets the hash index catch up, unless only so few nodes wait that it pays to wait for more. */
  #catchUp(few = FEW_WAITING): void {
    const { index } = this.table;
    if (index === undefined) return;
    while (index.hashes !== undefined && index.hashes.waiting > few) index.maintain();
  }

  #store(): void {
    const header = this.#header;
    const control = this.#control;
    const hashes = this.table.index?.hashes;
    if (hashes !== undefined && (hashes !== this.#hashes || hashes.moves !== this.#moves)) {
      this.#halves[this.#active].store(hashes.arrays);
    }
    this.table.store(header);
    this.#noteState();
    Atomics.store(control, ACTIVE, this.#active);
    this.#version = control[VERSION] = (control[VERSION] + 1) | 0;
  }

  #load(): void {
    if (this.#control[DAMAGED] !== 0) {
      throw new MemDBError(
        'MEMDB_DAMAGED',
        'a thread died while it repaired this DB, or a call was cut off: call recover() once more',
      );
    }
    this.#loadScalars();
    this.#version = this.#control[VERSION];
  }

  #loadScalars(): void {
    const active = this.#control[ACTIVE];
    const { table } = this;
    if (active !== this.#active) {
      table.exchange(this.#copy);
      this.#active = active;
    }
    const half = this.#halves[active];
    const { kv, nodes, words, refs, meta, leafOf } = half;
    const hash = half.load(table.index?.hashes?.arrays ?? []);
    table.load(this.#header, [kv, nodes, words, refs, meta, leafOf, ...hash]);
    this.#noteState();
  }

  #noteState(): void {
    this.#epoch = this.table.epoch;
    const hashes = this.table.index?.hashes;
    this.#waiting = hashes?.waiting;
    this.#hashes = hashes;
    this.#moves = hashes?.moves ?? 0;
    this.#isBehind = hashes?.isBehind === true;
  }
}

/** @throws TypeError for what is none of a whole handle */
export function requireTableHandle(handle: Partial<SharedTableHandle> = {}): void {
  const { header, halves = [] } = handle;
  const buffers = Array.from(halves, (half): unknown[] =>
    Object.values((half as object | undefined) ?? {}),
  ).flat();
  requireWhole(
    isSharedBuffer(header) &&
      header.byteLength === HEADER_BYTES &&
      buffers.length === 2 * BUFFERS &&
      buffers.every(isSharedBuffer),
  );
}

const HEADER_BYTES = (HEADER_SLOTS + CONTROL_WORDS) * Int32Array.BYTES_PER_ELEMENT;
/** Slots of nodes: those that are entered at once take about as many. */
const FEW_WAITING = 160;
/** Reads that look for a key in order, before it is worth the write lock to enter nodes in the hash index. */
const READS_BEHIND = 32;

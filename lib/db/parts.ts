import {
  describe,
  requireBoolean,
  requireCapacity,
  requireFunction,
  requireOptions,
} from '../base/arguments.js';
import { bytewise, requireComparer, type Comparer } from '../base/comparer.js';
import { byteOrder, orderOf, type Order } from '../base/order.js';
import { requireSharedMemory } from '../base/sharedmemory.js';
import { DB_KIND, type Subject } from '../dump/format.js';
import type { Maker } from '../dump/read.js';
import { ReentryGuard } from '../lock/reentry.js';
import { LocalRWLock, OwnLock, type RWLock } from '../lock/rwlock.js';
import { SharedRWLock } from '../lock/sharedrwlock.js';
import { DEFAULT_MAX_CAPACITY } from '../shared/arrays.js';
import { requireHandle, requireOrder } from '../shared/handle.js';
import { requireTableHandle, SharedTable, type SharedTableHandle } from '../shared/sharedtable.js';
import { SharedUpkeep } from '../shared/upkeep.js';
import { GivenHeights } from '../skiplist/heights.js';
import { reservedFor } from '../storage/growable.js';
import { DEFAULT_CAPACITY, internalsOf, localMemory } from '../storage/memory.js';
import { AutoCompaction } from '../table/compaction/autocompaction.js';
import { NoUpkeep, type Upkeep } from '../table/compaction/upkeep.js';
import { Table } from '../table/table.js';

export interface DBOptions {
  /** Order of the keys; `bytewise` by default. */
  comparer?: Comparer | undefined;
  /** Bytes of `kvData` to reserve at first. Advisory: it grows as needed, and of more than 8 MiB, a fifteenth more is reserved. */
  capacity?: number | undefined;
  /** Guards every call. By default a `LocalRWLock` of its own, without which cursors take steps within what they have read ahead. */
  lock?: RWLock | undefined;
  /** Source of node heights, 1..12, asked once for each new key, by `putMany` ahead of them, and again where a put had to make room first; by default seeded, so that runs repeat. */
  randHeight?: (() => number) | undefined;
  /**
   * Whether room that entries no longer take is given back by itself: then `garbage` is at most the bytes of the entries and
   * 1 MiB. `true` by default; with `false`, the arrays are those of goleveldb, to the slot.
   */
  autoCompact?: boolean | undefined;
}

/** Of a DB that threads share. */
export interface SharedDBOptions {
  shared: true;
  /** Bytes of keys and values, garbage included, that it may ever hold; 256 MiB by default. Some 21 times as much address space is reserved. */
  maxCapacity?: number | undefined;
  /** How many threads may have it at a time, the one that makes it included: up to 31, which is the default. */
  threads?: number | undefined;
  /** ms that a call waits for the lock before it throws `LockTimeoutError`; 10,000 by default. */
  lockTimeout?: number | undefined;
  /** Order of the keys; `bytewise` by default. Another one has to be given to `DB.attach`, too, by the same name. */
  comparer?: Comparer | undefined;
  /** Source of node heights for what this thread puts, see `DBOptions`. */
  randHeight?: (() => number) | undefined;
  /** As in `DBOptions`, for all threads; without it, the DB is full once so much was written. */
  autoCompact?: boolean | undefined;
  /** Ignored: `maxCapacity` says it. */
  capacity?: number | undefined;
}

export interface AttachOptions {
  /** The order of the keys, if it is not `bytewise`: of the name that the DB was made with. */
  comparer?: Comparer | undefined;
  /** ms that a call of this thread waits for the lock; as the DB was made with by default. */
  lockTimeout?: number | undefined;
}

/** What a DB is made of. */
export interface Parts {
  readonly comparer: Comparer;
  readonly table: Table;
  readonly upkeep: Upkeep;
  /** As it is shown; and what every call takes. */
  readonly plainLock: RWLock;
  readonly lock: RWLock;
  /** The plain lock, if it was not given: to be held while a caller's code runs. */
  readonly ownLock?: LocalRWLock | undefined;
  /** Where threads share it. */
  readonly shared?: SharedTable;
  readonly handle?: DBHandle;
}

/**
 * What a thread attaches a shared DB by: posted as it is, to be given to `DB.attach` there.
 */
export interface DBHandle {
  readonly kind: string;
  readonly version: number;
}

/** What there is in it. */
interface WholeHandle extends DBHandle {
  /** Name of the comparer. */
  readonly order: string;
  readonly autoCompact: boolean;
  readonly lockTimeout: number;
  readonly table: SharedTableHandle;
}

const HANDLE = 'flat-memdb.DB';
const HANDLE_VERSION = 1;

const DEFAULT_TIMEOUT = 10_000;

/** Makes a DB of these options, once they are found to be right: an empty one, or one that a dump is loaded into. */
export function makerOf(options: DBOptions): Maker<Parts> {
  requireOptions(options, 'DB', ['comparer', 'capacity', 'lock', 'randHeight', 'autoCompact']);
  const memory = internalsOf(options);
  const { comparer = bytewise, capacity = DEFAULT_CAPACITY, lock, randHeight, autoCompact = true } = options;
  requireComparer(comparer);
  requireCapacity(capacity, memory.kvLimit);
  if (lock !== undefined) requireLock(lock);
  requireBoolean(autoCompact, 'autoCompact');
  const order = orderOf(comparer);
  const heights = heightsOf(randHeight);
  const reserved = reservedFor(capacity);
  return {
    subject: subjectOf(comparer),
    tagLength: 0,
    capacity: reserved,
    make(room) {
      const table = new Table({ order, capacity: reserved, heights, memory, room });
      const upkeep = autoCompact ? new AutoCompaction(table) : new NoUpkeep(table);
      const ownLock = lock === undefined ? new LocalRWLock() : undefined;
      const plainLock = lock ?? ownLock!;
      const taken = ownLock === undefined ? plainLock : new OwnLock(ownLock);
      return { comparer, table, upkeep, plainLock, lock: guarded(taken, order, heights), ownLock };
    },
  };
}

export function subjectOf({ name }: { name: string }): Subject {
  return { kind: DB_KIND, order: name };
}

/** @throws CapacityError */
export function sharedParts(options: SharedDBOptions): Parts {
  requireOptions(options, 'DB.create', [
    'shared',
    'maxCapacity',
    'threads',
    'lockTimeout',
    'comparer',
    'randHeight',
    'autoCompact',
    'capacity',
  ]);
  const {
    comparer = bytewise,
    maxCapacity = DEFAULT_MAX_CAPACITY,
    threads,
    lockTimeout = DEFAULT_TIMEOUT,
    randHeight,
    autoCompact = true,
  } = options;
  requireComparer(comparer);
  requireCapacity(maxCapacity, localMemory.kvLimit, 'maxCapacity');
  requireBoolean(autoCompact, 'autoCompact');
  const order = orderOf(comparer);
  const heights = heightsOf(randHeight);
  const lock = new SharedRWLock({ timeout: lockTimeout, ...(threads !== undefined && { threads }) });
  const shared = SharedTable.create(maxCapacity, { order, lock, heights, internals: internalsOf(options) });
  const handle: WholeHandle = {
    kind: HANDLE,
    version: HANDLE_VERSION,
    order: comparer.name,
    autoCompact,
    lockTimeout,
    table: shared.handle,
  };
  return partsOfShared(shared, handle, comparer, order, heights);
}

export function attachedParts(given: DBHandle, options: AttachOptions): Parts {
  requireHandle(given, HANDLE, HANDLE_VERSION);
  const handle = given as WholeHandle;
  requireOptions(options, 'DB.attach', ['comparer', 'lockTimeout']);
  const { comparer = bytewise, lockTimeout = handle.lockTimeout } = options;
  requireComparer(comparer);
  requireSharedMemory();
  requireTableHandle(handle.table);
  requireOrder(handle.order, comparer);
  const order = orderOf(comparer);
  const lock = SharedRWLock.attach(handle.table.lock, { timeout: lockTimeout });
  try {
    const shared = SharedTable.attach(handle.table, { order, lock, internals: internalsOf(options) });
    return partsOfShared(shared, handle, comparer, order, undefined);
  } catch (error) {
    lock.close();
    throw error;
  }
}

function partsOfShared(
  shared: SharedTable,
  handle: WholeHandle,
  comparer: Comparer,
  order: Order,
  heights: GivenHeights | undefined,
): Parts {
  return {
    comparer,
    table: shared.table,
    upkeep: new SharedUpkeep(shared, handle.autoCompact),
    plainLock: shared.plainLock,
    lock: guarded(shared, order, heights),
    shared,
    handle,
  };
}

function heightsOf(randHeight: (() => number) | undefined): GivenHeights | undefined {
  if (randHeight !== undefined) requireFunction(randHeight, 'randHeight');
  return randHeight && new GivenHeights(randHeight);
}

/** Where a caller's code runs inside a call, it must not come back. */
function guarded(lock: RWLock, order: Order, heights: GivenHeights | undefined): RWLock {
  return order !== byteOrder || heights !== undefined ? new ReentryGuard(lock, order, heights) : lock;
}

function requireLock(lock: unknown): asserts lock is RWLock {
  for (const method of ['rlock', 'runlock', 'lock', 'unlock'] as const) {
    if (typeof (lock as RWLock | null)?.[method] !== 'function') {
      throw new TypeError(`lock must be an RWLock, but ${describe(lock)} has no ${method}()`);
    }
  }
}

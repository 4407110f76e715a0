import { requireBytes } from '../base/arguments.js';
import { lengthOf } from '../base/bytes.js';
import type { Comparer } from '../base/comparer.js';
import { MemDBError } from '../base/errors.js';
import { keepOne } from '../base/kept.js';
import type { Range } from '../base/range.js';
import { ReentryGuard } from '../lock/reentry.js';
import { requireSharing } from '../shared/handle.js';
import type { SharedList } from '../shared/sharedlist.js';
import { NONE } from '../storage/layout.js';
import { Cursor } from '../table/cursor.js';
import { TABLE, type Table } from '../table/table.js';
import {
  attachedParts,
  partsOf,
  sharedParts,
  withParts,
  type ListAttachOptions,
  type ListHandle,
  type ListKind,
  type SharedListOptions,
} from './parts.js';

export interface SkipListOptions {
  /** Order of the keys; `bytewise` by default. */
  comparer?: Comparer | undefined;
  /** Bytes to reserve for keys at first. Advisory: it grows as needed, and of more than 8 MiB, a fifteenth more is reserved. */
  capacity?: number | undefined;
}

/** What another thread attaches a shared SkipList by: posted as it is, to be given to `SkipList.attach` there. */
export type SkipListHandle = ListHandle<'flat-memdb.SkipList'>;

const KIND: ListKind<'flat-memdb.SkipList'> = {
  name: 'SkipList',
  kind: 'flat-memdb.SkipList',
  tagLength: 0,
  // Enough for keys of 8 bytes or more.
  nodeBytes: 3,
  userComparerOf: (comparer) => comparer,
  orderOf: (order) => order,
};

const NO_VALUE = new Uint8Array(0);

/**
 * LevelDB's skip list: keys without values that are inserted and never removed, for one writer and any number of
 * readers without a lock. LevelDB's holds pointers into an arena; this one copies the keys into an array of its own.
 *
 * A call from inside the list's own comparer throws `LockMisuseError`, and any call a `MemDBError` with code
 * `MEMDB_DETACHED` once its buffer was transferred away. Whatever a call throws, it has changed nothing.
 * @example
 * const list = new SkipList();
 * list.insert(bytes('b'));
 * list.insert(bytes('a'));
 * const it = list.iterator();
 * while (it.next()) console.log(text(it.key)); // -> a, b
 */
export class SkipList {
  readonly #table: Table;
  readonly #guard: ReentryGuard;
  /** Where threads share it. */
  readonly #shared: SharedList | undefined;
  readonly #handle: SkipListHandle | undefined;

  /**
   * @throws TypeError, RangeError, CapacityError when `capacity` is no size, or can't be had
   * @example
   * console.log(new SkipList({ capacity: 1000 }).length); // -> 0
   */
  constructor(options: SkipListOptions = {}) {
    const { table, shared, handle } = partsOf(KIND, options);
    this.#table = table;
    this.#guard = new ReentryGuard(undefined, table.order);
    this.#shared = shared;
    this.#handle = handle;
    keepOne(SkipList, oneToKeep);
  }

  /** @internal */
  get [TABLE](): Table {
    return this.#table;
  }

  /**
   * Makes a SkipList: with `shared: true`, one that other threads can read, which attach it by its `handle`. All its memory is
   * reserved at once, and does not grow. In a browser, the page must be cross-origin isolated.
   *
   * This thread is the one that inserts; the others read, meanwhile. No call of a reader takes a lock or waits for anybody. A key
   * whose `insert` has returned, every thread sees. What is given out are copies.
   * @throws CapacityError where so much can't be reserved
   * @throws MemDBError with code `MEMDB_NOT_ISOLATED` where there is no shared memory
   * @example
   * const list = SkipList.create({ shared: true, maxCapacity: 1 << 20 });
   * const reader = SkipList.attach(list.handle); // in another thread, to which the handle was posted
   * list.insert(bytes('a'));
   * console.log(reader.contains(bytes('a'))); // -> true
   */
  static create(options: SkipListOptions | SharedListOptions = {}): SkipList {
    const isLocal = (options as Partial<SharedListOptions> | null)?.shared === undefined;
    return new SkipList(isLocal ? options : withParts(sharedParts(KIND, options as SharedListOptions)));
  }

  /**
   * The shared SkipList of a handle, for this thread: to read, see `create`; with `writer: true`, to insert in place of a writer
   * that is gone for certain, as a worker is after its `exit` event. Readers go on meanwhile. Every key whose `insert` had returned is
   * there. Takes time for each key. A writer that was not gone fails at its next `insert`, and up to then reads what
   * there was before.
   * @throws TypeError, MemDBError for what is no handle, or one of a SkipList in another order or of another version
   * @throws LockMisuseError for `writer: true` where this thread has the writer, or another thread takes over as well
   * @example
   * const list = SkipList.create({ shared: true, maxCapacity: 1 << 20 });
   * list.insert(bytes('a'));
   * const it = SkipList.attach(list.handle).iterator();
   * console.log(it.next(), text(it.key)); // -> true a
   */
  static attach(handle: SkipListHandle, options: ListAttachOptions = {}): SkipList {
    return new SkipList(withParts(attachedParts(KIND, handle, options)));
  }

  /**
   * Adds a key, which is copied.
   * @throws MemDBError with code `MEMDB_DUPLICATE_KEY` when an equal key is there; in LevelDB that must not happen
   * @throws CapacityError when the key does not fit
   * @throws LockMisuseError where another thread is the writer of a shared SkipList
   * @example
   * const list = new SkipList();
   * list.insert(bytes('a'));
   * try { list.insert(bytes('a')); } catch (error) { console.log(error.code); } // -> MEMDB_DUPLICATE_KEY
   */
  insert(key: Uint8Array): void {
    requireBytes(key, 'key');
    this.#guard.requireOutside();
    this.#shared?.requireWriter();
    if (!this.#table.add(key, lengthOf(key), NO_VALUE)) {
      throw new MemDBError(
        'MEMDB_DUPLICATE_KEY',
        'an equal key is in the skip list already; nothing was changed',
      );
    }
    this.#shared?.publish();
  }

  /**
   * Whether an equal key is there.
   * @example
   * const list = new SkipList();
   * list.insert(bytes('a'));
   * console.log(list.contains(bytes('a')), list.contains(bytes('b'))); // -> true false
   */
  contains(key: Uint8Array): boolean {
    requireBytes(key, 'key');
    this.#guard.requireOutside();
    this.#table.requireSound();
    return this.#table.find(key, lengthOf(key)) !== NONE;
  }

  /**
   * A cursor over all keys, or those in `[start, limit)`. Keys inserted meanwhile are met in their place.
   * @example
   * const list = new SkipList();
   * list.insert(bytes('b'));
   * list.insert(bytes('a'));
   * const it = list.iterator({ start: bytes('b') });
   * while (it.next()) console.log(text(it.key)); // -> b
   */
  iterator(range?: Range): SkipListIterator {
    return new SkipListIterator(this.#table, this.#guard, true, range);
  }

  /**
   * What other threads attach a shared SkipList by: it can be posted as it is.
   * @throws MemDBError with code `MEMDB_NOT_SHARED` where it is not shared
   */
  get handle(): SkipListHandle {
    return requireSharing(this.#handle, 'SkipList');
  }

  /** Number of keys. Another thread may have just inserted one more that is not counted yet. */
  get length(): number {
    return this.#shared !== undefined ? this.#shared.length : this.#table.mend().length;
  }
}

/**
 * A cursor over the keys of a skip list; it moves as a `DBIterator` does.
 * @example
 * const list = new SkipList();
 * list.insert(bytes('b'));
 * list.insert(bytes('a'));
 * const it = list.iterator();
 * console.log(it.seek(bytes('aa')), text(it.key), it.prev(), text(it.key)); // -> true b true a
 */
export class SkipListIterator extends Cursor {
  /** The key: a view, not to be modified; `undefined` where not valid. */
  get key(): Uint8Array | undefined {
    return this.keyView();
  }
}

function oneToKeep(): unknown {
  const list = new SkipList({ capacity: 0 });
  return [list, list.iterator()];
}

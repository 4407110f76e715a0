import { requireBytes, requireCapacity, requireOptions } from '../base/arguments.js';
import { bytewise, requireComparer, type Comparer } from '../base/comparer.js';
import { Cursor } from '../table/cursor.js';
import { MemDBError } from '../base/errors.js';
import { keepOne } from '../base/kept.js';
import { orderOf } from '../base/order.js';
import type { Range } from '../base/range.js';
import { ReentryGuard } from '../lock/reentry.js';
import { NONE } from '../storage/layout.js';
import { DEFAULT_CAPACITY, internalsOf } from '../storage/memory.js';
import { TABLE, Table } from '../table/table.js';

export interface SkipListOptions {
  /** Order of the keys; `bytewise` by default. */
  comparer?: Comparer | undefined;
  /** Bytes to reserve for keys at first. Advisory: it grows as needed. */
  capacity?: number | undefined;
}

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

  /**
   * @throws TypeError, RangeError, CapacityError when `capacity` is no size, or can't be had
   * @example
   * console.log(new SkipList({ capacity: 1000 }).length); // -> 0
   */
  constructor(options: SkipListOptions = {}) {
    requireOptions(options, 'SkipList', ['comparer', 'capacity']);
    const memory = internalsOf(options);
    const { comparer = bytewise, capacity = DEFAULT_CAPACITY } = options;
    requireComparer(comparer);
    requireCapacity(capacity, memory.kvLimit);
    const order = orderOf(comparer);
    this.#guard = new ReentryGuard(undefined, order);
    this.#table = new Table({ order, capacity, memory });
    keepOne(SkipList, oneToKeep);
  }

  /** @internal */
  get [TABLE](): Table {
    return this.#table;
  }

  /**
   * Adds a key, which is copied.
   * @throws MemDBError with code `MEMDB_DUPLICATE_KEY` when an equal key is there; in LevelDB that must not happen
   * @throws CapacityError when the key does not fit
   * @example
   * const list = new SkipList();
   * list.insert(bytes('a'));
   * try { list.insert(bytes('a')); } catch (error) { console.log(error.code); } // -> MEMDB_DUPLICATE_KEY
   */
  insert(key: Uint8Array): void {
    requireBytes(key, 'key');
    this.#guard.requireOutside();
    if (!this.#table.add(key, key.length, NO_VALUE)) {
      throw new MemDBError(
        'MEMDB_DUPLICATE_KEY',
        'an equal key is in the skip list already; nothing was changed',
      );
    }
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
    this.#table.storage.requireAttached();
    return this.#table.find(key, key.length) !== NONE;
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

  /** Number of keys. */
  get length(): number {
    return this.#table.length;
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

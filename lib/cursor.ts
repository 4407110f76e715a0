import { requireBytes } from './bytes.js';
import { IteratorReleasedError } from './errors.js';
import { NO_PLACE, type Place } from './pages.js';
import { requireRange, type Range } from './range.js';
import type { RWLock } from './rwlock.js';
import { KEY_LENGTH, NONE, OFFSET, VALUE_LENGTH, type NodeIndex } from './storage.js';
import type { Table } from './table.js';

/**
 * A place in a table that may change meanwhile, with bounds: what DBIterator and MemTableIterator have in common.
 *
 * Invariants:
 * 1. `#node` is the entry under the cursor, NONE off the ends; `#forward` tells which end (after the last entry when
 *    set), so that a fresh cursor stands before the first.
 * 2. The key under the cursor never changes but by a move, even when its entry is deleted: its bytes stay in kv.
 *    A move goes from that key to the nearest entry there is now.
 * 3. What was read of the entry (`#keyStart` ...) holds for version `#version` of the table.
 */
export abstract class Cursor {
  protected readonly table: Table;
  readonly #lock: RWLock;
  readonly #start: Uint8Array | undefined;
  readonly #limit: Uint8Array | undefined;
  readonly #resets: number;
  #released = false;
  #forward = false;
  #node = NONE;
  /** The entry under the cursor was deleted, and its key not put again since. */
  #orphaned = false;
  /** Where the entry stands in the index, while the structure of the table is `#structure`. */
  #place = NO_PLACE;
  #structure = 0;
  #version = -1;
  #deletions = 0;
  #keyStart = -1;
  #valueStart = -1;
  #valueEnd = -1;

  /** @internal */
  constructor(table: Table, lock: RWLock, range: Range | undefined) {
    this.table = table;
    this.#lock = lock;
    this.#resets = table.resets;
    if (range !== undefined) {
      requireRange(range);
      // Copies: the caller may reuse its arrays.
      this.#start = range.start && Uint8Array.from(range.start);
      this.#limit = range.limit && Uint8Array.from(range.limit);
    }
  }

  /** Whether the cursor stands on an entry. It keeps standing on one that is deleted under it until it moves. */
  get valid(): boolean {
    this.#refresh();
    return this.#node !== NONE;
  }

  /** Whether `release` was called. */
  get released(): boolean {
    return this.#released;
  }

  /** Byte position in `kvData` where the key begins; -1 where not valid. */
  get keyStart(): number {
    this.#refresh();
    return this.#keyStart;
  }

  /** Byte position in `kvData` where the value begins and the key ends; -1 where not valid. */
  get valueStart(): number {
    this.#refresh();
    return this.#valueStart;
  }

  /** Byte position in `kvData` where the value ends; -1 where not valid. */
  get valueEnd(): number {
    this.#refresh();
    return this.#valueEnd;
  }

  /** Moves to the first entry of the range. @returns whether there is one */
  first(): boolean {
    this.#enter();
    try {
      return this.#toFirst();
    } finally {
      this.#lock.runlock();
    }
  }

  /** Moves to the last entry of the range. @returns whether there is one */
  last(): boolean {
    this.#enter();
    try {
      return this.#toLast();
    } finally {
      this.#lock.runlock();
    }
  }

  /**
   * Moves to the first entry of the range whose key is at or above `key`.
   * @returns whether there is one; if not, `prev()` moves to the last entry of the range
   */
  seek(key: Uint8Array): boolean {
    requireBytes(key, 'key');
    return this.seekBytes(key, key.length);
  }

  /** Moves to the next entry; on a fresh cursor, to the first. @returns whether there is one */
  next(): boolean {
    this.#enter();
    try {
      if (this.#node === NONE) return !this.#forward && this.#toFirst();
      this.#renew();
      const next = this.#orphaned
        ? this.table.findGT(this.#keyBytes(), this.#valueStart - this.#keyStart)
        : this.table.next(this.#node, this.#currentPlace());
      return this.#landForward(next);
    } finally {
      this.#lock.runlock();
    }
  }

  /** Moves to the entry before; past the end, to the last. @returns whether there is one */
  prev(): boolean {
    this.#enter();
    try {
      if (this.#node === NONE) return this.#forward && this.#toLast();
      const place = this.#currentPlace();
      const previous =
        place !== NO_PLACE
          ? this.table.previous(place)
          : this.table.findLT(this.#keyBytes(), this.#valueStart - this.#keyStart);
      return this.#landBackward(previous);
    } finally {
      this.#lock.runlock();
    }
  }

  /** Ends the use of the cursor: moves throw from now on. May be called again. */
  release(): void {
    this.#released = true;
    this.#land(NONE);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  protected seekBytes(key: Uint8Array, keyLength: number): boolean {
    this.#enter();
    try {
      const node = this.table.findGE(key, keyLength);
      const belowRange = node !== NONE && this.#start !== undefined && this.#isBelow(node, this.#start);
      return belowRange ? this.#toFirst() : this.#landForward(node);
    } finally {
      this.#lock.runlock();
    }
  }

  /** The bytes of the key under the cursor: a view. */
  protected keyView(): Uint8Array | undefined {
    this.#refresh();
    return this.#node === NONE ? undefined : this.#keyBytes();
  }

  /** The bytes of the value under the cursor: a view. */
  protected valueView(): Uint8Array | undefined {
    this.#refresh();
    return this.#node === NONE
      ? undefined
      : this.table.storage.kv.array.subarray(this.#valueStart, this.#valueEnd);
  }

  /** Takes the lock for a move. */
  #enter(): void {
    if (this.#released) throw new IteratorReleasedError('this iterator was released; make a new one');
    this.#lock.rlock();
    if (this.table.resets !== this.#resets) {
      this.#lock.runlock();
      throw new IteratorReleasedError('the DB was reset under this iterator; make a new one');
    }
  }

  #toFirst(): boolean {
    const { table } = this;
    return this.#landForward(
      this.#start === undefined ? table.first() : table.findGE(this.#start, this.#start.length),
    );
  }

  #toLast(): boolean {
    const { table } = this;
    return this.#landBackward(
      this.#limit === undefined ? table.last() : table.findLT(this.#limit, this.#limit.length),
    );
  }

  #landForward(node: NodeIndex): boolean {
    const inside = node !== NONE && (this.#limit === undefined || this.#isBelow(node, this.#limit));
    this.#forward = true;
    return this.#land(inside ? node : NONE);
  }

  #landBackward(node: NodeIndex): boolean {
    const inside = node !== NONE && (this.#start === undefined || !this.#isBelow(node, this.#start));
    this.#forward = false;
    return this.#land(inside ? node : NONE);
  }

  #isBelow(node: NodeIndex, bound: Uint8Array): boolean {
    return this.table.compare(node, bound, bound.length) < 0;
  }

  #land(node: NodeIndex): boolean {
    this.#node = node;
    this.#orphaned = false;
    this.#place = this.table.place;
    this.#structure = this.table.structure;
    this.#deletions = this.table.deletions;
    this.#read();
    return node !== NONE;
  }

  #currentPlace(): Place {
    return this.#structure === this.table.structure ? this.#place : NO_PLACE;
  }

  #read(): void {
    if (this.#node === NONE) {
      this.#keyStart = this.#valueStart = this.#valueEnd = -1;
    } else {
      const nodes = this.table.storage.nodes.array;
      this.#keyStart = nodes[this.#node + OFFSET];
      this.#valueStart = this.#keyStart + nodes[this.#node + KEY_LENGTH];
      this.#valueEnd = this.#valueStart + nodes[this.#node + VALUE_LENGTH];
    }
    this.#version = this.table.version;
  }

  /** Brings what was read of the entry up to date, if the table changed since. */
  #refresh(): void {
    if (this.#node === NONE || this.#version === this.table.version) return;
    this.#lock.rlock();
    try {
      if (this.table.resets !== this.#resets) {
        this.#land(NONE);
      } else {
        this.#renew();
      }
    } finally {
      this.#lock.runlock();
    }
  }

  /** The same under the lock, and for a table that was not reset. */
  #renew(): void {
    if (this.#version === this.table.version) return;
    if (this.#orphaned || this.#deletions !== this.table.deletions) {
      const node = this.table.find(this.#keyBytes(), this.#valueStart - this.#keyStart);
      this.#orphaned = node === NONE;
      if (node !== NONE) this.#node = node;
      this.#deletions = this.table.deletions;
    }
    this.#read();
  }

  #keyBytes(): Uint8Array {
    return this.table.storage.kv.array.subarray(this.#keyStart, this.#valueStart);
  }
}

/// <reference lib="esnext.disposable" preserve="true" />
import { requireBytes } from '../base/arguments.js';
import { IteratorReleasedError } from '../base/errors.js';
import { NO_PLACE, RUN_WORDS, indexInPage, type Place } from '../index/pages/pages.js';
import { requireRange, type Range } from '../base/range.js';
import type { RWLock } from '../lock/rwlock.js';
import {
  ENTRY_WORDS,
  KEY_LENGTH,
  KEY_START,
  NONE,
  OFFSET,
  VALUE_END,
  VALUE_LENGTH,
  VALUE_START,
  type NodeIndex,
} from '../storage/layout.js';
import { PAST, type Table } from './table.js';

/** Steps after which a cursor begins to read a page of the index at a time. */
const RUN_FROM = 4;

const NO_RUN = new Int32Array(0);

const NOTHING: readonly [] = [];

/**
 * Calls a method in a way that engines do not take into the loop of the caller, where it would leave no room for what
 * every step needs.
 */
function outOfLine<C extends object, T>(method: (this: C) => T, of: C): T {
  return Reflect.apply(method, of, NOTHING);
}

/**
 * A place in a table that may change meanwhile, with bounds: what the iterators of DB, MemTable and SkipList have in common.
 *
 * What is known of the entry under the cursor stands in fields. A longer walk reads a page of the index at once into
 * `run`, four words for each entry as `Pages.readPage` has it, and then goes along that.
 *
 * Invariants:
 * 1. `node` is the entry under the cursor, and NONE off the ends, where positions are -1. `#forward` tells which end
 *    (after the last entry when set), so that a fresh cursor stands before the first.
 * 2. The key under the cursor never changes but by a move, even when its entry is deleted: its bytes stay in kv.
 *    A move goes from that key to the nearest entry there is now.
 * 3. While `epoch` is current, all that is known holds. When it is no longer, only the key under the cursor does.
 * 4. Words [begin, end) of the run are entries in the range, and those from `at` on the one under the cursor; where
 *    there is no run, all three are 0.
 */
export abstract class Cursor {
  /** @internal */
  protected readonly table: Table;
  readonly #lock: RWLock;
  readonly #start: Uint8Array | undefined;
  readonly #limit: Uint8Array | undefined;
  readonly #resets: number;
  #released = false;
  #forward = false;
  /** The entry under the cursor was deleted, and its key not put again since. */
  #orphaned = false;
  // What every step of a scan goes through is private to TypeScript only, and accessors end after a glance: engines
  // take code as tiny as that into the loop of their caller, and code for private names is not.
  /** @internal */
  private epoch = PAST;
  /** @internal */
  private node = NONE;
  /** @internal */
  private knownKeyStart = -1;
  /** @internal */
  private knownValueStart = -1;
  /** @internal */
  private knownValueEnd = -1;
  /** @internal */
  private run = NO_RUN;
  /** @internal */
  private at = 0;
  /** @internal */
  private begin = 0;
  /** @internal */
  private end = 0;
  /** Nothing changes between two steps then. Under a caller's lock, every step takes it. @internal */
  private readonly isLockOurs: boolean;
  /** Where the first entry of the run, or the one under the cursor, stands in the index, while the structure of the table is `#structure`. */
  #place = NO_PLACE;
  #structure = 0;
  #deletions = 0;
  /** Steps since the cursor was positioned. */
  #steps = 0;

  /** @internal */
  constructor(table: Table, lock: RWLock, isLockOurs: boolean, range: Range | undefined) {
    this.table = table;
    this.#lock = lock;
    this.isLockOurs = isLockOurs;
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
    return this.keyStart >= 0;
  }

  /** Whether `release` was called. */
  get released(): boolean {
    return this.#released;
  }

  /** Byte position in `kvData` where the key begins; -1 where not valid. */
  get keyStart(): number {
    return this.epoch.current ? this.knownKeyStart : this.renewedKeyStart;
  }

  /** Byte position in `kvData` where the value begins and the key ends; -1 where not valid. */
  get valueStart(): number {
    return this.epoch.current ? this.knownValueStart : this.renewedValueStart;
  }

  /** Byte position in `kvData` where the value ends; -1 where not valid. */
  get valueEnd(): number {
    return this.epoch.current ? this.knownValueEnd : this.renewedValueEnd;
  }

  /** Moves to the first entry of the range. @returns whether there is one */
  first(): boolean {
    this.#lock.rlock();
    try {
      this.#requireLive();
      return this.#toFirst();
    } finally {
      this.#lock.runlock();
    }
  }

  /** Moves to the last entry of the range. @returns whether there is one */
  last(): boolean {
    this.#lock.rlock();
    try {
      this.#requireLive();
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
    const at = this.at + ENTRY_WORDS;
    if (at >= this.end || !this.epoch.current || !this.isLockOurs) return outOfLine(this.nextLocked, this);
    this.goTo(at);
    return true;
  }

  /** Moves to the entry before; past the end, to the last. @returns whether there is one */
  prev(): boolean {
    const at = this.at - ENTRY_WORDS;
    if (at < this.begin || !this.epoch.current || !this.isLockOurs) return outOfLine(this.prevLocked, this);
    this.goTo(at);
    return true;
  }

  /** To another entry of the run. @internal */
  private goTo(at: number): void {
    const run = this.run;
    this.at = at;
    this.node = run[at] as NodeIndex;
    this.knownKeyStart = run[at + KEY_START];
    this.knownValueStart = run[at + VALUE_START];
    this.knownValueEnd = run[at + VALUE_END];
  }

  /** Ends the use of the cursor: moves throw from now on. May be called again. */
  release(): void {
    this.#released = true;
    this.#land(NONE);
    this.run = NO_RUN;
  }

  [Symbol.dispose](): void {
    this.release();
  }

  protected seekBytes(key: Uint8Array, keyLength: number): boolean {
    this.#lock.rlock();
    try {
      this.#requireLive();
      const node = this.table.findGE(key, keyLength);
      const belowRange = node !== NONE && this.#start !== undefined && this.#isBelow(node, this.#start);
      if (belowRange) return this.#toFirst();
      this.#steps = 0;
      return this.#landForward(node);
    } finally {
      this.#lock.runlock();
    }
  }

  /** The bytes of the key under the cursor: a view. */
  protected keyView(): Uint8Array | undefined {
    const start = this.keyStart;
    return start < 0 ? undefined : this.table.storage.view(start, this.knownValueStart - start);
  }

  /** The bytes of the value under the cursor: a view. */
  protected valueView(): Uint8Array | undefined {
    const start = this.valueStart;
    return start < 0 ? undefined : this.table.storage.view(start, this.knownValueEnd - start);
  }

  #requireLive(): void {
    if (this.#released) throw new IteratorReleasedError('this iterator was released; make a new one');
    if (this.table.resets !== this.#resets) {
      throw new IteratorReleasedError('the DB was reset under this iterator; make a new one');
    }
  }

  /** @internal */
  private nextLocked(): boolean {
    this.#lock.rlock();
    try {
      return this.#next();
    } finally {
      this.#lock.runlock();
    }
  }

  /** @internal */
  private prevLocked(): boolean {
    this.#lock.rlock();
    try {
      return this.#prev();
    } finally {
      this.#lock.runlock();
    }
  }

  #next(): boolean {
    this.#requireLive();
    if (this.node === NONE) return !this.#forward && this.#toFirst();
    const at = this.at + ENTRY_WORDS;
    if (at < this.end && this.epoch.current) {
      this.goTo(at);
      return true;
    }
    this.#renew();
    const next = this.#orphaned
      ? this.table.findGT(this.#keyBytes(), this.#keyLength())
      : this.table.next(this.node, this.#currentPlace());
    return this.#landForward(next) && this.#stepped();
  }

  #prev(): boolean {
    this.#requireLive();
    if (this.node === NONE) return this.#forward && this.#toLast();
    const at = this.at - ENTRY_WORDS;
    if (at >= this.begin && this.epoch.current) {
      this.goTo(at);
      return true;
    }
    let place = this.#currentPlace();
    const isThere = !this.#orphaned && this.#deletions === this.table.deletions;
    if (place === NO_PLACE && isThere) place = this.table.placeOf(this.node);
    const previous =
      place !== NO_PLACE
        ? this.table.previous(place)
        : this.table.findLT(this.#keyBytes(), this.#keyLength());
    return this.#landBackward(previous) && this.#stepped();
  }

  #toFirst(): boolean {
    const { table } = this;
    this.#steps = 0;
    return this.#landForward(
      this.#start === undefined ? table.first() : table.findGE(this.#start, this.#start.length),
    );
  }

  #toLast(): boolean {
    const { table } = this;
    this.#steps = 0;
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
    this.#orphaned = false;
    this.#place = this.table.place;
    this.#structure = this.table.structure;
    this.#deletions = this.table.deletions;
    this.#read(node);
    return node !== NONE;
  }

  /** Takes down what there is to know of a node; there is no run then. */
  #read(node: NodeIndex): void {
    this.node = node;
    if (node === NONE) {
      this.knownKeyStart = this.knownValueStart = this.knownValueEnd = -1;
    } else {
      const nodes = this.table.storage.nodes.array;
      const keyStart = nodes[node + OFFSET];
      const valueStart = keyStart + nodes[node + KEY_LENGTH];
      this.knownKeyStart = keyStart;
      this.knownValueStart = valueStart;
      this.knownValueEnd = valueStart + nodes[node + VALUE_LENGTH];
    }
    this.at = this.begin = this.end = 0;
    this.epoch = this.table.now();
  }

  /** After a step: a cursor that has made a few will make more, so it is worth reading ahead. */
  #stepped(): boolean {
    const { table } = this;
    if (++this.#steps < RUN_FROM || table.order.byteOrderedTail === undefined) return true;
    let place = this.#place;
    // It went along the links, since its place was not known.
    if (place === NO_PLACE) place = table.placeOf(this.node);
    if (place === NO_PLACE) return true;
    if (this.run === NO_RUN) this.run = new Int32Array(RUN_WORDS);
    const end = ENTRY_WORDS * table.readPage(place, this.run);
    const at = ENTRY_WORDS * indexInPage(place);
    this.at = at;
    this.#place = (place - indexInPage(place)) as Place;
    this.begin = this.#start === undefined ? 0 : this.#firstInRun(this.#start, 0, at);
    this.end = this.#limit === undefined ? end : this.#firstInRun(this.#limit, at, end);
    return true;
  }

  /** The first entry of the run in [from, to) whose key is not below a bound, or `to`. */
  #firstInRun(bound: Uint8Array, from: number, to: number): number {
    const isBelow = (at: number) => this.#isBelow(this.run[at] as NodeIndex, bound);
    if (to > from && isBelow(to - ENTRY_WORDS)) return to;
    while (to > from && !isBelow(to - ENTRY_WORDS)) to -= ENTRY_WORDS;
    return to;
  }

  #currentPlace(): Place {
    if (this.#place === NO_PLACE || this.#structure !== this.table.structure) return NO_PLACE;
    return (this.#place + this.at / ENTRY_WORDS) as Place;
  }

  // The positions, after bringing what is known of the entry up to date, since the table changed.

  /** @internal */
  private get renewedKeyStart(): number {
    this.#refresh();
    return this.knownKeyStart;
  }

  /** @internal */
  private get renewedValueStart(): number {
    this.#refresh();
    return this.knownValueStart;
  }

  /** @internal */
  private get renewedValueEnd(): number {
    this.#refresh();
    return this.knownValueEnd;
  }

  #refresh(): void {
    if (this.node === NONE) return;
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
    if (this.epoch.current) return;
    let { node } = this;
    const place = this.#currentPlace();
    if (this.#orphaned || this.#deletions !== this.table.deletions) {
      const found = this.table.find(this.#keyBytes(), this.#keyLength());
      this.#orphaned = found === NONE;
      if (found !== NONE) node = found;
      this.#deletions = this.table.deletions;
    }
    this.#place = place;
    this.#steps = 0; // What is read ahead where the table changes all the time is read for nothing.
    this.#read(node);
  }

  #keyBytes(): Uint8Array {
    return this.table.storage.view(this.knownKeyStart, this.#keyLength());
  }

  #keyLength(): number {
    return this.knownValueStart - this.knownKeyStart;
  }
}

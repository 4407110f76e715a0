/// <reference lib="esnext.disposable" preserve="true" />
import { requireBytes } from '../base/arguments.js';
import { copyBetween, lengthOf } from '../base/bytes.js';
import { IteratorReleasedError } from '../base/errors.js';
import type { Range } from '../base/range.js';
import { RUN_WORDS } from '../index/pages/walk.js';
import { slotOf } from '../index/pages/store.js';
import { NO_PLACE, type Place, type Position } from '../index/position.js';
import type { RWLock } from '../lock/rwlock.js';
import type { Growable } from '../storage/growable.js';
import { viewOf } from '../storage/storage.js';
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
import { Bounds } from './bounds.js';
import { PAST } from './epoch.js';
import type { Table } from './table.js';

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

interface Left {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** A copy of a key that is written over by the next one. */
class KeptKey {
  array = new Uint8Array(64);
  view = new DataView(this.array.buffer);
  #length = 0;

  /** Copies kv[start, end). */
  take(kv: Growable<Uint8Array>, start: number, end: number): void {
    this.#length = end - start;
    if (this.#length > this.array.length) {
      this.array = new Uint8Array(2 * this.#length);
      this.view = new DataView(this.array.buffer);
    }
    copyBetween(kv, start, this.#length, this, 0);
  }

  copy(): Uint8Array {
    return this.array.slice(0, this.#length);
  }
}

/** Where a cursor stood when it last looked: while the counters are those of the table, the place holds. */
class Landing {
  /** Of the first entry of the run, or of the one under the cursor. */
  place = NO_PLACE;
  structure = 0;
  deletions = 0;
  /** These two count only where threads share the table. */
  exchanges = 0;
  epoch = 0;
}

/**
 * A place in a table that may change meanwhile, with bounds: what the iterators of DB, MemTable and SkipList have in common.
 *
 * What is known of the entry under the cursor stands in fields. A longer walk reads a page of the index at once into
 * `run`, four words for each entry as `readPage` has it, and then goes along that.
 *
 * Invariants:
 * 1. `node` is the entry under the cursor, and NONE off the ends, where positions are -1. `#forward` tells which end
 *    (after the last entry when set), so that a fresh cursor stands before the first.
 * 2. The key under the cursor never changes but by a move, even when its entry is deleted: its bytes stay where they are.
 *    A move goes from that key to the nearest entry there is now. Where its entry was deleted and the rest moved on, by a
 *    compaction, `#left` has its bytes, and positions are -1. Where threads share the table, bytes may be written over later, so
 *    that the cursor keeps the key in an array of its own, and what else is known holds only under the lock.
 * 3. While `epoch` is current, all that is known holds. When it is no longer, only the key under the cursor does.
 * 4. Words [begin, end) of the run are entries in the range, and those from `step` on the one under the cursor; where
 *    there is no run, all three are 0.
 */
export abstract class Cursor {
  /** @internal */
  protected readonly table: Table;
  readonly #lock: RWLock;
  /** That of the table's handle, which every search uses. */
  readonly #at: Position;
  readonly #bounds: Bounds;
  readonly #generation: number;
  readonly #landing = new Landing();
  /** The key under the cursor, where threads share the table. */
  readonly #kept: KeptKey | undefined;
  #released = false;
  #forward = false;
  /** The entry under the cursor was deleted, and its key not put again since. */
  #orphaned = false;
  /** What its key and value were, once a compaction has left them behind. */
  #left: Left | undefined;
  /** Where what is known of it is, if it is on one. */
  #kv: Growable<Uint8Array> | undefined;
  /** Steps since the cursor was positioned. */
  #steps = 0;
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
  private step = 0;
  /** @internal */
  private begin = 0;
  /** @internal */
  private end = 0;
  /** Nothing changes between two steps then. Under a caller's lock, every step takes it. @internal */
  private readonly isLockOurs: boolean;

  /** @internal */
  constructor(table: Table, lock: RWLock, isLockOurs: boolean, range: Range | undefined) {
    this.table = table;
    this.#lock = lock;
    this.#at = table.at;
    this.isLockOurs = isLockOurs;
    this.#bounds = new Bounds(range);
    if (table.memory.shared?.isMovable === true) this.#kept = new KeptKey();
    this.enter();
    this.#generation = table.generation;
    this.leave();
  }

  /** Whether the cursor stands on an entry. It keeps standing on one that is deleted under it until it moves. */
  get valid(): boolean {
    return this.keyStart >= 0 || this.#left !== undefined;
  }

  /** Whether `release` was called. */
  get released(): boolean {
    return this.#released;
  }

  /**
   * Byte position in `kvData` where the key begins; -1 where not valid, and for an entry that was deleted under the cursor once a
   * compaction has left it out of `kvData`: key and value can still be had.
   */
  get keyStart(): number {
    return this.epoch.current ? this.knownKeyStart : this.renewedKeyStart;
  }

  /** Byte position in `kvData` where the value begins and the key ends; -1 where `keyStart` is. */
  get valueStart(): number {
    return this.epoch.current ? this.knownValueStart : this.renewedValueStart;
  }

  /** Byte position in `kvData` where the value ends; -1 where `keyStart` is. */
  get valueEnd(): number {
    return this.epoch.current ? this.knownValueEnd : this.renewedValueEnd;
  }

  /**
   * Moves to the first entry of the range. @returns whether there is one
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * const it = db.iterator();
   * console.log(it.first(), text(it.key)); // -> true a
   */
  first(): boolean {
    this.#lock.rlock();
    try {
      this.#requireLive();
      return this.#toFirst();
    } finally {
      this.#lock.runlock();
    }
  }

  /**
   * Moves to the last entry of the range. @returns whether there is one
   * @example
   * const db = new DB();
   * const it = db.iterator();
   * console.log(it.last(), it.key); // -> false undefined
   */
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
   * @example
   * const db = new DB();
   * db.put(bytes('user:2'), bytes('Grace'));
   * const it = db.iterator();
   * console.log(it.seek(bytes('user:1')), text(it.key)); // -> true user:2
   */
  seek(key: Uint8Array): boolean {
    requireBytes(key, 'key');
    return this.seekBytes(key, lengthOf(key));
  }

  /** @internal */
  protected seekBytes(key: Uint8Array, keyLength: number): boolean {
    this.#lock.rlock();
    try {
      this.#requireLive();
      const node = this.table.findGE(key, keyLength, this.#at);
      if (node !== NONE && this.#bounds.isBefore(this.table, node)) return this.#toFirst();
      this.#steps = 0;
      return this.#landForward(node);
    } finally {
      this.#lock.runlock();
    }
  }

  /**
   * Moves to the next entry; on a fresh cursor, to the first. @returns whether there is one
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * const it = db.iterator();
   * while (it.next()) console.log(text(it.key)); // -> a
   */
  next(): boolean {
    const step = this.step + ENTRY_WORDS;
    if (step >= this.end || !this.epoch.current || !this.isLockOurs) {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on this cursor
      return outOfLine(this.nextLocked, this);
    }
    this.goTo(step);
    return true;
  }

  /**
   * Moves to the entry before; past the end, to the last. @returns whether there is one
   * @example
   * const db = new DB();
   * db.put(bytes('a'), bytes('1'));
   * const it = db.iterator();
   * console.log(it.last(), it.prev()); // -> true false
   */
  prev(): boolean {
    const step = this.step - ENTRY_WORDS;
    if (step < this.begin || !this.epoch.current || !this.isLockOurs) {
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on this cursor
      return outOfLine(this.prevLocked, this);
    }
    this.goTo(step);
    return true;
  }

  /** To another entry of the run. @internal */
  private goTo(step: number): void {
    const run = this.run;
    this.step = step;
    this.node = run[step] as NodeIndex;
    this.knownKeyStart = run[step + KEY_START];
    this.knownValueStart = run[step + VALUE_START];
    this.knownValueEnd = run[step + VALUE_END];
  }

  /**
   * Ends the use of the cursor: moves throw from now on. May be called again.
   * @example
   * const it = new DB().iterator();
   * it.release();
   * console.log(it.released); // -> true
   */
  release(): void {
    this.#land(NONE, this.#forward);
    this.#released = true;
    this.run = NO_RUN;
  }

  /**
   * @example
   * const it = new DB().iterator(); // in TypeScript, and new engines: using it = ...
   * it[Symbol.dispose]();
   * console.log(it.released); // -> true
   */
  [Symbol.dispose](): void {
    this.release();
  }

  /** Takes the lock for several calls, where threads share the table: what they find out belongs together then. @internal */
  enter(): void {
    if (this.#kept !== undefined) this.#lock.rlock();
  }

  /** @internal */
  leave(): void {
    if (this.#kept !== undefined) this.#lock.runlock();
  }

  /** Whether `enter` is of use. @internal */
  get isShared(): boolean {
    return this.#kept !== undefined;
  }

  /** The bytes of the key under the cursor: a view, or a copy. @internal */
  protected keyView(): Uint8Array | undefined {
    if (this.#kept !== undefined) return this.#underLock(this.#keyThere);
    return this.#keyThere();
  }

  #keyThere(): Uint8Array | undefined {
    const start = this.keyStart;
    return start < 0 ? this.#left?.key : this.table.storage.view(start, this.knownValueStart - start);
  }

  /** The bytes of the value under the cursor: a view, or a copy. @internal */
  protected valueView(): Uint8Array | undefined {
    if (this.#kept !== undefined) return this.#underLock(this.#valueThere);
    return this.#valueThere();
  }

  #underLock<T>(what: () => T): T {
    this.#lock.rlock();
    try {
      return what.call(this);
    } finally {
      this.#lock.runlock();
    }
  }

  #valueThere(): Uint8Array | undefined {
    const start = this.valueStart;
    return start < 0 ? this.#left?.value : this.table.storage.view(start, this.knownValueEnd - start);
  }

  #requireLive(): void {
    if (this.#released) throw new IteratorReleasedError('this iterator was released; make a new one');
    if (this.table.generation !== this.#generation) {
      throw new IteratorReleasedError('the DB was reset under this iterator; make a new one');
    }
    this.table.requireSound();
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
    const step = this.step + ENTRY_WORDS;
    if (step < this.end && this.#isCurrent) {
      this.goTo(step);
      this.#kept?.take(this.#kv!, this.knownKeyStart, this.knownValueStart);
      return true;
    }
    this.#renew();
    const next = this.#orphaned
      ? this.#after(this.#keyBytes())
      : this.table.next(this.node, this.#place(), this.#at);
    return this.#landForward(next) && this.#stepped();
  }

  #prev(): boolean {
    this.#requireLive();
    if (this.node === NONE) return this.#forward && this.#toLast();
    const step = this.step - ENTRY_WORDS;
    if (step >= this.begin && this.#isCurrent) {
      this.goTo(step);
      this.#kept?.take(this.#kv!, this.knownKeyStart, this.knownValueStart);
      return true;
    }
    let place = this.#place();
    const isThere = !this.#orphaned && this.#landing.deletions === this.table.deletions;
    if (place === NO_PLACE && isThere) place = this.table.placeOf(this.node, this.#at);
    let previous: NodeIndex;
    if (place !== NO_PLACE) {
      previous = this.table.previous(place, this.#at);
    } else {
      previous = this.#before(this.#keyBytes());
      if (isThere) this.table.requireBefore(previous, this.node);
    }
    return this.#landBackward(previous) && this.#stepped();
  }

  #toFirst(): boolean {
    const { start } = this.#bounds;
    this.#steps = 0;
    return this.#landForward(
      start === undefined ? this.table.first(this.#at) : this.table.findGE(start, start.length, this.#at),
    );
  }

  #toLast(): boolean {
    const { limit } = this.#bounds;
    this.#steps = 0;
    return this.#landBackward(
      limit === undefined ? this.table.last(this.#at) : this.table.findLT(limit, limit.length, this.#at),
    );
  }

  #landForward(node: NodeIndex): boolean {
    const isInside = node !== NONE && !this.#bounds.isBehind(this.table, node);
    return this.#land(isInside ? node : NONE, true);
  }

  #landBackward(node: NodeIndex): boolean {
    const isInside = node !== NONE && !this.#bounds.isBefore(this.table, node);
    return this.#land(isInside ? node : NONE, false);
  }

  /** Comes to stand on the node that the last search found. */
  #land(node: NodeIndex, forward: boolean): boolean {
    this.#stand(node, this.#at.place, forward, false, undefined);
    return node !== NONE;
  }

  /** Whether all that is known holds; where threads share the table, under the lock only. */
  get #isCurrent(): boolean {
    return this.epoch.current || (this.#kept !== undefined && this.#landing.epoch === this.table.epoch);
  }

  /**
   * Takes down what there is to know of an entry; there is no run then. All that is called comes before the first store: where a
   * call is cut off, the cursor has moved or not.
   * @param left what is known, where the table has left it behind
   */
  #stand(node: NodeIndex, place: Place, forward: boolean, isOrphaned: boolean, left: Left | undefined): void {
    const { table } = this;
    const { storage } = table;
    const landing = this.#landing;
    const isThere = node !== NONE && left === undefined;
    let keyStart = -1;
    let valueStart = -1;
    let valueEnd = -1;
    if (isThere) {
      const nodes = storage.nodes.array;
      keyStart = nodes[node + OFFSET];
      valueStart = keyStart + nodes[node + KEY_LENGTH];
      valueEnd = valueStart + nodes[node + VALUE_LENGTH];
      this.#kept?.take(storage.kv, keyStart, valueStart);
      storage.isLent = true;
    }
    this.epoch = this.#kept === undefined ? table.now() : PAST;
    landing.place = place;
    landing.structure = table.structure;
    landing.deletions = table.deletions;
    landing.exchanges = table.exchanges;
    landing.epoch = table.epoch;
    this.#orphaned = isOrphaned;
    this.#forward = forward;
    this.#left = left;
    this.#kv = isThere ? storage.kv : undefined;
    this.node = node;
    this.knownKeyStart = keyStart;
    this.knownValueStart = valueStart;
    this.knownValueEnd = valueEnd;
    this.step = this.begin = this.end = 0;
  }

  /** The entry that was deleted under the cursor, and that the table has left behind. */
  #leave(): Left {
    return {
      key: this.#keyBytes(),
      value:
        this.#kept === undefined
          ? viewOf(this.#kv!, this.knownValueStart, this.knownValueEnd - this.knownValueStart)
          : undefined,
    };
  }

  /** After a step: a cursor that has made a few will make more, so it is worth reading ahead. */
  #stepped(): boolean {
    const { table } = this;
    if (++this.#steps < RUN_FROM || table.order.byteOrderedTail === undefined) return true;
    let { place } = this.#landing;
    // It went along the links, since its place was not known.
    if (place === NO_PLACE) place = table.placeOf(this.node, this.#at);
    if (place === NO_PLACE) return true;
    if (this.run === NO_RUN) this.run = new Int32Array(RUN_WORDS);
    const end = ENTRY_WORDS * table.readPage(place, this.run);
    const step = ENTRY_WORDS * slotOf(place);
    const bounds = this.#bounds;
    const first =
      bounds.start === undefined ? 0 : this.#firstInRun(0, step, (node) => !bounds.isBefore(table, node));
    const stop =
      bounds.limit === undefined ? end : this.#firstInRun(step, end, (node) => bounds.isBehind(table, node));
    // Nothing is called between these.
    this.#landing.place = (place - step / ENTRY_WORDS) as Place;
    this.step = step;
    this.begin = first;
    this.end = stop;
    return true;
  }

  /** The first entry of the run in [from, to) from which on `holds` does, or `to`. */
  #firstInRun(from: number, to: number, holds: (node: NodeIndex) => boolean): number {
    while (to > from && holds(this.run[to - ENTRY_WORDS] as NodeIndex)) to -= ENTRY_WORDS;
    return to;
  }

  /** The place of the entry under the cursor, if it is known. */
  #place(): Place {
    const { place, structure } = this.#landing;
    if (place === NO_PLACE || structure !== this.table.structure) return NO_PLACE;
    return (place + this.step / ENTRY_WORDS) as Place;
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
      if (this.table.generation !== this.#generation) {
        this.#land(NONE, this.#forward);
      } else {
        this.#renew();
      }
    } finally {
      this.#lock.runlock();
    }
  }

  /** The same under the lock, and for a table that was not reset. */
  #renew(): void {
    if (this.#isCurrent) return;
    const { table } = this;
    table.requireSound();
    const landing = this.#landing;
    let { node } = this;
    const place = this.#place();
    let isOrphaned = this.#orphaned;
    if (isOrphaned || landing.deletions !== table.deletions) {
      const key = this.#keyBytes();
      const found = table.find(key, key.length);
      isOrphaned = found === NONE;
      if (found !== NONE) node = found;
    }
    this.#steps = 0; // What is read ahead where the table changes all the time is read for nothing.
    const isElsewhere =
      this.#kept === undefined ? this.#kv !== table.storage.kv : landing.exchanges !== table.exchanges;
    const left = isOrphaned ? (this.#left ?? (isElsewhere ? this.#leave() : undefined)) : undefined;
    this.#stand(node, place, this.#forward, isOrphaned, left);
  }

  #after(key: Uint8Array): NodeIndex {
    return this.table.findGT(key, key.length, this.#at);
  }

  #before(key: Uint8Array): NodeIndex {
    return this.table.findLT(key, key.length, this.#at);
  }

  #keyBytes(): Uint8Array {
    if (this.#kept !== undefined) return this.#kept.copy();
    return (
      this.#left?.key ?? viewOf(this.#kv!, this.knownKeyStart, this.knownValueStart - this.knownKeyStart)
    );
  }
}

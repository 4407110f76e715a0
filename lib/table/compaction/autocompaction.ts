import type { CapacityError } from '../../base/errors.js';
import { FIRST_NODE } from '../../storage/layout.js';
import type { Range } from '../../base/range.js';
import type { Room } from '../../storage/storage.js';
import { deleteRange } from '../bulk/deleterange.js';
import type { Table } from '../table.js';
import { Compaction, compact, emptyCopy } from './compaction.js';
import { dropRange } from './droprange.js';
import { resetSmall } from './resetsmall.js';
import { isFit, roomFor, withMargin } from './room.js';
import type { Upkeep } from './upkeep.js';

/** Bytes of garbage beyond those that live, at most, where the public promise is twice as many; and slots of nodes. */
const SPARE = 1 << 19;
const SPARE_SLOTS = 1 << 16;
/** Compaction begins at this part of the garbage that there may be, so that there is time left for it. */
const BEGIN_AT = 0.875;
/**
 * It copies so many times faster than the rest of that garbage is used up: at first, all that lives is to be copied, and the rest is
 * an eighth of that and of SPARE.
 */
const HASTE = 1 / (1 - BEGIN_AT);
/** Arrays begin to grow a little later. */
const NEARLY_FULL = 7 / 8;
/** What each write copies at least. */
const ENTRIES_AT_ONCE = 16;
const BYTES_AT_ONCE = 1 << 13;
/** Writes after which it is tried again, where it failed; or sooner, once there is more garbage by this part of what there may be. */
const PAUSE = 1024;
const MORE = 1 - BEGIN_AT;
/** Where an array can't grow any more, compaction is worth the time if it gives back this part of what lives. */
const WORTHWHILE = 1 / 8;

/**
 * Sees to it that what is held by no entry never takes more room than the entries and SPARE bytes: each write asks it whether to begin
 * a compaction, and carries one that is under way on by a few entries. The rest is hurried, where it must.
 */
export class AutoCompaction implements Upkeep {
  readonly #table: Table;
  #current: Compaction | undefined;
  /**
   * What the table was before the last compaction, emptied, if it can serve for the next one: a collector may let much memory pile
   * up before it looks which arrays are still in use.
   */
  #spare: Table | undefined;
  /** Writes for which it rests, after a failure, unless there are more bytes of garbage than that meanwhile. */
  #pause = 0;
  #pauseUntil = 0;
  #writes = 0;

  constructor(table: Table) {
    this.#table = table;
  }

  tidy(writes: number): void {
    if (this.#current === undefined && !this.#isDue(writes)) return;
    this.#goOn(writes);
    // What one call replaced or removed may be much, and it is in the copy, too.
    while (this.#current === undefined && this.#pause === 0 && this.#isOver) this.#goOn(writes);
  }

  compact(): void {
    this.#abandon();
    compact(this.#table);
  }

  reset(): void {
    this.#abandon();
    resetSmall(this.#table);
  }

  /** Where they are most of all, the others are copied at once. */
  deleteRange(range: Range): number {
    const dropped = dropRange(this.#table, range);
    if (dropped !== undefined) {
      this.#abandon();
      return dropped;
    }
    const count = deleteRange(this.#table, range.start, range.limit);
    this.tidy(1);
    return count;
  }

  /** Forgets one that is under way, and what is kept for the next one. */
  #abandon(): void {
    this.#end();
    this.#spare = undefined;
    this.#pause = 0;
  }

  #end(): void {
    this.#current = this.#table.follower = undefined;
  }

  makeRoom(error: CapacityError): boolean {
    const held = this.#spare ?? this.#current;
    this.#abandon();
    // Memory that this took may be what was lacking; at a limit, it is not.
    if (held !== undefined && error.cause !== undefined) return true;
    const { kv, nodes } = this.#table.storage;
    const { size, liveSlots } = this.#table;
    const isWorthwhile =
      kv.length - size > size * WORTHWHILE || nodes.length - FIRST_NODE - liveSlots > liveSlots * WORTHWHILE;
    if (!isWorthwhile) return false;
    try {
      compact(this.#table);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether there is more garbage than there may be. */
  get #isOver(): boolean {
    const { liveSlots, size, storage } = this.#table;
    return (
      storage.kv.length > 2 * size + SPARE || storage.nodes.length > FIRST_NODE + 2 * liveSlots + SPARE_SLOTS
    );
  }

  #isDue(writes: number): boolean {
    const { size, liveSlots, memory, storage } = this.#table;
    const { kv, nodes } = storage;
    if (memory.compactEvery !== undefined) {
      this.#writes += writes;
      return this.#writes % memory.compactEvery < writes;
    }
    return (
      kv.length > (1 + BEGIN_AT) * size + BEGIN_AT * SPARE ||
      nodes.length > (1 + BEGIN_AT) * liveSlots + BEGIN_AT * SPARE_SLOTS ||
      // It would have to grow soon, and a third of it is garbage.
      (kv.length > NEARLY_FULL * kv.array.length && kv.length > 1.5 * size + SPARE / 2)
    );
  }

  #goOn(writes: number): void {
    if (this.#isResting(writes)) return;
    // A call was cut off at the end of one, or while the table was changed: it follows that no more.
    if (this.#current !== this.#table.follower) this.#end();
    try {
      // What was transferred away would be copied as zeros, or as nothing.
      this.#table.storage.requireAttached();
      const compaction = (this.#current ??= this.#begin());
      if (!compaction.isLost) this.#step(compaction, writes);
      if (compaction.isLost) {
        this.#rest();
      } else if (compaction.isDone) {
        this.#finish(compaction);
      } else {
        return;
      }
    } catch {
      this.#rest(); // No memory for it.
    }
    this.#end();
  }

  #rest(): void {
    this.#pause = PAUSE;
    this.#pauseUntil = this.#garbage + MORE * (this.#table.size + SPARE);
  }

  #isResting(writes: number): boolean {
    if (this.#pause === 0) return false;
    this.#pause = this.#garbage > this.#pauseUntil ? 0 : this.#pause - Math.min(writes, this.#pause);
    return this.#pause > 0;
  }

  get #garbage(): number {
    return this.#table.storage.kv.length - this.#table.size;
  }

  #begin(): Compaction {
    const { capacity, length, liveSlots, size } = this.#table;
    // It will not be full before the next one is due.
    const room = {
      bytes: Math.max(length === 0 ? 0 : withMargin(2 * size) + SPARE, capacity),
      slots: length === 0 ? 0 : withMargin(2 * liveSlots) + SPARE_SLOTS,
    };
    const spare = this.#spare;
    this.#spare = undefined;
    const copy = spare !== undefined && isFit(spare, room) ? spare : this.#emptyCopy(room);
    const compaction = new Compaction(this.#table, copy);
    this.#table.follower = compaction;
    return compaction;
  }

  /** Where there is no memory for so much, for no more than what lives. */
  #emptyCopy(room: Room): Table {
    try {
      return emptyCopy(this.#table, room);
    } catch {
      return emptyCopy(this.#table, roomFor(this.#table, 0));
    }
  }

  #finish(compaction: Compaction): void {
    compaction.requireWhole();
    const { copy } = compaction;
    // By a comparer that contradicts itself, entries may be in it twice: nothing may grow by that.
    if (copy.length !== this.#table.length || copy.size !== this.#table.size) {
      this.#rest();
      return;
    }
    this.#table.exchange(copy);
    const { kv, nodes } = this.#table.storage;
    if (copy.storage.isLent || copy.index?.isWhole !== this.#table.index?.isWhole) return;
    if (!isFit(copy, { bytes: kv.array.length, slots: nodes.array.length })) return;
    copy.reset();
    this.#spare = copy;
  }

  #step(compaction: Compaction, writes: number): void {
    let entries = (this.#table.memory.compactAtOnce ?? ENTRIES_AT_ONCE) * writes;
    let bytes = BYTES_AT_ONCE * writes;
    compaction.touch(ENTRIES_AT_ONCE);
    while (!compaction.isDone && ((entries > 0 && bytes > 0) || this.#isLate(compaction))) {
      bytes -= compaction.step();
      entries--;
    }
    compaction.maintain();
  }

  /** Whether what is left to be copied is much, given how much more garbage there may be. */
  #isLate({ copy }: Compaction): boolean {
    const { kv, nodes } = this.#table.storage;
    const { size, liveSlots } = this.#table;
    return (
      size - copy.size > HASTE * (2 * size + SPARE - kv.length) ||
      liveSlots - copy.liveSlots > HASTE * (2 * liveSlots + SPARE_SLOTS - nodes.length)
    );
  }
}

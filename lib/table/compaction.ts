import { CapacityError } from '../base/errors.js';
import { keepOne } from '../base/kept.js';
import { byteOrder } from '../base/order.js';
import type { Range } from '../base/range.js';
import type { Heights } from '../skiplist/heights.js';
import {
  FIRST_NODE,
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  NEXT,
  NONE,
  OFFSET,
  VALUE_LENGTH,
  type NodeIndex,
} from '../storage/layout.js';
import { nodeAt } from '../index/pages/store.js';
import { placeAfter } from '../index/pages/walk.js';
import { NO_PLACE } from '../index/position.js';
import type { Room } from '../storage/storage.js';
import { deleteRange } from './bulk/deleterange.js';
import { Table, type Follower } from './table.js';

/*
 * Records that were replaced or deleted keep their room: kv and nodes are only appended to. A compaction gets it back: it copies
 * what lives, in the order of keys, to a second table, which is only appended to; then that takes the place of the first. Nothing
 * is searched for, and no key is compared.
 */

/** Of what is copied, so many parts more are reserved: an array that was full would grow with the next put. */
const MARGIN = 8;

/** For nodes that have their heights from elsewhere. */
class CopiedHeights implements Heights {
  state = 1;

  next(): number {
    return this.state;
  }

  reset(): void {
    // There is nothing to begin anew.
  }
}

/**
 * A copy of a table in the making. The table may be written to meanwhile, if it is told: what is written at or behind the frontier
 * will be copied with the rest, and what is written before it is written to the copy, too.
 *
 * Invariants:
 * 1. `copy` holds the entries of the table before `frontier`, and no others.
 * 2. `frontier` is an entry of the table, or NONE when all were copied.
 * 3. Until the table is exchanged for `copy`, nothing of it has changed.
 */
export class Compaction implements Follower {
  readonly #table: Table;
  readonly copy: Table;
  #frontier: NodeIndex;
  /** It could not follow what was written: for lack of memory, or because of a comparer. */
  isLost = false;
  /** It was for lack of memory. */
  lacksMemory = false;

  /**
   * @param copy an empty table that was made for such copies
   * @throws CapacityError
   */
  constructor(table: Table, copy: Table) {
    this.#table = table;
    this.copy = copy;
    this.#frontier = table.storage.nodes.array[HEAD + NEXT] as NodeIndex;
    if (this.copy.index?.reserveMany(table.length) === false) this.copy.dropIndex();
    this.requireWhole();
    keepOne(Compaction, oneToKeep);
  }

  get isDone(): boolean {
    return this.#frontier === NONE;
  }

  /** The entry that is copied next. */
  get frontier(): NodeIndex {
    return this.#frontier;
  }

  /** Reads what the next entries to be copied are read from: the misses of the cache overlap, as one by one they would not. */
  touch(entries: number): void {
    const { at, index, storage } = this.#table;
    if (this.#frontier === NONE || index?.pages.leafOf === undefined) return;
    const { array: kv } = storage.kv;
    const nodes = storage.nodes.array;
    const { pages } = index;
    let place = this.#table.placeOf(this.#frontier, at);
    let touched = 0;
    for (let i = 0; i < entries && place !== NO_PLACE; i++) {
      const offset = nodes[nodeAt(pages, place) + OFFSET];
      touched ^= kv[offset] ^ kv[offset + 64];
      place = placeAfter(pages, place);
    }
    at.touched = touched;
  }

  /** Copies the next entry. @returns bytes of its record */
  step(): number {
    const node = this.#frontier;
    const bytes = this.append(node);
    this.#frontier = this.#table.storage.nodes.array[node + NEXT] as NodeIndex;
    return bytes;
  }

  /** Copies an entry, which is above all in the copy. @returns bytes of its record */
  append(node: NodeIndex): number {
    const { copy } = this;
    const { storage } = copy;
    const from = this.#table.storage;
    const nodes = from.nodes.array;
    const keyLength = nodes[node + KEY_LENGTH];
    const valueLength = nodes[node + VALUE_LENGTH];
    const height = nodes[node + HEIGHT];
    storage.kv.reserve(keyLength + valueLength);
    storage.nodes.reserve(NEXT + height);
    if (copy.index?.reserveMany(1) === false) copy.dropIndex();
    this.requireWhole();
    const offset = storage.stageRecord(from, node);
    storage.kv.length += keyLength + valueLength;
    const copied = storage.appendNode(offset, keyLength, valueLength, height);
    copy.linkLast(copied);
    copy.counted(1, keyLength + valueLength, NEXT + height);
    return keyLength + valueLength;
  }

  /** Lets the copy's hash index keep up, if that of the table is in use: nobody should have to wait for it later. */
  maintain(): void {
    const { index } = this.copy;
    if (index !== undefined && index.isBehind && this.#table.index?.isBehind === false) index.maintain();
  }

  wrote(node: NodeIndex): void {
    this.#follow(() => {
      if (!this.#isBefore(node)) return;
      const { storage } = this.copy;
      const from = this.#table.storage;
      const nodes = from.nodes.array;
      const keyLength = nodes[node + KEY_LENGTH];
      const valueLength = nodes[node + VALUE_LENGTH];
      storage.kv.reserve(keyLength + valueLength);
      this.copy.heights.source.state = nodes[node + HEIGHT];
      this.copy.putStaged(storage.stageRecord(from, node), keyLength, valueLength);
    });
  }

  removed(node: NodeIndex): void {
    const { nodes } = this.#table.storage;
    if (node === this.#frontier) {
      this.#frontier = nodes.array[node + NEXT] as NodeIndex;
    } else {
      this.#follow(() => {
        if (!this.#isBefore(node)) return;
        const { buffer } = this.#table.storage.kv;
        const keyLength = nodes.array[node + KEY_LENGTH];
        // Not by `view`: nobody is lent this one.
        const key = new Uint8Array(buffer, nodes.array[node + OFFSET], keyLength);
        this.copy.delete(key, keyLength);
      });
    }
  }

  removedRange(first: NodeIndex, end: NodeIndex, { start, limit }: Range): void {
    const nodes = this.#table.storage.nodes.array;
    for (let node = first; node !== end; node = nodes[node + NEXT] as NodeIndex) {
      if (node === this.#frontier) this.#frontier = end;
    }
    this.#follow(() => deleteRange(this.copy, start, limit));
  }

  #follow(write: () => void): void {
    if (this.isLost) return;
    try {
      write();
    } catch (error) {
      this.isLost = true;
      this.lacksMemory = error instanceof CapacityError;
    }
  }

  /** Whether a node belongs before the frontier. */
  #isBefore(node: NodeIndex): boolean {
    const frontier = this.#frontier;
    if (frontier === NONE) return true;
    const { kv, nodes } = this.#table.storage;
    const { array } = nodes;
    const key = kv.array;
    const keyStart = array[frontier + OFFSET];
    const keyLength = array[frontier + KEY_LENGTH];
    const start = array[node + OFFSET];
    return this.#table.order.compare(key, start, array[node + KEY_LENGTH], key, keyStart, keyLength, 0) < 0;
  }

  /** A copy that is slower than the table would be no good turn. @throws CapacityError */
  requireWhole(): void {
    const { index } = this.copy;
    if (this.#table.index?.isWhole === true && index?.isWhole !== true) {
      throw new CapacityError(
        'could not allocate an index for a compacted copy; nothing was changed. Free memory, or hold less',
      );
    }
  }
}

/** An empty table for a copy of another one; by default, with what somebody asked for. @throws CapacityError */
function emptyCopy({ order, capacity, hasVersions, memory }: Table, room?: Room): Table {
  return new Table({ order, capacity, hasVersions, heights: new CopiedHeights(), memory, room });
}

/** Gives back what is held by no entry, all at once; of the entries, only some may be kept. @throws CapacityError, with nothing changed */
export function compact(table: Table, kept?: KeptNodes): void {
  const compaction = new Compaction(table, emptyCopy(table, roomFor(kept ?? table, table.capacity)));
  if (kept === undefined) {
    while (!compaction.isDone) compaction.step();
  } else {
    for (const node of kept.nodes) compaction.append(node);
  }
  compaction.requireWhole();
  table.follower = undefined;
  table.exchange(compaction.copy);
}

/** Fewer entries are removed in no time. */
const MANY = 128;

/**
 * Removes the entries of a range and gives back their room at once, where they are more than the others: these are copied.
 * @returns how many there were; undefined, with nothing changed, where that would take longer than to remove them, or more memory
 *   than there is
 */
export function dropRange(table: Table, { start, limit }: Range): number | undefined {
  if (table.index === undefined || table.length < MANY) return undefined;
  const count = table.count(start, limit);
  if (count < MANY || count <= table.length - count) return undefined;
  const { at } = table;
  const first = start === undefined ? table.first(at) : table.findGE(start, start.length, at);
  const end = limit === undefined ? NONE : table.findGE(limit, limit.length, at);
  const nodes = table.storage.nodes.array;
  const kept: NodeIndex[] = [];
  let size = 0;
  let liveSlots = 0;
  for (let node = nodes[HEAD + NEXT] as NodeIndex; node !== NONE; node = nodes[node + NEXT] as NodeIndex) {
    if (node === first) {
      if (end === NONE) break;
      node = end;
    }
    kept.push(node);
    size += nodes[node + KEY_LENGTH] + nodes[node + VALUE_LENGTH];
    liveSlots += NEXT + nodes[node + HEIGHT];
  }
  try {
    compact(table, { nodes: kept, size, liveSlots });
    return count;
  } catch {
    return undefined;
  }
}

/** Entries of a table, in order; bytes of their keys and values, and slots of their nodes. */
export interface KeptNodes {
  readonly nodes: Iterable<NodeIndex>;
  readonly size: number;
  readonly liveSlots: number;
}

/** Whether what a table has reserved is about as much as is needed. */
function isFit({ storage: { kv, nodes } }: Table, { bytes, slots }: Room): boolean {
  const isAbout = (there: number, needed: number) =>
    withMargin(there) >= needed && there <= withMargin(needed);
  return isAbout(kv.array.length, bytes) && isAbout(nodes.array.length, slots);
}

function withMargin(count: number): number {
  return count + Math.ceil(count / MARGIN);
}

function roomFor({ size, liveSlots }: { size: number; liveSlots: number }, asked: number): Room {
  return { bytes: Math.max(withMargin(size), asked), slots: withMargin(liveSlots) };
}

/** Empties a table, and gives back what it had reserved beyond what somebody asked for, if there is memory to begin anew. */
export function resetSmall(table: Table): void {
  const { kv, nodes } = table.storage;
  const extra = kv.array.length - table.capacity + nodes.array.byteLength;
  table.follower = undefined;
  table.reset();
  if (extra <= LARGE) return;
  try {
    table.exchange(emptyCopy(table));
  } catch {
    // It keeps what it has.
  }
}

/** Bytes in which nobody is interested. */
const LARGE = 1 << 20;

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
/** Writes after which it is tried again, where it failed. */
const PAUSE = 1024;
/** Where an array can't grow any more, compaction is worth the time if it gives back this part of what lives. */
const WORTHWHILE = 1 / 8;

/**
 * Sees to it that what is held by no entry never takes more room than the entries and SPARE bytes: each write asks it whether to begin
 * a compaction, and carries one that is under way on by a few entries. The rest is hurried, where it must.
 */
export class AutoCompaction {
  readonly #table: Table;
  #current: Compaction | undefined;
  /**
   * What the table was before the last compaction, emptied, if it can serve for the next one: a collector may let much memory pile
   * up before it looks which arrays are still in use.
   */
  #spare: Table | undefined;
  #pause = 0;
  #writes = 0;

  constructor(table: Table) {
    this.#table = table;
  }

  /** To be called after each write to the table, or after several. */
  tidy(writes: number): void {
    if (this.#current === undefined && !this.#isDue(writes)) return;
    this.#goOn(writes);
    // What one call replaced or removed may be much, and it is in the copy, too.
    while (this.#current === undefined && this.#pause === 0 && this.#isOver) this.#goOn(writes);
  }

  /** Forgets one that is under way, and what is kept for the next one. */
  abandon(): void {
    this.#end();
    this.#spare = undefined;
  }

  #end(): void {
    this.#current = this.#table.follower = undefined;
  }

  /** After an array could not grow: gives back at once what is held by no entry. @returns whether there is more room now */
  makeRoom(error: CapacityError): boolean {
    const held = this.#spare ?? this.#current;
    this.abandon();
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
    if (this.#pause > 0) {
      this.#pause -= Math.min(writes, this.#pause);
      return;
    }
    try {
      const compaction = (this.#current ??= this.#begin());
      if (!compaction.isLost) this.#step(compaction, writes);
      if (compaction.isLost) {
        if (compaction.lacksMemory) this.#pause = PAUSE;
      } else if (compaction.isDone) {
        this.#finish(compaction);
      } else {
        return;
      }
    } catch {
      this.#pause = PAUSE; // No memory for it.
    }
    this.#end();
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

function oneToKeep(): unknown {
  const table = new Table({ order: byteOrder, capacity: 0 });
  return new Compaction(table, emptyCopy(table, { bytes: 0, slots: 0 }));
}

import { noMemory } from '../../base/errors.js';
import { keepOne } from '../../base/kept.js';
import { byteOrder } from '../../base/order.js';
import type { Range } from '../../base/range.js';
import type { Heights } from '../../skiplist/heights.js';
import {
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  NEXT,
  NONE,
  OFFSET,
  VALUE_LENGTH,
  type NodeIndex,
} from '../../storage/layout.js';
import { nodeAt } from '../../index/pages/store.js';
import { placeAfter } from '../../index/pages/walk.js';
import { NO_PLACE } from '../../index/position.js';
import type { Room } from '../../storage/storage.js';
import { deleteRange } from '../bulk/deleterange.js';
import { Table, type Follower } from '../table.js';
import { roomFor } from './room.js';

/*
 * Records that were replaced or deleted keep their room: kv and nodes are only appended to. A compaction gets it back: it copies
 * what lives, in the order of keys, to a second table, which is only appended to; then that takes the place of the first. Nothing
 * is searched for, and no key is compared.
 */

/** For nodes that have their heights from elsewhere. */
export class CopiedHeights implements Heights {
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
  /**
   * It could not follow what was written: for lack of memory, because of a comparer, or as a call was cut off. Set from before a change of
   * the copy until after it.
   */
  isLost = false;

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
    if (kv.length === 0) return; // Keys and values are empty.
    const last = kv.length - 1;
    const nodes = storage.nodes.array;
    const { pages } = index;
    let place = this.#table.placeOf(this.#frontier, at);
    let touched = 0;
    for (let i = 0; i < entries && place !== NO_PLACE; i++) {
      const offset = nodes[nodeAt(pages, place) + OFFSET];
      touched ^= kv[Math.min(offset, last)] ^ kv[Math.min(offset + 64, last)];
      place = placeAfter(pages, place);
    }
    at.touched = touched;
  }

  /** Copies the next entry. @returns bytes of its record */
  step(): number {
    const node = this.#frontier;
    this.isLost = true;
    const bytes = this.append(node);
    this.#frontier = this.#table.storage.nodes.array[node + NEXT] as NodeIndex;
    this.isLost = false;
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
    this.isLost = true;
    try {
      write();
      this.isLost = false;
    } catch {
      // It stays so.
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
    const { index: present } = this.#table;
    if (present !== undefined && (index === undefined || (present.isWhole && !index.isWhole))) {
      throw noMemory('an index for a compacted copy', undefined);
    }
  }
}

/** An empty table for a copy of another one; by default, with what somebody asked for. @throws CapacityError */
export function emptyCopy({ order, capacity, hasVersions, memory }: Table, room?: Room): Table {
  return new Table({ order, capacity, hasVersions, heights: new CopiedHeights(), memory, room });
}

/**
 * Gives back what is held by no entry, all at once; of the entries, only some may be kept.
 * @param copy an empty table for the copy, if there is one
 * @throws CapacityError, with nothing changed
 */
export function compact(
  table: Table,
  kept?: KeptNodes,
  copy: Table = emptyCopy(table, roomFor(kept ?? table, table.capacity)),
): void {
  const compaction = new Compaction(table, copy);
  if (kept === undefined) {
    while (!compaction.isDone) compaction.step();
  } else {
    for (const node of kept.nodes) compaction.append(node);
  }
  compaction.requireWhole();
  table.follower = undefined;
  table.exchange(copy);
}

/** Entries of a table, in order; bytes of their keys and values, and slots of their nodes. */
export interface KeptNodes {
  readonly nodes: Iterable<NodeIndex>;
  readonly size: number;
  readonly liveSlots: number;
}

function oneToKeep(): unknown {
  const table = new Table({ order: byteOrder, capacity: 0 });
  return new Compaction(table, emptyCopy(table, { bytes: 0, slots: 0 }));
}

import { keepOne } from '../base/kept.js';
import { byteOrder } from '../base/order.js';
import { firstPlace, placeAfter } from '../index/pages/walk.js';
import { nodeAt } from '../index/pages/store.js';
import { NO_PLACE } from '../index/position.js';
import type { Past } from '../storage/growable.js';
import {
  ENTRY_WORDS,
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
import type { Storage } from '../storage/storage.js';
import { Table } from '../table/table.js';
import type { Contents } from './format.js';

/** Bytes of a line of the cache; and those of a record that are fetched ahead. */
const LINE = 64;
const TOUCHED = 4 * LINE;

/**
 * The entries that a table has at one time, in order, while it may go on to change. No byte of them is copied: kv is only appended to,
 * and of `nodes`, stretches are put aside before they are written to. A compaction, and a reset meanwhile, leave the old
 * arrays to whoever reads them.
 */
export class Snapshot implements Contents {
  readonly length: number;
  readonly size: number;
  readonly liveSlots: number;
  readonly storage: Storage;
  readonly #table: Table;
  /** `structure` of the table then: as long as it is the same, its pages have the same nodes. */
  readonly #structure: number;
  /** Nodes from here on came later. */
  readonly #end: number;
  #past: Past<Int32Array> | undefined;
  /** The next entry, and where the pages have it. */
  #node = NONE;
  #place = NO_PLACE;

  /** @param count entries that count, the first that were added, where another thread may be adding more and none is ever removed */
  constructor(table: Table, count?: number) {
    const { storage } = table;
    table.requireSound();
    this.#table = table;
    this.storage = storage;
    this.#structure = table.structure;
    if (count === undefined) {
      this.#end = storage.nodes.length;
      ({ length: this.length, size: this.size, liveSlots: this.liveSlots } = table);
    } else {
      let size = 0;
      let node: number = FIRST_NODE;
      const { array } = storage.nodes;
      for (let i = 0; i < count; i++) {
        size += array[node + KEY_LENGTH] + array[node + VALUE_LENGTH];
        node += NEXT + array[node + HEIGHT];
      }
      this.#end = node;
      this.length = count;
      this.size = size;
      this.liveSlots = node - FIRST_NODE;
    }
    this.rewind();
    keepOne(Snapshot, oneToKeep);
  }

  /** From now on, the table may change. Has to be followed by `release`. */
  hold(): void {
    this.#past = this.storage.nodes.watch();
  }

  release(): void {
    if (this.#past !== undefined) this.storage.nodes.unwatch(this.#past);
  }

  /** Back to the first entry. */
  rewind(): void {
    const { at, index } = this.#table;
    this.#place = index === undefined ? NO_PLACE : firstPlace(index.pages, at);
    this.#node = this.#after(HEAD);
  }

  /**
   * Reads the next entries: of each ENTRY_WORDS words, which are those of its node. @returns how many, fewer than there is room for at
   * the end only
   */
  read(run: Int32Array): number {
    this.storage.requireAttached();
    this.#past?.requireWhole();
    const count = this.#readNodes(run);
    const { array } = this.storage.nodes;
    const past = this.#past?.isEmpty === false ? this.#past : undefined;
    // One after the other, all misses of the cache overlap.
    for (let at = 0; at < count * ENTRY_WORDS; at += ENTRY_WORDS) {
      const node = run[at];
      for (let slot = OFFSET; slot < ENTRY_WORDS; slot++) {
        run[at + slot] = past === undefined ? array[node + slot] : past.read(array, node + slot);
      }
    }
    return count;
  }

  /** Reads what the records of such entries are copied from: all misses of the cache overlap. */
  touch(run: Int32Array, count: number): void {
    const { array: kv } = this.storage.kv;
    let touched = 0;
    for (let at = 0; at < count * ENTRY_WORDS; at += ENTRY_WORDS) {
      const start = run[at + OFFSET];
      const end = start + run[at + KEY_LENGTH] + run[at + VALUE_LENGTH];
      for (let byte = start; byte < end && byte < start + TOUCHED; byte += LINE) touched ^= kv[byte];
    }
    this.#table.at.touched = touched;
  }

  #readNodes(run: Int32Array): number {
    const end = run.length / ENTRY_WORDS;
    const { index, structure } = this.#table;
    let count = 0;
    let place = structure === this.#structure ? this.#place : NO_PLACE;
    if (index !== undefined && place !== NO_PLACE) {
      for (; count < end && place !== NO_PLACE; count++) {
        run[count * ENTRY_WORDS] = nodeAt(index.pages, place);
        place = placeAfter(index.pages, place);
      }
      this.#node = place === NO_PLACE ? NONE : nodeAt(index.pages, place);
    } else {
      for (; count < end && this.#node !== NONE; count++) {
        run[count * ENTRY_WORDS] = this.#node;
        this.#node = this.#after(this.#node);
      }
    }
    this.#place = place;
    return count;
  }

  #after(node: NodeIndex): NodeIndex {
    const { array } = this.storage.nodes;
    const past = this.#past;
    do {
      node = (
        past !== undefined ? past.read(array, node + NEXT) : Atomics.load(array, node + NEXT)
      ) as NodeIndex;
    } while (node >= this.#end);
    return node;
  }
}

function oneToKeep(): unknown {
  const snapshot = new Snapshot(new Table({ order: byteOrder, capacity: 0 }));
  snapshot.hold();
  return snapshot;
}

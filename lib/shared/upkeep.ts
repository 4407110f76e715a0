import { FIRST_NODE } from '../storage/layout.js';
import type { Range } from '../base/range.js';
import { deleteRange } from '../table/bulk/deleterange.js';
import type { Upkeep } from '../table/compaction/upkeep.js';
import type { SharedTable } from './sharedtable.js';

/** Bytes, and slots of nodes, of garbage beyond those that live, at most. */
const SPARE = 1 << 19;
const SPARE_SLOTS = 1 << 17;
/** Where a half is full, compaction is worth the time if it gives back this part of what lives. */
const WORTHWHILE = 1 / 32;

/** Gives back the room of what no entry holds, all at once: the arrays can't grow, and all threads must see the same of them. */
export class SharedUpkeep implements Upkeep {
  readonly #shared: SharedTable;
  readonly #isAuto: boolean;
  #writes = 0;

  constructor(shared: SharedTable, isAuto: boolean) {
    this.#shared = shared;
    this.#isAuto = isAuto;
  }

  tidy(): void {
    if (this.#isAuto && this.#isDue) this.#tryToCompact();
  }

  makeRoom(): boolean {
    if (!this.#isAuto) return false;
    const { size, liveSlots, storage } = this.#shared.table;
    const isWorthwhile =
      storage.kv.length - size > size * WORTHWHILE ||
      storage.nodes.length - FIRST_NODE - liveSlots > liveSlots * WORTHWHILE;
    return isWorthwhile && this.#tryToCompact();
  }

  deleteRange({ start, limit }: Range): number {
    const count = deleteRange(this.#shared.table, start, limit);
    this.tidy();
    return count;
  }

  compact(): void {
    this.#shared.compact();
  }

  reset(): void {
    this.#shared.table.reset();
  }

  get #isDue(): boolean {
    const { size, liveSlots, memory, storage } = this.#shared.table;
    if (memory.compactEvery !== undefined) return ++this.#writes % memory.compactEvery === 0;
    return (
      storage.kv.length > 2 * size + SPARE || storage.nodes.length > FIRST_NODE + 2 * liveSlots + SPARE_SLOTS
    );
  }

  #tryToCompact(): boolean {
    try {
      this.#shared.compact();
      return true;
    } catch {
      return false; // Nothing was changed.
    }
  }
}

import type { CapacityError } from '../../base/errors.js';
import type { Range } from '../../base/range.js';
import { deleteRange } from '../bulk/deleterange.js';
import type { Table } from '../table.js';
import { compact } from './compaction.js';

/** What becomes of the room that no entry takes any more. All is called under the write lock. */
export interface Upkeep {
  /** To be called after each write to the table, or after several. */
  tidy(writes: number): void;
  /** After an array could not grow: gives back at once what is held by no entry. @returns whether there is more room now */
  makeRoom(error: CapacityError): boolean;
  /** Removes the entries of a range. @returns how many there were */
  deleteRange(range: Range): number;
  /** Gives back all that is held by no entry, at once. @throws CapacityError, with nothing changed */
  compact(): void;
  /** Empties the table. */
  reset(): void;
}

/** As goleveldb: it stays where it is, until somebody asks. */
export class NoUpkeep implements Upkeep {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  tidy(): void {
    // Nothing is given back.
  }

  makeRoom(): boolean {
    return false;
  }

  deleteRange({ start, limit }: Range): number {
    return deleteRange(this.#table, start, limit);
  }

  compact(): void {
    compact(this.#table);
  }

  reset(): void {
    this.#table.reset();
  }
}

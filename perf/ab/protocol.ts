// What the measuring processes are told and tell.
import type { Group } from './rows.js';
import type { Side } from './sides.js';

export interface Job {
  /** Where the index.js of each side is. */
  libraries: Record<Side, string>;
  /** In which order they are loaded. */
  order: Side[];
  group: Group;
  /** Rows and lives of the group. */
  courses: string[];
  /** Key lists that are measured, and those for the time before: the same, or a smaller table. */
  folder: string;
  warmFolder: string;
  /** Each row repeats so often at least, and until so many ms have been measured; and before that, ms. */
  rounds: number;
  minMs: number;
  warmMs: number;
  /** Of the order in which sides take their turns. */
  seed: number;
}

/** A round of a row: ns per operation. */
export interface Sample {
  row: string;
  old: number;
  new: number;
}

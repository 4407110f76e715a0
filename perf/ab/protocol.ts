// What the measuring processes are told and tell.
import type { Group } from './rows.js';
import type { Both, Side } from './sides.js';

export interface Job {
  /** Where the index.js of each side is. */
  libraries: Both<string>;
  /** In which order they are loaded. */
  order: Side[];
  group: Group;
  /** Those of the group that are wanted. */
  rows: string[];
  /** Key lists that are measured, and those for the time before: the same, or a smaller table. */
  folder: string;
  warmFolder: string;
  /** Each row repeats for so many rounds at least, and until so many ms have been measured; before that, to warm up. */
  rounds: number;
  minMs: number;
  warmRounds: number;
  warmMs: number;
  /** Of the order of rows, and of who goes first. */
  seed: number;
}

/** A round of a row: ns per operation. */
export interface Sample {
  row: string;
  old: number;
  new: number;
}

// What the parent and a measuring process say to each other. A process gets one Job as its argument, in JSON, and prints one
// message a line: a life is reported as soon as it is over.
import type { LifeRow } from './rows.js';

export interface Job {
  contestant: string;
  /** Folder of the key lists, and of those to warm up with: the same ones for a small table. */
  folder: string;
  warmFolder: string;
  rows: LifeRow[];
  valueBytes: number;
  /** Lives before those that count: so many at least, ... */
  leastWarm: number;
  /** ... and until two in turn differ by no more than this share, or there were so many. */
  within: number;
  mostWarm: number;
  /** Lives that count. */
  lives: number;
}

/** One row of a life: milliseconds, and the sum of what was read, which must be the same of all. */
export interface Passed {
  ms: number;
  sum: number;
}

export type Message = { list: string; hash: number } | { warm: number } | { life: Record<string, Passed> };

// What the benchmark and its measuring processes say to each other. A process gets one Job as its argument, in
// JSON, and prints one message a line: a row is reported as soon as it is measured, so that a process that runs
// out of time still counts for what it did.
import type { Row } from './rows.js';

export interface Job {
  competitor: string;
  /** `memory`: the metrics beside time per operation. */
  task: 'rows' | 'memory';
  n: number;
  /** Folder of the key lists, and of a smaller set of the same shape to warm up with. */
  folder: string;
  warmFolder: string;
  rows: Row[];
  /** For the task `memory`: which of memory, stall and latency. */
  metrics: string[];
  valueBytes: number;
  /** Each row repeats until this much time has been measured. */
  minMs: number;
  /** ... and so many times at least, so that the median leaves out what only the first pass pays. */
  minReps: number;
  warmMs: number;
  /** Reserve room before every fill, for the competitors that can. */
  reserve: boolean;
}

export type Message =
  /** Median ns per operation over the repetitions; the sum of what was read must be the same for all competitors. */
  | { row: string; ns: number; reps: number; ops: number; sum: number }
  | { metric: string; value: number }
  | { list: string; hash: number };

/** How often, at least, a row of `n` entries repeats. Large ones take long enough to outweigh what the first pass pays. */
export function leastRepetitions(n: number): number {
  return n <= 100_000 ? 3 : 1;
}

/** The repetitions of one row stop here even if `minMs` is not reached. */
export const MAX_REPETITIONS = 200;

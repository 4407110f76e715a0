// What a process is asked, and what it answers.
import type { ContestantId } from './contestants.js';
import type { ValueKind } from './data.js';

export const ROW_IDS = ['set', 'get', 'has', 'miss', 'range', 'at', 'rank', 'iterate', 'delete'] as const;
export type RowId = (typeof ROW_IDS)[number];

export const ROW_TITLES: Readonly<Record<RowId, string>> = {
  set: 'set, in random order',
  get: 'get',
  has: 'has',
  miss: 'get of a key that is missing',
  range: 'range of 100, an entry',
  at: 'at',
  rank: 'rank',
  iterate: 'iterate, an entry',
  delete: 'delete',
};

/** `nothing` holds no map, while the program works as with one. */
export type Holder = ContestantId | 'nothing';

export interface Job {
  what: 'times' | 'memory';
  holder: Holder;
  values: ValueKind;
  n: number;
  /** Seconds for which the program works on while the map is held; 0 for none. */
  work: number;
}

/** ns per operation. Rows that a map has no call for are not there. */
export type Times = Partial<Record<RowId, number>>;

export interface Memory {
  /** Bytes an entry, once what is garbage was collected: of the JavaScript heap, and of the process. */
  heap: number;
  resident: number;
  /** ms, of all turns of the event loop; `typical` is the median. */
  longest?: number;
  typical?: number;
  /** How often the collector went through the whole heap meanwhile. */
  collections?: number;
  operations?: number;
}

export interface Answer {
  times?: Times;
  /** What each row read, to compare with others. */
  sums?: Partial<Record<RowId, number>>;
  memory?: Memory;
}

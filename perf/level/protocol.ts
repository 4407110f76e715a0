// What a process is asked, and what it answers.
import type { SelfTimes } from './profile.js';

export const CONTESTANTS = ['flat-memdb/level', 'memory-level'] as const;
/** A database that does nothing, see idle.ts; and one that gives a new array for each key and value, and does nothing else. */
export const IDLE = 'abstract-level alone';
export const COPYING = 'with new arrays';
export type Contestant = (typeof CONTESTANTS)[number] | typeof IDLE | typeof COPYING;

export const ENCODINGS = ['view', 'buffer', 'utf8', 'json'] as const;
export type Encoding = (typeof ENCODINGS)[number];
/** Keys and values come out as arrays of bytes. */
export const isOfBytes = (encoding: Encoding) => encoding === 'view' || encoding === 'buffer';

export const ROWS = {
  put: 'put, in random order',
  overwrite: 'put of a key that is there',
  batch: 'batch of 1,000 puts, an entry',
  get: 'get',
  getSync: 'getSync',
  getMany: 'getMany of 1,000, a key',
  iterate: 'iterate: for await, an entry',
  nextv: 'iterate: nextv(1000), an entry',
  all: 'all, an entry',
  keys: 'keys().all(), a key',
  values: 'values().all(), a value',
  reverse: 'all in reverse, an entry',
  del: 'del',
  clear: 'clear of a sublevel, an entry',
  sublevel: 'open a sublevel',
} as const;
export type Row = keyof typeof ROWS;

export interface Job {
  readonly what: 'times' | 'memory' | 'profile';
  readonly contestant: Contestant;
  readonly encoding: Encoding;
  readonly n: number;
}

export interface Answer {
  /** ns of each row. */
  readonly times?: Record<Row, number>;
  /** Of each row, microseconds by the package whose code ran. */
  readonly profile?: Record<Row, SelfTimes>;
  /** What the rows read: the same for whoever gives the right answers. */
  readonly sum?: number;
  /** Bytes an entry: of the JavaScript heap, and of the process. */
  readonly heap?: number;
  readonly resident?: number;
}

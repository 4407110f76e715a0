// What a process is asked, and what it answers.
export const CONTESTANTS = ['flat-memdb/level', 'memory-level'] as const;
export type Contestant = (typeof CONTESTANTS)[number];

export const ENCODINGS = ['view', 'buffer', 'utf8', 'json'] as const;
export type Encoding = (typeof ENCODINGS)[number];

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
  reverse: 'all in reverse, an entry',
  del: 'del',
  clear: 'clear of a sublevel, an entry',
  sublevel: 'open a sublevel',
} as const;
export type Row = keyof typeof ROWS;

export interface Job {
  readonly what: 'times' | 'memory';
  readonly contestant: Contestant;
  readonly encoding: Encoding;
  readonly n: number;
}

export interface Answer {
  /** ns of each row. */
  readonly times?: Record<Row, number>;
  /** What the rows read: the same for whoever gives the right answers. */
  readonly sum?: number;
  /** Bytes an entry: of the JavaScript heap, and of the process. */
  readonly heap?: number;
  readonly resident?: number;
}

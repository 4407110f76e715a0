// What the rows of the table do. The measuring processes, in TypeScript and in Go, get these definitions as they
// are here, and only know the kinds.

/**
 * fill: put every key of the list into an empty store. The other kinds begin with a store filled from `base`:
 * overwrite puts, get looks up, seek positions a cursor and reads the entry, scans visit every entry in order
 * ("views": through key and value objects where the plain scan needs none), delete removes every key.
 */
export type RowKind =
  | 'fill'
  | 'overwrite'
  | 'get'
  | 'seek'
  | 'scan'
  | 'scan-reverse'
  | 'scan-views'
  | 'scan-reverse-views'
  | 'delete';

export interface Row {
  readonly id: string;
  readonly title: string;
  readonly kind: RowKind;
  /** The key list that the row goes through; empty for scans. */
  readonly list: string;
  /** The key list that fills the store beforehand; empty for fills. */
  readonly base: string;
  /** Room for all the keys and values is reserved before the clock starts. */
  readonly reserved: boolean;
}

/** Which keys a row is measured with: each of the key shapes, or goleveldb's own 4-byte keys without values. */
export type Suite = 'db_bench' | 'goleveldb';

function row(id: string, kind: RowKind, list: string, base = '', title = id, reserved = false): Row {
  return { id, title, kind, list, base, reserved };
}

/** In the order of the table. */
export const ROWS: Readonly<Record<Suite, readonly Row[]>> = {
  db_bench: [
    row('fillseq', 'fill', 'sorted'),
    row('fillseq-reserved', 'fill', 'sorted', '', 'fillseq (reserved)', true),
    row('fillrandom', 'fill', 'random'),
    row('overwrite', 'overwrite', 'overwrites', 'random'),
    row('readrandom', 'get', 'reads', 'random'),
    row('readmissing', 'get', 'misses', 'random'),
    row('seekrandom', 'seek', 'seeks', 'random'),
    row('readseq', 'scan', '', 'random'),
    row('readseq-views', 'scan-views', '', 'random', 'readseq (views)'),
    row('readreverse', 'scan-reverse', '', 'random'),
    row('readreverse-views', 'scan-reverse-views', '', 'random', 'readreverse (views)'),
    row('deleterandom', 'delete', 'deletes', 'random'),
  ],
  goleveldb: [
    row('Put', 'fill', 'counting'),
    row('PutRandom', 'fill', 'drawn'),
    row('Get', 'get', 'counting', 'counting'),
    row('GetRandom', 'get', 'picks', 'counting'),
  ],
};

/** What is measured besides time per operation, each with its unit. */
export const METRICS = [
  { id: 'index-bytes', title: 'index, bytes/entry', unit: 'B', row: 'memory' },
  { id: 'heap-bytes', title: 'heap, bytes/entry', unit: 'B', row: 'memory' },
  { id: 'total-bytes', title: 'all, bytes/entry', unit: 'B', row: 'memory' },
  { id: 'resident-bytes', title: 'resident, bytes/entry', unit: 'B', row: 'memory' },
  { id: 'stall-max', title: 'longest put, ms', unit: 'ms', row: 'stall' },
  { id: 'stall-p9999', title: 'p99.99 put, ms', unit: 'ms', row: 'stall' },
  { id: 'working-set', title: 'working set, MB', unit: 'MB', row: 'latency' },
  { id: 'load-latency', title: 'dependent load, ns', unit: 'ns', row: 'latency' },
] as const;

export const METRIC_ROWS = ['memory', 'stall', 'latency'] as const;

export const ROW_IDS: readonly string[] = [
  ...ROWS.db_bench.map(({ id }) => id),
  ...ROWS.goleveldb.map(({ id }) => id),
  ...METRIC_ROWS,
];

/** Only flat-memdb tells these apart from the plain scans; the others' plain scan stands for both. */
export function plainRowOf(id: string): string {
  return id.replace(/-views$/, '');
}

/** The order in which a process measures: what changes the store comes last, so that it is seldom filled anew. */
export function inMeasuringOrder(rows: readonly Row[]): Row[] {
  const phase = ({ kind }: Row) =>
    kind === 'fill' ? 0 : kind === 'overwrite' ? 2 : kind === 'delete' ? 3 : 1;
  return rows.slice().sort((a, b) => phase(a) - phase(b) || fillLast(a) - fillLast(b));
}

/** fillrandom leaves the store as the next rows want it. */
function fillLast(row: Row): number {
  return row.id === 'fillrandom' || row.id === 'Put' ? 1 : 0;
}

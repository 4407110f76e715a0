// The rows of one life, in their order. The measuring processes, in TypeScript and in Go, get them as they are here.

export interface LifeRow {
  readonly id: string;
  readonly title: string;
  readonly kind: 'fill' | 'get' | 'seek' | 'scan' | 'scan-views' | 'delete' | 'drop';
  /** The key list that the row goes through, if it does. */
  readonly list: string;
  /** Whether it is in the sum of a life. */
  readonly counts: boolean;
}

const row = (id: string, title: string, kind: LifeRow['kind'], list = '', counts = true): LifeRow => ({
  id,
  title,
  kind,
  list,
  counts,
});

export const LIFE_ROWS: readonly LifeRow[] = [
  row('put', 'put, random order', 'fill', 'puts'),
  row('get', 'get, each once', 'get', 'gets'),
  row('miss', 'miss', 'get', 'misses'),
  row('seek', 'seek, each tenth', 'seek', 'seeks'),
  row('scan', 'scan', 'scan'),
  row('scan-views', 'scan by views', 'scan-views', '', false),
  row('delete', 'delete all', 'delete', 'deletes', false),
  row('drop', 'drop', 'drop'),
];

/** Operations of a row in a life of `n` entries. */
export function operationsOf(row: LifeRow, n: number): number {
  return row.id === 'seek' ? Math.ceil(n / 10) : n;
}

// The columns of the table. Only the module of the store that a process measures is loaded there.
import type { Competitor } from './competitor.js';

export interface Column {
  readonly id: string;
  /** Heading of the column, in two lines. */
  readonly heading: readonly [string, string];
  /** Label in plots. */
  readonly label: string;
  /** Absent: measured by the Go program. */
  readonly load?: () => Promise<() => Competitor>;
}

export const OWN = 'flat-memdb';
export const GO = 'goleveldb';

export const COLUMNS: readonly Column[] = [
  {
    id: OWN,
    heading: ['flat-', 'memdb'],
    label: 'flat-memdb',
    load: async () => (await import('./flat-memdb.js')).default,
  },
  { id: GO, heading: ['goleveldb', '(Go)'], label: 'goleveldb (Go)' },
  {
    id: 'memory-level',
    heading: ['memory-', 'level'],
    label: 'memory-level',
    load: async () => (await import('./memory-level.js')).default,
  },
  {
    id: 'sorted-btree-strings',
    heading: ['sorted-btree', '(strings)'],
    label: 'sorted-btree (strings)',
    load: async () => (await import('./sorted-btree.js')).strings,
  },
  {
    id: 'sorted-btree-bytes',
    heading: ['sorted-btree', '(bytes)'],
    label: 'sorted-btree (bytes)',
    load: async () => (await import('./sorted-btree.js')).bytes,
  },
  {
    id: 'js-sdsl',
    heading: ['js-sdsl', 'OrderedMap'],
    label: 'js-sdsl OrderedMap',
    load: async () => (await import('./ordered-map.js')).default,
  },
  {
    id: 'functional-red-black-tree',
    heading: ['functional-', 'r-b-tree'],
    label: 'functional-red-black-tree',
    load: async () => (await import('./functional-red-black-tree.js')).default,
  },
];

export function columnOf(id: string): Column {
  const column = COLUMNS.find((column) => column.id === id);
  if (column === undefined) throw new Error(`There is no competitor "${id}".`);
  return column;
}

// What perf:ab measures: rows, in groups. A process measures the rows of one group, on keys of one shape, since what
// code has met before decides how the engine compiles it.

export const GROUPS = [
  'points',
  'scans',
  'changes',
  'fills',
  'life',
  'life-ascending',
  'life-memtable',
] as const;
export type Group = (typeof GROUPS)[number];

export interface Row {
  readonly id: string;
  readonly group: Group;
  readonly title: string;
}

function rows(group: Group, titles: Record<string, string>): Row[] {
  return Object.entries(titles).map(([id, title]) => ({ id, group, title }));
}

/** In the order of the table. The first row of a life is its whole, the others are its parts. */
export const ROWS: readonly Row[] = [
  ...rows('points', {
    get: 'get',
    'get-absent': 'get, absent',
    has: 'has',
    'has-absent': 'has, absent',
    find: 'find, views of both',
    seek: 'seek, positions',
    'seek-absent': 'seek, absent',
    around: 'seek, prev, next',
    count: 'count of a range',
    getmany: 'getMany, 1,000 at a time',
  }),
  ...rows('scans', {
    scan: 'next, positions',
    'scan-reverse': 'prev, positions',
    'scan-views': 'next, views of both',
    entries: 'entries() of a prefix',
  }),
  ...rows('changes', {
    overwrite: 'put over a present key',
    'put-delete': 'put and delete of a new key',
    delete: 'delete all, random order',
    'delete-range': 'deleteRange of a quarter',
    'delete-ascending': 'delete the rest, ascending',
  }),
  ...rows('fills', {
    fill: 'put, random order',
    'fill-ascending': 'put, ascending',
    putmany: 'putMany, all at once',
    'putmany-1000': 'putMany, 1,000 at a time',
    'putmany-ascending': 'putMany, 1,000, ascending',
  }),
  ...rows('life', life('life, random order')),
  ...rows('life-ascending', prefixed('life-ascending', life('life, ascending'))),
  ...rows('life-memtable', {
    'life-memtable': 'life of a MemTable',
    'life-memtable-add': '... add',
    'life-memtable-get': '... get',
    'life-memtable-miss': '... get, absent',
    'life-memtable-scan': '... scan',
  }),
];

export const ROW_IDS: readonly string[] = ROWS.map(({ id }) => id);

function life(title: string): Record<string, string> {
  return {
    life: title,
    'life-fill': '... put',
    'life-get': '... get',
    'life-miss': '... get, absent',
    'life-seek': '... seek',
    'life-scan': '... scan',
  };
}

function prefixed(id: string, titles: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(titles).map(([key, title]) => [key.replace('life', id), title]));
}

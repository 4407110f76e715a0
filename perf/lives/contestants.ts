// Who lives: the two stores of flat-memdb, goleveldb as either, and the peers of DB.
import { COLUMNS, columnOf, type Column, GO, OWN } from '../competitors/index.js';

/** What a contestant is compared as: an ordered map, or a table of versions. */
export type Store = 'DB' | 'MemTable';
export const STORES: readonly Store[] = ['DB', 'MemTable'];

export interface Contestant extends Column {
  readonly store: Store;
  readonly role: 'own' | 'go' | 'peer';
  /** Whether the caller may change its arrays after a put. */
  readonly copies: boolean;
  /** The column of the other tables whose package this is. */
  readonly versionOf: string;
}

/** goleveldb's memdb with its order of internal keys, as its own memtable. */
export const GO_INTERNAL = 'goleveldb-internal';

const asContestant = (column: Column): Contestant => {
  const role = column.id === OWN ? 'own' : column.id === GO ? 'go' : 'peer';
  return { ...column, store: 'DB', role, copies: role !== 'peer', versionOf: column.id };
};

const copying = (id: string, load: Column['load']): Contestant => {
  const { heading, label } = columnOf(id);
  return {
    id: `${id}-copying`,
    heading: [heading[0], `${heading[1]} (copying)`],
    label: `${label}, copying`,
    store: 'DB',
    role: 'peer',
    copies: true,
    versionOf: id,
    load,
  };
};

/** In the order of the tables. */
export const CONTESTANTS: readonly Contestant[] = [
  ...COLUMNS.map(asContestant),
  copying(
    'sorted-btree-strings',
    async () => (await import('../competitors/sorted-btree.js')).copyingStrings,
  ),
  copying('sorted-btree-bytes', async () => (await import('../competitors/sorted-btree.js')).copyingBytes),
  copying('js-sdsl', async () => (await import('../competitors/ordered-map.js')).copying),
  {
    id: 'memtable',
    heading: ['MemTable', ''],
    label: 'flat-memdb, MemTable',
    store: 'MemTable',
    role: 'own',
    copies: true,
    versionOf: OWN,
    load: async () => (await import('../competitors/memtable.js')).default,
  },
  {
    id: GO_INTERNAL,
    heading: ['goleveldb', '(internal keys)'],
    label: 'goleveldb (Go), internal keys',
    store: 'MemTable',
    role: 'go',
    copies: true,
    versionOf: GO,
  },
];

export function contestantOf(id: string): Contestant {
  const contestant = CONTESTANTS.find((contestant) => contestant.id === id);
  if (contestant === undefined) throw new Error(`There is no contestant "${id}".`);
  return contestant;
}

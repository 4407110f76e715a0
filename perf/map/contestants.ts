// The maps as `npm run perf -- --map` calls them. Whole passes are the unit, each one loop around the map's own call, in a process that
// loads one of them only.
import type { Columns } from './data.js';
import type { Passes } from './passes.js';

export const CONTESTANT_IDS = [
  'ordered-map',
  'sorted-btree',
  'js-sdsl',
  'functional-red-black-tree',
  'map',
] as const;
export type ContestantId = (typeof CONTESTANT_IDS)[number];
export const OWN: ContestantId = 'ordered-map';
/** That against which limits of time are set. */
export const RIVAL: ContestantId = 'sorted-btree';

export interface Contestant {
  readonly heading: string;
  /** Index into the palette of plots. */
  readonly colour: number;
  /** Of its package. */
  readonly version: string;
}

export const CONTESTANTS: Readonly<Record<ContestantId, Contestant>> = {
  'ordered-map': { heading: 'OrderedMap', colour: 0, version: 'flat-memdb' },
  'sorted-btree': { heading: 'sorted-btree', colour: 3, version: 'sorted-btree' },
  'js-sdsl': { heading: 'js-sdsl\nOrderedMap', colour: 5, version: 'js-sdsl' },
  'functional-red-black-tree': {
    heading: 'functional-\nr-b-tree',
    colour: 2,
    version: 'functional-red-black-tree',
  },
  map: { heading: 'Map, sorted\nfor each range', colour: 6, version: '' },
};

/** Loads the module of a contestant, and gives what makes one. */
export async function openContestant<V>(id: ContestantId, columns: Columns<V>): Promise<() => Passes<V>> {
  switch (id) {
    case 'ordered-map':
      return (await import('./ordered-map.js')).default(columns);
    case 'sorted-btree':
      return (await import('./sorted-btree.js')).default(columns);
    case 'js-sdsl':
      return (await import('./js-sdsl.js')).default(columns);
    case 'functional-red-black-tree':
      return (await import('./functional-red-black-tree.js')).default(columns);
    case 'map':
      return (await import('./sorted-map.js')).default(columns);
  }
}

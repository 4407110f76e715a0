/*
 * The way of a search through the towers: the package's own `Towers.search` runs over the DB's own arrays, and what it reads, compares
 * and notes is written down.
 */
import {
  HEAD,
  NEXT,
  NONE,
  type NodeIndex,
  type Order,
  type Storage,
  type Table,
} from '../../../lib/internals.js';
import { recorded, watched } from './record.js';

export interface TowerStep {
  level: number;
  /** Where the search stands. */
  node: number;
  /** What the link there leads to, 0 for none. */
  next: number;
  /** Below 0: the key of `next` is below the one that is looked for; undefined: nothing was compared. */
  result: number | undefined;
  /** Slots of nodeData that were read. */
  slots: number[];
}

export interface TowerPath {
  steps: TowerStep[];
  /** The predecessors, by level. */
  before: Int32Array;
  found: number;
  comparisons: number;
}

export function towerPath(table: Table, key: Uint8Array): TowerPath {
  const { storage, order, towers } = table;
  const steps: TowerStep[] = [];
  let node: number = HEAD;
  let level = towers.height - 1;
  let step: TowerStep | undefined;
  const read = (slot: number) => {
    if (step === undefined) {
      // Each step begins with the link at which the search stands.
      if (slot !== node + NEXT + level)
        throw new Error(`read slot ${slot} instead of ${node + NEXT + level}`);
      step = { level, node, next: storage.nodes.array[slot], result: undefined, slots: [] };
      steps.push(step);
    }
    step.slots.push(slot);
  };
  const compare: Order['compare'] = (...given) => {
    const result = order.compare(...given);
    step!.result = result;
    if (result < 0) {
      node = step!.next;
      step = undefined;
    }
    return result;
  };
  const noted = (at: number, predecessor: number) => {
    if (at !== level || predecessor !== node) throw new Error(`noted ${predecessor} on level ${at}`);
    level--;
    step = undefined;
  };
  const before = new Int32Array(12);
  const Towers = towers.constructor as new (storage: Storage, order: Order) => typeof towers;
  const view = { nodes: { array: recorded(storage.nodes.array, read) }, kv: storage.kv };
  const copy = new Towers(view as unknown as Storage, { ...order, compare });
  copy.height = towers.height;
  const found = copy.search(key, 0, key.length, watched(before, noted));
  return { steps, before, found, comparisons: steps.filter(({ result }) => result !== undefined).length };
}

/** The first node at or above the key. */
export function atOrAbove(table: Table, { found, before }: TowerPath): number {
  return found !== NONE ? found : table.towers.next(before[0] as NodeIndex);
}

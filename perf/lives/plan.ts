// Which lives are lived. A cell is one key shape at one size; within it the contestants take turns, process by process.
import { KEY_SHAPES, type KeyShape } from '../keys.js';
import { CONTESTANTS, type Contestant } from './contestants.js';
import type { Options } from './options.js';
import { LIFE_ROWS, type LifeRow } from './rows.js';

export interface Cell {
  shape: KeyShape;
  n: number;
  contestants: Contestant[];
  /** How often the contestants start, each in a new process; peers do so once. */
  processes: number;
  /** Of each process, those that count. */
  lives: number;
}

/** From so many entries on, lives take seconds: there are fewer of them, and of fewer contestants. */
const LARGE = 200_000;
const LARGE_SHAPES: readonly KeyShape[] = ['decimal', 'path', 'timestamp'];
/** At a large size, peers run with these keys only. */
const PEERS_SHAPE: KeyShape = 'decimal';
/** Several times as slow as the other peers in every row: left out at a large size, unless they are asked for. */
const SLOW = ['memory-level', 'functional-red-black-tree'];

export function planCells(options: Options): Cell[] {
  return options.sizes.flatMap((n) => {
    const isLarge = n >= LARGE;
    const shapes = options.shapes ?? (isLarge ? LARGE_SHAPES : KEY_SHAPES);
    const peersShape = shapes.includes(PEERS_SHAPE) ? PEERS_SHAPE : shapes[0];
    return shapes.map((shape): Cell => {
      const isIn = ({ id, role }: Contestant) =>
        options.contestants?.includes(id) ??
        (!isLarge || role !== 'peer' || (shape === peersShape && !SLOW.includes(id)));
      return {
        shape,
        n,
        contestants: CONTESTANTS.filter(isIn),
        processes: options.processes ?? (isLarge ? 1 : 3),
        lives: options.lives ?? (isLarge ? 3 : 7),
      };
    });
  });
}

/** Who takes part in the given turn of processes, counted from 1. */
export function contestantsOf({ contestants }: Cell, process: number): Contestant[] {
  return process === 1 ? contestants : contestants.filter(({ role }) => role !== 'peer');
}

/** Only ours have views that the plain scan does without, and a memtable never deletes. */
export function rowsOf({ store, role }: Contestant, n: number): LifeRow[] {
  const deletes = store === 'DB' && (role !== 'peer' || n < LARGE);
  return LIFE_ROWS.filter(
    ({ kind }) => (kind !== 'scan-views' || role === 'own') && (kind !== 'delete' || deletes),
  );
}

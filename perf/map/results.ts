// What was measured, and what is to be said of it.
import type { Machine } from '../results.js';
import { median, pairedRatio } from '../stats.js';
import { OWN, RIVAL } from './contestants.js';
import type { ValueKind } from './data.js';
import { HUGE, LARGE, SMALL } from './plan.js';
import type { Holder, Memory, RowId, Times } from './protocol.js';

/** All rounds of a map at one size, with one kind of values. */
export interface Cell {
  holder: Holder;
  values: ValueKind;
  n: number;
  times: Times[];
  memory: Memory[];
}

export interface MapData {
  date: string;
  command: string;
  seconds: number;
  rounds: number;
  machine: Machine;
  versions: Record<string, string>;
  cells: Cell[];
  leftOut: string[];
  /** What went wrong, in sentences. */
  problems: string[];
}

export type Figure = keyof Memory;

export class MapResults {
  readonly data: MapData;

  constructor(data: MapData) {
    this.data = data;
  }

  get sizes(): number[] {
    return [...new Set(this.data.cells.map(({ n }) => n))];
  }

  get kinds(): ValueKind[] {
    return [...new Set(this.data.cells.map(({ values }) => values))];
  }

  cell(holder: Holder, values: ValueKind, n: number): Cell | undefined {
    return this.data.cells.find((cell) => cell.holder === holder && cell.values === values && cell.n === n);
  }

  /** Whoever was measured there, in the order of the table. */
  holders(values: ValueKind, n: number, what: 'times' | 'memory'): Holder[] {
    const inside = this.data.cells.filter(
      (cell) => cell.values === values && cell.n === n && cell[what].length > 0,
    );
    return inside.map(({ holder }) => holder);
  }

  time(holder: Holder, values: ValueKind, n: number, row: RowId): number | undefined {
    return medianOf(this.#times(holder, values, n, row));
  }

  memory(holder: Holder, values: ValueKind, n: number, figure: Figure): number | undefined {
    return medianOf(this.#memory(holder, values, n, figure));
  }

  /** How many times as long as RIVAL ours takes: the median of the ratios of rounds. */
  timeRatio(values: ValueKind, n: number, row: RowId): number | undefined {
    return pairedRatio(this.#times(RIVAL, values, n, row), this.#times(OWN, values, n, row));
  }

  /** The same for memory, or pauses. */
  memoryRatio(values: ValueKind, n: number, figure: Figure): number | undefined {
    return pairedRatio(this.#memory(RIVAL, values, n, figure), this.#memory(OWN, values, n, figure));
  }

  #times(holder: Holder, values: ValueKind, n: number, row: RowId): Map<number, number> {
    return byRound(this.cell(holder, values, n)?.times ?? [], (times) => times[row]);
  }

  #memory(holder: Holder, values: ValueKind, n: number, figure: Figure): Map<number, number> {
    return byRound(this.cell(holder, values, n)?.memory ?? [], (memory) => memory[figure]);
  }
}

function byRound<T>(rounds: readonly T[], figure: (round: T) => number | undefined): Map<number, number> {
  const found = new Map<number, number>();
  rounds.forEach((round, i) => {
    const value = figure(round);
    if (value !== undefined) found.set(i, value);
  });
  return found;
}

function medianOf(values: ReadonlyMap<number, number>): number | undefined {
  return values.size === 0 ? undefined : median([...values.values()]);
}

export interface Limit {
  what: string;
  /** Of RIVAL's: how many times as much there may be. */
  limit: number;
  found: number | undefined;
}

const LIMITED: readonly RowId[] = ['set', 'get', 'has', 'miss'];
/** Of the time of RIVAL, at these sizes. */
const TIME_LIMITS: Readonly<Record<ValueKind, readonly [n: number, limit: number][]>> = {
  string: [
    [SMALL, 1.5],
    [LARGE, 1],
  ],
  json: [
    [SMALL, 3],
    [LARGE, 3],
  ],
};
const RESIDENT_LIMIT = 0.5;
const PAUSE_LIMIT = 0.2;

/** What ours should keep to, as parts of RIVAL's. */
export function limitsOf(results: MapResults): Limit[] {
  const limits: Limit[] = [];
  for (const values of results.kinds) {
    for (const [n, limit] of TIME_LIMITS[values]) {
      for (const row of LIMITED) {
        limits.push({ what: `${row}, ${named(n, values)}`, limit, found: results.timeRatio(values, n, row) });
      }
    }
    for (const n of [LARGE, HUGE]) {
      const found = results.memoryRatio(values, n, 'resident');
      limits.push({ what: `resident bytes, ${named(n, values)}`, limit: RESIDENT_LIMIT, found });
    }
    const found = results.memoryRatio(values, HUGE, 'longest');
    limits.push({ what: `longest pause, ${named(HUGE, values)}`, limit: PAUSE_LIMIT, found });
  }
  return limits.filter((each) => each.found !== undefined);
}

function named(n: number, values: ValueKind): string {
  return `${n.toLocaleString('en')}, ${values}`;
}

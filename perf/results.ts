// What a run finds out, and the questions that tables and plots ask of it.
import { GO, OWN } from './competitors/index.js';
import { plainRowOf } from './rows.js';
import { median, pairedRatio } from './stats.js';

/** A key shape, or goleveldb's own 4-byte keys. */
export type Keys = string;
export const GO_KEYS: Keys = 'u32';

export interface Sample {
  competitor: string;
  keys: Keys;
  n: number;
  row: string;
  round: number;
  /** ns per operation for rows, else in the unit of the metric. */
  value: number;
  /** Operations of one repetition, and how many of these the value is the median of; absent for metrics. */
  ops?: number;
  reps?: number;
}

/** A cell that could not be measured, and why. */
export interface Gap {
  competitor: string;
  keys: Keys;
  n: number;
  row: string;
  reason: 'timed out' | 'failed';
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGB: number;
  system: string;
  node: string;
  go: string | null;
}

export interface RunData {
  /** When the run began (ISO 8601). */
  date: string;
  command: string;
  seconds: number;
  machine: Machine;
  rounds: number;
  reserve: boolean;
  sizes: number[];
  keys: Keys[];
  rows: string[];
  competitors: string[];
  /** Versions of the competitors' packages. */
  versions: Record<string, string>;
  samples: Sample[];
  gaps: Gap[];
  problems: string[];
}

/** The values of one cell by round. */
export type Rounds = ReadonlyMap<number, number>;

export class Results {
  readonly data: RunData;
  readonly #cells = new Map<string, Map<number, number>>();
  readonly #gaps = new Map<string, Gap>();

  constructor(data: RunData) {
    this.data = data;
    for (const sample of data.samples) {
      const cell = cellName(sample);
      let rounds = this.#cells.get(cell);
      if (rounds === undefined) this.#cells.set(cell, (rounds = new Map<number, number>()));
      rounds.set(sample.round, sample.value);
    }
    for (const gap of data.gaps) this.#gaps.set(cellName(gap), gap);
  }

  rounds(competitor: string, keys: Keys, n: number, row: string): Rounds | undefined {
    return this.#cells.get(cellName({ competitor, keys, n, row }));
  }

  median(competitor: string, keys: Keys, n: number, row: string): number | undefined {
    const rounds = this.rounds(competitor, keys, n, row);
    return rounds && median([...rounds.values()]);
  }

  gap(competitor: string, keys: Keys, n: number, row: string): Gap | undefined {
    return this.#gaps.get(cellName({ competitor, keys, n, row }));
  }

  /** How many times faster we are than goleveldb. */
  ratioToGo(keys: Keys, n: number, row: string): number | undefined {
    return this.#ratio(GO, keys, n, row);
  }

  /** How many times faster we are than the peer with the lowest median in this row. */
  ratioToFastestPeer(keys: Keys, n: number, row: string): { ratio: number; peer: string } | undefined {
    let best: { peer: string; time: number } | undefined;
    for (const peer of this.data.competitors) {
      if (peer === OWN || peer === GO) continue;
      const time = this.median(peer, keys, n, plainRowOf(row));
      if (time !== undefined && (best === undefined || time < best.time)) best = { peer, time };
    }
    if (best === undefined) return undefined;
    const ratio = this.#ratio(best.peer, keys, n, row);
    return ratio === undefined ? undefined : { ratio, peer: best.peer };
  }

  #ratio(rival: string, keys: Keys, n: number, row: string): number | undefined {
    const own = this.rounds(OWN, keys, n, row);
    const other = this.rounds(rival, keys, n, plainRowOf(row));
    return own && other && pairedRatio(own, other);
  }
}

function cellName(cell: { competitor: string; keys: Keys; n: number; row: string }): string {
  return `${cell.competitor} ${cell.keys} ${cell.n} ${cell.row}`;
}

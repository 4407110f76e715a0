// What a run of lives finds out, and the questions that tables ask of it.
import type { KeyShape } from '../keys.js';
import type { Machine } from '../results.js';
import { median, pairedRatio } from '../stats.js';
import { CONTESTANTS, type Contestant, type Store } from './contestants.js';
import { LIFE_ROWS, operationsOf } from './rows.js';

/** One life that counts. */
export interface Life {
  contestant: string;
  keys: KeyShape;
  n: number;
  /** Counted over all processes of a contestant. A round of one is compared with the same round of another. */
  round: number;
  /** Lives before the first that counts. */
  warm: number;
  /** Milliseconds by row. */
  ms: Record<string, number>;
}

export interface LivesData {
  /** When the run began (ISO 8601). */
  date: string;
  command: string;
  seconds: number;
  machine: Machine;
  /** Versions of the contestants' packages. */
  versions: Record<string, string>;
  lives: Life[];
  problems: string[];
}

/** The sum of the rows that count, as if it were a row: ns per entry. */
export const TOTAL = 'life';

export interface Place {
  keys: KeyShape;
  n: number;
}

/** A peer that was the fastest, and how many times faster we are. */
export interface AgainstPeer {
  ratio: number;
  peer: Contestant;
}

export class LifeResults {
  readonly data: LivesData;
  /** By contestant, place and row: ns per operation by round. */
  readonly #rounds = new Map<string, Map<number, number>>();

  constructor(data: LivesData) {
    this.data = data;
    for (const life of data.lives) {
      let total = 0;
      for (const row of LIFE_ROWS) {
        const ms = life.ms[row.id];
        if (ms === undefined) continue;
        if (row.counts) total += ms;
        this.#note(life, row.id, (ms * 1e6) / operationsOf(row, life.n));
      }
      this.#note(life, TOTAL, (total * 1e6) / life.n);
    }
  }

  #note(life: Life, row: string, ns: number): void {
    const name = cellName(life.contestant, life, row);
    let rounds = this.#rounds.get(name);
    if (rounds === undefined) this.#rounds.set(name, (rounds = new Map<number, number>()));
    rounds.set(life.round, ns);
  }

  /** Sizes and shapes, in the order in which they were measured. */
  get places(): Place[] {
    const places = new Map<string, Place>();
    for (const { keys, n } of this.data.lives) places.set(`${keys} ${n}`, { keys, n });
    return [...places.values()];
  }

  /** Who lived as this store, in the order of the tables. */
  contestants(place: Place, store: Store): Contestant[] {
    return CONTESTANTS.filter(
      (contestant) => contestant.store === store && this.rounds(contestant.id, place, TOTAL) !== undefined,
    );
  }

  rounds(contestant: string, place: Place, row: string): ReadonlyMap<number, number> | undefined {
    return this.#rounds.get(cellName(contestant, place, row));
  }

  median(contestant: string, place: Place, row: string): number | undefined {
    const rounds = this.rounds(contestant, place, row);
    return rounds && median([...rounds.values()]);
  }

  /** How many times faster we are than goleveldb: the median of the ratios of single rounds. */
  ratioToGo(place: Place, store: Store, row: string): number | undefined {
    const go = this.#one(store, 'go');
    return this.#ratio(store, place, row, go);
  }

  /** ... than the peer with the lowest median, of those that copy or of those that keep references. */
  ratioToFastestPeer(place: Place, row: string, copies: boolean): AgainstPeer | undefined {
    let best: { peer: Contestant; time: number } | undefined;
    for (const peer of CONTESTANTS) {
      if (peer.role !== 'peer' || peer.copies !== copies) continue;
      const time = this.median(peer.id, place, plainRowOf(row));
      if (time !== undefined && (best === undefined || time < best.time)) best = { peer, time };
    }
    const ratio = best && this.#ratio('DB', place, row, best.peer);
    return ratio === undefined ? undefined : { ratio, peer: best!.peer };
  }

  #one(store: Store, role: Contestant['role']): Contestant {
    return CONTESTANTS.find((contestant) => contestant.store === store && contestant.role === role)!;
  }

  #ratio(store: Store, place: Place, row: string, rival: Contestant): number | undefined {
    const own = this.rounds(this.#one(store, 'own').id, place, row);
    const other = this.rounds(rival.id, place, plainRowOf(row));
    return own && other && pairedRatio(own, other);
  }
}

/** Only ours tell scans by views apart; the others' plain scan stands for both. */
function plainRowOf(row: string): string {
  return row.replace(/-views$/, '');
}

function cellName(contestant: string, { keys, n }: Place, row: string): string {
  return `${contestant} ${keys} ${n} ${row}`;
}

// Who is measured at which size. Within a cell the maps take turns, process by process.
import { choose, UsageError, wholeNumber, wrapped } from '../options.js';
import { CONTESTANT_IDS, OWN, RIVAL, type ContestantId } from './contestants.js';
import { VALUE_KINDS, type ValueKind } from './data.js';
import type { Holder, Job } from './protocol.js';

export const SMALL = 35_000;
export const LARGE = 1_000_000;
export const HUGE = 5_000_000;

export interface Options {
  sizes: number[];
  values: ValueKind[];
  contestants: ContestantId[];
  /** Whether they were asked for by name. */
  areChosen: boolean;
  rounds: number;
  /** Seconds for which a program works on while it holds a map. */
  work: number;
  render: boolean;
  isPartial: boolean;
}

export const HELP = `npm run perf -- --map [options]

  --n 35000,1000000     numbers of entries (default 35,000, 1,000,000 and 5,000,000)
  --values string,json  what values are
  --peers a,b           maps, by the beginning of their names: ${wrapped(CONTESTANT_IDS.filter((id) => id !== OWN))}
  --rounds 3            how often each map takes its turn
  --quick               35,000 and 200,000 entries, one round, less work: within two minutes
  --render              measure nothing, write tables and plots again from perf/results/map.json

All of it takes under twenty minutes. It writes perf/results/map.json, the plots beside it, and the tables in docs/map.md; a smaller
choice writes perf/results/partial/map.json and plots alone.
`;

const QUICK_SIZES = [SMALL, 200_000];
const WORK_SECONDS = 6;
const QUICK_WORK_SECONDS = 2;

export function parseMapOptions(values: {
  n?: string | undefined;
  values?: string | undefined;
  peers?: string | undefined;
  rounds?: string | undefined;
  quick?: boolean | undefined;
  render?: boolean | undefined;
}): Options {
  const { quick = false, render = false } = values;
  const chosen = [values.n, values.values, values.peers, values.rounds];
  const sizes = values.n?.split(',').map((text) => wholeNumber('--n', text));
  if (sizes?.some((n) => n < 1000)) throw new UsageError('--n takes numbers from 1,000 up.');
  const asked = choose('--peers', values.peers, CONTESTANT_IDS, (id, name) => id.startsWith(name));
  return {
    sizes: sizes ?? (quick ? QUICK_SIZES : [SMALL, LARGE, HUGE]),
    values: choose('--values', values.values, VALUE_KINDS, (id, name) => id === name),
    contestants: CONTESTANT_IDS.filter((id) => id === OWN || asked.includes(id)),
    areChosen: values.peers !== undefined,
    rounds: values.rounds === undefined ? (quick ? 1 : 3) : wholeNumber('--rounds', values.rounds),
    work: quick ? QUICK_WORK_SECONDS : WORK_SECONDS,
    render,
    isPartial: quick || chosen.some((choice) => choice !== undefined),
  };
}

/** Several times as slow as the others: left out at a large size, unless it is asked for. */
const SLOW: readonly ContestantId[] = ['functional-red-black-tree'];
/** At a huge size, these are measured, unless others are asked for. */
const AT_HUGE: readonly ContestantId[] = [OWN, RIVAL];
/** Below, memory of the process itself moves as much as that of the map. */
const MEMORY_FROM = 200_000;

export interface Plan {
  /** In the order in which they are done: one round of each cell, then the next one. */
  jobs: Job[];
  /** Whom nobody asked for, in sentences. */
  leftOut: string[];
}

export function plan({ sizes, values, contestants, areChosen, rounds, work }: Options): Plan {
  const jobs: Job[] = [];
  const leftOut: string[] = [];
  for (const n of sizes) {
    const isMeant = (id: ContestantId) =>
      areChosen || (n < HUGE ? n < MEMORY_FROM || !SLOW.includes(id) : AT_HUGE.includes(id));
    const out = contestants.filter((id) => !isMeant(id));
    if (out.length > 0)
      leftOut.push(`${n.toLocaleString('en')} entries: ${out.join(', ')} left out, for time.`);
    const meant = contestants.filter(isMeant);
    const holders: Holder[] = ['nothing', ...meant];
    for (const kind of values) {
      for (let round = 0; round < rounds; round++) {
        jobs.push(...meant.map((holder): Job => ({ what: 'times', holder, values: kind, n, work: 0 })));
        if (n < MEMORY_FROM) continue;
        jobs.push(...holders.map((holder): Job => ({ what: 'memory', holder, values: kind, n, work })));
      }
    }
  }
  return { jobs, leftOut };
}

import fc from 'fast-check';
import * as library from 'flat-memdb';
import { configurations, sharedConfigurations, type Configuration } from '../../support/configurations.js';
import { fuzzDump } from '../../support/dumpfuzz.js';
import { programs, tryPrograms } from '../../support/programs.js';
import type { Tally, Told } from '../../support/tally.js';
import { killLock, soakLock } from '../lock/soak.js';
import { rounds } from '../readers/rounds.js';
import { SHAPES, checkAgreement } from '../threads/agree.js';
import { checkDeathsInRecover, checkKills } from '../threads/kills.js';

/** Many keys make deep structures, few make many overwrites and deletes of the same ones. */
const PROGRAMS = fc.oneof(
  programs({ keys: 12, steps: 1500 }),
  programs({ keys: 500, steps: 3000 }),
  programs({ keys: 10_000, steps: 3000 }),
);
const RUNS = 20;
const SHRINKS = 2000;

/** For checks of threads, far more than in `npm test`. */
const LOCK_OPERATIONS = 500_000;
const LOCK_ROUNDS = 100;
const FACTS = 40_000;
const KILLS = 25;
const ENTRIES = 100_000;
const STEPS = 4_000_000;
const KILLED_WRITERS = 60;
const DUMPS = 5000;
/** So many configurations come between two of these. */
const BETWEEN = 3;

/** What the report tells of apart. */
export type Part = (typeof PARTS)[number];
export const PARTS = [
  'random programs against a model',
  'the same, with allocations that fail',
  'the same, on a DB that three threads have',
  'three threads on the same keys',
  'writers killed at random instants',
  'threads killed with the lock, and in recover',
  'readers without a lock, writers killed',
  'threads on a lock, killed',
  'dumps changed, then loaded',
] as const;

export interface Candidate {
  readonly name: string;
  readonly part: Part;
  /** @throws Error that says what is wrong */
  run(seed: number): Promise<Told>;
}

export function candidates(): Candidate[] {
  const apart = [...SHAPES.flatMap(threads), ...others];
  const all = [
    ...configurations(library).map((each) =>
      ofPrograms(each, each.name.includes('failing') ? PARTS[1] : PARTS[0]),
    ),
    ...sharedConfigurations(library).map((each) => ofPrograms(each, PARTS[2])),
  ];
  for (let i = 0; apart.length > 0; i = Math.min(i + BETWEEN, all.length)) all.splice(i, 0, apart.shift()!);
  return all;
}

function ofPrograms(configuration: Configuration, part: Part): Candidate {
  const { name } = configuration;
  const run = (seed: number) => {
    const { failure, ...tally } = tryPrograms(configuration, PROGRAMS, {
      seed,
      runs: RUNS,
      shrinks: SHRINKS,
    });
    if (failure !== undefined) return Promise.reject(new Error(failure));
    return Promise.resolve({ line: name, tally });
  };
  return { name, part, run };
}

function threads(shape: (typeof SHAPES)[number]): Candidate[] {
  const { name } = shape;
  return [
    { name: `threads, ${name}`, part: PARTS[3], run: (seed) => checkAgreement(shape, seed, FACTS) },
    {
      name: `threads killed, ${name}`,
      part: PARTS[4],
      run: (seed) => checkKills({ ...shape, maxCapacity: 1 << 20 }, seed, KILLS),
    },
    {
      name: `threads killed in recover, ${name}`,
      part: PARTS[5],
      run: (seed) => checkDeathsInRecover({ ...shape, maxCapacity: 1 << 24 }, ENTRIES, seed),
    },
  ];
}

export const LOCK: Candidate = {
  name: 'lock',
  part: PARTS[7],
  async run(seed) {
    const { operations } = await soakLock(LOCK_OPERATIONS, seed);
    const { killed, writing, reading } = await killLock(LOCK_ROUNDS, seed);
    const line =
      `${operations} reads and writes under a lock, ${killed} threads killed, ` +
      `${writing} while they wrote and ${reading} while they read`;
    return { line, tally: { operations, killed, inTheWay: writing + reading } };
  },
};

const others: Candidate[] = [
  {
    name: 'readers without a lock',
    part: PARTS[6],
    run: (seed) => rounds({ steps: STEPS, kills: KILLED_WRITERS, seed }),
  },
  LOCK,
  {
    name: 'dumps',
    part: PARTS[8],
    async run(seed) {
      let deep = 0;
      for (let i = 0; i < DUMPS; i++) {
        try {
          if ((await fuzzDump(library, (seed + i) | 0)).isDeep) deep++;
        } catch (error) {
          const again = `npm run fuzz -- --dumps 1 --seed ${(seed + i) | 0}`;
          throw new Error(`${String((error as Error).stack)}\nAlone: ${again}`, { cause: error });
        }
      }
      const tally: Tally = { operations: DUMPS, dumps: DUMPS };
      return { line: `${DUMPS} dumps changed, ${deep} of which came through all checksums`, tally };
    },
  },
];

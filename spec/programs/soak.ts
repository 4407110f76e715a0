/**
 * Drives DBs of every configuration and the model through large random programs until time is up or one differs; and between these,
 * threads that share a DB, and are killed.
 *
 *     npm run soak -- [--minutes N] [--seed N] [--configuration name | --lock]
 *
 * Without --minutes it goes on for ever, with a seed of its own choice. Every round is printed with its seed; a
 * failure is shrunk as far as is quickly done, printed, and ends the program with exit code 1. With --lock, it is threads on
 * a SharedRWLock instead (lock/soak.ts), some of which are killed.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import * as library from 'flat-memdb';
import { configurations, sharedConfigurations, type Configuration } from '../support/configurations.js';
import { programs, tryPrograms } from '../support/programs.js';
import { killLock, soakLock } from './lock/soak.js';
import { rounds } from './readers/rounds.js';
import { SHAPES, checkAgreement } from './threads/agree.js';
import { checkDeathsInRecover, checkKills } from './threads/kills.js';

/** Many keys make deep structures, few make many overwrites and deletes of the same ones. */
const PROGRAMS = fc.oneof(
  programs({ keys: 12, steps: 1500 }),
  programs({ keys: 500, steps: 3000 }),
  programs({ keys: 10_000, steps: 3000 }),
);
const RUNS = 20;
const SHRINKS = 2000;
/** Of a round with threads. */
const OPERATIONS = 500_000;
const ROUNDS = 100;

/** For checks of threads, far more than in `npm test`. */
const FACTS = 40_000;
const KILLS = 25;
const ENTRIES = 100_000;
const STEPS = 4_000_000;
const KILLED_WRITERS = 60;
/** So many configurations come between two of them. */
const BETWEEN = 5;

interface Candidate {
  readonly name: string;
  run(seed: number): Promise<{ operations?: number; failure?: string; figures?: string }>;
}

function candidateOf(configuration: Configuration): Candidate {
  const run = (seed: number) =>
    Promise.resolve(tryPrograms(configuration, PROGRAMS, { seed, runs: RUNS, shrinks: SHRINKS }));
  return { name: configuration.name, run };
}

function ofThreads(name: string, check: (seed: number) => Promise<string>): Candidate {
  const run = async (seed: number) => {
    try {
      return { figures: await check(seed) };
    } catch (error) {
      return { failure: error instanceof Error ? error.stack : String(error) };
    }
  };
  return { name, run };
}

function candidates(): Candidate[] {
  const threads = SHAPES.flatMap((shape) => [
    ofThreads(`threads, ${shape.name}`, (seed) => checkAgreement(shape, seed, FACTS)),
    ofThreads(`threads killed, ${shape.name}`, (seed) =>
      checkKills({ ...shape, maxCapacity: 1 << 20 }, seed, KILLS),
    ),
    ofThreads(`threads killed in recover, ${shape.name}`, (seed) =>
      checkDeathsInRecover({ ...shape, maxCapacity: 1 << 24 }, ENTRIES, seed),
    ),
  ]);
  threads.push(
    ofThreads('readers without a lock', (seed) => rounds({ steps: STEPS, kills: KILLED_WRITERS, seed })),
  );
  const all = [...configurations(library), ...sharedConfigurations(library)].map(candidateOf);
  for (let i = 0; threads.length > 0; i += BETWEEN + 1) all.splice(i, 0, threads.shift()!);
  return all;
}

async function main(): Promise<number> {
  const { minutes, seed, configuration, lock } = settings();
  if (lock) return soakLocks(minutes, seed);
  const all = candidates();
  const chosen = all.filter(({ name }) => configuration === undefined || name === configuration);
  if (chosen.length === 0) {
    const names = all.map(({ name }) => `  ${name}`).join('\n');
    throw new RangeError(`there is no configuration '${configuration}'; there are\n${names}`);
  }
  const started = Date.now();
  let operations = 0;
  for (let round = 0; Date.now() < started + minutes * 60_000; round++) {
    const candidate = chosen[round % chosen.length];
    const roundSeed = (seed + round) | 0;
    const result = await candidate.run(roundSeed);
    if (result.failure !== undefined) {
      console.error(`${candidate.name}: ${result.failure}`);
      console.error(`Again: npm run soak -- --seed ${roundSeed} --configuration '${candidate.name}'`);
      return 1;
    }
    operations += result.operations ?? 0;
    const seconds = Math.round((Date.now() - started) / 1000);
    const figures = result.figures ?? candidate.name;
    console.log(
      `seed ${roundSeed}, ${figures}: ${operations.toLocaleString('en')} operations in all, ${seconds} s`,
    );
  }
  return 0;
}

/** Threads on a lock, round after round. */
async function soakLocks(minutes: number, seed: number): Promise<number> {
  const started = Date.now();
  let operations = 0;
  const killed = { killed: 0, writing: 0, reading: 0 };
  for (let round = 0; Date.now() < started + minutes * 60_000; round++) {
    const roundSeed = (seed + round) | 0;
    try {
      operations += (await soakLock(OPERATIONS, roundSeed)).operations;
      const more = await killLock(ROUNDS, roundSeed);
      for (const key of ['killed', 'writing', 'reading'] as const) killed[key] += more[key];
    } catch (error) {
      console.error(error);
      console.error(`Again, as far as threads repeat: npm run soak -- --lock --seed ${roundSeed}`);
      return 1;
    }
    const seconds = Math.round((Date.now() - started) / 1000);
    console.log(
      `seed ${roundSeed}: ${operations.toLocaleString('en')} reads and writes, ${killed.killed} threads killed, ` +
        `${killed.writing} while they wrote and ${killed.reading} while they read, ${seconds} s`,
    );
  }
  return 0;
}

function settings(): { minutes: number; seed: number; configuration: string | undefined; lock: boolean } {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      configuration: { type: 'string' },
      lock: { type: 'boolean', default: false },
    },
  });
  const minutes = values.minutes === undefined ? Infinity : Number(values.minutes);
  if (!(minutes > 0)) throw new RangeError(`--minutes must be a number above 0, but is '${values.minutes}'`);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  if (!Number.isInteger(seed)) throw new RangeError(`--seed must be a whole number, but is '${values.seed}'`);
  return { minutes, seed, configuration: values.configuration, lock: values.lock };
}

try {
  process.exit(await main()); // Threads of a check that failed may still be at work.
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

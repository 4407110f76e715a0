/**
 * Drives DBs of every configuration and the model through large random programs until time is up or one differs.
 *
 *     npm run soak -- [--minutes N] [--seed N] [--configuration name]
 *
 * Without --minutes it goes on for ever, with a seed of its own choice. Every round is printed with its seed; a
 * failure is shrunk for at most a minute, printed, and ends the program with exit code 1.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import * as library from 'flat-memdb';
import { configurations, type Configuration } from '../support/configurations.js';
import { runProgram } from '../support/machine.js';
import { programs } from '../support/programs.js';

/** Many keys make deep structures, few make many overwrites and deletes of the same ones. */
const PROGRAMS = fc.oneof(
  programs({ keys: 12, steps: 1500 }),
  programs({ keys: 500, steps: 3000 }),
  programs({ keys: 4000, steps: 3000 }),
);
const RUNS = 20;
const SHRINK_MILLISECONDS = 60_000;

function main(): number {
  const { minutes, seed, configuration } = settings();
  const all = configurations(library);
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
    const result = soak(candidate, roundSeed);
    if (result.failure !== undefined) {
      console.error(`${candidate.name}: ${result.failure}`);
      console.error(`Again: npm run soak -- --seed ${roundSeed} --configuration '${candidate.name}'`);
      return 1;
    }
    operations += result.operations;
    const seconds = Math.round((Date.now() - started) / 1000);
    console.log(
      `seed ${roundSeed}, ${candidate.name}: ${operations.toLocaleString('en')} operations in all, ${seconds} s`,
    );
  }
  return 0;
}

function soak({ make }: Configuration, seed: number): { operations: number; failure?: string } {
  let operations = 0;
  let failedAt: number | undefined;
  const property = fc.property(PROGRAMS, (program) => {
    // Shrinking a large program to the end could take hours: once time is up, no smaller one counts as a failure.
    if (failedAt !== undefined && Date.now() - failedAt > SHRINK_MILLISECONDS) return;
    try {
      operations += runProgram(make(), program);
    } catch (error) {
      failedAt ??= Date.now();
      throw error;
    }
  });
  const details = fc.check(property, { seed, numRuns: RUNS });
  if (!details.failed) return { operations };
  return { operations, failure: `${fc.defaultReportMessage(details)}\n${String(details.errorInstance)}` };
}

function settings(): { minutes: number; seed: number; configuration: string | undefined } {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      configuration: { type: 'string' },
    },
  });
  const minutes = values.minutes === undefined ? Infinity : Number(values.minutes);
  if (!(minutes > 0)) throw new RangeError(`--minutes must be a number above 0, but is '${values.minutes}'`);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  if (!Number.isInteger(seed)) throw new RangeError(`--seed must be a whole number, but is '${values.seed}'`);
  return { minutes, seed, configuration: values.configuration };
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

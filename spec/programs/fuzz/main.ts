/**
 * Dumps that were changed, and random programs on DBs of every configuration, until time is up or one goes wrong; each time of other
 * seeds.
 *
 *     npm run fuzz -- [--minutes N] [--seed N]
 *     npm run fuzz -- --dumps N [--seed N]
 *     npm run fuzz -- --configuration name --seed N
 *
 * Without any of them, for two minutes. A failure is told with the one line that repeats it, and ends the program with exit code 1; so does
 * a call that does not return.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import * as library from 'flat-memdb';
import { configurations, sharedConfigurations } from '../../support/configurations.js';
import { fuzzDump } from '../../support/dumpfuzz.js';
import { programs, tryPrograms } from '../../support/programs.js';
import { Watchdog } from './watchdog.js';

/** Dumps at a time, between programs of one configuration. */
const AT_ONCE = 500;
const PROGRAMS = fc.oneof(programs({ keys: 12, steps: 300 }), programs({ keys: 200, steps: 600 }));
const RUNS = 5;
const SHRINKS = 2000;

const results = new Map<string, number>();
let dumps = 0;
let deep = 0;
let operations = 0;

/** @returns whether all went well */
async function tryDumps(from: number, count: number, watchdog: Watchdog): Promise<boolean> {
  for (let i = 0; i < count; i++) {
    const seed = (from + i) | 0;
    const again = `npm run fuzz -- --dumps 1 --seed ${seed}`;
    watchdog.begin(again);
    try {
      const { result, isDeep } = await fuzzDump(library, seed);
      results.set(result, (results.get(result) ?? 0) + 1);
      dumps++;
      if (isDeep) deep++;
    } catch (error) {
      console.error(error);
      console.error(`Again: ${again}`);
      return false;
    }
  }
  return true;
}

const all = [...configurations(library), ...sharedConfigurations(library)];

function tryConfiguration(name: string, seed: number, watchdog: Watchdog): boolean {
  const configuration = all.find((each) => each.name === name);
  if (configuration === undefined) throw new RangeError(`there is no configuration '${name}'`);
  const again = `npm run fuzz -- --seed ${seed} --configuration '${name}'`;
  watchdog.begin(again);
  const result = tryPrograms(configuration, PROGRAMS, { seed, runs: RUNS, shrinks: SHRINKS });
  operations += result.operations;
  if (result.failure === undefined) return true;
  console.error(`${name}: ${result.failure}`);
  console.error(`Again: ${again}`);
  return false;
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string' },
      dumps: { type: 'string' },
      configuration: { type: 'string' },
    },
  });
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : number(values.seed, 'seed');
  const watchdog = new Watchdog();
  if (values.dumps !== undefined) return tryDumps(seed, number(values.dumps, 'dumps'), watchdog);
  if (values.configuration !== undefined) return tryConfiguration(values.configuration, seed, watchdog);
  const end = Date.now() + 60_000 * number(values.minutes, 'minutes');
  for (let round = 0; Date.now() < end; round++) {
    if (!(await tryDumps(seed + round * AT_ONCE, AT_ONCE, watchdog))) return false;
    const { name } = all[(seed + round) % all.length];
    if (!tryConfiguration(name, (seed + round) | 0, watchdog)) return false;
  }
  return true;
}

function number(text: string, what: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new RangeError(`--${what} must be a number, but is '${text}'`);
  return value;
}

const isRight = await main();
const outcomes = [...results].map(([result, count]) => `${result} ${count.toLocaleString('en')}`).join(', ');
console.log(
  `fuzz: ${dumps.toLocaleString('en')} dumps (${deep.toLocaleString('en')} came through all checksums; ${outcomes}), ` +
    `${operations.toLocaleString('en')} operations`,
);
process.exit(isRight ? 0 : 1);

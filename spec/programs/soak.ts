/**
 * Drives DBs of every configuration and the model through large random programs until time is up or one differs; and between these,
 * threads that share a DB or a lock and are killed, and dumps that were changed.
 *
 *     npm run soak -- [--minutes N] [--seed N] [--configuration name | --lock] [--report FILE]
 *
 * Without --minutes it goes on until it is interrupted, with a seed of its own choice. Every round is printed with its seed; at the end
 * comes a table of what was done, which --report also writes into a file. A failure is shrunk as far as is quickly done, printed, and
 * ends the program with exit code 1. With --lock, it is threads on a SharedRWLock alone.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LOCK, candidates } from './soak/candidates.js';
import { Report } from './soak/report.js';

interface Settings {
  minutes: number;
  seed: number;
  configuration: string | undefined;
  lock: boolean;
  report: string | undefined;
}

async function main({ minutes, seed, configuration, lock, report: file }: Settings): Promise<number> {
  const all = lock ? [LOCK] : candidates();
  const chosen = all.filter(({ name }) => configuration === undefined || name === configuration);
  if (chosen.length === 0) {
    const names = all.map(({ name }) => `  ${name}`).join('\n');
    throw new RangeError(`there is no configuration '${configuration}'; there are\n${names}`);
  }
  const report = new Report(seed);
  const tell = () => {
    console.log(`\n${String(report)}`);
    if (file !== undefined) writeFileSync(file, `${String(report)}\n`);
  };
  process.once('SIGINT', () => {
    tell();
    process.exit(130);
  });
  for (let round = 0; report.seconds < minutes * 60; round++) {
    const { name, part, run } = chosen[round % chosen.length];
    const roundSeed = (seed + round) | 0;
    try {
      const { line, tally } = await run(roundSeed);
      report.add(part, tally);
      console.log(
        `seed ${roundSeed}, ${line}: ${report.total('operations').toLocaleString('en')} operations in all, ${report.seconds} s`,
      );
    } catch (error) {
      report.add(part);
      console.error(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
      console.error(`Again: npm run soak -- --seed ${roundSeed} --configuration '${name}'`);
      tell();
      return 1;
    }
  }
  tell();
  return 0;
}

function settings(): Settings {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      configuration: { type: 'string' },
      lock: { type: 'boolean', default: false },
      report: { type: 'string' },
    },
  });
  const minutes = values.minutes === undefined ? Infinity : Number(values.minutes);
  if (!(minutes > 0)) throw new RangeError(`--minutes must be a number above 0, but is '${values.minutes}'`);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  if (!Number.isInteger(seed)) throw new RangeError(`--seed must be a whole number, but is '${values.seed}'`);
  return { minutes, seed, configuration: values.configuration, lock: values.lock, report: values.report };
}

try {
  process.exit(await main(settings())); // Threads of a check that failed may still be at work.
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

// npm run perf:lives: stores that are filled, read once, scanned once and dropped. See README.md above.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COLUMNS } from '../competitors/index.js';
import { commandOf, findGo, machineOf, versionsOf } from '../facts.js';
import { UsageError } from '../options.js';
import { ProgressBar } from '../progress.js';
import { textTable } from '../table.js';
import { HELP, parseOptions, type Options } from './options.js';
import { planCells } from './plan.js';
import { provenance, sectionsOf, writeReport, writeResults } from './report.js';
import { LifeResults, type LivesData } from './results.js';
import { Runner } from './runner.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === 'help') {
    console.log(HELP);
    return 0;
  }
  const out = isAbsolute(options.out) ? options.out : resolve(root, options.out);
  if (options.render) {
    if (!writeReport(out))
      throw new UsageError(`There are no results in ${options.out} to make a report of.`);
    console.log(`Written: ${join(options.out, 'lives.md')}`);
    return 0;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'flat-memdb-lives-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

  const data = await measure(options, args, scratch);
  writeResults(out, data);
  writeReport(out);
  for (const section of sectionsOf(new LifeResults(data))) console.log(textTable(section));
  console.log(provenance(data));
  for (const problem of data.problems) console.error(`\n${problem}`);
  console.log(`\nWritten: ${relative(process.cwd(), join(out, 'lives.md'))} and the figures beside it.`);
  return data.problems.length > 0 ? 1 : 0;
}

async function measure(options: Options, args: string[], scratch: string): Promise<LivesData> {
  const began = performance.now();
  const date = new Date().toISOString();
  const planned = planCells(options);
  const go = planned.some(({ contestants }) => contestants.some(({ role }) => role === 'go'))
    ? await findGo(root, scratch)
    : undefined;
  const cells = planned.map((cell) => ({
    ...cell,
    contestants: cell.contestants.filter(({ role }) => role !== 'go' || go !== undefined),
  }));
  const bar = new ProgressBar();
  const worker = fileURLToPath(new URL('worker.js', import.meta.url));
  let outcome;
  try {
    outcome = await new Runner(worker, go?.path, scratch, bar).run(cells);
  } finally {
    bar.stop();
  }
  const measured = new Set(cells.flatMap(({ contestants }) => contestants.map(({ versionOf }) => versionOf)));
  return {
    date,
    command: commandOf('perf:lives', args),
    seconds: Math.round((performance.now() - began) / 1000),
    machine: machineOf(go),
    versions: versionsOf(
      root,
      COLUMNS.map(({ id }) => id).filter((id) => measured.has(id)),
    ),
    ...outcome,
  };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}

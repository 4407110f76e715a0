// npm run perf: flat-memdb, the real goleveldb and the peers side by side. See README.md here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GO } from './competitors/index.js';
import { runDump } from './dump/main.js';
import { commandOf, findGo, machineOf, versionsOf } from './facts.js';
import { runLevel } from './level/main.js';
import { runMap } from './map/main.js';
import { runMirror } from './mirror/main.js';
import { HELP, type Options, parseOptions, UsageError } from './options.js';
import { runOutgrowing } from './outgrowing/main.js';
import { planCells } from './plan.js';
import { ProgressBar } from './progress.js';
import { provenance, sectionsOf, writeReport, writeResults } from './report.js';
import { Results, type RunData } from './results.js';
import { Runner } from './runner.js';
import { runShared } from './shared/main.js';
import { textTable } from './table.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function main(args: string[]): Promise<number> {
  if (args.includes('--map')) return runMap(args);
  if (args.includes('--level')) return runLevel(args);
  if (args.includes('--mirror')) return runMirror();
  if (args.includes('--outgrowing')) return runOutgrowing(args);
  if (args.includes('--dump')) return runDump(args);
  if (args.includes('--shared')) return runShared(args);
  const options = parseOptions(args);
  if (options === 'help') {
    console.log(HELP);
    return 0;
  }
  const out = isAbsolute(options.out) ? options.out : resolve(root, options.out);
  if (options.render) {
    if (!writeReport(out))
      throw new UsageError(`There are no results in ${options.out} to make a report of.`);
    console.log(`Written: ${join(options.out, 'report.md')}`);
    return 0;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'flat-memdb-perf-'));
  const clear = () => rmSync(scratch, { recursive: true, force: true });
  process.once('exit', clear);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

  const data = await measure(options, args, scratch);
  writeResults(out, data, options.sweep);
  writeReport(out);
  const results = new Results(data);
  for (const section of sectionsOf(results)) console.log(textTable(section));
  console.log(provenance(data));
  for (const problem of data.problems) console.error(`\n${problem}`);
  console.log(
    `\nWritten: ${relative(process.cwd(), join(out, 'report.md')) || out} and the figures beside it.`,
  );
  console.log('Whole lives of stores, which docs/performance.md begins with: npm run perf:lives');
  return data.problems.length > 0 ? 1 : 0;
}

async function measure(options: Options, args: string[], scratch: string): Promise<RunData> {
  const began = performance.now();
  const date = new Date().toISOString();
  const go = options.competitors.includes(GO) ? await findGo(root, scratch) : undefined;
  const competitors = options.competitors.filter((id) => id !== GO || go !== undefined);
  const cells = planCells({ ...options, competitors });
  const bar = new ProgressBar();
  const worker = fileURLToPath(new URL('worker.js', import.meta.url));
  let outcome;
  try {
    outcome = await new Runner(options, worker, go?.path, scratch, bar).run(cells);
  } finally {
    bar.stop();
  }
  return {
    date,
    command: commandOf('perf', args),
    seconds: Math.round((performance.now() - began) / 1000),
    machine: machineOf(go),
    rounds: options.rounds,
    reserve: options.reserve,
    sizes: [...new Set(cells.map(({ n }) => n))],
    keys: [...new Set(cells.map(({ keys }) => keys))],
    rows: options.rows,
    competitors,
    versions: versionsOf(root, competitors),
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

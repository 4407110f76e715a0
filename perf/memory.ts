// npm run memory: what stores hold while entries come and go. Each scenario and store has a process of its own.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from './ask.js';
import { findGo, machineOf, versionsOf } from './facts.js';
import type { Measured } from './memory/limits.js';
import {
  type Cell,
  jsonOf,
  type MemoryData,
  missesOf,
  plotsOf,
  provenance,
  sectionsOf,
  withTables,
} from './memory/report.js';
import { GO, isTimedApart, type Job, plan, SCENARIO_IDS, STORE_IDS } from './memory/scenarios.js';
import { parseFlags, UsageError, wholeNumber, wrapped } from './options.js';
import { textTable } from './table.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const WORKER = fileURLToPath(new URL('memory/worker.js', import.meta.url));
const RESULTS = 'perf/results';
const PARTIAL = 'perf/results/partial';
const PAGE = 'docs/memory.md';

const HELP = `npm run memory -- [options]

  --only a,b            scenarios: ${wrapped(SCENARIO_IDS)}
  --competitors a,b     stores: ${wrapped(STORE_IDS)}
  --quick               a tenth of the operations
  --runs 1              how often each is measured; of longest calls, the median counts. window-1m of flat-memdb: 5
  --render              measure nothing, write tables and plots again from ${RESULTS}/memory.json

All of it takes about a quarter of an hour. It writes ${RESULTS}/memory.json, the plots beside it, and the tables in
${PAGE}; with --only, --competitors, --quick or --runs, ${PARTIAL}/memory.json and plots alone.
`;

function parse(args: string[]) {
  return parseFlags({
    args,
    options: {
      only: { type: 'string' },
      competitors: { type: 'string' },
      quick: { type: 'boolean' },
      runs: { type: 'string' },
      render: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;
}

async function main(args: string[]): Promise<number> {
  const { help, render, quick = false, only, competitors, runs } = parse(args);
  if (help) {
    console.log(HELP);
    return 0;
  }
  const isPartial = quick || [only, competitors, runs].some((choice) => choice !== undefined);
  const folder = resolve(root, isPartial ? PARTIAL : RESULTS);
  const path = join(folder, 'memory.json');
  let data: MemoryData;
  if (render) {
    data = JSON.parse(readFileSync(path, 'utf8')) as MemoryData;
  } else {
    const times = runs === undefined ? undefined : wholeNumber('--runs', runs);
    data = await measure(plan({ only, competitors, quick, runs: times }), args);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, jsonOf(data));
  }
  for (const [name, svg] of plotsOf(data)) writeFileSync(join(folder, name), svg);
  if (!isPartial) {
    const page = join(root, PAGE);
    writeFileSync(page, withTables(readFileSync(page, 'utf8'), data));
  }
  for (const section of sectionsOf(data)) console.log(textTable(section));
  console.log([provenance(data), ...data.leftOut].join('\n'));
  const misses = missesOf(data);
  for (const problem of [...data.problems, ...misses]) console.error(`\n${problem}`);
  return data.problems.length + misses.length > 0 ? 1 : 0;
}

async function measure({ jobs, stores, leftOut }: ReturnType<typeof plan>, args: string[]) {
  const began = performance.now();
  const date = new Date().toISOString();
  const scratch = mkdtempSync(join(tmpdir(), 'flat-memdb-memory-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const go = stores.includes(GO) ? await findGo(root, scratch) : undefined;
  const cells: Cell[] = [];
  const problems: string[] = [];
  for (const [i, job] of jobs.entries()) {
    if (job.store === GO && go === undefined) continue;
    const { scenario, store } = job;
    console.error(`${i + 1} of ${jobs.length}: ${scenario}, ${store}`);
    try {
      const measured = await measureOne(job, go?.path);
      let cell = cells.find((each) => each.scenario === scenario && each.store === store);
      if (cell === undefined) cells.push((cell = { scenario, store, runs: [] }));
      cell.runs.push(measured);
    } catch (error) {
      problems.push(`${store} failed (${scenario}): ${(error as Error).message}`);
    }
  }
  const measured = stores.filter((store) => store !== GO || go !== undefined);
  return {
    date,
    command: ['npm run memory', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    seconds: Math.round((performance.now() - began) / 1000),
    machine: machineOf(go),
    versions: versionsOf(root, measured),
    cells,
    leftOut,
    problems,
  };
}

async function measureOne(job: Job, goProgram: string | undefined): Promise<Measured> {
  const argument = JSON.stringify(job);
  if (!isTimedApart(job.store)) return ask<Measured>(['memory', argument], {}, goProgram);
  const worker = ['--expose-gc', WORKER, argument];
  const measured = await ask<Measured>(worker);
  const { longest } = await ask<Measured>([...worker, 'timed']);
  return { ...measured, longest };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}

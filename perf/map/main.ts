// npm run perf -- --map: OrderedMap and other maps of strings side by side. Each turn of a map is a process of its own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from '../ask.js';
import { commandOf, machineOf, versionsOf } from '../facts.js';
import { optionsOr, parseFlags } from '../options.js';
import { textTable } from '../table.js';
import { CONTESTANTS } from './contestants.js';
import { HELP, parseMapOptions, plan, type Options } from './plan.js';
import type { Answer, Job, RowId } from './protocol.js';
import { jsonOf, missesOf, plotsOf, provenance, sectionsOf, withPlot, withTables } from './report.js';
import type { Cell, MapData } from './results.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));
const RESULTS = 'perf/results';
const PARTIAL = 'perf/results/partial';
/** Pages, and what puts into them what was found. */
const PAGES = { 'docs/map.md': withTables, 'README.md': withPlot };
/** MB: the peers' objects of five million entries do not fit in what Node allows by itself. */
const HEAP_LIMIT = 8000;
const NODE_OPTIONS = ['--expose-gc', `--max-old-space-size=${HEAP_LIMIT}`];

export async function runMap(args: string[]): Promise<number> {
  const options = optionsOr(HELP, () => parse(args));
  if (typeof options === 'number') return options;
  const folder = resolve(root, options.isPartial ? PARTIAL : RESULTS);
  const path = join(folder, 'map.json');
  let data: MapData;
  if (options.render) {
    data = JSON.parse(readFileSync(path, 'utf8')) as MapData;
  } else {
    data = await measure(options, args);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, jsonOf(data));
  }
  for (const [name, svg] of plotsOf(data)) writeFileSync(join(folder, name), svg);
  if (!options.isPartial) {
    for (const [page, withFound] of Object.entries(PAGES)) {
      const file = join(root, page);
      writeFileSync(file, withFound(readFileSync(file, 'utf8'), data));
    }
  }
  for (const section of sectionsOf(data)) console.log(textTable(section));
  console.log([provenance(data), ...data.leftOut].join('\n'));
  for (const problem of [...data.problems, ...missesOf(data)]) console.error(`\n${problem}`);
  return data.problems.length > 0 ? 1 : 0;
}

/** @returns `undefined` where only help is asked for */
function parse(args: string[]): Options | undefined {
  const { values } = parseFlags({
    args,
    options: {
      map: { type: 'boolean' },
      n: { type: 'string' },
      values: { type: 'string' },
      peers: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean' },
      render: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  return values.help ? undefined : parseMapOptions(values);
}

async function measure(options: Options, args: string[]): Promise<MapData> {
  const began = performance.now();
  const date = new Date().toISOString();
  const { jobs, leftOut } = plan(options);
  const cells: Cell[] = [];
  const problems: string[] = [];
  const sums = new Map<string, number>();
  for (const [i, job] of jobs.entries()) {
    const { what, holder, values, n } = job;
    console.error(`${i + 1} of ${jobs.length}: ${what}, ${n}, ${values}, ${holder}`);
    try {
      const answer = await ask<Answer>([...NODE_OPTIONS, WORKER, JSON.stringify(job)]);
      problems.push(...disagreements(job, answer, sums));
      let cell = cells.find((each) => each.holder === holder && each.values === values && each.n === n);
      if (cell === undefined) cells.push((cell = { holder, values, n, times: [], memory: [] }));
      if (answer.times !== undefined) cell.times.push(answer.times);
      if (answer.memory !== undefined) cell.memory.push(answer.memory);
    } catch (error) {
      problems.push(`${holder} failed (${what}, ${n}, ${values}): ${(error as Error).message}`);
    }
  }
  const packages = [
    ...new Set(cells.flatMap(({ holder }) => (holder === 'nothing' ? [] : CONTESTANTS[holder].version))),
  ];
  return {
    date,
    command: commandOf('perf', args),
    seconds: Math.round((performance.now() - began) / 1000),
    rounds: options.rounds,
    machine: machineOf(undefined),
    versions: versionsOf(
      root,
      packages.filter((name) => name !== ''),
    ),
    cells,
    leftOut,
    problems,
  };
}

/** Maps that gave other answers than those before them. */
function disagreements(
  { holder, values, n }: Job,
  { sums: found }: Answer,
  sums: Map<string, number>,
): string[] {
  const problems: string[] = [];
  for (const [row, sum] of Object.entries(found ?? {}) as [RowId, number][]) {
    // It is asked for fewer ranges than the others.
    if (holder === 'map' && row === 'range') continue;
    const name = `${n}, ${values}, ${row}`;
    const expected = sums.get(name);
    if (expected === undefined) sums.set(name, sum);
    else if (expected !== sum) problems.push(`${holder} disagrees (${name}): ${sum}, and not ${expected}.`);
  }
  return problems;
}

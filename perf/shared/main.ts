// npm run perf -- --shared: what it costs one thread to share its entries, and what many get of it. Each measurement is a process of its own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from '../ask.js';
import { commandOf, machineOf, versionsOf } from '../facts.js';
import { optionsOr, parseFlags } from '../options.js';
import { textTable } from '../table.js';
import { HELP, livesOf, parseSharedOptions, settingsOf, type Options } from './plan.js';
import { FORM_TITLES, type Job, type Times, type Traffic } from './protocol.js';
import {
  jsonOf,
  missesOf,
  plotsOf,
  provenance,
  sectionsOf,
  withTables,
  type Cell,
  type SharedData,
} from './report.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));
const RESULTS = 'perf/results';
const PARTIAL = 'perf/results/partial';
const PAGE = join(root, 'docs/threads.md');

const NODE_OPTIONS = ['--expose-gc', '--max-old-space-size=8000'];
/** New memory for every local table, too, as in a program's first one: glibc would give out again what was freed. */
const ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: String(1 << 17) };

export async function runShared(args: string[]): Promise<number> {
  const options = optionsOr(HELP, () => parse(args));
  if (typeof options === 'number') return options;
  const folder = resolve(root, options.isPartial ? PARTIAL : RESULTS);
  const path = join(folder, 'shared.json');
  let data: SharedData;
  if (options.render) {
    data = JSON.parse(readFileSync(path, 'utf8')) as SharedData;
  } else {
    data = await measure(options, args);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, jsonOf(data));
  }
  for (const [name, svg] of plotsOf(data)) writeFileSync(join(folder, name), svg);
  if (!options.isPartial) writeFileSync(PAGE, withTables(readFileSync(PAGE, 'utf8'), data));
  for (const section of sectionsOf(data)) console.log(textTable(section));
  console.log(provenance(data));
  for (const problem of [...data.problems, ...missesOf(data)]) console.error(`\n${problem}`);
  return data.problems.length > 0 ? 1 : 0;
}

/** @returns `undefined` where only help is asked for */
function parse(args: string[]): Options | undefined {
  const { values } = parseFlags({
    args,
    options: {
      shared: { type: 'boolean' },
      n: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean' },
      render: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  return values.help ? undefined : parseSharedOptions(values);
}

async function measure({ sizes, rounds, seconds }: Options, args: string[]): Promise<SharedData> {
  const began = performance.now();
  const date = new Date().toISOString();
  const problems: string[] = [];
  const tryTo = async <Answer>(what: string, job: Job): Promise<Answer | undefined> => {
    console.error(what);
    try {
      return await ask<Answer>([...NODE_OPTIONS, WORKER, JSON.stringify(job)], ENVIRONMENT);
    } catch (error) {
      problems.push(`${what} failed: ${(error as Error).message}`);
      return undefined;
    }
  };
  const single: SharedData['single'] = [];
  const clones: SharedData['clones'] = [];
  for (const n of sizes) {
    const times = await tryTo<Times>(`one thread, ${n}`, { what: 'single', n, lives: livesOf(n, rounds) });
    if (times !== undefined) single.push({ n, times });
    const ms = await tryTo<number[]>(`a clone, ${n}`, { what: 'clone', n, times: rounds });
    if (ms !== undefined) clones.push({ n, ms });
  }
  const cells = settingsOf(sizes).map((setting): Cell => ({ ...setting, rounds: [] }));
  for (let round = 1; round <= rounds; round++) {
    for (const { rounds: found, ...setting } of cells) {
      const { form, n, readers, hasWriter } = setting;
      const writing = hasWriter ? ', one writes' : '';
      const what = `round ${round} of ${rounds}: ${FORM_TITLES[form]}, ${n}, ${readers} read${writing}`;
      const traffic = await tryTo<Traffic>(what, { what: 'threads', seconds, ...setting });
      if (traffic !== undefined) found.push(traffic);
    }
  }
  return {
    date,
    command: commandOf('perf', args),
    seconds: Math.round((performance.now() - began) / 1000),
    machine: machineOf(undefined),
    versions: versionsOf(root, ['flat-memdb']),
    single,
    cells: cells.filter((cell) => cell.rounds.length > 0),
    clones,
    problems,
  };
}

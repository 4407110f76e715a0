// npm run perf -- --level: MemoryLevel beside memory-level's. Each turn of each is a process of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from '../ask.js';
import { commandOf, machineOf, surroundings, versionsOf } from '../facts.js';
import { choose, parseFlags, UsageError, wholeNumber } from '../options.js';
import { runOverwrites } from './overwrites.js';
import { textTable, type Section } from '../table.js';
import {
  CONTESTANTS,
  ENCODINGS,
  ROWS,
  type Answer,
  type Contestant,
  type Encoding,
  type Job,
  type Row,
} from './protocol.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));
const RESULTS = 'perf/results/partial';
const HELP = `npm run perf -- --level [options]

  --n 200000            number of entries
  --encodings utf8,json what keys and values are: ${ENCODINGS.join(', ')}
  --rounds 3            how often each takes its turn
  --overwrites          ten million overwrites beside a snapshot, and what they hold; the longest call

Takes about five minutes. Writes ${RESULTS}/level.json.
`;

interface Cell {
  encoding: Encoding;
  contestant: Contestant;
  times: Record<Row, number>[];
  memory: { heap: number; resident: number }[];
}

export async function runLevel(args: string[]): Promise<number> {
  if (args.includes('--overwrites')) return runOverwrites();
  let options;
  try {
    options = parse(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options === undefined) {
    console.log(HELP);
    return 0;
  }
  const { n, encodings, rounds } = options;
  const cells: Cell[] = [];
  const problems: string[] = [];
  for (const encoding of encodings) {
    const pair = CONTESTANTS.map((contestant): Cell => ({ encoding, contestant, times: [], memory: [] }));
    cells.push(...pair);
    for (let round = 1; round <= rounds; round++) {
      console.error(`${encoding}, round ${round} of ${rounds}`);
      const sums = new Set<number>();
      for (const { contestant, times, memory } of pair) {
        const asked = { contestant, encoding, n };
        const found = await measure({ what: 'times', ...asked });
        times.push(found.times!);
        sums.add(found.sum!);
        const { heap, resident } = await measure({ what: 'memory', ...asked });
        memory.push({ heap: heap!, resident: resident! });
      }
      if (sums.size > 1)
        problems.push(`The two disagree about what they read (${encoding}): ${[...sums].join(', ')}.`);
    }
  }
  const machine = machineOf(undefined);
  const versions = versionsOf(root, ['memory-level', 'abstract-level']);
  const folder = resolve(root, RESULTS);
  mkdirSync(folder, { recursive: true });
  const data = {
    date: new Date().toISOString(),
    command: commandOf('perf', args),
    n,
    rounds,
    machine,
    versions,
    cells,
  };
  writeFileSync(join(folder, 'level.json'), `${JSON.stringify(data, null, 1)}\n`);
  for (const encoding of encodings) console.log(textTable(sectionOf(encoding, n, cells)));
  console.log(`${data.command}, medians of ${rounds} rounds; ${surroundings({ machine, versions })}.`);
  for (const problem of problems) console.error(problem);
  return problems.length > 0 ? 1 : 0;
}

function parse(args: string[]): { n: number; encodings: Encoding[]; rounds: number } | undefined {
  const { values } = parseFlags({
    args,
    options: {
      level: { type: 'boolean' },
      n: { type: 'string' },
      encodings: { type: 'string' },
      rounds: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  return {
    n: values.n === undefined ? 200_000 : wholeNumber('--n', values.n),
    encodings: choose('--encodings', values.encodings, ENCODINGS, (id, name) => id === name),
    rounds: values.rounds === undefined ? 3 : wholeNumber('--rounds', values.rounds),
  };
}

/** Medians, and how many times as much memory-level takes. */
function sectionOf(encoding: Encoding, n: number, cells: readonly Cell[]): Section {
  const pair = CONTESTANTS.map((id) =>
    cells.find((cell) => cell.encoding === encoding && cell.contestant === id)!,
  );
  const row = (title: string, of: (cell: Cell) => number[]) => {
    const [ours, theirs] = pair.map((cell) => median(of(cell)));
    return [title, ours.toFixed(0), theirs.toFixed(0), `${(theirs / ours).toFixed(2)}x`];
  };
  return {
    title: `${n.toLocaleString('en')} entries, ${encoding}`,
    grid: [
      ['ns', ...CONTESTANTS, ''],
      ...Object.entries(ROWS).map(([id, title]) =>
        row(title, ({ times }) => times.map((each) => each[id as Row])),
      ),
      row('heap, bytes an entry', ({ memory }) => memory.map(({ heap }) => heap)),
      row('resident, bytes an entry', ({ memory }) => memory.map(({ resident }) => resident)),
    ],
  };
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1];
}

function measure(job: Job): Promise<Answer> {
  return ask(['--expose-gc', WORKER, JSON.stringify(job)]);
}

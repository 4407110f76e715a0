// npm run perf -- --level: MemoryLevel beside memory-level's. Each turn of each is a process of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from '../ask.js';
import { commandOf, machineOf, surroundings, versionsOf } from '../facts.js';
import { choose, optionsOr, parseFlags, wholeNumber } from '../options.js';
import { runOverwrites } from './overwrites.js';
import { median } from '../stats.js';
import { textTable, type Section } from '../table.js';
import {
  CONTESTANTS,
  COPYING,
  ENCODINGS,
  IDLE,
  ROWS,
  isOfBytes,
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
  --profile             where the time of each row goes, by package, in place of times
  --overwrites          ten million overwrites beside a snapshot, and what they hold; the longest call

Takes under 12 minutes. Writes ${RESULTS}/level.json.
`;

interface Cell {
  encoding: Encoding;
  contestant: Contestant;
  times: Record<Row, number>[];
  memory: { heap: number; resident: number }[];
}

export async function runLevel(args: string[]): Promise<number> {
  if (args.includes('--overwrites')) return runOverwrites();
  const options = optionsOr(HELP, () => parse(args));
  if (typeof options === 'number') return options;
  const { n, encodings, rounds } = options;
  if (options.isProfile) {
    for (const encoding of encodings) console.log(textTable(await profileSection(encoding, n)));
    return 0;
  }
  const cells: Cell[] = [];
  const problems: string[] = [];
  for (const encoding of encodings) {
    const cellOf = (contestant: Contestant): Cell => ({ encoding, contestant, times: [], memory: [] });
    const pair = CONTESTANTS.map(cellOf);
    const floors = (isOfBytes(encoding) ? ([IDLE, COPYING] as const) : ([IDLE] as const)).map(cellOf);
    cells.push(...pair, ...floors);
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
      for (const { contestant, times } of floors) {
        times.push((await measure({ what: 'times', contestant, encoding, n })).times!);
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

function parse(
  args: string[],
): { n: number; encodings: Encoding[]; rounds: number; isProfile: boolean } | undefined {
  const { values } = parseFlags({
    args,
    options: {
      level: { type: 'boolean' },
      n: { type: 'string' },
      encodings: { type: 'string' },
      rounds: { type: 'string' },
      profile: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  return {
    n: values.n === undefined ? 200_000 : wholeNumber('--n', values.n),
    encodings: choose('--encodings', values.encodings, ENCODINGS, (id, name) => id === name),
    rounds: values.rounds === undefined ? 3 : wholeNumber('--rounds', values.rounds),
    isProfile: values.profile === true,
  };
}

/** Medians; how many times as much memory-level takes; and what the databases take that do nothing, or no more than to make arrays. */
function sectionOf(encoding: Encoding, n: number, cells: readonly Cell[]): Section {
  const ofEncoding = cells.filter((cell) => cell.encoding === encoding);
  const pair = CONTESTANTS.map((id) => ofEncoding.find(({ contestant }) => contestant === id)!);
  const floors = ofEncoding.filter((cell) => !pair.includes(cell));
  const row = (title: string, of: (cell: Cell) => number[], shares = floors.map(() => '')) => {
    const [ours, theirs] = pair.map((cell) => median(of(cell)));
    return [title, ours.toFixed(0), theirs.toFixed(0), `${(theirs / ours).toFixed(2)}x`, ...shares];
  };
  return {
    title: `${n.toLocaleString('en')} entries, ${encoding}`,
    grid: [
      ['ns', ...CONTESTANTS, '', ...floors.map(({ contestant }) => contestant)],
      ...Object.entries(ROWS).map(([id, title]) => {
        const of = ({ times }: Cell) => times.map((each) => each[id as Row]);
        return row(
          title,
          of,
          floors.map((floor) => median(of(floor)).toFixed(0)),
        );
      }),
      row('heap, bytes an entry', ({ memory }) => memory.map(({ heap }) => heap)),
      row('resident, bytes an entry', ({ memory }) => memory.map(({ resident }) => resident)),
    ],
  };
}

/** Where the time of our rows goes: percent, by the package whose code ran. */
async function profileSection(encoding: Encoding, n: number): Promise<Section> {
  const { profile } = await measure({ what: 'profile', contestant: CONTESTANTS[0], encoding, n });
  const whose = ['flat-memdb', 'abstract-level', 'node and V8', 'garbage collector', 'the loop'];
  return {
    title: `${n.toLocaleString('en')} entries, ${encoding}: self time`,
    grid: [
      ['%', ...whose],
      ...Object.entries(ROWS).map(([id, title]) => {
        const times = profile![id as Row];
        const sum = Object.values(times).reduce((total, time) => total + time, 0);
        return [title, ...whose.map((name) => ((100 * (times[name] ?? 0)) / sum).toFixed(0))];
      }),
    ],
  };
}

function measure(job: Job): Promise<Answer> {
  return ask(['--expose-gc', WORKER, JSON.stringify(job)]);
}

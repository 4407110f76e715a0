// npm run perf -- --dump: how fast stores are dumped and loaded. Each turn is a process of its own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask } from '../ask.js';
import { commandOf, machineOf, surroundings, versionsOf } from '../facts.js';
import { OWN } from '../competitors/index.js';
import { optionsOr, parseFlags, wholeNumber } from '../options.js';
import { median } from '../stats.js';
import { textTable } from '../table.js';
import { KINDS, ORDERS, type Answer, type Job, type Row } from './protocol.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));
const RESULTS = 'perf/results/partial';
const SIZES = [35_000, 1_000_000];
const HELP = `npm run perf -- --dump [options]

  --n 35000,1000000     numbers of entries
  --rounds 3            how often each takes its turn

Takes under five minutes. Writes ${RESULTS}/dump.json.
`;

interface Cell extends Job {
  answers: Answer[];
}

export async function runDump(args: string[]): Promise<number> {
  const options = optionsOr(HELP, () => parse(args));
  if (typeof options === 'number') return options;
  const { sizes, rounds } = options;
  const cells = sizes.flatMap((n) =>
    KINDS.flatMap((kind) => ORDERS.map((order): Cell => ({ kind, order, n, answers: [] }))),
  );
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds}`);
    for (const { kind, order, n, answers } of cells) {
      answers.push(await ask<Answer>(['--expose-gc', WORKER, JSON.stringify({ kind, order, n })]));
    }
  }
  const machine = machineOf(undefined);
  const versions = versionsOf(root, [OWN]);
  const folder = resolve(root, RESULTS);
  mkdirSync(folder, { recursive: true });
  const data = {
    date: new Date().toISOString(),
    command: commandOf('perf', args),
    rounds,
    machine,
    versions,
    cells,
  };
  writeFileSync(join(folder, 'dump.json'), `${JSON.stringify(data, null, 1)}\n`);
  console.log(textTable({ title: 'dumps', grid: [HEADING, ...cells.map(rowOf)] }));
  console.log(`${data.command}, medians of ${rounds} rounds; ${surroundings({ machine, versions })}.`);
  return 0;
}

const HEADING = ['', 'entries', 'dump\nGB/s', 'dumpTo\nGB/s', 'load\nms', 'put all\nms', 'put / load'];

function rowOf({ kind, order, n, answers }: Cell): string[] {
  const middle = (of: (answer: Answer) => number) => median(answers.map(of));
  const rate = (row: Row) => middle(({ bytes, times }) => bytes / times[row] / 1e6).toFixed(2);
  const milliseconds = (row: Row) => middle(({ times }) => times[row]).toFixed(0);
  return [
    `${kind}, put in ${order} order`,
    n.toLocaleString('en'),
    rate('dump'),
    rate('dumpTo'),
    milliseconds('load'),
    milliseconds('put'),
    `${middle(({ times }) => times.put / times.load).toFixed(1)}x`,
  ];
}

function parse(args: string[]): { sizes: number[]; rounds: number } | undefined {
  const { values } = parseFlags({
    args,
    options: {
      dump: { type: 'boolean' },
      n: { type: 'string' },
      rounds: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  return {
    sizes: values.n === undefined ? SIZES : values.n.split(',').map((text) => wholeNumber('--n', text)),
    rounds: values.rounds === undefined ? 3 : wholeNumber('--rounds', values.rounds),
  };
}

// npm run perf -- --outgrowing: the same calls on each step of docs/outgrowing.md, on this machine. Each step is a process of its own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Etcd3 } from 'etcd3';
import { EtcdCluster, missingEtcd } from '../../examples/support/etcd-cluster.js';
import { ask } from '../ask.js';
import { OWN } from '../competitors/index.js';
import { commandOf, machineOf, surroundings, versionsOf } from '../facts.js';
import { ENTRIES, SCAN, VALUE, fill, keyOf } from '../mirror/data.js';
import { choose, optionsOr, parseFlags } from '../options.js';
import { textTable } from '../table.js';
import { MANY, OF_CLUSTER, STEPS, type Answer, type Job, type StepName } from './protocol.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));
const RESULTS = 'perf/results/partial';
const NAMES = Object.keys(STEPS) as StepName[];
const HELP = `npm run perf -- --outgrowing [options]

  --steps a,b           of these: ${NAMES.join(', ')}

Takes under four minutes. Without etcd, the steps that need it are left out. Writes ${RESULTS}/outgrowing.json.
`;

export async function runOutgrowing(args: string[]): Promise<number> {
  const asked = optionsOr(HELP, () => parse(args));
  if (typeof asked === 'number') return asked;
  const missing = asked.some(isOfCluster) ? missingEtcd() : undefined;
  const steps = missing === undefined ? asked : asked.filter((step) => !isOfCluster(step));
  const answers: [StepName, Answer][] = [];
  for (const step of steps) {
    console.error(STEPS[step]);
    const measure = isOfCluster(step) ? measureOnCluster : measureInFolder;
    answers.push([step, await measure({ step })]);
  }

  const machine = machineOf(undefined);
  const versions = versionsOf(root, [OWN, 'classic-level', 'etcd3']);
  const command = commandOf('perf', args);
  const folder = resolve(root, RESULTS);
  mkdirSync(folder, { recursive: true });
  const data = { date: new Date().toISOString(), command, machine, versions, answers };
  writeFileSync(join(folder, 'outgrowing.json'), `${JSON.stringify(data, null, 1)}\n`);
  const bytes = keyOf(0).length + VALUE.length;
  const title = `${ENTRIES.toLocaleString('en')} entries of ${bytes} bytes`;
  console.log(textTable({ title, grid: [HEADING, ...answers.map(rowOf)] }));
  console.log(`${command}, medians of three turns of a second; ${surroundings({ machine, versions })}.`);
  if (missing !== undefined) console.error(`Without steps on a cluster: ${missing}`);
  return missing === undefined ? 0 : 1;
}

const HEADING = [
  '',
  'get\nµs',
  `scan of ${SCAN.toLocaleString('en')}\nms`,
  'put\nµs',
  `puts a second,\n${MANY} at a time`,
];

function rowOf([step, { get, scan, put, putsPerSecond }]: [StepName, Answer]): string[] {
  const rate = Number(putsPerSecond.toPrecision(3)).toLocaleString('en');
  return [STEPS[step], digits(get), digits(scan), digits(put), rate];
}

/** Three digits that count. */
function digits(figure: number): string {
  return figure >= 100 ? figure.toFixed(0) : figure.toPrecision(3);
}

function isOfCluster(step: StepName): boolean {
  return OF_CLUSTER.includes(step);
}

async function measureInFolder(job: Job): Promise<Answer> {
  const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-perf-'));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', clear);
  try {
    return await measure({ ...job, folder });
  } finally {
    process.removeListener('exit', clear);
    clear();
  }
}

async function measureOnCluster(job: Job): Promise<Answer> {
  const cluster = await EtcdCluster.start();
  const client = new Etcd3({ hosts: cluster.hosts });
  try {
    await fill(client);
    return await measure({ ...job, hosts: cluster.hosts });
  } finally {
    client.close();
    await cluster.stop();
  }
}

function measure(job: Job): Promise<Answer> {
  return ask([WORKER, JSON.stringify(job)]);
}

function parse(args: string[]): StepName[] | undefined {
  const { values } = parseFlags({
    args,
    options: {
      outgrowing: { type: 'boolean' },
      steps: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  return values.help ? undefined : choose('--steps', values.steps, NAMES, (id, name) => id === name);
}

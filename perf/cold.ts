// npm run perf:cold: what a process that has just begun pays, in which nothing is compiled yet. Each process loads one
// store and gives it ten lives, one after the other: a new store is filled in random order, each key is looked up once, as
// many that are not there, then all is scanned. The first life is cold, the tenth is warm; in both, every row is the first
// pass over a fresh store. Figures are of the clock and, as other work on the machine adds to that, of the processor: that
// counts all threads of the process, those that compile and collect among them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Competitor } from './competitors/competitor.js';
import { readKeyList, valueMaker, writeKeyFolder } from './key-files.js';
import { dbBenchLists } from './keys.js';
import { Random } from './random.js';
import { contestantOf } from './lives/contestants.js';
import { median } from './stats.js';
import { figure } from './table.js';

const COMPETITORS = [
  'flat-memdb',
  'memtable',
  'sorted-btree-strings',
  'sorted-btree-bytes',
  'functional-red-black-tree',
];
const ENTRIES = 35_000;
const VALUE_BYTES = 100;
const PROCESSES = 7;
const LIVES = 10;
const SEED = 20240229;
const ROWS = ['put', 'get', 'miss', 'scan'] as const;
type Row = (typeof ROWS)[number];

/** Of one life: ns per operation, by either measure, and what was read. */
interface Life {
  clock: Record<Row, number>;
  processor: Record<Row, number>;
  sums: number[];
}

async function live(create: () => Competitor, folder: string): Promise<Life[]> {
  const store = create();
  const valueOf = valueMaker(folder, VALUE_BYTES);
  const keys = store.keys(readKeyList(folder, 'random'));
  const gets = store.keys(readKeyList(folder, 'deletes')); // all of them, in another order
  const misses = store.keys(readKeyList(folder, 'misses'));
  const values = keys.map((_, i) => valueOf(i));
  const passes: Record<Row, () => Promise<number> | number> = {
    put: () => store.fill(keys, values),
    get: () => store.get(gets),
    miss: () => store.get(misses),
    scan: () => store.scan(false),
  };
  const lives: Life[] = [];
  for (let i = 0; i < LIVES; i++) {
    await store.open(0);
    const life = { clock: {}, processor: {}, sums: [] as number[] } as unknown as Life;
    for (const row of ROWS) {
      const used = process.cpuUsage();
      const start = performance.now();
      life.sums.push(await passes[row]());
      life.clock[row] = ((performance.now() - start) * 1e6) / ENTRIES;
      const { user, system } = process.cpuUsage(used);
      life.processor[row] = ((user + system) * 1e3) / ENTRIES;
    }
    await store.close();
    lives.push(life);
  }
  return lives;
}

function livesOf(competitor: string, folder: string): Life[] {
  const { status, stdout } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), competitor, folder],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  if (status !== 0) throw new Error(`The process that measures ${competitor} ended with ${status}.`);
  return JSON.parse(stdout) as Life[];
}

/** All processes of all competitors, in turns. */
function measureAll(folder: string): Map<string, Life[][]> {
  const measured = new Map(COMPETITORS.map((id): [string, Life[][]] => [id, []]));
  const agreed = new Map<string, string>();
  for (let i = 0; i < PROCESSES; i++) {
    for (const [competitor, processes] of measured) {
      const lives = livesOf(competitor, folder);
      for (const { sums } of lives) {
        // Keys of a memtable are longer, by their sequence numbers.
        const { store } = contestantOf(competitor);
        const expected = agreed.get(store) ?? String(sums);
        agreed.set(store, expected);
        if (String(sums) !== expected)
          throw new Error(`${competitor} read ${String(sums)}, not ${expected}.`);
      }
      processes.push(lives);
    }
  }
  return measured;
}

function report(measured: Map<string, Life[][]>): void {
  const entries = ENTRIES.toLocaleString('en');
  console.log(
    `ns per operation, n = ${entries} decimals, medians of ${PROCESSES} processes (fastest to slowest)`,
  );
  for (const number of [1, LIVES]) {
    for (const measure of ['clock', 'processor'] as const) {
      const title = `life no. ${number}, by the ${measure}`;
      console.log(`\n${title.padEnd(30)}${ROWS.map((row) => row.padStart(22)).join('')}`);
      for (const [competitor, processes] of measured) {
        const cells = ROWS.map((row) => {
          const times = processes.map((lives) => lives[number - 1][measure][row]);
          return `${figure(median(times))} (${figure(Math.min(...times))} to ${figure(Math.max(...times))})`;
        });
        console.log(
          contestantOf(competitor).label.padEnd(30) + cells.map((cell) => cell.padStart(22)).join(''),
        );
      }
    }
  }
}

const [competitor, folder] = process.argv.slice(2);
if (competitor !== undefined) {
  const { load } = contestantOf(competitor);
  process.stdout.write(JSON.stringify(await live(await load!(), folder)));
} else {
  const scratch = mkdtempSync(join(tmpdir(), 'flat-memdb-cold-'));
  try {
    writeKeyFolder(scratch, dbBenchLists('decimal', ENTRIES, SEED), new Random(SEED));
    report(measureAll(scratch));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

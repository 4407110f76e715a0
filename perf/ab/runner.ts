// Starts the measuring processes, one after the other, and collects what they report.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeKeyFolder } from '../key-files.js';
import type { KeyShape } from '../keys.js';
import { duration, ProgressBar } from '../progress.js';
import { Random } from '../random.js';
import { keyLists } from './data.js';
import type { Options } from './options.js';
import type { Job, Sample } from './protocol.js';
import { GROUPS, ROWS, type Group } from './rows.js';
import type { Both } from './sides.js';

const SEED = 20240229;
/** What comes before a larger table is measured, takes place on one of this size. */
const WARM_ENTRIES = 35_000;
/**
 * Least rounds of a row in each process, by default, for small and for large tables. Rows that come with new memory each
 * time need more; but a large table takes long enough.
 */
const ROUNDS: Record<Group, [small: number, large: number]> = {
  points: [3, 4],
  scans: [5, 4],
  changes: [4, 1],
  fills: [5, 1],
  life: [4, 1],
  'life-ascending': [4, 1],
  'life-memtable': [3, 1],
};
const LARGE = 200_000;
const WARM_ROUNDS = 2;

/** The rounds of one row, of all processes. */
export interface Measured {
  shape: KeyShape;
  n: number;
  row: string;
  rounds: Sample[];
}

interface Turn {
  shape: KeyShape;
  n: number;
  group: Group;
  process: number;
}

export class Runner {
  readonly #options: Options;
  readonly #worker: string;
  readonly #libraries: Both<string>;
  readonly #scratch: string;
  readonly #measured = new Map<string, Measured>();

  constructor(options: Options, worker: string, libraries: Both<string>, scratch: string) {
    this.#options = options;
    this.#worker = worker;
    this.#libraries = libraries;
    this.#scratch = scratch;
  }

  async run(): Promise<Measured[]> {
    const turns = this.#turns();
    const bar = new ProgressBar();
    const began = performance.now();
    try {
      for (const [i, turn] of turns.entries()) {
        const elapsed = (performance.now() - began) / 1000;
        const left = i === 0 ? 0 : (elapsed / i) * (turns.length - i);
        bar.update(elapsed, left, `${turn.group}, ${turn.shape}, n = ${turn.n.toLocaleString('en')}`);
        await this.#measure(turn);
      }
    } finally {
      bar.stop();
    }
    console.error(`Measured in ${duration((performance.now() - began) / 1000)}.\n`);
    return [...this.#measured.values()];
  }

  /** The processes of a group lie far apart, so that a disturbance does not meet all of them. */
  #turns(): Turn[] {
    const { sizes, shapes, rows, processes } = this.#options;
    const groups = GROUPS.filter((group) => ROWS.some((row) => row.group === group && rows.includes(row.id)));
    const turns: Turn[] = [];
    for (const n of sizes) {
      for (let process = 0; process < processes; process++) {
        for (const shape of shapes) for (const group of groups) turns.push({ shape, n, group, process });
      }
    }
    return turns;
  }

  async #measure(turn: Turn): Promise<void> {
    const { shape, n, group, process } = turn;
    const { rows, minMs, warmMs, rounds = ROUNDS[group][n < LARGE ? 0 : 1] } = this.#options;
    const ids = ROWS.filter((row) => row.group === group && rows.includes(row.id)).map(({ id }) => id);
    const job: Job = {
      libraries: this.#libraries,
      order: process % 2 === 0 ? ['old', 'new'] : ['new', 'old'],
      group,
      rows: ids,
      folder: this.#keys(shape, n),
      warmFolder: this.#keys(shape, Math.min(n, WARM_ENTRIES)),
      rounds,
      minMs,
      warmRounds: WARM_ROUNDS,
      warmMs,
      seed: SEED + process,
    };
    await run(this.#worker, job, (sample) => this.#take(turn, sample));
  }

  #take({ shape, n }: Turn, sample: Sample): void {
    const name = `${shape} ${n} ${sample.row}`;
    let measured = this.#measured.get(name);
    if (measured === undefined) {
      this.#measured.set(name, (measured = { shape, n, row: sample.row, rounds: [] }));
    }
    measured.rounds.push(sample);
  }

  readonly #folders = new Set<string>();

  #keys(shape: KeyShape, n: number): string {
    const folder = join(this.#scratch, `${shape}-${n}`);
    if (!this.#folders.has(folder)) {
      writeKeyFolder(folder, keyLists(shape, n, SEED + n), new Random(SEED));
      this.#folders.add(folder);
    }
    return folder;
  }
}

const FLAGS = [
  '--expose-gc',
  // Code is compiled where it is called, not beside: how far a thread beside has come when, differs from process to
  // process, and with it what gets compiled, by a tenth and more of the time of a row.
  '--no-concurrent-recompilation',
  // With so small a heap, a table's arrays alone call the collector, again and again; it would meet one side, and two
  // tables call it sooner than a user's one does. The heap may grow to 21 times its size before.
  '--heap-growing-percent=2000',
];

/**
 * Freed memory of up to 32 MiB is given out again by glibc, at less cost than new memory, and to the side which happens
 * to ask first. From this size on, all memory is new, as in a program's first table.
 */
const ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: String(1 << 17) };

function run(worker: string, job: Job, take: (sample: Sample) => void): Promise<void> {
  const child = spawn(process.execPath, [...FLAGS, worker, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...ENVIRONMENT },
  });
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => take(JSON.parse(line) as Sample));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.removeListener('exit', stop);
      if (code === 0) resolve();
      else reject(new Error(`Measuring ${job.group} ended with ${signal ?? `exit code ${code}`}.`));
    });
  });
}

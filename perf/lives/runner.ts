// Starts the measuring processes, one after the other, and collects the lives that they report.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeKeyFolder } from '../key-files.js';
import { type KeyShape, lifeLists } from '../keys.js';
import { Random } from '../random.js';
import type { Progress } from '../runner.js';
import type { Contestant } from './contestants.js';
import { type Cell, contestantsOf, rowsOf } from './plan.js';
import type { Job, Message, Passed } from './protocol.js';
import type { Life } from './results.js';

/** The seed of all keys and values. */
const SEED = 20240229;
const VALUE_BYTES = 100;
/** What comes before the lives of a larger table is lived with so many entries. */
const WARM_ENTRIES = 35_000;
const WARM = { leastWarm: 3, within: 0.05, mostWarm: 12 };

export interface Outcome {
  lives: Life[];
  /** What went wrong, in sentences. */
  problems: string[];
}

export class Runner {
  readonly #worker: string;
  readonly #goProgram: string | undefined;
  readonly #scratch: string;
  readonly #progress: Progress;
  readonly #began = performance.now();
  readonly #lives: Life[] = [];
  readonly #problems = new Set<string>();
  /** By list, or by row: what the first contestant found, which all others must find too. */
  readonly #agreed = new Map<string, { value: number; contestant: string }>();

  constructor(worker: string, goProgram: string | undefined, scratch: string, progress: Progress) {
    this.#worker = worker;
    this.#goProgram = goProgram;
    this.#scratch = scratch;
    this.#progress = progress;
  }

  async run(cells: Cell[]): Promise<Outcome> {
    for (const [i, cell] of cells.entries()) await this.#liveIn(cell, cells.slice(i + 1));
    return { lives: this.#lives, problems: [...this.#problems] };
  }

  async #liveIn(cell: Cell, later: Cell[]): Promise<void> {
    const { shape, n } = cell;
    const folder = this.#writeKeys(shape, n);
    const warmFolder = n > WARM_ENTRIES ? this.#writeKeys(shape, WARM_ENTRIES) : folder;
    for (let turn = 1; turn <= cell.processes; turn++)
      await this.#takeTurns(cell, turn, later, folder, warmFolder);
    for (const used of new Set([folder, warmFolder])) rmSync(used, { recursive: true, force: true });
  }

  /**
   * A process of each, one after the other. The lives of a process follow each other without a pause: in one that waits,
   * the engine makes its heap small, and the next life would pay for that.
   */
  async #takeTurns(
    cell: Cell,
    turn: number,
    later: Cell[],
    folder: string,
    warmFolder: string,
  ): Promise<void> {
    const { shape, n, lives } = cell;
    const taking = contestantsOf(cell, turn);
    for (const [i, contestant] of taking.entries()) {
      const done = (turn - 1 + i / taking.length) / cell.processes;
      this.#tell(cell, done, later, `${contestant.label}, ${shape}, n = ${n.toLocaleString('en')}`);
      const rows = rowsOf(contestant, n);
      const valueBytes = VALUE_BYTES;
      const job: Job = { contestant: contestant.id, folder, warmFolder, rows, valueBytes, ...WARM, lives };
      let warm = 0;
      let round = (turn - 1) * lives;
      const failure = await this.#measure(job, contestant, (message) => {
        if ('list' in message) this.#agree(`the keys "${message.list}"`, cell, contestant, message.hash);
        else if ('warm' in message) warm = message.warm;
        else this.#take(cell, contestant, ++round, warm, message.life);
      });
      if (failure !== undefined)
        this.#problems.add(`${contestant.id} failed (${shape} keys, n = ${n}): ${failure}`);
    }
  }

  /** Runs one process to its end; what went wrong, if something did. */
  #measure(job: Job, { role }: Contestant, take: (message: Message) => void): Promise<string | undefined> {
    const argument = JSON.stringify(job);
    const [command, args] =
      role === 'go'
        ? [this.#goProgram!, ['lives', argument]]
        : [process.execPath, ['--expose-gc', this.#worker, argument]];
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const stop = () => child.kill('SIGKILL');
    process.once('exit', stop);
    return new Promise((resolve, reject) => {
      let complaint = '';
      createInterface({ input: child.stdout }).on('line', (line) => take(JSON.parse(line) as Message));
      child.stderr.on('data', (text) => (complaint = (complaint + text).slice(-4000)));
      child.on('error', reject);
      child.on('close', (code, signal) => {
        process.removeListener('exit', stop);
        if (code === 0) resolve(undefined);
        else resolve(complaint.trim() || `it ended with ${signal ?? `exit code ${code}`}`);
      });
    });
  }

  #take(
    cell: Cell,
    contestant: Contestant,
    round: number,
    warm: number,
    passed: Record<string, Passed>,
  ): void {
    const ms: Record<string, number> = {};
    for (const [row, pass] of Object.entries(passed)) {
      ms[row] = Math.round(pass.ms * 1e4) / 1e4;
      // A scan by views reads the same as the plain one.
      const what = `${contestant.store}: the results of ${row.replace(/-views$/, '')}`;
      if (row !== 'drop') this.#agree(what, cell, contestant, pass.sum);
    }
    this.#lives.push({ contestant: contestant.id, keys: cell.shape, n: cell.n, round, warm, ms });
  }

  #writeKeys(shape: KeyShape, n: number): string {
    const folder = join(this.#scratch, `${shape}-${n}`);
    writeKeyFolder(folder, lifeLists(shape, n, SEED + n), new Random(SEED));
    return folder;
  }

  #agree(what: string, { shape, n }: Cell, contestant: Contestant, value: number): void {
    const name = `${shape} ${n} ${what}`;
    const agreed = this.#agreed.get(name);
    if (agreed === undefined) this.#agreed.set(name, { value, contestant: contestant.id });
    else if (agreed.value !== value) {
      this.#problems.add(
        `${contestant.id} and ${agreed.contestant} disagree about ${what} (${shape} keys, n = ${n}): ` +
          `${value} and ${agreed.value}. Their times cannot be compared.`,
      );
    }
  }

  /** Guesses the time left from what a life of so many entries has taken so far. */
  #tell(cell: Cell, done: number, later: Cell[], now: string): void {
    const weigh = (cell: Cell) => {
      let lives = 0;
      for (let turn = 1; turn <= cell.processes; turn++) lives += contestantsOf(cell, turn).length;
      return lives * (cell.lives * cell.n + 10 * WARM_ENTRIES);
    };
    const left = later.reduce((sum, cell) => sum + weigh(cell), weigh(cell) * (1 - done));
    const past = (this.#weightOfAll ??= left) - left;
    const elapsed = (performance.now() - this.#began) / 1000;
    this.#progress.update(elapsed, past === 0 ? elapsed : (elapsed / past) * left, now);
  }
  #weightOfAll: number | undefined;
}

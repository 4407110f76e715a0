// Starts the measuring processes, one after the other, and collects what they report.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GO } from './competitors/index.js';
import { writeKeyFolder } from './key-files.js';
import { dbBenchLists, goleveldbLists, type KeyLists, type KeyShape } from './keys.js';
import type { Options } from './options.js';
import { type Cell, expectedRows, guessSeconds, type Turn } from './plan.js';
import { leastRepetitions, type Job, type Message } from './protocol.js';
import { Random } from './random.js';
import { type Gap, GO_KEYS, type Keys, type Sample } from './results.js';

/** The seed of all keys and values. */
const SEED = 20240229;
const WARM_ENTRIES = 10_000;
const VALUE_BYTES = 100;

/** Told about the course of a run; times are in seconds. */
export interface Progress {
  update(elapsed: number, left: number, now: string): void;
}

export interface Outcome {
  samples: Sample[];
  gaps: Gap[];
  /** What went wrong, in sentences. */
  problems: string[];
}

export class Runner {
  readonly #options: Options;
  readonly #worker: string;
  readonly #goProgram: string | undefined;
  readonly #scratch: string;
  readonly #progress: Progress;
  readonly #began = performance.now();

  readonly #samples: Sample[] = [];
  readonly #gaps: Gap[] = [];
  readonly #problems = new Set<string>();
  /** Seconds that a turn took when it was last done. */
  readonly #seconds = new Map<string, number>();
  /** Rows that are not tried again, since the process was stopped or failed in them. */
  readonly #givenUp = new Set<string>();
  /** By list, or by row: what the first competitor found, which all others must find too. */
  readonly #agreed = new Map<string, { value: number; competitor: string }>();

  constructor(
    options: Options,
    worker: string,
    goProgram: string | undefined,
    scratch: string,
    progress: Progress,
  ) {
    this.#options = options;
    this.#worker = worker;
    this.#goProgram = goProgram;
    this.#scratch = scratch;
    this.#progress = progress;
  }

  async run(cells: Cell[]): Promise<Outcome> {
    for (const [i, cell] of cells.entries()) {
      const folder = this.#writeKeys(cell.keys, cell.n);
      const warmFolder = this.#writeKeys(cell.keys, WARM_ENTRIES);
      for (const [j, turn] of cell.turns.entries()) {
        if (turn.competitor === GO && this.#goProgram === undefined) continue;
        const remaining = [{ ...cell, turns: cell.turns.slice(j) }, ...cells.slice(i + 1)];
        this.#report(remaining, `${turn.competitor}, ${cell.keys}, n = ${cell.n.toLocaleString('en')}`);
        if (this.#elapsed() > this.#options.deadline) {
          this.#problems.add(`Stopped after ${this.#options.deadline} s, before all turns were taken.`);
          return this.#outcome();
        }
        const start = this.#elapsed();
        await this.#takeTurn(cell, turn, folder, warmFolder);
        this.#seconds.set(turnName(cell, turn), this.#elapsed() - start);
      }
      rmSync(folder, { recursive: true, force: true });
    }
    this.#report([], 'done');
    return this.#outcome();
  }

  #outcome(): Outcome {
    return { samples: this.#samples, gaps: this.#gaps, problems: [...this.#problems] };
  }

  #writeKeys(keys: Keys, n: number): string {
    const folder = join(this.#scratch, `${keys}-${n}`);
    const lists: KeyLists =
      keys === GO_KEYS ? goleveldbLists(n, SEED + n) : dbBenchLists(keys as KeyShape, n, SEED + n);
    writeKeyFolder(folder, lists, new Random(SEED));
    return folder;
  }

  async #takeTurn(cell: Cell, turn: Turn, folder: string, warmFolder: string): Promise<void> {
    const { keys, n } = cell;
    const { competitor, round } = turn;
    const given = (row: string) => this.#givenUp.has(`${competitor} ${keys} ${n} ${row}`);
    const rows = turn.rows.filter(({ id }) => !given(id));
    if (rows.length === 0 && (turn.metrics.length === 0 || given('metrics'))) return;
    const job: Job = {
      competitor,
      task: turn.metrics.length > 0 ? 'memory' : 'rows',
      n,
      folder,
      warmFolder,
      rows,
      metrics: turn.metrics,
      valueBytes: keys === GO_KEYS ? 0 : VALUE_BYTES,
      minMs: this.#options.minMs,
      minReps: leastRepetitions(n),
      warmMs: this.#options.warmMs,
      reserve: this.#options.reserve,
    };
    const seen = new Set<string>();
    const failure = await this.#measure(job, (message) => {
      if ('list' in message) return this.#agree(`the keys "${message.list}"`, cell, competitor, message.hash);
      const row = 'row' in message ? message.row : message.metric;
      seen.add(row);
      if ('row' in message) {
        this.#agree(`the results of ${row}`, cell, competitor, message.sum);
        const { ns, ops, reps } = message;
        this.#samples.push({ competitor, keys, n, row, round, value: ns, ops, reps });
      } else {
        this.#samples.push({ competitor, keys, n, row, round, value: message.value });
      }
    });
    if (failure === undefined) return;
    if (failure.sentence !== undefined) {
      this.#problems.add(`${competitor} failed (${keys} keys, n = ${n}): ${failure.sentence}`);
    }
    for (const row of expectedRows({ ...turn, rows })) {
      if (seen.has(row)) continue;
      this.#gaps.push({ competitor, keys, n, row, reason: failure.reason });
      this.#givenUp.add(`${competitor} ${keys} ${n} ${turn.metrics.length > 0 ? 'metrics' : row}`);
    }
  }

  /** Runs one process to its end; what went wrong, if something did. */
  #measure(
    job: Job,
    take: (message: Message) => void,
  ): Promise<{ reason: Gap['reason']; sentence?: string } | undefined> {
    const argument = JSON.stringify(job);
    const child =
      job.competitor === GO
        ? spawn(this.#goProgram!, ['bench', argument], { stdio: ['ignore', 'pipe', 'pipe'] })
        : spawn(process.execPath, ['--expose-gc', this.#worker, argument], {
            stdio: ['ignore', 'pipe', 'pipe'],
          });
    return new Promise((resolve, reject) => {
      let timedOut = false;
      let complaint = '';
      const timer = setTimeout(() => {
        timedOut = true;
        child.kill('SIGKILL');
      }, this.#options.timeout * 1000);
      const stopChild = () => child.kill('SIGKILL');
      process.once('exit', stopChild);
      createInterface({ input: child.stdout }).on('line', (line) => take(JSON.parse(line) as Message));
      child.stderr.on('data', (text) => (complaint = (complaint + text).slice(-4000)));
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        process.removeListener('exit', stopChild);
        if (timedOut) resolve({ reason: 'timed out' });
        else if (code !== 0)
          resolve({
            reason: 'failed',
            sentence: complaint.trim() || `it ended with ${signal ?? `exit code ${code}`}`,
          });
        else resolve(undefined);
      });
    });
  }

  #agree(what: string, cell: Cell, competitor: string, value: number): void {
    // Rows by views read the same as the plain scan.
    const name = `${cell.keys} ${cell.n} ${what.replace(/-views$/, '')}`;
    const agreed = this.#agreed.get(name);
    if (agreed === undefined) this.#agreed.set(name, { value, competitor });
    else if (agreed.value !== value) {
      this.#problems.add(
        `${competitor} and ${agreed.competitor} disagree about ${what} (${cell.keys} keys, n = ${cell.n}): ` +
          `${value} and ${agreed.value}. Their times cannot be compared.`,
      );
    }
  }

  #elapsed(): number {
    return (performance.now() - this.#began) / 1000;
  }

  #report(remaining: Cell[], now: string): void {
    let left = 0;
    for (const cell of remaining) {
      for (const turn of cell.turns) {
        left += this.#seconds.get(turnName(cell, turn)) ?? guessSeconds(turn, cell.n, this.#options.minMs);
      }
    }
    this.#progress.update(this.#elapsed(), left, now);
  }
}

function turnName(cell: Cell, turn: Turn): string {
  return `${turn.competitor} ${cell.keys} ${cell.n} ${turn.metrics.length > 0 ? 'metrics' : 'rows'}`;
}

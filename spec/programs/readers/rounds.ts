import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { Prng } from '../../support/prng.js';
import type { Told } from '../../support/tally.js';
import type { Handle, Kind } from './lists.js';
import { State } from './state.js';
import type { Task } from './worker.js';

const READERS = 3;
const STEPS_OF_ROUND = 250_000;
/** Kills of writers of one list. */
const KILLS_OF_ROUND = 10;
/** Milliseconds that a writer lives, at most. */
const LIFE = 25;
const KINDS: Kind[] = ['SkipList', 'MemTable'];

export interface Settings {
  readonly steps: number;
  readonly kills: number;
  readonly seed: number;
}

/** @returns what was done @throws Error that says what was wrong, and how to do it again */
export async function rounds({ steps, kills, seed }: Settings): Promise<Told> {
  const sum: Sum = { steps: 0, added: 0, kills: 0, seed };
  for (let round = 0; sum.steps < steps; round++) {
    await inRound(round, sum, (kind) => readRound(kind, sum, steps - sum.steps));
  }
  for (let round = 0; sum.kills < kills; round++) {
    await inRound(round, sum, (kind) => killRound(kind, sum, kills - sum.kills));
  }
  const line = `${sum.steps} steps of readers, ${sum.added} additions, ${sum.kills} writers killed`;
  return { line, tally: { operations: sum.steps + sum.added, killed: sum.kills } };
}

async function inRound(round: number, sum: Sum, run: (kind: Kind) => Promise<void>): Promise<void> {
  const kind = KINDS[round % KINDS.length];
  try {
    await run(kind);
  } catch (error) {
    throw new Error(`${kind}, seed ${sum.seed}: ${(error as Error).message}`, { cause: error });
  }
  sum.seed++;
}

interface Sum {
  steps: number;
  added: number;
  kills: number;
  seed: number;
}

async function readRound(kind: Kind, sum: Sum, wanted: number): Promise<void> {
  const state = new State();
  const writer = new Thread({ role: 'writer', state: state.buffer, seed: sum.seed, kind });
  const handle = (await writer.message()) as Handle;
  const steps = Math.ceil(Math.min(wanted, STEPS_OF_ROUND) / READERS);
  const readers = Array.from(
    { length: READERS },
    (_, i) => new Thread({ role: 'reader', state: state.buffer, seed: sum.seed + i, handle, steps }),
  );
  try {
    for (const reader of readers) sum.steps += (await reader.message()) as number;
    state.end();
    sum.added += (await writer.message()) as number;
  } finally {
    await Promise.all([writer, ...readers].map((thread) => thread.kill()));
  }
}

async function killRound(kind: Kind, sum: Sum, wanted: number): Promise<void> {
  const state = new State();
  const draw = new Prng(sum.seed);
  let writer = new Thread({ role: 'writer', state: state.buffer, seed: sum.seed, kind });
  const handle = (await writer.message()) as Handle;
  const readers = Array.from(
    { length: READERS - 1 },
    (_, i) => new Thread({ role: 'reader', state: state.buffer, seed: sum.seed + i, handle }),
  );
  try {
    for (let kills = Math.min(wanted, KILLS_OF_ROUND); kills > 0; kills--) {
      await sleep(draw.below(LIFE));
      await writer.kill();
      sum.kills++;
      writer = new Thread({ role: 'writer', state: state.buffer, seed: sum.seed + kills, handle });
      await writer.message();
    }
    state.end();
    sum.added += state.total;
    for (const reader of readers) sum.steps += (await reader.message()) as number;
  } finally {
    await Promise.all([writer, ...readers].map((thread) => thread.kill()));
  }
}

class Thread {
  readonly #worker: Worker;
  readonly #messages: unknown[] = [];

  constructor(task: Task) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: task });
    this.#worker.on('message', (message: unknown) => this.#messages.push(message));
  }

  /** The next one. @throws Error that it is, or where there is none any more */
  async message(): Promise<unknown> {
    while (this.#messages.length === 0) {
      await Promise.race([once(this.#worker, 'message'), once(this.#worker, 'exit').then(() => sleep(0))]);
      if (this.#messages.length === 0 && this.#worker.threadId < 0) throw new Error('a thread is gone');
    }
    const message = this.#messages.shift();
    const { error } = (message ?? {}) as { error?: string };
    if (error !== undefined) throw new Error(error);
    return message;
  }

  async kill(): Promise<void> {
    await this.#worker.terminate();
  }
}

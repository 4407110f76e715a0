/*
 * Many threads on one SharedRWLock: whether it guards, whether nobody is forgotten, and whether it goes on after some of them were
 * ended at random instants. `npm test` runs it for some seconds, `npm run soak -- --lock` for as long as one likes:
 *
 *     node build/spec/programs/lock/soak.js [--operations N] [--rounds N] [--seed N]
 *
 * prints what it did, as JSON, and fails at the first thing that is wrong.
 */
import { on } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { SharedRWLock } from 'flat-memdb';
import {
  ACKNOWLEDGED,
  GUARDED,
  INSIDE,
  SHARED_WORDS,
  randomBelow,
  type Done,
  type Traffic,
} from './traffic.js';

const WORKERS = 4;
const TRAFFIC = fileURLToPath(new URL('traffic.js', import.meta.url));

/** What a lock has for `recover` of a DB. */
interface Recoverable {
  free(dead?: readonly number[]): boolean;
}

/** All of them live. @returns what they did together */
export async function soakLock(operations: number, seed: number): Promise<Done> {
  const { lock, shared } = scene();
  const share = Math.ceil(operations / WORKERS / 1000) * 1000;
  const workers = Array.from({ length: WORKERS }, (_, place) => start(lock, shared, place, seed, share));
  const all = await Promise.all(workers.map(finished));
  const sum = (key: keyof Done) => all.reduce((total, done) => total + done[key], 0);
  const done = { operations: sum('operations'), writes: sum('writes'), sleeps: sum('sleeps') };
  requireCount(shared, done.writes, done.writes);
  return done;
}

export interface Killed {
  killed: number;
  /** Of these, while they had a side. */
  writing: number;
  reading: number;
}

/** Two of them are ended in each round, and replaced by others. */
export async function killLock(rounds: number, seed: number): Promise<Killed> {
  const { lock, shared } = scene();
  const random = randomBelow(seed);
  const killed: Killed = { killed: 0, writing: 0, reading: 0 };
  const begin = (place: number) => start(lock, shared, place, random(2 ** 30), undefined);
  const failures: unknown[] = [];
  const workers = Array.from({ length: WORKERS }, (_, place) => begin(place));
  for (let round = 0; round < rounds; round++) {
    await Promise.all(workers.map((worker) => worker.ready));
    await new Promise((resolve) => setTimeout(resolve, random(8)));
    const places = round % WORKERS === WORKERS - 1 ? [0, 1, 2, 3] : [random(2), 2 + random(2)];
    const victims = places.map((place) => workers[place].worker);
    const dead = victims.map(({ threadId }) => threadId);
    await Promise.all(victims.map((victim) => victim.terminate()));
    for (const place of places) {
      const bits = Atomics.and(shared, INSIDE, ~(3 << (2 * place))) >>> (2 * place);
      killed.reading += bits & 1;
      killed.killed++;
    }
    const isEverybody = places.length === WORKERS;
    // Where nobody lives, the dead need not be named.
    const named = isEverybody && round % (2 * WORKERS) < WORKERS ? undefined : dead;
    while ((lock as unknown as Recoverable).free(named)) {
      killed.writing++;
      shared.fill(Math.max(...shared.subarray(0, GUARDED)), 0, GUARDED);
      lock.unlock();
    }
    lock.lock();
    lock.unlock();
    lock.rlock();
    const sum = shared
      .subarray(ACKNOWLEDGED, ACKNOWLEDGED + WORKERS)
      .reduce((total, writes) => total + writes, 0);
    if (isEverybody) requireCount(shared, sum, sum + killed.killed);
    lock.runlock();
    for (const { failure } of workers) if (failure() !== undefined) failures.push(failure());
    if (failures.length > 0) throw failures[0];
    // Where they were not named, slots of those that had nothing are still taken.
    if (named === undefined) (lock as unknown as Recoverable).free(dead);
    for (const place of places) workers[place] = begin(place);
  }
  await Promise.all(workers.map(({ worker }) => worker.terminate()));
  return killed;
}

function scene() {
  // One slot for each, and one for this thread.
  const lock = new SharedRWLock({ threads: WORKERS + 1, timeout: 60_000 });
  const shared = new Int32Array(new SharedArrayBuffer(SHARED_WORDS * Int32Array.BYTES_PER_ELEMENT));
  return { lock, shared };
}

function start(
  lock: SharedRWLock,
  shared: Int32Array,
  place: number,
  seed: number,
  operations: number | undefined,
) {
  const { handle } = lock;
  const traffic: Traffic = { handle, shared, place, workers: WORKERS, seed: seed + place * 7919, operations };
  const worker = new Worker(TRAFFIC, { workerData: traffic });
  let failed: unknown;
  worker.on('error', (error) => {
    failed = error;
  });
  // It says that it is ready, and then what it has done; both may come at once.
  const messages = on(worker, 'message');
  const next = async (): Promise<unknown> => ((await messages.next()).value as unknown[])[0];
  return { worker, ready: next(), done: next, failure: () => failed };
}

async function finished({ ready, done }: ReturnType<typeof start>): Promise<Done> {
  await ready;
  return (await done()) as Done;
}

function requireCount(shared: Int32Array, least: number, most: number): void {
  const counts = new Set(shared.subarray(0, GUARDED));
  const [count] = counts;
  if (counts.size === 1 && count >= least && count <= most) return;
  throw new Error(`the counters are ${[...counts].join()}, and must be one of ${least} to ${most}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      operations: { type: 'string', default: '200000' },
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
    },
  });
  const seed = Number(values.seed);
  const done = await soakLock(Number(values.operations), seed);
  console.log(JSON.stringify({ ...done, ...(await killLock(Number(values.rounds), seed)) }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

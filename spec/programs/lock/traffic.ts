/*
 * A worker that reads and writes what a SharedRWLock guards, and looks whether that holds. It is started by ./soak.ts, which
 * may end it at any instant.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { SharedRWLock, type SharedRWLockHandle } from 'flat-memdb';

export interface Traffic {
  handle: SharedRWLockHandle;
  /** What threads share beside the lock, `SHARED_WORDS` long. */
  shared: Int32Array;
  /** Which of the workers this is, from 0; and how many there are. */
  place: number;
  workers: number;
  seed: number;
  /** Reads and writes to do; without, they go on until it is ended. */
  operations: number | undefined;
}

export interface Done {
  operations: number;
  writes: number;
  /** How often the lock slept. */
  sleeps: number;
}

/** Words of `shared`: the guarded ones, which are always equal. */
export const GUARDED = 16;
/** Two bits for each worker: that it reads, that it writes. Each on a line of its own, as the next ones. */
export const INSIDE = 32;
const ARRIVED = 64;
const BATCHES = 96;
/** Writes that came back, for each worker. */
export const ACKNOWLEDGED = 128;
export const SHARED_WORDS = ACKNOWLEDGED + 32;

/** All meet so often, so that nobody who was not woken is woken later by chance. */
const BATCH = 20;
/** Milliseconds, after which a sleeper looks whether it was forgotten. */
const FORGOTTEN = 5000;

const READS = 0x55555555;
const WRITES = 0xaaaaaaaa;

function main({ handle, shared, place, workers, seed, operations }: Traffic): void {
  const lock = SharedRWLock.attach(handle, { timeout: 120_000 });
  const random = randomBelow(seed);
  const bits = 3 << (2 * place);
  const isToBeKilled = operations === undefined;
  const done: Done = { operations: 0, writes: 0, sleeps: 0 };
  watchSleep(handle.buffer, done);
  parentPort!.postMessage('ready');
  while (done.operations !== operations) {
    if (random(3) === 0) {
      write();
      done.writes++;
      Atomics.add(shared, ACKNOWLEDGED + place, 1);
    } else {
      read();
    }
    done.operations++;
    if (operations !== undefined && done.operations % BATCH === 0) meet(shared, workers);
  }
  lock.close();
  parentPort!.postMessage(done);

  function write(): void {
    lock.lock();
    if ((Atomics.or(shared, INSIDE, WRITES & bits) & (READS | WRITES)) !== 0)
      throw new Error('a writer beside others');
    requireEqual(shared);
    for (let i = 0; i < GUARDED; i++) {
      shared[i]++;
      if (i === GUARDED / 2) stay();
    }
    Atomics.and(shared, INSIDE, ~bits);
    lock.unlock();
  }

  function read(): void {
    lock.rlock();
    if ((Atomics.or(shared, INSIDE, READS & bits) & WRITES) !== 0)
      throw new Error('a reader beside a writer');
    requireEqual(shared);
    if (isToBeKilled || random(4) === 0) {
      lock.rlock();
      stay();
      requireEqual(shared);
      lock.runlock();
    }
    Atomics.and(shared, INSIDE, ~bits);
    lock.runlock();
  }

  /** Mostly for no time, unless it is to be killed meanwhile; sometimes others will have to sleep meanwhile. */
  function stay(): void {
    const kind = random(isToBeKilled ? 20 : 200);
    if (kind === 0) Atomics.wait(shared, ARRIVED + 1, 0, 1);
    else if (kind < 20) for (let i = random(5000); i > 0; i--);
  }
}

function requireEqual(shared: Int32Array): void {
  for (let i = 1; i < GUARDED; i++) {
    if (shared[i] !== shared[0]) throw new Error(`half a write is seen: ${shared.slice(0, GUARDED).join()}`);
  }
}

function meet(shared: Int32Array, workers: number): void {
  const batch = Atomics.load(shared, BATCHES);
  if (Atomics.add(shared, ARRIVED, 1) + 1 < workers) {
    while (Atomics.load(shared, BATCHES) === batch) Atomics.wait(shared, BATCHES, batch);
    return;
  }
  Atomics.store(shared, ARRIVED, 0);
  Atomics.add(shared, BATCHES, 1);
  Atomics.notify(shared, BATCHES);
}

/** Lets the lock sleep until somebody wakes it, so that a lost wake-up is seen. It counts. */
function watchSleep(lock: SharedArrayBuffer, done: Done): void {
  const { wait } = Atomics;
  Atomics.wait = ((array: Int32Array, at: number, value: number, ms: number) => {
    if (array.buffer !== lock) return wait(array, at, value, ms);
    done.sleeps++;
    for (;;) {
      const end = wait(array, at, value, FORGOTTEN);
      if (end !== 'timed-out') return end;
      // Otherwise whoever has it takes long.
      if (Atomics.load(array, at) !== value)
        throw new Error(`nobody woke who sleeps at word ${at} of the lock`);
    }
  }) as typeof wait;
}

export function randomBelow(seed: number): (limit: number) => number {
  let state = seed | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

if (parentPort !== null && (workerData as Partial<Traffic> | null)?.handle !== undefined) {
  main(workerData as Traffic);
}

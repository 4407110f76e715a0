// A process that measures one store in one scenario: node --expose-gc build/perf/memory/worker.js JOB [timed], where JOB is a Job
// (scenarios.ts) in JSON. Prints a Measured (limits.ts), whose longest call is known only where calls are timed, and whose memory
// counts only where they are not.
import { readFileSync } from 'node:fs';
import { Random } from '../random.js';
import { liveBytes, type Measured, type Sample } from './limits.js';
import { callsOf, KEY_BYTES, VALUE_BYTES, type Job } from './scenarios.js';
import { openStore, type Store } from './stores.js';

const SAMPLES = 200;
/** Turns after which the garbage is looked at: in between, no more than so many records can become garbage. */
const LOOK_EVERY = 16;
const SEED = 20240229;
/** A DB can't hold all that goes through the queue: a load goes on with another one after so many entries. */
const LOAD_AT_ONCE = 5_000_000;

/** The most resident bytes the process ever had, where the system tells; else 0. */
function mostResident(): number {
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function shuffled(count: number, random: Random): Uint32Array {
  const numbers = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const number = numbers[i];
    numbers[i] = numbers[j];
    numbers[j] = number;
  }
  return numbers;
}

async function measure(store: Store, job: Job, isTimed: boolean): Promise<Measured> {
  const { kind, entries, turns } = job;
  const random = new Random(SEED);
  const order = kind === 'delete' ? shuffled(entries, random) : new Uint32Array(0);
  const calls = callsOf(kind);
  const samples = Array.from({ length: SAMPLES + 1 }, (): Sample => {
    return { calls: 0, resident: 0, live: 0, arrays: null };
  });
  let taken = 0;
  const sampleEvery = Math.ceil(turns / SAMPLES);
  const mostBefore = mostResident();
  const empty = process.memoryUsage.rss();
  const take = (turnsDone: number) => {
    const sample = samples[taken++];
    const living = kind === 'delete' ? entries - turnsDone : entries;
    sample.calls = turnsDone * calls;
    sample.resident = process.memoryUsage.rss() - empty;
    sample.live = liveBytes(living, KEY_BYTES + VALUE_BYTES);
    sample.arrays = store.arrays?.() ?? null;
  };

  for (let i = 0; i < entries; i++) {
    const pending = store.put(i);
    if (pending !== undefined) await pending;
  }
  take(0);

  // One reading of the clock ends a call and begins the next. Where memory is looked at, it stands still.
  const clock = isTimed ? () => performance.now() : () => 0;
  let longest = 0;
  /** ms that sampling took. */
  let aside = 0;
  let untilLook = LOOK_EVERY;
  let untilSample = sampleEvery;
  const start = performance.now();
  let before = clock();
  const called = () => {
    const now = clock();
    if (now - before > longest) longest = now - before;
    before = now;
  };
  for (let turn = 0; turn < turns; turn++) {
    if (kind !== 'delete') {
      const pending = store.put(kind === 'window' ? entries + turn : random.below(entries));
      if (pending !== undefined) await pending;
      called();
    }
    if (kind !== 'overwrite') {
      const pending = store.remove(kind === 'window' ? turn : order[turn]);
      if (pending !== undefined) await pending;
      called();
    }
    if (--untilLook === 0) {
      untilLook = LOOK_EVERY;
      store.look?.();
      before = clock();
    }
    if (--untilSample === 0) {
      untilSample = sampleEvery;
      const began = performance.now();
      take(turn + 1);
      aside += performance.now() - began;
      before = clock();
    }
  }
  const ns = ((performance.now() - start - aside) * 1e6) / (turns * calls);
  store.look?.();
  if (turns % sampleEvery !== 0) take(turns);
  samples.length = taken;

  const most = mostResident();
  const seen = Math.max(...samples.map(({ resident }) => resident));
  await collect();
  const collected = process.memoryUsage.rss() - empty;
  const left = kind === 'delete' ? entries - turns : entries;
  if (store.entries() >= 0 && store.entries() !== left) {
    throw new Error(`${job.store} holds ${store.entries()} entries, and should hold ${left}.`);
  }
  return {
    calls: turns * calls,
    ns,
    longest,
    empty,
    highest: most > mostBefore ? Math.max(most - empty, seen) : seen,
    collected,
    live: liveBytes(left, KEY_BYTES + VALUE_BYTES),
    garbage: store.garbage ?? null,
    excess: store.excess ?? null,
    arrays: store.arraysAtEnd?.() ?? null,
    loadNs: job.load > 0 && !isTimed ? load(store, job.load) : null,
    samples,
  };
}

/** Only now: what collects while it runs is the store's own affair. */
async function collect(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** @returns ns per put of ascending keys into empty stores */
function load(store: Store, entries: number): number {
  const start = performance.now();
  for (let done = 0; done < entries; done += LOAD_AT_ONCE) {
    const next = store.another!();
    const count = Math.min(LOAD_AT_ONCE, entries - done);
    for (let i = 0; i < count; i++) void next.put(i);
  }
  return ((performance.now() - start) * 1e6) / entries;
}

const job = JSON.parse(process.argv[2]) as Job;
const store = await openStore(job.store);
process.stdout.write(JSON.stringify(await measure(store, job, process.argv[3] === 'timed')));

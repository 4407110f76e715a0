// Threads that read the same entries for a while, beside one that writes or none.
import { MessageChannel, Worker } from 'node:worker_threads';
import { DB, MemTable, ValueType } from 'flat-memdb';
import { makeKeys, makeMap, textOf, VALUE } from './data.js';
import { GO, STOP, type Done, type Form, type Job, type Start, type Traffic } from './protocol.js';

const THREAD = new URL('thread.js', import.meta.url);
/** Bytes, garbage included: a writer that only adds needs the most. */
const ROOM = 1 << 29;
/** Writes of the thread that has the Map, between two looks whether somebody asks. */
const WRITES_AT_ONCE = 100;

type Parts = Pick<Start, 'handle' | 'map'> & { keep?: unknown };

/** All entries, in some form. */
function make(form: Form, keys: readonly Uint8Array[]): Parts {
  if (form === 'lock') {
    const db = DB.create({ shared: true, maxCapacity: ROOM });
    for (const key of keys) db.put(key, VALUE);
    const { handle } = db;
    db.close();
    return { handle };
  }
  if (form === 'lock-free') {
    const table = MemTable.create({ shared: true, maxCapacity: ROOM });
    keys.forEach((key, i) => table.add(i + 1, ValueType.Value, key, VALUE));
    return { handle: table.handle };
  }
  return { map: makeMap(keys) };
}

export async function measureTraffic(job: Extract<Job, { what: 'threads' }>): Promise<Traffic> {
  const { form, n, readers, hasWriter, seconds } = job;
  const { handle, map } = make(form, makeKeys(n));
  const signals = new Int32Array(new SharedArrayBuffer(8));
  const isAsked = form === 'messages' || form === 'messages-100';
  const threads = Array.from({ length: readers + (hasWriter && !isAsked ? 1 : 0) }, (_, i) => {
    const { port1, port2 } = new MessageChannel();
    if (isAsked) port1.on('message', (keys: string[]) => port1.postMessage(keys.map((key) => map!.get(key))));
    const start: Start = { form, n, isWriter: i === readers, signals };
    if (handle !== undefined) start.handle = handle;
    if (form === 'clone') start.map = map;
    if (isAsked) start.port = port2;
    return new Worker(THREAD, { workerData: start, transferList: isAsked ? [port2] : [] });
  });
  await Promise.all(threads.map((thread) => next(thread)));
  const answers = Promise.all(threads.map((thread) => next(thread) as Promise<Done>));
  Atomics.store(signals, GO, 1);
  Atomics.notify(signals, GO);
  setTimeout(() => Atomics.store(signals, STOP, 1), seconds * 1000);
  const own = isAsked && hasWriter ? await writeBetweenAnswers(map!, signals) : undefined;
  const done = await answers;
  const rate = ({ calls, ms }: Done) => (calls * 1000) / ms;
  const read = done.slice(0, readers);
  const wrote = own ?? done.at(readers);
  return {
    reads: read.reduce((sum, each) => sum + rate(each), 0),
    writes: wrote === undefined ? 0 : rate(wrote),
    longest: Math.max(...read.map(({ longest }) => longest)),
  };
}

/** The thread that has the Map writes as much as it can, and still answers. */
async function writeBetweenAnswers(map: Map<string, string>, signals: Int32Array): Promise<Done> {
  const keys = [...map.keys()];
  const value = textOf(VALUE);
  const began = performance.now();
  let calls = 0;
  while (Atomics.load(signals, STOP) === 0) {
    for (let i = 0; i < WRITES_AT_ONCE; i++) map.set(keys[(calls++ * 7919) % keys.length], value);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { calls, ms: performance.now() - began, longest: 0 };
}

function next(thread: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}

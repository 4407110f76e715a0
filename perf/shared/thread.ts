// A thread that reads all the time, or writes: one key after the other, far apart, from one signal on to the next.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { DB, MemTable, ValueType, type DBHandle, type MemTableHandle } from 'flat-memdb';
import { makeKeys, textOf, VALUE } from './data.js';
import { GO, STOP, type Done, type Start } from './protocol.js';

/** Between two looks at the clock and at the signal. */
const AT_ONCE = 64;
const WARM_STEPS = 300;
/** How far apart one key and the next one are. */
const STRIDE = 7919;

const { form, n, isWriter, handle, map, port, signals } = workerData as Start;
const keys = makeKeys(n);
const texts = form === 'clone' || port !== undefined ? keys.map(textOf) : [];
let place = isWriter ? 0 : Math.floor(Math.random() * n);
const next = () => (place = (place + STRIDE) % n);

/** Some calls. @returns how many, or a promise of that */
type Step = () => number | Promise<number>;

function times(call: () => unknown): Step {
  return () => {
    for (let i = 0; i < AT_ONCE; i++)
      if (call() === undefined) throw new Error('a key that must be there is not');
    return AT_ONCE;
  };
}

function stepOf(): Step {
  if (form === 'lock') {
    const db = DB.attach(handle as DBHandle);
    if (isWriter) return times(() => (db.put(keys[next()], VALUE), true));
    return times(() => db.get(keys[next()]));
  }
  if (form === 'lock-free') {
    const table = MemTable.attach(handle as MemTableHandle, { writer: isWriter });
    let sequence = n;
    if (isWriter) return times(() => (table.add(++sequence, ValueType.Value, keys[next()], VALUE), true));
    return times(() => table.get(keys[next()]));
  }
  if (form === 'clone') return times(() => map!.get(texts[next()]));
  return asking(port as unknown as MessagePort, form === 'messages' ? 1 : 100);
}

/** Asks the thread that has the Map, for so many keys at a time. */
function asking(owner: MessagePort, atOnce: number): Step {
  let answered: (values: unknown[]) => void;
  owner.on('message', (values: unknown[]) => answered(values));
  return () =>
    new Promise((resolve, reject) => {
      answered = (values) => {
        if (values.includes(undefined)) reject(new Error('a key that must be there is not'));
        resolve(values.length);
      };
      owner.postMessage(Array.from({ length: atOnce }, () => texts[next()]));
    });
}

async function run(): Promise<Done> {
  const step = stepOf();
  for (let i = 0; i < WARM_STEPS; i++) await step();
  parentPort!.postMessage('ready');
  Atomics.wait(signals, GO, 0);
  const began = performance.now();
  let calls = 0;
  let longest = 0;
  let before = began;
  while (Atomics.load(signals, STOP) === 0) {
    const made = step();
    calls += typeof made === 'number' ? made : await made;
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
  }
  return { calls, ms: before - began, longest };
}

parentPort!.postMessage(await run());
port?.close();

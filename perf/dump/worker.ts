// A process that measures one store: node --expose-gc build/perf/dump/worker.js JOB, where JOB is a Job (protocol.ts) in JSON. Prints an
// Answer.
import { DB, MemTable, ValueType } from 'flat-memdb';
import { Scattered } from '../map/data.js';
import { KEY_BYTES } from '../memory/scenarios.js';
import { ZERO, writeDigits } from '../memory/stores.js';
import { median } from '../stats.js';
import { stopwatch } from '../stopwatch.js';
import { ROWS, type Answer, type Job, type Row } from './protocol.js';

const VALUE = new Uint8Array(100).fill(118);
/** Entries that a row goes through at least. */
const ENTRIES = 350_000;
const SMALL = 35_000;
const WARM = 3;

interface Subject {
  put(key: Uint8Array, i: number): void;
  dump(): Uint8Array;
  dumpTo(stream: WritableStream<Uint8Array>): Promise<void>;
  load(bytes: Uint8Array): { length: number };
}

function subject(kind: Job['kind']): Subject {
  if (kind === 'DB') {
    const db = new DB();
    return {
      put: (key) => db.put(key, VALUE),
      dump: () => db.dump(),
      dumpTo: (stream) => db.dumpTo(stream),
      load: (bytes) => DB.load(bytes),
    };
  }
  const table = new MemTable();
  return {
    put: (key, i) => table.add(i, ValueType.Value, key, VALUE),
    dump: () => table.dump(),
    dumpTo: (stream) => table.dumpTo(stream),
    load: (bytes) => MemTable.load(bytes),
  };
}

async function pass({ kind, order, n }: Job): Promise<Answer> {
  const numbers = new Scattered(n);
  // Nobody keeps a million arrays beside a store: with these around, dumps take twice as long.
  const key = new Uint8Array(KEY_BYTES).fill(ZERO);
  const putAll = (store: Subject) => {
    for (let i = 0; i < n; i++) {
      writeDigits(key, order === 'random' ? numbers.at(i) : i);
      store.put(key, i);
    }
  };
  const times: Record<Row, number[]> = { put: [], dump: [], dumpTo: [], load: [] };
  const time = async (row: Row, run: () => unknown) => {
    globalThis.gc?.();
    const elapsed = stopwatch();
    await run();
    times[row].push(elapsed());
  };
  let bytes = 0;
  for (let i = 0; i < Math.max(1, ENTRIES / n); i++) {
    const store = subject(kind);
    await time('put', () => putAll(store));
    let dumped = new Uint8Array(0);
    await time('dump', () => (dumped = store.dump() as Uint8Array<ArrayBuffer>));
    let written = 0;
    await time('dumpTo', () =>
      store.dumpTo(new WritableStream({ write: (portion: Uint8Array) => void (written += portion.length) })),
    );
    if (written !== dumped.length) throw new Error(`dumpTo wrote ${written} bytes of ${dumped.length}`);
    let loaded = 0;
    await time('load', () => (loaded = store.load(dumped).length));
    if (loaded !== n) throw new Error(`${loaded} entries were loaded of ${n}`);
    bytes = dumped.length;
  }
  const medians = Object.keys(ROWS).map((row) => [row, median(times[row as Row])]);
  return { times: Object.fromEntries(medians) as Record<Row, number>, bytes };
}

const job = JSON.parse(process.argv[2]) as Job;
for (let i = 0; i < WARM; i++) await pass({ ...job, n: Math.min(SMALL, job.n) });
console.log(JSON.stringify(await pass(job)));

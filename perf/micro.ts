// npm run perf:micro: small questions about flat-memdb alone, answered within one process by the `benchmark` package.
// For what it is next to others, see main.ts.
import Benchmark from 'benchmark';
import { bytesPrefix, DB, type DBIterator } from 'flat-memdb';
import { dbBenchLists, type KeyShape } from './keys.js';
import { figure } from './table.js';

const ENTRIES = 35_000;
const VALUE = new Uint8Array(100).fill(7);

/** What the benchmarked functions return adds up here, so that no engine may leave their work out. */
let consumed = 0;

interface Filled {
  db: DB;
  /** Present keys in random order, and keys that are absent. */
  present: Uint8Array[];
  absent: Uint8Array[];
}

function fill(shape: KeyShape): Filled {
  const lists = dbBenchLists(shape, ENTRIES, 1);
  const bytes = (keys: string[]) => keys.map((key) => new Uint8Array(Buffer.from(key, 'latin1')));
  const db = new DB();
  for (const key of bytes(lists.random)) db.put(key, VALUE);
  return { db, present: bytes(lists.reads), absent: bytes(lists.misses) };
}

/** The members of a list one after the other, for ever. */
function cycle<T>(items: readonly T[]): () => T {
  let i = 0;
  return () => {
    if (i === items.length) i = 0;
    return items[i++];
  };
}

/** Moves on and begins anew at the end. */
function around(cursor: DBIterator): void {
  if (!cursor.next()) cursor.first();
}

function pointSuite(shape: KeyShape): Benchmark.Suite {
  const { db, present, absent } = fill(shape);
  const [hit, miss] = [cycle(present), cycle(absent)];
  const cursor = db.iterator();
  return suite(`one entry of ${ENTRIES.toLocaleString('en')}, ${shape} keys`, {
    'get, a view of the value': () => db.get(hit())!.length,
    'get, absent': () => (db.get(miss()) === undefined ? 1 : 0),
    has: () => (db.has(hit()) ? 1 : 0),
    'has, absent': () => (db.has(miss()) ? 1 : 0),
    'find, views of both': () => db.find(hit())![1].length,
    'seek, positions': () => (cursor.seek(hit()) ? cursor.valueEnd - cursor.valueStart : 0),
    'seek, absent': () => (cursor.seek(miss()) ? cursor.valueEnd - cursor.valueStart : 0),
  });
}

function scanSuite(): Benchmark.Suite {
  const { db } = fill('decimal');
  const cursor = db.iterator();
  cursor.first();
  const prefix = bytesPrefix(Buffer.from('000000000003'));
  return suite('one step of a scan, and a short range', {
    'next, positions': () => {
      around(cursor);
      return cursor.valueEnd - cursor.keyStart;
    },
    'next, key and value as views': () => {
      around(cursor);
      return cursor.key!.length + cursor.value!.length;
    },
    'prev, positions': () => {
      if (!cursor.prev()) cursor.last();
      return cursor.valueEnd - cursor.keyStart;
    },
    'entries() of 5,000 in a prefix': () => {
      let sum = 0;
      for (const [key, value] of db.entries(prefix)) sum += key.length + value.length;
      return sum;
    },
  });
}

/** Every put appends, so these have a small value and little time: the arrays stay well below their limit. */
function putSuite(): Benchmark.Suite {
  const { db, present } = fill('decimal');
  const key = cycle(present);
  const [value, absent] = [VALUE.subarray(0, 8), new Uint8Array(8).fill(0xff)];
  const functions = {
    'put over a present key': () => {
      db.put(key(), value);
      return db.length;
    },
    'put and delete of a new key': () => {
      db.put(absent, value);
      return db.delete(absent) ? 1 : 0;
    },
  };
  return suite('put, values of 8 bytes', functions, { maxTime: 1 });
}

/** What a store that copies has to do, whatever else it does. */
function copySuite(): Benchmark.Suite {
  const key = cycle(fill('random').present);
  let target = new Uint8Array(ENTRIES * (16 + VALUE.length));
  let at = 0;
  return suite('what no put can be faster than', {
    'copying 16 and 100 bytes': () => {
      const from = key();
      if (at === target.length) {
        target = new Uint8Array(target.length);
        at = 0;
      }
      target.set(from, at);
      target.set(VALUE, at + from.length);
      at += from.length + VALUE.length;
      return at;
    },
  });
}

function suite(
  name: string,
  functions: Record<string, () => number>,
  options?: Benchmark.Options,
): Benchmark.Suite {
  const suite = new Benchmark.Suite(name);
  for (const [title, run] of Object.entries(functions)) {
    const body = () => {
      consumed += run();
    };
    suite.add(title, body, options);
  }
  return suite;
}

for (const make of [
  () => pointSuite('decimal'),
  () => pointSuite('random'),
  () => pointSuite('url'),
  scanSuite,
  putSuite,
  copySuite,
]) {
  const suite = make();
  console.log(`\n${(suite as unknown as { name: string }).name}`);
  suite.on('cycle', ({ target }: Benchmark.Event) => {
    const { name, stats, error } = target as unknown as Benchmark & { error?: Error };
    if (error !== undefined) throw error;
    console.log(`  ${name!.padEnd(34)}${figure(stats.mean * 1e9).padStart(9)} ns  ±${stats.rme.toFixed(1)}%`);
  });
  suite.run();
}
if (!Number.isFinite(consumed)) throw new Error('The results do not add up.');

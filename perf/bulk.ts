// npm run perf:bulk: what putMany, getMany, deleteRange and count save over the loops that they replace. Both sides of a
// pair do the same with the same entries in the same order, each with a DB of its own, and take turns batch by batch: so the
// noise of the machine is the same for both.
import { DB } from 'flat-memdb';
import { dbBenchLists } from './keys.js';
import { median } from './stats.js';
import { figure } from './table.js';

const ROUNDS = 7;
const BATCH = 1000;
const VALUE = new Uint8Array(100).fill(7);
/** Milliseconds. */
const WARM_UP = 2000;
const WAYS = ['loop', 'bulk'] as const;
type Way = (typeof WAYS)[number];
/** Who begins, changes from round to round. */
let turn = 0;

type Entry = [key: Uint8Array, value: Uint8Array];

/** Two ways to do the same in so many steps, each given what `prepare` makes; they return how many entries they met. */
interface Pair {
  title: string;
  entries: number;
  steps: number;
  prepare(): DB;
  loop(db: DB, step: number): number;
  bulk(db: DB, step: number): number;
}

function batches<T>(items: T[], size = BATCH): T[][] {
  const all: T[][] = [];
  for (let i = 0; i < items.length; i += size) all.push(items.slice(i, i + size));
  return all;
}

function puts(title: string, entries: Entry[], size: number): Pair {
  const all = batches(entries, size);
  return {
    title: `putMany, ${title}`,
    entries: entries.length,
    steps: all.length,
    prepare: () => new DB(),
    loop(db, step) {
      const batch = all[step];
      for (let i = 0; i < batch.length; i++) db.put(batch[i][0], batch[i][1]);
      return batch.length;
    },
    bulk(db, step) {
      db.putMany(all[step]);
      return all[step].length;
    },
  };
}

function pairs(n: number): Pair[] {
  const lists = dbBenchLists('decimal', n, 1);
  const bytes = (keys: string[]) => keys.map((key) => new Uint8Array(Buffer.from(key, 'latin1')));
  const withValues = (keys: Uint8Array[]) => keys.map((key): Entry => [key, VALUE]);
  const entries = withValues(bytes(lists.random));
  const reads = bytes(lists.reads);
  const readBatches = batches(reads);
  const sorted = bytes(lists.sorted);
  const ascending = withValues(sorted);
  const half = { start: sorted[n >> 2], limit: sorted[(n >> 2) + (n >> 1)] };
  const halfKeys = sorted.slice(n >> 2, (n >> 2) + (n >> 1));
  const filled = () => {
    const db = new DB();
    for (const [key, value] of entries) db.put(key, value);
    return db;
  };
  const full = filled();
  const some = `${BATCH.toLocaleString('en')} at a time`;
  return [
    puts(some, entries, BATCH),
    puts('all at once', entries, n),
    puts(`${some}, ascending`, ascending, BATCH),
    puts('all at once, ascending', ascending, n),
    {
      title: `getMany, ${BATCH.toLocaleString('en')} at a time`,
      entries: reads.length,
      steps: readBatches.length,
      prepare: () => full,
      loop(db, step) {
        let found = 0;
        const batch = readBatches[step];
        for (let i = 0; i < batch.length; i++) if (db.get(batch[i])![0] === 7) found++;
        return found;
      },
      bulk(db, step) {
        let found = 0;
        // Other ones than the loop has just had in the cache.
        const batch = readBatches[(step + (readBatches.length >> 1)) % readBatches.length];
        for (const value of db.getMany(batch)) if (value![0] === 7) found++;
        return found;
      },
    },
    {
      title: 'deleteRange of half',
      entries: halfKeys.length,
      steps: 1,
      prepare: filled,
      loop(db) {
        let deleted = 0;
        for (let i = 0; i < halfKeys.length; i++) if (db.delete(halfKeys[i])) deleted++;
        return deleted;
      },
      bulk: (db) => db.deleteRange(half),
    },
    {
      title: 'count of half',
      entries: halfKeys.length,
      steps: 1,
      prepare: () => full,
      loop(db) {
        let count = 0;
        for (const cursor = db.iterator(half); cursor.next();) count++;
        return count;
      },
      bulk: (db) => db.count(half),
    },
  ];
}

/** @returns ns per entry of both ways */
function measure(pair: Pair): Record<Way, number> {
  const dbs = { loop: pair.prepare(), bulk: pair.prepare() };
  const met = { loop: 0, bulk: 0 };
  const elapsed = { loop: 0, bulk: 0 };
  globalThis.gc?.();
  for (let step = 0; step < pair.steps; step++) {
    for (const way of (step + turn) % 2 === 0 ? WAYS : [...WAYS].reverse()) {
      const start = performance.now();
      met[way] += pair[way](dbs[way], step);
      elapsed[way] += performance.now() - start;
    }
  }
  turn++;
  for (const way of WAYS) {
    if (met[way] !== pair.entries) {
      throw new Error(`${pair.title}: ${way} met ${met[way]} of ${pair.entries} entries`);
    }
    elapsed[way] *= 1e6 / pair.entries;
  }
  return elapsed;
}

for (const n of [35_000, 1_000_000]) {
  console.log(`\nns per entry, n = ${n.toLocaleString('en')} decimals, medians of ${ROUNDS} rounds`);
  for (const pair of pairs(n)) {
    // What is called once for a thousand entries takes long to be compiled.
    for (const start = performance.now(); performance.now() < start + WARM_UP;) measure(pair);
    const rounds = Array.from({ length: ROUNDS }, () => measure(pair));
    const times = { loop: rounds.map((each) => each.loop), bulk: rounds.map((each) => each.bulk) };
    const ratios = rounds.map((each) => each.loop / each.bulk);
    const [loop, bulk] = [median(times.loop), median(times.bulk)];
    console.log(
      `  ${pair.title.padEnd(39)}loop ${figure(loop).padStart(6)}   bulk ${figure(bulk).padStart(6)}   ${figure(median(ratios))}x`,
    );
  }
}

// npm run perf:bulk: what putMany, getMany, deleteRange and count save over the loops that they replace. Both sides of a
// pair take turns, on the same entries in the same order, and every pass that fills or empties has a DB of its own.
import { DB } from 'flat-memdb';
import { dbBenchLists } from './keys.js';
import { median } from './stats.js';
import { figure } from './table.js';

const ROUNDS = 7;
const BATCH = 1000;
const VALUE = new Uint8Array(100).fill(7);

type Entry = [key: Uint8Array, value: Uint8Array];

/** Two ways to do the same, each given what `prepare` makes; they return how many entries they met. */
interface Pair {
  title: string;
  entries: number;
  prepare(): DB;
  loop(db: DB): number;
  bulk(db: DB): number;
}

function batches<T>(items: T[], size = BATCH): T[][] {
  const all: T[][] = [];
  for (let i = 0; i < items.length; i += size) all.push(items.slice(i, i + size));
  return all;
}

function puts(title: string, entries: Entry[], size: number): Pair {
  const entryBatches = batches(entries, size);
  return {
    title: `putMany, ${title}`,
    entries: entries.length,
    prepare: () => new DB(),
    loop(db) {
      for (let i = 0; i < entries.length; i++) db.put(entries[i][0], entries[i][1]);
      return db.length;
    },
    bulk(db) {
      for (const batch of entryBatches) db.putMany(batch);
      return db.length;
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
      prepare: () => full,
      loop(db) {
        let found = 0;
        for (let i = 0; i < reads.length; i++) if (db.get(reads[i])![0] === 7) found++;
        return found;
      },
      bulk(db) {
        let found = 0;
        for (const batch of readBatches) for (const value of db.getMany(batch)) if (value![0] === 7) found++;
        return found;
      },
    },
    {
      title: 'deleteRange of half',
      entries: halfKeys.length,
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

function measure(pair: Pair, way: 'loop' | 'bulk'): number {
  const db = pair.prepare();
  globalThis.gc?.();
  const start = performance.now();
  const met = pair[way](db);
  const elapsed = performance.now() - start;
  if (met !== pair.entries) throw new Error(`${pair.title}: ${way} met ${met} of ${pair.entries} entries`);
  return (elapsed * 1e6) / pair.entries;
}

for (const n of [35_000, 1_000_000]) {
  console.log(`\nns per entry, n = ${n.toLocaleString('en')} decimals, medians of ${ROUNDS} rounds`);
  for (const pair of pairs(n)) {
    const times: Record<'loop' | 'bulk', number[]> = { loop: [], bulk: [] };
    const ratios: number[] = [];
    for (let warm = 0; warm < 2; warm++) for (const way of ['loop', 'bulk'] as const) measure(pair, way);
    for (let round = 0; round < ROUNDS; round++) {
      for (const way of ['loop', 'bulk'] as const) times[way].push(measure(pair, way));
      ratios.push(times.loop[round] / times.bulk[round]);
    }
    const [loop, bulk] = [median(times.loop), median(times.bulk)];
    console.log(
      `  ${pair.title.padEnd(39)}loop ${figure(loop).padStart(6)}   bulk ${figure(bulk).padStart(6)}   ${figure(median(ratios))}x`,
    );
  }
}

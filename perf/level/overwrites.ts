// npm run perf -- --level --overwrites: ten million overwrites of 10,000 keys beside a snapshot that is open from the beginning, and what the
// database holds meanwhile; then the longest call of 400,000 overwrites of 200,000 keys.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemoryLevel } from 'flat-memdb/level';
import type { DB } from 'flat-memdb';

const STORES = Symbol.for('flat-memdb.level.stores');
const WRITES = 10_000_000;
const KEYS = 10_000;
const LIVE = 200_000;
const MB = 1 << 20;

/** The collector: arrays that wait for it are not held by the database. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

const keyOf = (i: number) => `key:${String(i).padStart(12, '0')}`;
const valueOf = (i: number) => String(i).padStart(100, '.');

/** Bytes of what the two DBs reserve for records and nodes, and of keys and values in them. */
function bytesOf(db: MemoryLevel): { reserved: number; visible: number } {
  const stores = (db as unknown as Record<symbol, readonly DB[]>)[STORES];
  let reserved = 0;
  let visible = 0;
  for (const store of stores) {
    reserved += store.kvData.byteLength + store.nodeData.byteLength;
    visible += store.size;
  }
  return { reserved, visible };
}

async function overwrite(): Promise<boolean> {
  const db = new MemoryLevel();
  await db.open();
  for (let i = 0; i < KEYS; i++) await db.put(keyOf(i), valueOf(i));
  const snapshot = db.snapshot();
  const collect = collector();
  let most = 0;
  let mostOfProcess = 0;
  for (let i = 0; i < WRITES; i++) {
    await db.put(keyOf((i * 7919) % KEYS), valueOf(i));
    if (i % 100_000 !== 0) continue;
    most = Math.max(most, bytesOf(db).reserved);
    collect();
    mostOfProcess = Math.max(mostOfProcess, process.memoryUsage().arrayBuffers);
  }
  const { visible } = bytesOf(db);
  const limit = 3 * visible + 16 * MB;
  const values = await db.values({ snapshot }).all();
  const isKept = values.length === KEYS && values.every((value, i) => value === valueOf(i));
  console.log(
    `${WRITES} overwrites of ${KEYS} keys: ${(visible / MB).toFixed(1)} MB visible, at most ${(most / MB).toFixed(1)} MB of records and ` +
      `nodes reserved, ${(mostOfProcess / MB).toFixed(1)} MB of all arrays of the process, limit ${(limit / MB).toFixed(1)} MB; ` +
      `the snapshot reads ${isKept ? 'what was there' : 'SOMETHING ELSE'}`,
  );
  return isKept && mostOfProcess < limit;
}

/** ms of the longest call, of overwrites of many keys: without a reader, and with a snapshot. */
async function longest(isRead: boolean): Promise<number> {
  const db = new MemoryLevel();
  await db.open();
  for (let i = 0; i < LIVE; i++) await db.put(keyOf(i), valueOf(i));
  const snapshot = isRead ? db.snapshot() : undefined;
  let most = 0;
  for (let i = 0; i < 2 * LIVE; i++) {
    const began = performance.now();
    await db.put(keyOf((i * 7919) % LIVE), valueOf(i));
    most = Math.max(most, performance.now() - began);
  }
  const began = performance.now();
  await snapshot?.close();
  return Math.max(most, performance.now() - began);
}

export async function runOverwrites(): Promise<number> {
  const isBelow = await overwrite();
  for (const isRead of [false, true]) {
    const runs: number[] = [];
    for (let run = 0; run < 5; run++) runs.push(await longest(isRead));
    runs.sort((a, b) => a - b);
    console.log(
      `longest call at ${LIVE} entries${isRead ? ', with a snapshot' : ''}: ${runs.map((ms) => ms.toFixed(1)).join(', ')} ms; median ${runs[2].toFixed(1)}`,
    );
  }
  return isBelow ? 0 : 1;
}

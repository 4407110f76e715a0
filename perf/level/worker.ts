// A process that measures one database: node --expose-gc build/perf/level/worker.js JOB, where JOB is a Job (protocol.ts) in JSON. Prints
// an Answer.
import { MemoryLevel } from 'flat-memdb/level';
import { MemoryLevel as Peer } from 'memory-level';
import { Scattered } from '../map/data.js';
import { Idle } from './idle.js';
import { SelfTimer, type SelfTimes } from './profile.js';
import { COPYING, IDLE, type Answer, type Encoding, type Job, type Row } from './protocol.js';

type Database = MemoryLevel<unknown, unknown>;
interface Operation {
  type: 'put';
  key: unknown;
  value: unknown;
}

const BATCH = 1000;
/** Passes over a smaller database before the one that counts: engines have compiled by then what they will. */
const WARM_PASSES = 4;
const WARM = 40_000;

const OPTIONS: Readonly<Record<Encoding, object>> = {
  view: { keyEncoding: 'view', valueEncoding: 'view', storeEncoding: 'view' },
  buffer: { keyEncoding: 'buffer', valueEncoding: 'buffer' },
  utf8: {},
  json: { valueEncoding: 'json' },
};

const keyText = (i: number) => `user:${String(i).padStart(11, '0')}`;
const valueText = (i: number) => `${keyText(i)} `.repeat(6).slice(0, 100);
const encoder = new TextEncoder();

const KEYS: Readonly<Record<Encoding, (i: number) => unknown>> = {
  view: (i) => encoder.encode(keyText(i)),
  buffer: (i) => Buffer.from(keyText(i)),
  utf8: keyText,
  json: keyText,
};
/** 100 bytes each. */
const VALUES: Readonly<Record<Encoding, (i: number) => unknown>> = {
  view: (i) => encoder.encode(valueText(i)),
  buffer: (i) => Buffer.from(valueText(i)),
  utf8: valueText,
  json: (i) => ({ id: i, name: keyText(i), tags: ['one', 'two'], at: 1.5 * i, active: true }),
};

async function open({ contestant, encoding }: Job): Promise<Database> {
  const options = OPTIONS[encoding];
  const db =
    contestant === 'memory-level'
      ? (new Peer<unknown, unknown>(options) as unknown as Database)
      : contestant === IDLE || contestant === COPYING
        ? (new Idle(options, contestant === COPYING) as unknown as Database)
        : new MemoryLevel<unknown, unknown>(options);
  await db.open();
  return db;
}

/** Looks at what was read, as who reads does: at how long it is, and at its last byte or character. */
function weight(value: unknown): number {
  if (typeof value === 'string') return value.length + value.charCodeAt(value.length - 1);
  if (value instanceof Uint8Array) return value.length + value[value.length - 1];
  if (value === undefined) return 0;
  return typeof value === 'object' ? (value as { id: number }).id : Number(value);
}

async function measureTimes(job: Job): Promise<Answer> {
  for (let i = 0; i < WARM_PASSES; i++) await pass(job, Math.min(WARM, job.n));
  return pass(job, job.n, job.what === 'profile' ? new SelfTimer() : undefined);
}

async function pass(job: Job, n: number, timer?: SelfTimer): Promise<Answer> {
  const { encoding } = job;
  const numbers = new Scattered(n);
  const order = Array.from({ length: n }, (_, i) => numbers.at(i));
  const keys = order.map(KEYS[encoding]);
  const values = order.map(VALUES[encoding]);
  const others = Array.from({ length: n }, (_, i) => numbers.at((i * 7919) % n)).map(KEYS[encoding]);
  const times: Partial<Record<Row, number>> = {};
  const profile: Partial<Record<Row, SelfTimes>> = {};
  let sum = 0;
  const time = async (row: Row, count: number, run: () => Promise<void>) => {
    globalThis.gc?.();
    if (timer !== undefined) {
      profile[row] = await timer.time(run);
      return;
    }
    const began = performance.now();
    await run();
    times[row] = ((performance.now() - began) * 1e6) / count;
  };

  let db = await open(job);
  await time('put', n, async () => {
    for (let i = 0; i < n; i++) await db.put(keys[i], values[i]);
  });
  await time('overwrite', n, async () => {
    for (let i = 0; i < n; i++) await db.put(others[i], values[i]);
  });
  await db.close();
  db = await open(job);
  await time('batch', n, async () => {
    for (let from = 0; from < n; from += BATCH) {
      const operations: Operation[] = [];
      for (let i = from; i < Math.min(n, from + BATCH); i++) {
        operations.push({ type: 'put', key: keys[i], value: values[i] });
      }
      await db.batch(operations);
    }
  });
  await time('get', n, async () => {
    for (const key of others) sum += weight(await db.get(key));
  });
  await time('getSync', n, () => {
    for (const key of others) sum += weight(db.getSync(key));
    return Promise.resolve();
  });
  await time('getMany', n, async () => {
    for (let from = 0; from < n; from += BATCH) {
      for (const value of await db.getMany(others.slice(from, from + BATCH))) sum += weight(value);
    }
  });
  await time('iterate', n, async () => {
    for await (const [key, value] of db.iterator()) sum += weight(key) + weight(value);
  });
  await time('nextv', n, async () => {
    const iterator = db.iterator();
    for (let entries; (entries = await iterator.nextv(BATCH)).length > 0;) {
      for (const [key, value] of entries) sum += weight(key) + weight(value);
    }
    await iterator.close();
  });
  await time('all', n, async () => {
    for (const [key, value] of await db.iterator().all()) sum += weight(key) + weight(value);
  });
  await time('keys', n, async () => {
    for (const key of await db.keys().all()) sum += weight(key);
  });
  await time('values', n, async () => {
    for (const value of await db.values().all()) sum += weight(value);
  });
  await time('reverse', n, async () => {
    for (const [key, value] of await db.iterator({ reverse: true }).all()) sum += weight(key) + weight(value);
  });
  const sublevels = Math.min(n, 20_000);
  await time('sublevel', sublevels, async () => {
    for (let i = 0; i < sublevels; i++) await db.sublevel(`s${i % 100}`).open();
  });
  await time('del', n, async () => {
    for (const key of others) await db.del(key);
  });
  const sublevel = db.sublevel<unknown, unknown>('all', OPTIONS[encoding]);
  await sublevel.open();
  for (let from = 0; from < n; from += BATCH) {
    const part = keys.slice(from, from + BATCH);
    await sublevel.batch(part.map((key, i) => ({ type: 'put', key, value: values[from + i] })));
  }
  await time('clear', n, () => sublevel.clear());
  sum += (await db.keys().all()).length;
  return timer === undefined
    ? { times: times as Record<Row, number>, sum }
    : { profile: profile as Record<Row, SelfTimes> };
}

/** Keys and values are made one by one, and kept by nobody else. */
async function measureMemory(job: Job): Promise<Answer> {
  const { encoding, n } = job;
  const db = await open(job);
  const numbers = new Scattered(n);
  await settle();
  const before = process.memoryUsage();
  for (let i = 0; i < n; i++) await db.put(KEYS[encoding](numbers.at(i)), VALUES[encoding](numbers.at(i)));
  await settle();
  const after = process.memoryUsage();
  if ((await db.get(KEYS[encoding](0))) === undefined) throw new Error('an entry was lost');
  return { heap: (after.heapUsed - before.heapUsed) / n, resident: (after.rss - before.rss) / n };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const job = JSON.parse(process.argv[2]) as Job;
process.stdout.write(JSON.stringify(await (job.what === 'memory' ? measureMemory(job) : measureTimes(job))));

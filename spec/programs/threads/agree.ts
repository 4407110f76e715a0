import { DB, checkStructure } from 'flat-memdb';
import { History } from '../../support/history.js';
import type { Told } from '../../support/tally.js';
import { COUNTERS, Mixer, counterKey } from './mixer.js';
import { orderNamed } from './orders.js';
import { patiently } from './recovering.js';
import { Thread } from './start.js';
import { numberOf } from './stamps.js';

/** A kind of shared DB. */
export interface Shape {
  readonly name: string;
  readonly maxCapacity: number;
  readonly reverse: boolean;
  /** A compaction with every write of so many, beside those that are due. */
  readonly compactEvery?: number;
}

export const SHAPES: readonly Shape[] = [
  { name: 'small, compacting when it is full', maxCapacity: 1 << 16, reverse: false },
  { name: 'compacting every fifth write', maxCapacity: 1 << 18, reverse: false, compactEvery: 5 },
  { name: 'reverse, compacting every third write', maxCapacity: 1 << 18, reverse: true, compactEvery: 3 },
  { name: 'large, compacting when it is due', maxCapacity: 1 << 21, reverse: false },
];

const THREADS = 3;
/** No thread is stopped for so long. */
const TIMEOUT = 60_000;

export function makeDB(shape: Shape, lockTimeout = TIMEOUT): DB {
  const { maxCapacity, reverse, compactEvery } = shape;
  const inside = {
    [Symbol.for('flat-memdb.internals')]: {
      kvLimit: 2 ** 31 - 1,
      nodeLimit: 2 ** 31 - 1,
      allocate: (bytes: number) => new ArrayBuffer(bytes),
      compactEvery,
    },
  };
  return DB.create({ shared: true, maxCapacity, lockTimeout, comparer: orderNamed(reverse), ...inside });
}

interface Report {
  readonly log: Int32Array;
  readonly counts: readonly number[];
  readonly calls: number;
  readonly written: number;
}

/**
 * Several threads make random calls on one DB, all on the same keys. What they saw must be what could have been seen, had they
 * called one after the other; and so must be what is there at the end. Counters have lost nothing.
 */
export async function checkAgreement(shape: Shape, seed: number, facts: number): Promise<Told> {
  const db = makeDB(shape);
  const clock = new SharedArrayBuffer(12);
  const words = new Int32Array(clock);
  const { handle } = db;
  const { reverse } = shape;
  const threads = Array.from({ length: THREADS }, (_, i) => {
    const share = { thread: i + 1, seed: seed + i, reverse };
    return new Thread({ role: 'mix', handle, reverse, share, facts, clock });
  });
  await threads[0].until(words, 1, (count) => count === THREADS);
  Atomics.store(words, 2, 1);
  Atomics.notify(words, 2);

  const reports = Promise.all(threads.map((thread) => thread.message<Report>()));
  let isOver = false;
  const over = reports.finally(() => (isOver = true));
  over.catch(() => {});
  let checks = 0;
  for (; !isOver; checks++) {
    checkStructure(db);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const told = await over;
  await Promise.all(threads.map((thread) => thread.end()));

  const history = new History();
  for (const { log } of told) history.add(log);
  const last = new Mixer(db, words, { thread: THREADS + 1, seed, reverse });
  last.lookAll();
  history.add(last.log);
  const trouble = history.trouble();
  if (trouble !== undefined) throw new Error(`${shape.name}, seed ${seed}: ${trouble}`);
  for (let i = 0; i < COUNTERS; i++) {
    const key = counterKey(i);
    const expected = told.reduce((sum, { counts }) => sum + counts[i], 0);
    const found = numberOf(key, db.get(key)!);
    if (found !== expected) {
      throw new Error(`${shape.name}, seed ${seed}: counter ${i} is ${found} after ${expected} increments`);
    }
  }
  await patiently(() => checkStructure(db));
  const calls = told.reduce((sum, report) => sum + report.calls, 0);
  const written = told.reduce((sum, report) => sum + report.written, 0);
  // Without a compaction, all that was written would be there.
  if (db.kvLength >= written) throw new Error(`${shape.name}: nothing was compacted`);
  const line =
    `${shape.name}: ${calls} calls of ${THREADS} threads, ${history.count} facts, ${checks} checks meanwhile, ` +
    `${written} bytes written, of which ${db.kvLength} are left`;
  return { line, tally: { operations: calls } };
}

import { DB, LockTimeoutError, MemDBError, SharedRWLock, checkStructure, type DBHandle } from 'flat-memdb';
import { History } from '../../support/history.js';
import { COUNTERS, Mixer, counterKey, type Share } from '../threads/mixer.js';
import { numberOf, stamped } from '../threads/stamps.js';

/*
 * A page and workers at one DB. A page may not wait, so it awaits a side of `db.lock` before each of its calls.
 */

/** What is posted to a worker: to make calls, and say what it did; or to write until it is killed, having said who it is. */
export interface Order {
  readonly handle: DBHandle;
  readonly clock: SharedArrayBuffer;
  readonly share: Share;
  /** Infinity for one that is to be killed. */
  readonly facts: number;
  /** Name of a lock of the browser that it holds as long as it lives. */
  readonly life: string;
}

export interface Report {
  /** What it failed with. */
  readonly trouble?: string;
  readonly threadId: number;
  readonly log: Int32Array;
  readonly counts: readonly number[];
}

/** What a page has of workers, and of the browser's locks; the DOM's types are not at hand. */
interface WebWorker {
  onmessage: (event: { data: Report }) => void;
  onerror: (event: { message: string }) => void;
  postMessage(order: Order): void;
  terminate(): void;
}
interface Page {
  readonly Worker: new (url: string, options: { type: 'module' }) => WebWorker;
  readonly navigator: { locks: { request(name: string, granted: () => Promise<void>): Promise<void> } };
}
const page = globalThis as unknown as Page;

class Helper {
  static #count = 0;
  readonly #life = `worker ${Helper.#count++}`;
  readonly #worker = new page.Worker('/threads-worker.mjs', { type: 'module' });
  /** The next message. */
  readonly report: Promise<Report>;

  constructor(order: Omit<Order, 'life'>) {
    this.report = new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => {
        if (data.trouble === undefined) resolve(data);
        else reject(new Error(data.trouble));
      };
      this.#worker.onerror = ({ message }) => reject(new Error(message));
    });
    this.#worker.postMessage({ ...order, life: this.#life });
  }

  /** Ends it, and comes back when it is gone for certain, which `terminate` alone does not tell. */
  async kill(): Promise<void> {
    this.#worker.terminate();
    await page.navigator.locks.request(this.#life, () => Promise.resolve());
  }
}

const WORKERS = 2;
const FACTS = 6000;
const KILLS = 6;

export async function checkThreads(): Promise<string> {
  const db = DB.create({ shared: true, maxCapacity: 1 << 17, lockTimeout: 60_000 });
  const clock = new SharedArrayBuffer(4);
  const orderOf = (thread: number, facts: number) => ({
    handle: db.handle,
    clock,
    share: { thread, seed: thread, reverse: false },
    facts,
  });
  const helpers = Array.from({ length: WORKERS }, (_, i) => new Helper(orderOf(i + 1, FACTS)));
  const reports = Promise.all(helpers.map(({ report }) => report));

  const { share } = orderOf(WORKERS + 1, FACTS);
  const own = new Mixer(db, new Int32Array(clock), share);
  const lock = db.lock as SharedRWLock;
  while (own.facts < FACTS) {
    const { isWrite, run } = own.next();
    await (isWrite ? lock.lockAsync() : lock.rlockAsync());
    try {
      run();
    } finally {
      if (isWrite) lock.unlock();
      else lock.runlock();
    }
  }
  const told = await reports;
  for (const helper of helpers) await helper.kill();

  const history = new History();
  for (const { log } of told) history.add(log);
  own.lookAll();
  history.add(own.log);
  const trouble = history.trouble();
  if (trouble !== undefined) throw new Error(trouble);
  for (let i = 0; i < COUNTERS; i++) {
    const expected = told.reduce((sum, { counts }) => sum + counts[i], own.counts[i]);
    const found = numberOf(counterKey(i), db.get(counterKey(i))!);
    if (found !== expected) throw new Error(`counter ${i} is ${found} after ${expected} increments`);
  }
  checkStructure(db);
  const held = await checkKills(orderOf);
  return (
    `a page and ${WORKERS} workers at one DB: ${history.count} facts agree, counters lost nothing; ` +
    `${KILLS} workers killed while they wrote, ${held} with the lock, and recovered from`
  );
}

/** @returns how many had the lock */
async function checkKills(orderOf: (thread: number, facts: number) => Omit<Order, 'life'>): Promise<number> {
  const db = DB.attach(orderOf(0, 0).handle, { lockTimeout: 150 });
  const lock = db.lock as SharedRWLock;
  let held = 0;
  for (let round = 1; round <= KILLS; round++) {
    const helper = new Helper(orderOf(round, Infinity));
    const { threadId } = await helper.report;
    await new Promise((resolve) => setTimeout(resolve, 10 * round));
    await helper.kill();
    try {
      await lock.lockAsync();
      lock.unlock();
    } catch (error) {
      if (!(error instanceof LockTimeoutError) || error.holders.join() !== `${threadId}`) throw error;
      held++;
    }
    db.recover({ dead: threadId });
    checkStructure(db);
    for (const [key, value] of db) numberOf(key, value);
    await lock.lockAsync();
    db.put(counterKey(9), stamped(counterKey(9), round, 0));
    lock.unlock();
  }
  db.close();
  return held;
}

/** Where there is no shared memory, what is said about it. */
export function checkWithoutIsolation(): string {
  for (const make of [() => DB.create({ shared: true }), () => new SharedRWLock()]) {
    let message = '';
    try {
      make();
    } catch (error) {
      if (error instanceof MemDBError && error.code === 'MEMDB_NOT_ISOLATED') ({ message } = error);
    }
    const headers = ['Cross-Origin-Opener-Policy', 'Cross-Origin-Embedder-Policy'];
    if (!headers.every((header) => message.includes(header))) {
      throw new Error(`a page without isolation is told '${message}'`);
    }
  }
  new DB().put(new Uint8Array(1), new Uint8Array(1));
  return 'a page without the headers COOP and COEP is told so, and has all that is not shared';
}

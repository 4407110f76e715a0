import { parentPort, threadId, workerData } from 'node:worker_threads';
import { DB, LockTimeoutError } from 'flat-memdb';
import { Prng } from '../../support/prng.js';
import { Mixer, counterKey } from './mixer.js';
import { orderNamed } from './orders.js';
import {
  CALLS,
  DEAD,
  DEATHS,
  DONE,
  RECOVERED,
  STARTED,
  STOP,
  TIMEOUTS,
  type Bystander,
  type Guest,
  type Holder,
  type Mix,
  type Recoverer,
  type Role,
  type Victim,
} from './roles.js';
import { drawStep } from './script.js';
import { numberOf, stamped } from './stamps.js';
import { recoverPatiently } from './recovering.js';

/** Milliseconds: of those who are to see that somebody died, and of all others. */
const SHORT = 40;
const LONG = 60_000;

const bytes = (text: string) => new TextEncoder().encode(text);

function post(message: unknown): void {
  parentPort!.postMessage(message);
}

function mix(db: DB, { share, facts, clock }: Mix): void {
  const words = new Int32Array(clock);
  const mixer = new Mixer(db, words, share);
  // All begin at once.
  Atomics.add(words, 1, 1);
  Atomics.wait(words, 2, 0);
  while (mixer.facts < facts) mixer.next().run();
  const { log, counts, calls, written } = mixer;
  post({ log, counts, calls, written });
}

function victim(db: DB, { seed, reverse, progress }: Victim): void {
  const words = new Int32Array(progress);
  const prng = new Prng(seed);
  for (let i = 1; ; i++) {
    const step = drawStep(prng, i, reverse);
    Atomics.store(words, STARTED, i);
    step.apply(db);
    Atomics.store(words, DONE, i);
  }
}

async function bystander(db: DB, { name, control }: Bystander): Promise<void> {
  const words = new Int32Array(control);
  const key = bytes(`bystander ${name}`);
  let count = 0;
  let deaths = 0;
  while (Atomics.load(words, STOP) === 0) {
    try {
      db.update(key, (old) => stamped(key, old === undefined ? 1 : numberOf(key, old) + 1, 30));
      count++;
      let entries = 0;
      for (const [each, value] of db.entries({ start: bytes('victim') })) {
        numberOf(each, value);
        if (++entries === 20) break;
      }
      Atomics.add(words, CALLS, 1);
      // The one that is to be killed shall do most.
      Atomics.wait(words, DEATHS, deaths, 1);
    } catch (error) {
      if (!(error instanceof LockTimeoutError)) throw error;
      if (error.holders.includes(threadId))
        throw new Error('a thread stands in its own way', { cause: error });
      Atomics.add(words, TIMEOUTS, 1);
      // Whoever is in the way is dead, and somebody will say so; or it was only slow.
      Atomics.wait(words, DEATHS, deaths, 20);
    }
    const now = Atomics.load(words, DEATHS);
    if (now !== deaths) {
      deaths = now;
      await recoverPatiently(db, Atomics.load(words, DEAD));
      Atomics.add(words, RECOVERED, 1);
      Atomics.notify(words, RECOVERED);
    }
  }
  db.close();
  post({ count });
}

function holder(db: DB, { way, progress }: Holder): void {
  const words = new Int32Array(progress);
  const key = bytes('held');
  const stay = (): never => {
    Atomics.store(words, STARTED, 1);
    Atomics.notify(words, STARTED);
    for (;;) Atomics.wait(words, DONE, 0);
  };
  if (way === 'read') db.read(key, stay);
  if (way === 'update') db.update(key, stay);
  if (way === 'rlock') db.lock.rlock();
  if (way === 'lock') db.lock.lock();
  if (way === 'scan') {
    Atomics.store(words, STARTED, 1);
    for (;;) for (const [each, value] of db) if (value.length > 12) numberOf(each, value);
  }
  stay();
}

function recoverer(db: DB, { dead, progress }: Recoverer): void {
  const words = new Int32Array(progress);
  Atomics.store(words, STARTED, 1);
  Atomics.notify(words, STARTED);
  db.recover({ dead });
  Atomics.store(words, DONE, 1);
  for (;;) Atomics.wait(words, DONE, 1);
}

function guest(db: DB, { number }: Guest): void {
  const own = bytes(`guest ${number}`);
  const common = counterKey(0);
  const increment = (old: Uint8Array | undefined) =>
    stamped(common, old === undefined ? 1 : numberOf(common, old) + 1, 5);
  db.put(own, stamped(own, number, 10));
  for (let i = 0; i < 10; i++) db.update(common, increment);
  parentPort!.once('message', () => {
    db.close();
    post({ isClosed: true });
  });
  post({ isClosed: false });
}

async function play(role: Role): Promise<void> {
  const lockTimeout = role.role === 'bystander' ? SHORT : LONG;
  const db = DB.attach(role.handle, { comparer: orderNamed(role.reverse), lockTimeout });
  if (role.role === 'mix') mix(db, role);
  if (role.role === 'victim') victim(db, role);
  if (role.role === 'bystander') await bystander(db, role);
  if (role.role === 'holder') holder(db, role);
  if (role.role === 'recoverer') recoverer(db, role);
  if (role.role === 'guest') guest(db, role);
}

await play(workerData as Role);

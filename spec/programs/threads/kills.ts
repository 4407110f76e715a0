import type { DB } from 'flat-memdb';
import { LockTimeoutError, checkStructure } from 'flat-memdb';
import { sameBytes } from '../../support/bytes.js';
import { Prng } from '../../support/prng.js';
import type { Told } from '../../support/tally.js';
import { makeDB, type Shape } from './agree.js';
import { patiently, recoverPatiently } from './recovering.js';
import {
  CALLS,
  CONTROL_WORDS,
  DEAD,
  DEATHS,
  DONE,
  RECOVERED,
  STARTED,
  STOP,
  TIMEOUTS,
  type Holder,
} from './roles.js';
import { PREFIX, drawStep, type Contents } from './script.js';
import { Thread } from './start.js';
import { numberOf, stamped } from './stamps.js';

/** Milliseconds: long enough that nobody who lives is in the way for it, most of the time. */
const SHORT = 50;
/** A few rounds of those that one is after; and how many rounds may pass until there are as many. */
const ENOUGH = 2;
const MOST = 100;
const BYSTANDERS = ['one', 'two'];

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (array: Uint8Array) => new TextDecoder().decode(array);
const sharedWords = (count: number) => new Int32Array(new SharedArrayBuffer(4 * count));

/**
 * A thread writes as fast as it can and is killed, again and again, while two others go on. They hear who died, and call `recover`
 * both at once, as does this thread, every other time. What was acknowledged must be there, and of the last call all or nothing.
 */
export async function checkKills(shape: Shape, seed: number, rounds: number): Promise<Told> {
  const db = makeDB(shape, SHORT);
  const { handle } = db;
  const { reverse } = shape;
  const control = sharedWords(CONTROL_WORDS);
  const bystanders = BYSTANDERS.map(
    (name) => new Thread({ role: 'bystander', handle, reverse, name, control: control.buffer }),
  );
  const prng = new Prng(seed);
  let contents: Contents = new Map();
  let steps = 0;
  let inside = 0;
  let held = 0;
  let round = 0;
  // Some must have died with the lock.
  while (++round <= rounds || (held < ENOUGH && round <= MOST)) {
    const progress = sharedWords(2);
    const scriptSeed = seed + 1000 * round;
    const victim = new Thread({
      role: 'victim',
      handle,
      reverse,
      seed: scriptSeed,
      progress: progress.buffer,
    });
    await victim.until(progress, DONE, (done) => done > prng.below(300));
    await new Promise((resolve) => setTimeout(resolve, prng.below(4)));
    await victim.kill();

    if (isInTheWay(db, victim.id)) held++;
    control[DEAD] = victim.id;
    Atomics.store(control, DEATHS, round);
    Atomics.notify(control, DEATHS);
    if (round % 2 === 0) await recoverPatiently(db, victim.id);
    for (const bystander of bystanders)
      await bystander.until(control, RECOVERED, (count) => count >= BYSTANDERS.length * round);

    await patiently(() => checkStructure(db));
    const done = Atomics.load(progress, DONE);
    const started = Atomics.load(progress, STARTED);
    if (started > done) inside++;
    steps += done;
    const where = `${shape.name}, seed ${seed}, round ${round}, ${done} steps done, ${started} begun`;
    const script = new Prng(scriptSeed);
    for (let i = 1; i <= done; i++) drawStep(script, i, reverse).expect(contents);
    contents = await requireContents(
      db,
      contents,
      started > done ? drawStep(script, started, reverse) : undefined,
      where,
    );
  }
  Atomics.store(control, STOP, 1);
  for (const [i, bystander] of bystanders.entries()) {
    const { count } = await bystander.message<{ count: number }>();
    await bystander.end();
    const key = bytes(`bystander ${BYSTANDERS[i]}`);
    const found = numberOf(key, db.get(key)!);
    if (found !== count)
      throw new Error(`${shape.name}, seed ${seed}: ${found} of ${count} increments are there`);
  }
  const line =
    `${shape.name}: ${round - 1} kills after ${steps} steps, ${inside} within a call, ${held} in the way of others; ` +
    `two others made ${control[CALLS]} rounds of calls and got ${control[TIMEOUTS]} LockTimeoutErrors`;
  return { line, tally: { operations: steps + control[CALLS], killed: round - 1, inTheWay: held } };
}

/** Whether a dead thread has left the lock held. @throws Error where it is said to be another one's fault */
function isInTheWay(db: DB, dead: number): boolean {
  try {
    db.put(bytes('probe'), stamped(bytes('probe'), 1, 0));
    return false;
  } catch (error) {
    if (!(error instanceof LockTimeoutError)) throw error;
    // On a busy machine, one of the living may have been in the way.
    return error.holders.includes(dead);
  }
}

/** @returns what is there, which must be what was expected, and of a step that was cut off all or nothing */
async function requireContents(
  db: DB,
  before: Contents,
  last: ReturnType<typeof drawStep> | undefined,
  where: string,
): Promise<Contents> {
  const after: Contents = new Map(before);
  last?.expect(after);
  const found = await patiently(() => {
    const entries: Contents = new Map();
    // One look, under one lock.
    db.lock.rlock();
    try {
      for (const [key, value] of db) if (text(key).startsWith(PREFIX)) entries.set(text(key), value);
    } finally {
      db.lock.runlock();
    }
    return entries;
  });
  let olds = 0;
  let news = 0;
  for (const name of new Set([...before.keys(), ...after.keys(), ...found.keys()])) {
    const value = found.get(name);
    if (value !== undefined) numberOf(bytes(name), value);
    const isOld = sameBytes(value, before.get(name));
    const isNew = sameBytes(value, after.get(name));
    if (!isOld && !isNew)
      throw new Error(`${where}: ${name} is neither what it was nor what was written last`);
    if (!isNew) olds++;
    if (!isOld) news++;
    if (!sameBytes(value, await patiently(() => db.get(bytes(name)))))
      throw new Error(`${where}: get and a scan differ about ${name}`);
  }
  if (olds > 0 && news > 0 && !last!.isSplit) throw new Error(`${where}: the last call is half there`);
  return found;
}

const WAYS: readonly Holder['way'][] = ['read', 'rlock', 'scan', 'update', 'lock'];

/**
 * A thread dies for certain with the lock held, in each of several ways; then another dies while it recovers from that. The next
 * one must find all as it was.
 */
export async function checkDeathsInRecover(shape: Shape, entries: number, seed: number): Promise<Told> {
  const db = makeDB(shape, SHORT);
  const { reverse } = shape;
  const prng = new Prng(seed);
  const keys = Array.from({ length: entries }, (_, i) => bytes(`entry ${String(i).padStart(8, '0')}`));
  db.putMany(keys.map((key, i) => [key, stamped(key, i, i % 20)] as const));
  db.put(bytes('held'), stamped(bytes('held'), 1, 0));
  let within = 0;
  let round = 0;
  for (; round < WAYS.length || (within < ENOUGH && round < MOST); round++) {
    const way = WAYS[round % WAYS.length];
    const held = sharedWords(2);
    const holder = new Thread({
      role: 'holder',
      handle: db.handle,
      reverse,
      way,
      progress: held.buffer,
    });
    await holder.until(held, STARTED, (value) => value === 1);
    await holder.kill();
    const put = (number: number) => db.put(bytes('held'), stamped(bytes('held'), number, 0));
    const error = timeoutOf(() => put(2));
    // One that scans may have been between two steps.
    if (way !== 'scan' && error?.holders.join() !== `${holder.id}`)
      throw new Error(`${way}: thread ${holder.id} died with the lock, and there was ${String(error)}`);

    const begun = sharedWords(2);
    const recoverer = new Thread({
      role: 'recoverer',
      handle: db.handle,
      reverse,
      dead: holder.id,
      progress: begun.buffer,
    });
    await recoverer.until(begun, STARTED, (value) => value === 1);
    await new Promise((resolve) => setTimeout(resolve, prng.below(3)));
    await recoverer.kill();
    if (Atomics.load(begun, DONE) === 0) within++;
    // Whoever is in the way now is dead. A thread that recovers has to be named, or it is waited for.
    const refusal = prng.below(2) === 0 ? timeoutOf(() => db.recover()) : undefined;
    if (refusal !== undefined && refusal.holders.join() !== `${recoverer.id}`)
      throw new Error(`${way}: ${String(refusal)}`);
    // If it had begun, this does what it was about to do; if not, the holder is in the way as before.
    const inTheWay = timeoutOf(() => db.recover({ dead: recoverer.id }));
    if (inTheWay !== undefined) {
      if (inTheWay.holders.join() !== `${holder.id}`) throw new Error(`${way}: ${String(inTheWay)}`);
      await recoverPatiently(db, [holder.id, recoverer.id]);
    }
    const other = timeoutOf(() => put(3));
    if (other !== undefined && other.holders.join() !== `${holder.id}`)
      throw new Error(`${way}: ${String(other)}`);
    if (other !== undefined) await recoverPatiently(db, holder.id);
    requireEntries(db, keys, `${shape.name}, ${way}, round ${round}`);
    put(4);
    // So that places don't run out: those that died before they were in the way of anybody are still there.
    db.recover({ dead: [holder.id, recoverer.id] });
  }
  const line =
    `${shape.name}: ${round} threads killed with the lock, and those that recovered from it, ${within} within recover; ` +
    `${entries} entries each time`;
  return { line, tally: { operations: round * entries, killed: 2 * round, inTheWay: round + within } };
}

function requireEntries(db: DB, keys: readonly Uint8Array[], where: string): void {
  checkStructure(db);
  const found = [...db].filter(([key]) => text(key) !== 'held');
  if (found.length !== keys.length)
    throw new Error(`${where}: ${found.length} of ${keys.length} entries are there`);
  const numbers = found.map(([key, value]) => [text(key), numberOf(key, value)] as const);
  for (const [name, number] of numbers) {
    if (name !== text(keys[number])) throw new Error(`${where}: entry ${number} is ${name}`);
  }
}

function timeoutOf(call: () => void): LockTimeoutError | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof LockTimeoutError) return error;
    throw error;
  }
}

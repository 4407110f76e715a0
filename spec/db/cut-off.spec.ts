import type { DB as RealDB, DBIterator, DBOptions } from '../../lib/index.js';
import { text, utf8 } from '../support/bytes.js';
import { Cutter, CutOff, ENDINGS } from '../support/cutpoints.js';
import { loadLib } from '../support/loadcut.js';

/*
 * A call may be cut off anywhere: at the end of the stack, or by a timeout. Every call is, here, at every point there is; then it must have
 * happened or not, everything else be as it was, and the DB go on as any other.
 */

const cutter = new Cutter();
const { lib, internals } = loadLib(cutter);
const { DB, LockMisuseError, checkStructure } = lib;
const { localMemory, tableOf, withInternals } = internals;

const few = ['d', 'b', 'f', 'a', 'c', 'e'];
const many = Array.from({ length: 70 }, (_, i) => `key ${String((i * 37) % 70).padStart(4, '0')}`);
const some = many.slice(0, 24);
const long = 'v'.repeat(45);

const MANY_POINTS = 60;

interface Scene {
  db: RealDB;
  /** A key that the call may have put or deleted. */
  one: string;
  /** On the third entry. */
  it: DBIterator;
  /** On an entry that was deleted. */
  orphan: DBIterator;
  /** What the call gave that is to be compared. */
  result?: unknown;
}

interface Case {
  readonly name: string;
  readonly before: readonly string[];
  readonly call: (scene: Scene) => unknown;
  /** Steps that the cursor makes before. */
  readonly steps?: number;
  /** It runs a caller's code: a timeout in there leaves the lock held. */
  readonly lends?: true;
}

const CALLS: Case[] = [
  { name: 'put into an empty DB', before: [], call: ({ db }) => db.put(utf8('a'), utf8('new')) },
  { name: 'put of a new key', before: few, call: ({ db }) => db.put(utf8('bb'), utf8('new')) },
  { name: 'put before all', before: few, call: ({ db }) => db.put(utf8('A'), utf8('new')) },
  { name: 'put behind all', before: few, call: ({ db }) => db.put(utf8('g'), utf8('new')) },
  {
    name: 'put that splits a page',
    before: many.slice(0, 63),
    call: ({ db }) => db.put(utf8('key 0500'), utf8(long)),
  },
  {
    name: 'put that makes an array grow',
    before: few,
    call: ({ db }) => db.put(utf8('bb'), utf8('v'.repeat(7000))),
  },
  { name: 'put in place of a value', before: few, call: ({ db }) => db.put(utf8('c'), utf8(long)) },
  { name: 'put in place of a value, many', before: some, call: ({ db }) => db.put(utf8(many[5]), utf8('')) },
  { name: 'get', before: few, call: ({ db }) => text(db.get(utf8('c'))) },
  { name: 'get where nodes wait', before: some, call: ({ db }) => text(db.get(utf8(many[5]))) },
  { name: 'get of a missing key', before: some, call: ({ db }) => text(db.get(utf8(`${many[5]} `))) },
  { name: 'has', before: few, call: ({ db }) => db.has(utf8('c')) },
  { name: 'read', before: few, lends: true, call: ({ db }) => db.read(utf8('c'), (value) => text(value)) },
  { name: 'find', before: few, call: ({ db }) => db.find(utf8('cc'))?.map(text) },
  { name: 'getMany', before: some, call: ({ db }) => db.getMany(many.slice(0, 5).map(utf8)).map(text) },
  {
    name: 'first, last, at, count',
    before: few,
    call: ({ db }) => [db.first(), db.last(), db.at(2), db.count({ start: utf8('b') })].map(String),
  },
  { name: 'delete', before: few, call: ({ db }) => db.delete(utf8('c')) },
  { name: 'delete of the first', before: few, call: ({ db }) => db.delete(utf8('a')) },
  { name: 'delete of the last', before: few, call: ({ db }) => db.delete(utf8('f')) },
  { name: 'delete of the only one', before: ['a'], call: ({ db }) => db.delete(utf8('a')) },
  { name: 'delete among many', before: some, call: ({ db }) => db.delete(utf8(many[7])) },
  {
    name: 'deleteRange',
    before: many.slice(0, 20),
    call: ({ db }) => db.deleteRange({ start: utf8('key 0010'), limit: utf8('key 0030') }),
  },
  {
    name: 'update',
    before: few,
    lends: true,
    call: ({ db }) => db.update(utf8('c'), (value) => utf8(`${text(value)}!`)),
  },
  {
    name: 'update that deletes',
    before: few,
    lends: true,
    call: ({ db }) => db.update(utf8('c'), () => undefined),
  },
  {
    name: 'putMany of new keys and old ones',
    before: few,
    call: ({ db }) => db.putMany(['bb', 'c', 'cc', 'h'].map((key) => [utf8(key), utf8(`many ${key}`)])),
  },
  {
    name: 'putMany above all others',
    before: few,
    call: ({ db }) =>
      db.putMany([...many.slice(0, 18), many[3]].map((key) => [utf8(key), utf8(`many ${key}`)])),
  },
  { name: 'reset', before: few, call: ({ db }) => db.reset() },
  { name: 'compact', before: [...few, ...few], call: ({ db }) => db.compact() },
  { name: 'entries', before: few, call: ({ db }) => [...db.entries({ start: utf8('b') })].map(String) },
  { name: 'next', before: few, call: ({ it }) => it.next() },
  { name: 'prev', before: few, call: ({ it }) => it.prev() },
  {
    name: 'next where it reads a page ahead',
    before: many.slice(0, 10),
    steps: 3,
    call: ({ it }) => it.next(),
  },
  { name: 'prev within a page read ahead', before: many.slice(0, 10), steps: 5, call: ({ it }) => it.prev() },
  { name: 'seek', before: few, call: ({ it }) => it.seek(utf8('e')) },
  { name: 'first of a cursor', before: few, call: ({ it }) => it.first() },
  { name: 'last of a cursor', before: few, call: ({ it }) => it.last() },
  { name: 'release', before: few, call: ({ it }) => it.release() },
  { name: 'next from a deleted entry', before: few, call: ({ orphan }) => orphan.next() },
  { name: 'prev from a deleted entry', before: few, call: ({ orphan }) => orphan.prev() },
  { name: 'key of a deleted entry', before: few, call: ({ orphan }) => text(orphan.key) },
  {
    name: 'length and the like',
    before: few,
    call: ({ db }) => [db.length, db.size, db.garbage, db.kvLength, db.nodeLength],
  },
];

interface Kind {
  readonly kind: string;
  readonly options: () => DBOptions;
}

const own = { name: 'own', compare: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) };
const KINDS: Kind[] = [
  { kind: 'as it is made by default', options: () => ({}) },
  { kind: 'with an order of its own', options: () => ({ comparer: own }) },
  { kind: 'with no index', options: () => withInternals({}, { ...localMemory, indexed: false }) },
  {
    kind: 'that is compacted all the time',
    options: () => withInternals({}, { ...localMemory, compactEvery: 3, compactAtOnce: 2 }),
  },
  { kind: 'that nobody compacts', options: () => ({ autoCompact: false, capacity: 64 }) },
];

function prepare({ options }: Kind, { before, steps = 0 }: Case): Scene {
  const db = new DB(options());
  before.forEach((key, i) => db.put(utf8(key), utf8(`value ${i}`)));
  db.put(utf8('ccc'), utf8('gone'));
  const orphan = db.iterator();
  orphan.seek(utf8('ccc'));
  db.delete(utf8('ccc'));
  const it = db.iterator();
  it.first();
  it.next();
  it.next();
  for (let i = 0; i < steps; i++) it.next();
  return { db, one: 'c', it, orphan };
}

function contents(db: RealDB): string[] {
  return [...db].map(([key, value]) => `${text(key)}=${text(value)}`);
}

/** Where cursors are, as can be seen. */
function placeOf(it: DBIterator): string {
  return it.released ? 'released' : String(text(it.key));
}

/** A get that comes first finds what a scan finds later. */
function getOne(scene: Scene): void {
  const found = text(scene.db.get(utf8(scene.one)));
  const entry = contents(scene.db).find((each) => each.startsWith(`${scene.one}=`));
  must(found === entry?.slice(scene.one.length + 1), `get of ${scene.one} gave what a scan has not`);
}

/** Calls that may be the next one, by turns: each must find out. */
const NEXT: ((scene: Scene) => unknown)[] = [
  ({ db }) => db.length,
  ({ db }) => db.put(utf8('later'), utf8('1')),
  ({ db }) => db.delete(utf8('never there')),
  ({ it }) => it.released || it.key,
  ({ db }) => db.find(utf8('c')),
  ({ db }) => db.kvLength,
  ({ db }) => [...db.keys()],
  ({ db }) => db.last(),
  ({ db }) => db.count({}),
  ({ db }) => db.putMany([[utf8('later'), utf8('1')]]),
  ({ db }) => db.getMany([utf8('a')]),
  ({ db }) => checkStructure(db),
  ({ db }) => db.deleteRange({ start: utf8('x'), limit: utf8('y') }),
  ({ db }) => db.update(utf8('later'), () => utf8('1')),
  ({ db }) => db.compact(),
];

describe.each(KINDS)('a DB $kind', (kind) => {
  test.each(CALLS)('$name: cut off anywhere, it has happened or not', (each) => {
    const { call, lends = false } = each;
    const twin = prepare(kind, each);
    const was = contents(twin.db);
    const places = (scene: Scene) => [placeOf(scene.it), placeOf(scene.orphan)];
    const [itWas, orphanWas] = places(twin);
    cutter.arm();
    const result = call(twin);
    cutter.disarm();
    const points = cutter.passed;
    const becomes = contents(twin.db);
    const changed = [...was, ...becomes].find((entry) => was.includes(entry) !== becomes.includes(entry));
    const one = changed?.split('=')[0] ?? 'c';
    let itBecomes: string | undefined;
    let orphanBecomes: string | undefined;
    try {
      [itBecomes, orphanBecomes] = places(twin);
    } catch {
      // After a reset.
    }
    // Where there are far more still, kinds of DBs share them.
    const step = points > 10 * MANY_POINTS ? 2 : 1;
    for (let at = 1 + (KINDS.indexOf(kind) % step); at <= points; at += step) {
      // Where there are very many points, endings take turns.
      const endings = points > MANY_POINTS ? [ENDINGS[(at + KINDS.indexOf(kind)) % ENDINGS.length]] : ENDINGS;
      for (const ending of endings) {
        const scene = prepare(kind, each);
        const { db, it, orphan } = scene;
        scene.one = one;
        cutter.arm(at, ending);
        try {
          call(scene);
        } catch (error) {
          if (!(error instanceof CutOff) && !String(error).includes('could not allocate')) throw error;
        } finally {
          cutter.disarm();
        }
        try {
          try {
            if ((at + ENDINGS.indexOf(ending)) % 2 === 0) getOne(scene);
            else NEXT[(at + ENDINGS.indexOf(ending)) % NEXT.length](scene);
          } catch (error) {
            // It can't be told from a call that the caller's code makes.
            if (!lends || ending !== 'without handlers' || !(error instanceof LockMisuseError)) throw error;
            must(
              error.message.includes('release it first, also in place of a call that was ended'),
              error.message,
            );
            release(db);
          }
          release(db, lends);
          const later = db.get(utf8('later'));
          if (later !== undefined) db.delete(utf8('later'));
          db.lock.lock();
          db.lock.unlock();
          const found = contents(db);
          checkStructure(db);
          must(
            [was, becomes].some((state) => state.join() === found.join()),
            `found ${found.join()}`,
          );
          if (itBecomes !== undefined) {
            must([itWas, itBecomes].includes(placeOf(it)), `the cursor is on ${placeOf(it)}`);
            must(
              [orphanWas, orphanBecomes!].includes(placeOf(orphan)),
              `the orphan is on ${placeOf(orphan)}`,
            );
            if (it.valid) walkOn(it, found);
          }
          for (const entry of found) {
            const [key, value] = entry.split('=');
            must(text(db.get(utf8(key))) === value, `get of ${key}`);
          }
          must(db.get(utf8('never there')) === undefined && db.length === found.length, 'length');
          db.put(utf8('aa'), utf8('2'));
          db.delete(utf8('d'));
          db.putMany([[utf8('zz'), utf8('3')]]);
          const expected = [...found.filter((entry) => !/^(aa|d|zz)=/.test(entry)), 'aa=2', 'zz=3'].sort();
          must(contents(db).join() === expected.join(), `it went on to ${contents(db).join()}`);
          checkStructure(db);
          // It is not taken for one that there is no memory for.
          must((tableOf(db).index === undefined) === (kind.kind === 'with no index'), 'the index');
        } catch (error) {
          throw new Error(`${ending}, at ${at} of ${points}: ${(error as Error).stack}`, { cause: error });
        }
      }
    }
    expect(points).toBeGreaterThan(0);
    expect(result).toBe(result);
  });
});

/** As the message says. */
function release({ lock }: RealDB, isHeld = true): void {
  if (!isHeld) return;
  try {
    lock.unlock();
  } catch {
    try {
      lock.runlock();
    } catch {
      // Nobody holds it.
    }
  }
}

/** A cursor sees what is behind it. */
function walkOn(it: DBIterator, found: readonly string[]): void {
  const from = text(it.key)!;
  const rest: string[] = [];
  while (it.next()) rest.push(text(it.key)!);
  const expected = found.map((entry) => entry.split('=')[0]).filter((key) => key > from);
  must(rest.join() === expected.join(), `the cursor went on from ${from} to ${rest.join()}`);
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

describe('what nobody sees until later', () => {
  /** As many cuts as there are points; what came of each. */
  function atEachPoint<T>(
    prepareIt: () => T,
    call: (it: T) => void,
    then: (it: T, where: string) => void,
  ): void {
    cutter.arm();
    call(prepareIt());
    cutter.disarm();
    const points = cutter.passed;
    expect(points).toBeGreaterThan(0);
    for (let at = 1; at <= points; at++) {
      // There are many points: endings take turns.
      for (const ending of [ENDINGS[at % ENDINGS.length]]) {
        const it = prepareIt();
        cutter.arm(at, ending);
        try {
          call(it);
        } catch (error) {
          if (!(error instanceof CutOff) && !String(error).includes('could not allocate')) throw error;
        } finally {
          cutter.disarm();
        }
        then(it, `${ending}, at ${at} of ${points}`);
      }
    }
  }

  test('a compaction that follows the table no more is never finished', () => {
    const options = { ...localMemory, compactEvery: 40, compactAtOnce: 1 };
    const keys = many.slice(0, 30).sort();
    atEachPoint(
      () => {
        const db = new DB(withInternals({}, options));
        for (const key of keys) db.put(utf8(key), utf8('1'));
        // One begins, and is soon behind the first entries.
        for (let i = 0; tableOf(db).follower === undefined || i < 16; i++) db.put(utf8(keys[29]), utf8('1'));
        return db;
      },
      (db) => db.put(utf8(keys[28]), utf8('2')),
      (db, where) => {
        db.put(utf8(keys[0]), utf8('3'));
        // As many as it takes to finish it, and the next one.
        for (let i = 0; i < 100; i++) {
          db.put(utf8(keys[27]), utf8('4'));
          must(text(db.get(utf8(keys[0]))) === '3', `${where}: what was put is what it was before`);
        }
        checkStructure(db);
      },
    );
  });
});

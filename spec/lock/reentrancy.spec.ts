import {
  DB,
  LockMisuseError,
  bytewise,
  checkStructure,
  type DBIterator,
  type RWLock,
} from '../../lib/index.js';
import { bytes, text, utf8 } from '../support/bytes.js';
import { FaultyComparer, snapshot, thrownBy } from '../support/faults.js';

interface Scene {
  db: DB;
  comparer: FaultyComparer;
  /** Stands on d, in [b, g). */
  it: DBIterator;
  /** Another, on e, which was deleted. */
  orphan: DBIterator;
}

function scene(): Scene {
  const comparer = new FaultyComparer();
  return sceneOf(new DB({ comparer }), comparer);
}

function sceneOf(db: DB, comparer: FaultyComparer): Scene {
  for (const key of 'hbdfaceg') db.put(utf8(key), utf8(`value of ${key}`));
  const it = db.iterator({ start: utf8('b'), limit: utf8('g') });
  it.seek(utf8('d'));
  const orphan = db.iterator();
  orphan.seek(utf8('e'));
  db.delete(utf8('e'));
  return { db, comparer, it, orphan };
}

type Call = [name: string, call: (scene: Scene) => unknown];

const writes: Call[] = [
  ['put of a new key', ({ db }) => db.put(utf8('cc'), utf8('new'))],
  ['put over another', ({ db }) => db.put(utf8('c'), utf8('new'))],
  ['delete', ({ db }) => db.delete(utf8('c'))],
];
const reads: Call[] = [
  ['get', ({ db }) => text(db.get(utf8('c')))],
  ['has', ({ db }) => db.has(utf8('c'))],
  ['find', ({ db }) => db.find(utf8('cc'))?.map(text)],
  ['seek', ({ it }) => it.seek(utf8('c'))],
  ['first of a range', ({ it }) => it.first()],
  ['last of a range', ({ it }) => it.last()],
  ['next from a deleted entry', ({ orphan }) => orphan.next()],
  ['prev', ({ it }) => it.prev()],
  ['keys of a range', ({ db }) => [...db.keys({ start: utf8('b') })].map(text)],
];
const others: Call[] = [
  ['reset', ({ db }) => db.reset()],
  ['put', ({ db }) => db.put(utf8('c'), utf8('from the comparer'))],
  ['put of a new key', ({ db }) => db.put(utf8('x'), utf8('from the comparer'))],
  ['putMany', ({ db }) => db.putMany([[utf8('x'), bytes()]])],
  ['deleteRange', ({ db }) => db.deleteRange({})],
  ['getMany', ({ db }) => db.getMany([utf8('c')])],
  ['count', ({ db }) => db.count()],
];
/** These compare nothing themselves. */
const glances: Call[] = [
  ['next', ({ it }) => it.next()],
  ['first of all', ({ db }) => db.iterator().first()],
  ['last of all', ({ db }) => db.iterator().last()],
  ['length', ({ db }) => db.length],
  ['size', ({ db }) => db.size],
  ['kvData', ({ db }) => db.kvData],
];

const inside = [...writes, ...reads, ...others, ...glances];
const cases = [...writes, ...reads]
  .flatMap((outer) => inside.map((inner) => ({ outer, inner })))
  .map(({ outer, inner }) => ({ inner: inner[0], outer: outer[0], call: outer[1], callBack: inner[1] }));

describe.each(cases)('a comparer that calls $inner in the middle of $outer', ({ call, callBack }) => {
  it('is refused, and nothing is changed', () => {
    const { db, comparer, it, orphan } = scene();
    const before = snapshot(db);
    comparer.arm(2, () => callBack({ db, comparer, it, orphan }));
    const error = thrownBy(() => call({ db, comparer, it, orphan }));
    expect(error).toBeInstanceOf(LockMisuseError);
    expect(error.message).toContain('must not call the DB it serves');
    comparer.disarm();
    expect(snapshot(db)).toEqual(before);
    checkStructure(db);
    expect([text(it.key), text(orphan.key)]).toEqual(['d', 'e']);

    const twin = scene();
    expect(call({ db, comparer, it, orphan })).toEqual(call(twin));
    expect(snapshot(db)).toEqual(snapshot(twin.db));
  });

  it('is refused, and what it was called for goes on, when it swallows the error', () => {
    const current = scene();
    const { db, comparer } = current;
    let refusal: unknown;
    const { compare } = comparer;
    comparer.arm(2, () => {
      refusal = thrownBy(() => callBack(current));
      throw refusal;
    });
    comparer.compare = (a, b) => {
      try {
        return compare.call(comparer, a, b);
      } catch {
        return bytewise.compare(a, b);
      }
    };
    const twin = scene();
    expect(call(current)).toEqual(call(twin));
    expect(refusal).toBeInstanceOf(LockMisuseError);
    comparer.disarm();
    expect(snapshot(db)).toEqual(snapshot(twin.db));
    checkStructure(db);
    expect([text(current.it.key), text(current.orphan.key)]).toEqual([
      text(twin.it.key),
      text(twin.orphan.key),
    ]);
  });
});

/** One that lets everyone through. */
const openLock: RWLock = { rlock() {}, runlock() {}, lock() {}, unlock() {} };
const locks = [
  { kind: 'of its own', lock: undefined },
  { kind: 'that lets everyone through', lock: openLock },
];

describe.each(
  locks.flatMap(({ kind, lock }) => inside.map(([name, callBack]) => ({ kind, lock, name, callBack }))),
)('with a lock $kind, a height source that calls $name', ({ lock, callBack }) => {
  it('is refused, and nothing is changed', () => {
    let asked: (() => unknown) | undefined;
    const db = new DB({
      lock,
      randHeight: () => {
        asked?.();
        return 1;
      },
    });
    const current = sceneOf(db, new FaultyComparer());
    const before = snapshot(db);

    asked = () => callBack(current);
    const error = thrownBy(() => db.put(utf8('new'), bytes()));
    expect(error).toBeInstanceOf(LockMisuseError);
    expect(error.message).toContain('must not call the DB it serves');
    asked = undefined;
    expect(snapshot(db)).toEqual(before);
    checkStructure(db);
    db.put(utf8('new'), bytes());
    expect(db.has(utf8('new'))).toBe(true);
  });
});

describe('a comparer that serves two DBs', () => {
  it('may be asked by both, and may read one while it serves the other', () => {
    const log = new DB();
    const comparer = {
      name: 'logged',
      compare(a: Uint8Array, b: Uint8Array) {
        log.put(a, b);
        return bytewise.compare(a, b);
      },
    };
    const one = new DB({ comparer });
    const two = new DB({ comparer });
    for (const key of 'cab') {
      one.put(utf8(key), bytes());
      two.put(utf8(key), bytes());
    }
    expect([...one.keys()].map(text).join('')).toBe('abc');
    expect([...two.keys()].map(text).join('')).toBe('abc');
    expect(log.length).toBeGreaterThan(0);
  });
});

describe('a height source that moves a cursor which has read ahead', () => {
  it.each(['next', 'prev'] as const)('by %s is refused, and nothing is changed', (move) => {
    let callBack = () => {};
    const db = new DB({
      randHeight() {
        callBack();
        return 1;
      },
    });
    for (let i = 0; i < 100; i++) db.put(utf8(String(1000 + i)), bytes());
    const it = db.iterator();
    for (let i = 0; i < 10; i++) it.next();
    const before = snapshot(db);
    callBack = () => it[move]();
    expect(thrownBy(() => db.put(utf8('x'), bytes()))).toBeInstanceOf(LockMisuseError);
    expect(snapshot(db)).toEqual(before);
    checkStructure(db);
    expect(it[move]()).toBe(true);
    expect(text(it.key)).toBe(move === 'next' ? '1010' : '1008');
  });
});

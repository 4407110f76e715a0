import { bytewise, checkStructure, DB } from '../../lib/index.js';
import type { SharedRWLock } from '../../lib/index.js';
import { tableOf } from '../../lib/internals.js';
import { Cutter } from '../support/cutpoints.js';
import { loadLib } from '../support/loadcut.js';

const thread = { id: 1 };
jest.mock('../../lib/lock/threadid', () => ({ threadId: () => thread.id }));

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (array: Uint8Array | undefined) => array && new TextDecoder().decode(array);

/** A DB, and one that has it in a thread which is about to die. */
function prepare() {
  thread.id = 1;
  const db = DB.create({ shared: true, maxCapacity: 1 << 14 });
  for (const key of 'abcde') db.put(bytes(key), bytes(key.toUpperCase()));
  thread.id = 2;
  const victim = DB.attach(db.handle);
  thread.id = 1;
  return { db, victim };
}

test.each(['e', 'c'])(
  'a cursor whose entry %s was deleted keeps its key when nodes are used again',
  (key) => {
    const { db, victim } = prepare();
    const it = db.iterator();
    it.seek(bytes(key));
    db.delete(bytes(key));
    expect(text(it.key)).toBe(key);

    victim.lock.lock(); // and never gives it back
    db.recover({ dead: 2 });
    for (const other of 'xyz') db.put(bytes(other), bytes(`new ${other}`));
    expect(text(it.key)).toBe(key);
    expect([undefined, key.toUpperCase()]).toContain(text(it.value));
    expect(it.next()).toBe(true);
    expect(text(it.key)).toBe(key === 'e' ? 'x' : 'd');
    expect(it.prev()).toBe(true);
    expect(text(it.key)).toBe(key === 'e' ? 'd' : 'b');
    checkStructure(db);
  },
);

test('who has not looked for long may recover: all others see what it has repaired', () => {
  const { db, victim } = prepare();
  const sleeper = DB.attach(db.handle);
  const recoverer = DB.attach(db.handle);
  // They know the DB as of two writes that follow each other.
  void recoverer.length;
  db.put(bytes('f'), bytes('F'));
  void sleeper.length;
  for (const key of 'ghijklm') db.put(bytes(key), bytes(key.toUpperCase()));

  victim.lock.lock();
  recoverer.recover({ dead: 2 });
  for (const each of [sleeper, recoverer, db, DB.attach(db.handle)]) {
    expect([...each.keys()].map(text).join('')).toBe('abcdefghijklm');
    expect(text(each.get(bytes('m')))).toBe('M');
    checkStructure(each);
  }
});

test('who has never looked may recover', () => {
  const { db, victim } = prepare();
  victim.lock.lock();
  const recoverer = DB.attach(db.handle);
  recoverer.recover({ dead: 2 });
  for (let i = 0; i < 10; i++) recoverer.put(bytes('f'), bytes(`${i}`));
  for (const each of [recoverer, db, DB.attach(db.handle)]) expect(text(each.get(bytes('f')))).toBe('9');
});

test('where it is cut off while it is repaired, calls say so, and recover can be called again', () => {
  thread.id = 1;
  const comparer = {
    name: 'reverse',
    compare: (a: Uint8Array, b: Uint8Array) => bytewise.compare(b, a),
  };
  const db = DB.create({ shared: true, maxCapacity: 1 << 14, comparer });
  for (const key of 'abcde') db.put(bytes(key), bytes(key.toUpperCase()));
  const table = tableOf(db);
  const buildIndex = table.buildIndex.bind(table);
  table.buildIndex = () => {
    throw new Error('no more');
  };
  thread.id = 2;
  const victim = DB.attach(db.handle, { comparer });
  thread.id = 1;
  victim.lock.lock();
  expect(() => db.recover({ dead: 2 })).toThrow('no more');
  for (const each of [db, DB.attach(db.handle, { comparer })]) {
    expect(() => each.get(bytes('a'))).toThrow(expect.objectContaining({ code: 'MEMDB_DAMAGED' }));
    expect(() => each.put(bytes('a'), bytes('1'))).toThrow(/recover\(\)/);
  }
  table.buildIndex = buildIndex;
  db.recover();
  expect([...db.keys()].map(text).join('')).toBe('edcba');
  const third = DB.attach(db.handle, { comparer });
  third.put(bytes('bb'), bytes('BB'));
  expect([...db.keys()].map(text).join()).toBe('e,d,c,bb,b,a');
  checkStructure(db);
});

test('a write that is cut off in a thread that goes on is made good before the lock is given back', () => {
  thread.id = 1;
  const db = DB.create({ shared: true, maxCapacity: 1 << 14 });
  const other = DB.attach(db.handle);
  for (const key of 'abcde') db.put(bytes(key), bytes(key.toUpperCase()));
  const table = tableOf(db);
  for (const name of ['publish', 'unlink'] as const) {
    const { towers } = table;
    const whole = towers[name].bind(towers);
    towers[name] = (node, before) => {
      whole(node, before);
      throw new RangeError('Maximum call stack size exceeded');
    };
    expect(() => (name === 'publish' ? db.put(bytes('bb'), bytes('BB')) : db.delete(bytes('c')))).toThrow(
      'stack',
    );
    towers[name] = whole;
    checkStructure(other);
    checkStructure(db);
  }
  for (const each of [db, other]) {
    expect([...each.keys()].map(text).join()).toBe('a,b,bb,d,e');
    expect(each.length).toBe(5);
    for (const key of each.keys()) expect(text(each.get(key))).toBe(text(key)!.toUpperCase());
  }
});

test('after a timeout in the middle of a write, the lock has to be given back, and all threads know', () => {
  const cutter = new Cutter();
  const { lib } = loadLib(cutter);
  let damaged = 0;
  for (let at = 1; ; at++) {
    const db = lib.DB.create({ shared: true, maxCapacity: 1 << 14, lockTimeout: 1 });
    const other = lib.DB.attach(db.handle);
    for (const key of 'abcde') db.put(bytes(key), bytes(key.toUpperCase()));
    cutter.arm(at, 'without handlers');
    let isCutOff = false;
    try {
      db.put(bytes('bb'), bytes('BB'));
    } catch {
      isCutOff = true;
    } finally {
      cutter.disarm();
    }
    if (!isCutOff) break;
    // What it is cut off from within the lock itself is not looked at here.
    if (!(db.lock as SharedRWLock & { isWriting: boolean }).isWriting) continue;
    expect(() => other.get(bytes('a'))).toThrow(/was not had within/);
    try {
      db.lock.unlock();
    } catch {
      continue;
    }
    const [first, second] = at % 2 === 0 ? [db, other] : [other, db];
    try {
      first.put(bytes('z'), bytes('Z'));
    } catch (error) {
      expect(error).toMatchObject({ code: 'MEMDB_DAMAGED' });
      damaged++;
      first.recover();
      first.put(bytes('z'), bytes('Z'));
    }
    const keys = [...second.keys()].map(text);
    expect(['abbbcdez', 'abcdez']).toContain(keys.join(''));
    for (const each of [first, second]) {
      lib.checkStructure(each);
      expect([...each.keys()].map(text)).toEqual(keys);
      expect(each.length).toBe(keys.length);
    }
  }
  expect(damaged).toBeGreaterThan(20);
});

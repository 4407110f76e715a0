import type { SharedRWLock } from '../../lib/index.js';
import { checkStructure, DB } from '../../lib/index.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (array: Uint8Array | undefined) => array && new TextDecoder().decode(array);
const misuse = expect.objectContaining({ code: 'MEMDB_LOCK_MISUSE' });

function make() {
  const db = DB.create({ shared: true, maxCapacity: 1 << 14, lockTimeout: 20 });
  const other = DB.attach(db.handle, { lockTimeout: 20 });
  db.put(bytes('a'), bytes('1'));
  return { db, other, lock: db.lock as SharedRWLock };
}

/** All that a thread may call, some of it nested. */
function callAll(db: DB): void {
  db.put(bytes('b'), bytes('2'));
  expect(text(db.get(bytes('b')))).toBe('2');
  expect(db.read(bytes('a'), (value) => text(db.get(bytes('b')))! + text(value)!)).toBe('21');
  db.update(bytes('b'), (old) => bytes(`${text(old)}${text(old)}`));
  db.putMany([[bytes('c'), bytes('3')]]);
  const it = db.iterator();
  expect([it.next(), text(it.key), it.next(), text(it.value)]).toEqual([true, 'a', true, '22']);
  expect([...db.keys()].map(text).join('')).toBe('abc');
  expect(db.delete(bytes('c'))).toBe(true);
  db.compact();
  expect(db.length).toBe(2);
}

test('calls within the write side are made, and are seen by others once it is given back', () => {
  const { db, other, lock } = make();
  void other.length;
  lock.lock();
  callAll(db);
  for (const call of [() => other.length, () => other.put(bytes('x'), bytes('y'))]) {
    expect(call).toThrow(expect.objectContaining({ code: 'MEMDB_LOCK_TIMEOUT' }));
  }
  lock.unlock();
  expect(other.length).toBe(2);
  expect(text(other.get(bytes('b')))).toBe('22');
  checkStructure(other);
  expect(() => lock.unlock()).toThrow(misuse);
  other.put(bytes('x'), bytes('y'));
  expect(text(db.get(bytes('x')))).toBe('y');
});

test('so are they within a side that was awaited', async () => {
  const { db, other, lock } = make();
  await lock.lockAsync();
  callAll(db);
  lock.unlock();
  expect(text(other.get(bytes('b')))).toBe('22');
  await lock.rlockAsync();
  expect(text(db.get(bytes('b')))).toBe('22');
  expect(() => db.put(bytes('b'), bytes('3'))).toThrow(misuse);
  expect(other.length).toBe(2);
  lock.runlock();
  db.put(bytes('b'), bytes('3'));
});

test('a call from inside a write is misuse, also while a side is on its way to whoever awaits it', async () => {
  const { db, other, lock } = make();
  const awaited = lock.lockAsync();
  expect(() => db.update(bytes('a'), () => db.get(bytes('a')))).toThrow(misuse);
  expect(() => db.update(bytes('a'), () => (db.put(bytes('b'), bytes('2')), undefined))).toThrow(misuse);
  expect(() => db.update(bytes('a'), () => [...db][0][1])).toThrow(misuse);
  db.put(bytes('c'), bytes('3'));
  await awaited;
  expect([db.length, text(db.get(bytes('a')))]).toEqual([2, '1']);
  lock.unlock();
  expect([...other.keys()].map(text)).toEqual(['a', 'c']);
});

test('what was misuse still is', () => {
  const { db, other, lock } = make();
  for (const isWithin of [false, true]) {
    if (isWithin) lock.lock();
    expect(() => db.update(bytes('a'), () => db.get(bytes('a')))).toThrow(misuse);
    expect(() => db.update(bytes('a'), () => (db.put(bytes('b'), bytes('2')), undefined))).toThrow(misuse);
    expect(() => db.read(bytes('a'), () => db.put(bytes('b'), bytes('2')))).toThrow(misuse);
    expect(() => db.put('a' as never, bytes('2'))).toThrow(TypeError);
    expect([db.length, text(db.get(bytes('a')))]).toEqual([1, '1']);
    if (isWithin) lock.unlock();
    // All is given back.
    other.put(bytes('a'), bytes('1'));
  }
});

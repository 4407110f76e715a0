import { createContext, runInContext } from 'node:vm';
import { DB, LockMisuseError, MemTable, SkipList, ValueType, checkStructure } from '../../lib/index.js';
import { text, utf8 } from '../support/bytes.js';
import { thrownBy } from '../support/faults.js';

/*
 * Calls that engines cut off: at the end of the stack, and by a timeout. `cut-off.spec.ts` cuts them off at every point there is; here, they are
 * cut off where it happens.
 */

const keys = Array.from({ length: 1000 }, (_, i) =>
  utf8(`key ${String((i * 7919) % 100_003).padStart(6, '0')}`),
);
const value = utf8('value');

function filled(): DB {
  const db = new DB({ capacity: 64 });
  for (let i = 0; i < 500; i++) db.put(keys[i], value);
  return db;
}

/** From the very end of the stack upwards, calls again and again until it comes through. */
function atTheEnd(call: () => void): number {
  let isThrough = false;
  let attempts = 0;
  const deep = (): void => {
    try {
      deep();
    } catch {
      // It goes on from here.
    }
    if (isThrough) return;
    try {
      attempts++;
      call();
      isThrough = true;
    } catch {
      // The next one has a little more room.
    }
  };
  deep();
  return attempts;
}

function check(db: DB, expected: number): void {
  checkStructure(db);
  const there = [...db.keys()];
  expect(there).toHaveLength(db.length);
  expect(db.length).toBe(expected);
  for (const key of there) if (!db.has(key)) throw new Error(`${text(key)} is denied`);
  db.put(keys[0], utf8('again'));
  expect([text(db.get(keys[0])), db.length]).toEqual(['again', expected]);
  checkStructure(db);
}

test('get at the end of the stack leaves all as it is', () => {
  for (let run = 0; run < 60; run++) {
    const db = filled();
    let i = run;
    const attempts = atTheEnd(() => {
      for (let j = 0; j < 5; j++) db.get(keys[i++ % 500]);
    });
    expect(attempts).toBeGreaterThan(1);
    check(db, 500);
  }
});

test('put at the end of the stack has happened or not', () => {
  for (let run = 0; run < 60; run++) {
    const db = filled();
    let i = 500;
    atTheEnd(() => {
      db.put(keys[i], value);
      i++;
    });
    check(db, 501);
  }
});

test('delete, putMany and deleteRange at the end of the stack have happened or not', () => {
  for (let run = 0; run < 20; run++) {
    const db = filled();
    atTheEnd(() => db.delete(keys[run]));
    checkStructure(db);
    expect(db.length).toBe(499);
    atTheEnd(() => db.putMany([[keys[run], value]]));
    check(db, 500);
    atTheEnd(() => db.deleteRange({ start: keys[1], limit: keys[9] }));
    checkStructure(db);
  }
});

test('add and insert at the end of the stack have happened or not', () => {
  for (let run = 0; run < 20; run++) {
    const table = new MemTable({ capacity: 64 });
    const list = new SkipList({ capacity: 64 });
    for (let i = 0; i < 300; i++) {
      table.add(i, ValueType.Value, keys[i % 100], value);
      list.insert(keys[i]);
    }
    const again = (call: () => void) => () => {
      try {
        call();
      } catch (error) {
        // It had happened.
        if ((error as { code?: string }).code !== 'MEMDB_DUPLICATE_KEY') throw error;
      }
    };
    atTheEnd(again(() => table.add(1000, ValueType.Value, keys[run], value)));
    atTheEnd(again(() => list.insert(keys[400 + run])));
    expect([table.length, [...table.keys()].length, list.length]).toEqual([301, 301, 301]);
    expect(table.get(keys[run])!.sequenceNumber).toBe(1000);
    for (let i = 0; i < 300; i++) if (!list.contains(keys[i])) throw new Error('denied');
  }
});

/** Goes on until a timeout ends it. */
function endByTimeout(globals: object, code: string): void {
  const error = thrownBy(() => {
    runInContext(`for (;;) { ${code} }`, createContext({ ...globals }), { timeout: 4 });
  });
  expect((error as { code?: string }).code).toBe('ERR_SCRIPT_EXECUTION_TIMEOUT');
}

test.each([
  ['put', 'db.put(keys[500 + (i++ % 400)], value)'],
  ['get', 'db.get(keys[i++ % 500])'],
  ['put and delete', 'db.put(keys[500], value); db.delete(keys[500])'],
  ['putMany', 'db.putMany([[keys[501], value], [keys[502], value]]); db.deleteRange({ start: keys[501] })'],
  ['compact', 'db.compact()'],
  ['reset', 'db.reset(); db.put(keys[0], value)'],
])('after a timeout in the middle of %s, the next call finds all in order', (_, code) => {
  for (let run = 0; run < 12; run++) {
    const db = filled();
    endByTimeout({ db, keys, value, i: run }, code);
    db.put(keys[999], value);
    expect(text(db.get(keys[999]))).toBe('value');
    checkStructure(db);
    for (const key of db.keys()) if (!db.has(key)) throw new Error(`${text(key)} is denied`);
    db.lock.lock();
    db.lock.unlock();
  }
});

/** The same, until it is ended in there. */
function endInside(globals: object, code: string, isInside: () => boolean): void {
  do endByTimeout(globals, code);
  while (!isInside());
}

test('after a timeout inside a function given to update, or read, the lock says how to go on', () => {
  const db = filled();
  let isInside = false;
  const enter = () => (isInside = true);
  endInside({ db, keys, enter }, 'db.update(keys[0], (value) => { enter(); for (;;); })', () => isInside);
  const error = thrownBy(() => db.get(keys[1]));
  expect(error).toBeInstanceOf(LockMisuseError);
  expect(error.message).toContain('release it first, also in place of a call that was ended by a timeout');
  db.lock.unlock();
  check(db, 500);
  isInside = false;
  endInside({ db, keys, enter }, 'db.read(keys[0], (value) => { enter(); for (;;); })', () => isInside);
  expect(thrownBy(() => db.put(keys[1], value))).toBeInstanceOf(LockMisuseError);
  db.lock.runlock();
  check(db, 500);
});

test('after a timeout inside a comparer, or a height source, calls are let in again after an await', async () => {
  let isStuck = false;
  let isInside = false;
  const enter = () => {
    isInside = isStuck;
    while (isStuck);
  };
  const comparer = {
    name: 'stuck',
    compare: (a: Uint8Array, b: Uint8Array) => {
      enter();
      return Buffer.compare(a, b);
    },
  };
  const randHeight = () => {
    enter();
    return 1;
  };
  for (const options of [{ comparer }, { randHeight }]) {
    const db = new DB(options);
    for (const key of keys.slice(0, 9)) db.put(key, value);
    isStuck = true;
    isInside = false;
    endInside({ db, keys, value }, 'db.put(keys[50], value)', () => isInside);
    isStuck = false;
    const error = thrownBy(() => db.get(keys[0]));
    expect(error).toBeInstanceOf(LockMisuseError);
    expect(error.message).toContain('calls are let in again after an await');
    await Promise.resolve();
    expect(text(db.get(keys[0]))).toBe('value');
    db.put(keys[50], value);
    expect([...db.keys()]).toHaveLength(10);
    checkStructure(db);
  }
  const table = new MemTable({ comparer });
  table.add(1, ValueType.Value, keys[0], value);
  isStuck = true;
  isInside = false;
  endInside({ table, keys }, 'table.get(keys[0])', () => isInside);
  isStuck = false;
  expect(thrownBy(() => table.get(keys[0]))).toBeInstanceOf(LockMisuseError);
  await Promise.resolve();
  expect(table.get(keys[0])?.sequenceNumber).toBe(1);
});

test('checkStructure that is cut off leaves nothing held', () => {
  const db = filled();
  atTheEnd(() => checkStructure(db));
  db.put(keys[999], value);
  for (let run = 0; run < 12; run++) {
    endByTimeout({ db, checkStructure }, 'checkStructure(db)');
    db.put(keys[999], value);
  }
  check(db, 501);
});

test('checkStructure after a timeout inside a comparer says that calls are let in again after an await', async () => {
  let isStuck = false;
  let isInside = false;
  const compare = (a: Uint8Array, b: Uint8Array) => {
    isInside = isStuck;
    while (isStuck);
    return Buffer.compare(a, b);
  };
  const db = new DB({ comparer: { name: 'stuck', compare } });
  db.put(keys[0], value);
  isStuck = true;
  endInside({ db, keys }, 'db.get(keys[1])', () => isInside);
  isStuck = false;
  expect(thrownBy(() => checkStructure(db)).message).toContain('calls are let in again after an await');
  await Promise.resolve();
  checkStructure(db);
});

import { DB, LocalRWLock, LockMisuseError, MemTable, SkipList, checkStructure } from '../../lib/index.js';
import { tableOf, withInternals, localMemory } from '../../lib/internals.js';
import { bytes, text, utf8 } from '../support/bytes.js';
import { NotingLock, snapshot, thrownBy } from '../support/faults.js';
import { Prng } from '../support/prng.js';

function dbOf(keys: string, indexed = true): DB {
  const db = new DB(withInternals({}, { ...localMemory, indexed }));
  for (const key of keys) db.put(utf8(key), utf8(key.toUpperCase()));
  return db;
}

const shown = (entry: [Uint8Array, Uint8Array] | undefined) => entry?.map((each) => text(each)).join('=');

describe.each([true, false])('first, last and at (indexed: %s)', (indexed) => {
  test('give entries by their rank, from either end', () => {
    const db = dbOf('dbca', indexed);
    expect([shown(db.first()), shown(db.last())]).toEqual(['a=A', 'd=D']);
    expect([0, 1, 3, 4, -1, -4, -5, -0].map((i) => shown(db.at(i)))).toEqual([
      'a=A',
      'b=B',
      'd=D',
      undefined,
      'd=D',
      'a=A',
      undefined,
      'a=A',
    ]);
  });

  test('give nothing where there is nothing', () => {
    const db = dbOf('', indexed);
    expect([db.first(), db.last(), db.at(0), db.at(-1)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('find every rank of many entries, while they come and go at the end and in the middle', () => {
    const db = dbOf('', indexed);
    const prng = new Prng(5);
    const keys: number[] = [];
    const key = (n: number) => utf8(String(n).padStart(8, '0'));
    let end = 0;
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 300; i++) keys.push((end += 1 + prng.below(50)));
      for (let i = 0; i < 100; i++) keys.splice(prng.below(keys.length), 1);
      if (round % 4 === 3) keys.length -= 500;
      end = Math.max(...keys);
      const wanted = new Set(keys);
      for (const each of [...db.keys()]) if (!wanted.has(Number(text(each)))) db.delete(each);
      for (const each of keys) db.put(key(each), bytes());
      checkStructure(db);
      keys.forEach((each, i) => {
        const found = text(db.at(i)![0]);
        if (Number(found) !== each || text(db.at(i - keys.length)![0]) !== found) {
          throw new Error(`at(${i}) is ${found}, not ${each}`);
        }
      });
    }
  });
});

test('at refuses what is no rank', () => {
  const db = dbOf('a');
  expect(thrownBy(() => db.at('0' as never))).toEqual(
    new TypeError('index must be a number, but got the string "0"'),
  );
  expect(thrownBy(() => db.at(0.5))).toEqual(new RangeError('index must be a whole number, but got 0.5'));
  expect(() => db.at(NaN)).toThrow(RangeError);
});

describe('update', () => {
  const counted = (value: Uint8Array | undefined) => bytes((value?.[0] ?? 0) + 1);

  test('puts what is made of the present value, or of none', () => {
    const db = new DB();
    for (let i = 0; i < 3; i++) db.update(utf8('n'), counted);
    expect(db.get(utf8('n'))).toEqual(bytes(3));
    db.update(utf8('n'), (value) => value);
    expect(db.get(utf8('n'))).toEqual(bytes(3));
  });

  test('goes by the key as it was given, whatever becomes of its array', () => {
    for (const result of [utf8('new'), undefined]) {
      const db = dbOf('ab');
      const key = utf8('a');
      db.update(key, () => {
        key[0] = 'b'.charCodeAt(0);
        return result;
      });
      expect([...db].map(shown)).toEqual(result ? ['a=new', 'b=B'] : ['b=B']);
      checkStructure(db);
    }
  });

  test('removes the key for undefined', () => {
    const db = dbOf('ab');
    db.update(utf8('a'), () => undefined);
    db.update(utf8('never there'), () => undefined);
    expect([db.length, db.has(utf8('a'))]).toEqual([1, false]);
    checkStructure(db);
  });

  test('takes the write lock once, and gives it back whatever happens', () => {
    const lock = new NotingLock();
    const db = new DB({ lock });
    db.update(utf8('n'), counted);
    expect(lock.take()).toEqual(['lock', 'unlock']);
    const error = new Error('no value');
    expect(
      thrownBy(() =>
        db.update(utf8('n'), () => {
          throw error;
        }),
      ),
    ).toBe(error);
    expect(lock.idle).toBe(true);
  });

  test('changes nothing when it is refused', () => {
    const db = dbOf('abc');
    const before = snapshot(db);
    for (const [compute, message] of [
      ['text', 'compute must be a function, but got the string "text"'],
      [() => 'text', 'what compute returns must be a Uint8Array, but got the string "text"'],
      [() => null, 'what compute returns must be a Uint8Array, but got null'],
      [() => Promise.resolve(bytes()), 'must be a Uint8Array, but got an instance of Promise'],
    ] as const) {
      expect(() => db.update(utf8('a'), compute as never)).toThrow(message);
      expect(() => db.update(utf8('a'), compute as never)).toThrow(TypeError);
    }
    expect(() => db.update('a' as never, counted)).toThrow('key must be a Uint8Array');
    expect(thrownBy(() => db.update(utf8('a'), () => db.get(utf8('b'))))).toBeInstanceOf(LockMisuseError);
    expect(snapshot(db)).toEqual(before);
    db.update(utf8('a'), counted);
  });
});

test('lock is the one that was given, or a lock of its own', () => {
  const lock = new NotingLock();
  expect(new DB({ lock }).lock).toBe(lock);
  const comparer = { name: 'own', compare: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) };
  expect(new DB({ lock, comparer }).lock).toBe(lock);
  const db = new DB();
  expect(db.lock).toBeInstanceOf(LocalRWLock);
  db.lock.lock();
  expect(() => db.has(utf8('a'))).toThrow(LockMisuseError);
  db.lock.unlock();
  expect(db.has(utf8('a'))).toBe(false);
});

describe('options that there are not', () => {
  const of = { DB, MemTable, SkipList };
  const wrong: [options: unknown, message: string][] = [
    [{ cap: 5 }, "has no option 'cap': it has comparer, capacity"],
    [100, 'takes a plain object of options, but got the number 100'],
    [null, 'takes a plain object of options, but got null'],
    [[], 'takes a plain object of options, but got an array of 0 elements'],
    ['capacity', 'takes a plain object of options, but got the string "capacity"'],
    [new Map(), 'takes a plain object of options, but got an instance of Map'],
    [bytes(1), 'takes a plain object of options, but got an instance of Uint8Array'],
    [() => ({}), 'takes a plain object of options, but got a function'],
    [Object.create({ cap: 3 }), 'takes a plain object of options, but got an object'],
  ];
  describe.each(['DB', 'MemTable', 'SkipList'] as const)('of a %s', (name) => {
    test.each(wrong)('%p', (options, message) => {
      const error = thrownBy(() => new of[name](options as never));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(`${name} ${message}`);
    });

    test('are none in objects without a prototype, and undefined is none', () => {
      expect(new of[name](Object.assign(Object.create(null) as object, { capacity: 5 })).length).toBe(0);
      expect(new of[name](undefined).length).toBe(0);
      expect(tableOf(new of[name]()).length).toBe(0);
    });
  });
});

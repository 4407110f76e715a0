import { DB, bytewise, checkStructure } from '../../lib/index.js';
import { tableOf } from '../../lib/internals.js';
import { bytes, run, text, utf8 } from '../support/bytes.js';

function filled(...pairs: [key: string, value: string][]): DB {
  const db = new DB();
  for (const [key, value] of pairs) db.put(utf8(key), utf8(value));
  return db;
}

const fruit = () => filled(['cherry', 'red'], ['apple', 'green'], ['banana', 'yellow']);
const pair = ([key, value]: [Uint8Array, Uint8Array]) => `${text(key)}=${text(value)}`;

describe('the calls of a DB', () => {
  it('put adds an entry, and replaces the value of an equal key', () => {
    const db = fruit();
    expect(text(db.get(utf8('apple')))).toBe('green');
    db.put(utf8('apple'), utf8('rotten'));
    expect(text(db.get(utf8('apple')))).toBe('rotten');
    expect(db.length).toBe(3);
  });

  it('get gives undefined for a missing key, and an empty array for an empty value', () => {
    const db = filled(['present', '']);
    expect(db.get(utf8('missing'))).toBeUndefined();
    expect(db.get(utf8('present'))).toEqual(bytes());
    expect(db.get(utf8('presen'))).toBeUndefined();
    expect(db.get(utf8('present!'))).toBeUndefined();
  });

  it('has tells whether a key is present', () => {
    const db = fruit();
    expect(db.has(utf8('banana'))).toBe(true);
    expect(db.has(utf8('banan'))).toBe(false);
    expect(db.has(utf8('banana '))).toBe(false);
  });

  it('find gives the first entry at or above a key', () => {
    const db = fruit();
    expect(pair(db.find(utf8('banana'))!)).toBe('banana=yellow');
    expect(pair(db.find(utf8('b'))!)).toBe('banana=yellow');
    expect(pair(db.find(bytes())!)).toBe('apple=green');
    expect(db.find(utf8('d'))).toBeUndefined();
    expect(new DB().find(bytes())).toBeUndefined();
  });

  it('delete removes a key once, and tells whether it was there', () => {
    const db = fruit();
    expect(db.delete(utf8('banana'))).toBe(true);
    expect(db.delete(utf8('banana'))).toBe(false);
    expect(db.delete(utf8('zucchini'))).toBe(false);
    expect(db.has(utf8('banana'))).toBe(false);
    expect([...db].map(pair)).toEqual(['apple=green', 'cherry=red']);
  });

  it('takes the empty key, and every byte', () => {
    const db = new DB();
    const keys = [
      bytes(),
      bytes(0),
      bytes(0, 0),
      bytes(0, 1),
      bytes(1),
      bytes(0x7f),
      bytes(0x80),
      bytes(0xff),
      run(0xff, 9),
    ];
    for (const key of [...keys].reverse()) db.put(key, key);
    expect([...db.keys()]).toEqual(keys);
    for (const key of keys) expect(db.get(key)).toEqual(key);
    expect(db.delete(bytes())).toBe(true);
    expect(db.has(bytes())).toBe(false);
    expect([...db.keys()]).toEqual(keys.slice(1));
  });

  it('orders keys by unsigned bytes, then by length', () => {
    const db = new DB();
    const ordered = [bytes(0x61), bytes(0x61, 0), bytes(0x61, 0xff), bytes(0x62), bytes(0xff)];
    for (const i of [3, 0, 4, 2, 1]) db.put(ordered[i], bytes());
    expect([...db.keys()]).toEqual(ordered);
  });

  it('reset empties it and keeps what is reserved', () => {
    const db = fruit();
    db.put(utf8('large'), new Uint8Array(10_000));
    const { kvData, nodeData, capacity } = db;
    db.reset();
    expect(db.length).toBe(0);
    expect(db.size).toBe(0);
    expect(db.kvLength).toBe(0);
    expect(db.free).toBe(capacity);
    expect(db.kvData).toBe(kvData);
    expect(db.nodeData).toBe(nodeData);
    expect(tableOf(db).towers.height).toBe(1);
    expect([...db]).toEqual([]);
    expect(db.get(utf8('apple'))).toBeUndefined();
    db.put(utf8('apple'), utf8('new'));
    expect([...db].map(pair)).toEqual(['apple=new']);
    checkStructure(db);
  });

  it('does the same again after a reset, as a new DB would', () => {
    const fill = (db: DB) => {
      for (let i = 0; i < 200; i++) db.put(utf8(`${(i * 37) % 200}`), utf8(`${i}`));
      return [...db.nodeData.subarray(0, db.nodeLength)];
    };
    const db = new DB();
    const nodes = fill(db);
    db.reset();
    expect(fill(db)).toEqual(nodes);
  });
});

describe('many at a time', () => {
  const entries = Array.from({ length: 300 }, (_, i) => [utf8(`${(i * 37) % 250}`), utf8(`${i}`)] as const);
  const arrays = (db: DB) => [
    [...db.kvData.subarray(0, db.kvLength)],
    [...db.nodeData.subarray(0, db.nodeLength)],
  ];

  it('putMany and getMany take iterables that make every item in the same arrays', () => {
    const db = new DB();
    const key = bytes(0);
    function* entries(): Generator<[Uint8Array, Uint8Array]> {
      for (key[0] = 1; key[0] < 4; key[0]++) yield [key, key];
    }
    function* keys(): Generator<Uint8Array> {
      for (const [each] of entries()) yield each;
    }
    db.putMany(entries());
    expect([...db.keys()].map((each) => [...each])).toEqual([[1], [2], [3]]);
    expect(db.getMany(keys()).map((each) => [...each!])).toEqual([[1], [2], [3]]);
  });

  it('putMany does what puts in the same order do, slot for slot, after a reset too', () => {
    const [one, many] = [new DB(), new DB()];
    for (const round of ['first', 'after a reset', 'over what is there']) {
      for (const [key, value] of entries) one.put(key, value);
      many.putMany(entries);
      expect([round, ...arrays(many)]).toEqual([round, ...arrays(one)]);
      checkStructure(many);
      if (round === 'first') [one, many].forEach((db) => db.reset());
    }
    // Overwrites leave no heights behind that later keys would get.
    for (const db of [one, many]) {
      db.reset();
      for (const [key, value] of entries) db.put(key, value);
    }
    expect(arrays(many)).toEqual(arrays(one));
  });

  it.each([
    ['ascending', ['a', 'aa', 'ab', 'b', 'ba', 'c']],
    ['ascending, with a step back', ['a', 'c', 'e', 'd', 'f', 'g', 'h']],
    ['ascending, with a key twice', ['a', 'b', 'b', 'c', 'd', 'd', 'd', 'e']],
    ['ascending, from the empty key', ['', 'a', 'b']],
    ['ascending behind the empty key, again and again', ['a', 'b', '', 'c', 'd', '']],
    ['ascending, sharing more and less', ['aaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaab', 'aaaaaaaab', 'aaaaaaaabc']],
    ['ascending, and many', Array.from({ length: 2000 }, (_, i) => `key ${String(i).padStart(5, '0')}`)],
  ])('putMany of keys that are %s does what puts do, slot for slot', (_, keys) => {
    const list = keys.map((key, i) => [utf8(key), new Uint8Array(i % 50).fill(i)] as const);
    const [one, many] = [new DB(), new DB()];
    for (const db of [one, many]) db.put(utf8('a first one'), utf8('value'));
    for (const round of ['into a table', 'after its last went', 'once more', 'after all went']) {
      for (const [key, value] of list) one.put(key, value);
      many.putMany(list);
      expect([round, ...arrays(many)]).toEqual([round, ...arrays(one)]);
      expect([round, many.length, many.size]).toEqual([round, one.length, one.size]);
      checkStructure(many);
      for (const db of [one, many]) {
        const gone = [...db.keys()].map((key) => key.slice());
        for (const key of round === 'into a table' ? gone.slice(-1) : round === 'once more' ? gone : [])
          db.delete(key);
      }
    }
  });

  it('deleteRange does what deletes in ascending order do, slot for slot', () => {
    const [one, many] = [new DB({ autoCompact: false }), new DB({ autoCompact: false })];
    for (const db of [one, many]) for (const [key, value] of entries) db.put(key, value);
    for (const range of [
      { start: utf8('12'), limit: utf8('2') },
      { limit: utf8('11') },
      { start: utf8('9') },
      {},
    ]) {
      const keys = [...one.keys(range)];
      for (const key of keys) one.delete(key);
      expect(many.count(range)).toBe(keys.length);
      expect(many.deleteRange(range)).toBe(keys.length);
      expect(many.count(range)).toBe(0);
      expect(arrays(many)).toEqual(arrays(one));
      expect([many.length, many.size]).toEqual([one.length, one.size]);
      checkStructure(many);
    }
    expect(many.length).toBe(0);
  });

  it('getMany gives the values in the order of the keys', () => {
    const db = fruit();
    const keys = ['cherry', 'none', 'apple', 'cherry'].map(utf8);
    expect(db.getMany(keys).map(text)).toEqual(['red', undefined, 'green', 'red']);
    expect(db.getMany(new Set(keys)).map(text)).toEqual(['red', undefined, 'green', 'red']);
    expect(db.getMany([])).toEqual([]);
  });

  it('a range that holds nothing counts 0, and nothing is deleted', () => {
    const db = fruit();
    for (const range of [{ limit: bytes() }, { start: utf8('c'), limit: utf8('b') }, { start: utf8('x') }]) {
      expect(db.count(range)).toBe(0);
      expect(db.deleteRange(range)).toBe(0);
    }
    expect(db.count()).toBe(3);
    expect(db.length).toBe(3);
  });
});

describe('the counters of a DB', () => {
  it('length and size count live entries, free what was ever appended', () => {
    const db = new DB({ capacity: 100 });
    expect([db.length, db.size, db.capacity, db.free, db.kvLength]).toEqual([0, 0, 100, 100, 0]);
    db.put(utf8('key'), utf8('12345'));
    expect([db.length, db.size, db.capacity, db.free, db.kvLength]).toEqual([1, 8, 100, 92, 8]);
    db.put(utf8('key'), utf8('1'));
    expect([db.length, db.size, db.capacity, db.free, db.kvLength]).toEqual([1, 4, 100, 88, 12]);
    db.delete(utf8('key'));
    expect([db.length, db.size, db.capacity, db.free, db.kvLength]).toEqual([0, 0, 100, 88, 12]);
    db.delete(utf8('key'));
    expect([db.length, db.size, db.capacity, db.free, db.kvLength]).toEqual([0, 0, 100, 88, 12]);
  });

  it.each([0, 1, 4096, 100_000])('capacity %d is reserved at first, and grows', (capacity) => {
    const db = new DB({ capacity });
    expect(db.capacity).toBe(capacity);
    expect(db.kvData.length).toBe(capacity);
    db.put(utf8('key'), new Uint8Array(capacity));
    expect(db.capacity).toBeGreaterThanOrEqual(capacity + 3);
    expect(db.kvData.length).toBe(db.capacity);
    expect(db.get(utf8('key'))).toEqual(new Uint8Array(capacity));
  });
});

describe('the two arrays of a DB', () => {
  it('hold records and nodes slot for slot as goleveldb lays them out', () => {
    const heights = [2, 1, 3];
    const db = new DB({ randHeight: () => heights.shift()! });
    db.put(utf8('bb'), utf8('2'));
    db.put(utf8('a'), utf8('one'));
    db.put(utf8('c'), bytes());
    expect(text(db.kvData.subarray(0, db.kvLength))).toBe('bb2aonec');
    const none = 0;
    const [b, a, c] = [16, 22, 27];
    const head = [0, 0, 0, 12, a, b, c, ...new Array(9).fill(none)];
    expect([...db.nodeData.subarray(0, db.nodeLength)]).toEqual([
      ...head,
      ...[0, 2, 1, 2, c, c],
      ...[3, 1, 3, 1, b],
      ...[7, 1, 0, 3, none, none, none],
    ]);

    db.put(utf8('bb'), utf8('two'));
    db.delete(utf8('a'));
    expect(text(db.kvData.subarray(0, db.kvLength))).toBe('bb2aonecbbtwo');
    expect([...db.nodeData.subarray(0, db.nodeLength)]).toEqual([
      ...[0, 0, 0, 12, b, b, c, ...new Array(9).fill(none)],
      ...[8, 2, 3, 2, c, c],
      ...[3, 1, 3, 1, b],
      ...[7, 1, 0, 3, none, none, none],
    ]);
  });

  it('are Uint8Array and Int32Array, replaced when they grow', () => {
    const db = new DB({ capacity: 0 });
    const { kvData, nodeData } = db;
    expect(kvData).toBeInstanceOf(Uint8Array);
    expect(nodeData).toBeInstanceOf(Int32Array);
    for (let i = 0; i < 100; i++) db.put(utf8(`key ${i}`), utf8('value'));
    expect(db.kvData).not.toBe(kvData);
    expect(db.nodeData).not.toBe(nodeData);
    expect(db.kvLength).toBe(db.capacity - db.free);
    expect(db.nodeLength).toBeLessThanOrEqual(db.nodeData.length);
  });
});

describe('a DB that grows', () => {
  // Arrays of this size are copied a bit at a time, and entries change in what was copied already.
  it('keeps every link and every record, whatever is put, replaced and deleted meanwhile', () => {
    let height = 0;
    const db = new DB({ capacity: 0, randHeight: () => (height = (height % 12) + 1) });
    const key = (i: number) => utf8(`${Math.imul(i, 0x9e3779b1) >>> 0}`);
    const expected = new Map<string, string>();
    const sizes = new Set<number>();
    for (let i = 0; i < 30_000; i++) {
      db.put(key(i), utf8(`value ${i}`));
      expected.set(text(key(i))!, `value ${i}`);
      if (i % 3 === 0) {
        db.delete(key(i >>> 1));
        expected.delete(text(key(i >>> 1))!);
      }
      if (i % 7 === 0) {
        db.put(key(i >>> 2), utf8(`again ${i}`));
        expected.set(text(key(i >>> 2))!, `again ${i}`);
      }
      sizes.add(db.nodeData.length);
    }
    expect(Math.max(...sizes)).toBeGreaterThan(1 << 18);
    checkStructure(db);
    const found = [...db].map(([key, value]) => [text(key), text(value)]);
    expect(found).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)));
  });
});

describe('the iterables of a DB', () => {
  const scans = [
    { scan: undefined, expected: 'apple banana cherry' },
    { scan: {}, expected: 'apple banana cherry' },
    { scan: { reverse: false }, expected: 'apple banana cherry' },
    { scan: { reverse: true }, expected: 'cherry banana apple' },
    { scan: { start: utf8('b') }, expected: 'banana cherry' },
    { scan: { limit: utf8('cherry') }, expected: 'apple banana' },
    { scan: { start: utf8('apple'), limit: utf8('cherry') }, expected: 'apple banana' },
    { scan: { start: utf8('apple'), limit: utf8('cherry'), reverse: true }, expected: 'banana apple' },
    { scan: { start: utf8('b'), reverse: true }, expected: 'cherry banana' },
  ];

  it.each(scans)('$scan gives $expected', ({ scan, expected }) => {
    const db = fruit();
    const values: Record<string, string> = { apple: 'green', banana: 'yellow', cherry: 'red' };
    const keys = expected.split(' ');
    expect([...db.keys(scan)].map(text)).toEqual(keys);
    expect([...db.values(scan)].map(text)).toEqual(keys.map((key) => values[key]));
    expect([...db.entries(scan)].map(pair)).toEqual(keys.map((key) => `${key}=${values[key]}`));
  });

  it('a DB is one itself', () => {
    expect([...fruit()].map(pair)).toEqual(['apple=green', 'banana=yellow', 'cherry=red']);
  });

  it('may be left early, and a DB changed on the way', () => {
    const db = fruit();
    for (const key of db.keys()) {
      db.delete(key);
      if (text(key) === 'banana') break;
    }
    expect([...db.keys()].map(text)).toEqual(['cherry']);
    const seen: unknown[] = [];
    for (const key of db.keys()) {
      seen.push(text(key));
      if (seen.length < 5) db.put(utf8(`${text(key)}+`), bytes());
    }
    expect(seen).toEqual(['cherry', 'cherry+', 'cherry++', 'cherry+++', 'cherry++++']);
  });

  it('visit every entry when each is deleted on the way, in both directions', () => {
    for (const reverse of [false, true]) {
      const db = new DB();
      for (let i = 0; i < 1000; i++) db.put(utf8(String(i).padStart(4, '0')), bytes());
      let visited = 0;
      for (const key of db.keys({ reverse })) {
        expect(db.delete(key)).toBe(true);
        visited++;
      }
      expect(visited).toBe(1000);
      expect(db.length).toBe(0);
    }
  });

  it('fail clearly after a reset, and only once', () => {
    const db = fruit();
    const begun = db.keys();
    begun.next();
    const fresh = db.entries();
    db.reset();
    db.put(utf8('other'), utf8('entry'));
    for (const walk of [begun, fresh]) {
      expect(() => walk.next()).toThrow('the DB was reset under this iterator; make a new one');
      expect(walk.next().done).toBe(true);
    }
  });

  it('refuse a wrong range when they are asked for', () => {
    const db = fruit();
    expect(() => db.keys({ start: 'a' as never })).toThrow(TypeError);
  });
});

describe('the options of a DB', () => {
  it('may all be left out', () => {
    const db = new DB();
    expect(db.capacity).toBeGreaterThan(0);
    expect(new DB({}).capacity).toBe(db.capacity);
    expect(
      new DB({ comparer: undefined, capacity: undefined, lock: undefined, randHeight: undefined }).capacity,
    ).toBe(db.capacity);
  });

  it.each([
    ['a string', '4096', TypeError, 'capacity must be a number of bytes, but got the string "4096"'],
    ['null', null, TypeError, 'capacity must be a number of bytes, but got null'],
    [
      'a negative number',
      -1,
      RangeError,
      'capacity must be a whole number of bytes from 0 to 2147483647, but got -1',
    ],
    ['a fraction', 1.5, RangeError, 'but got 1.5'],
    ['NaN', NaN, RangeError, 'but got NaN'],
    ['2 GiB', 2 ** 31, RangeError, 'but got 2147483648'],
    ['Infinity', Infinity, RangeError, 'but got Infinity'],
  ])('refuse %s as capacity', (_, capacity, type, message) => {
    const create = () => new DB({ capacity: capacity as number });
    expect(create).toThrow(type);
    expect(create).toThrow(message);
  });

  it.each([
    ['null', null],
    ['a function', bytewise.compare],
    ['a comparer without a name', { compare: bytewise.compare }],
    ['a comparer without compare', { name: 'none' }],
  ])('refuse %s as comparer', (_, comparer) => {
    const create = () => new DB({ comparer: comparer as never });
    expect(create).toThrow(TypeError);
    expect(create).toThrow('comparer must be an object with a name and a compare(a, b) function, but got');
  });

  it.each(['rlock', 'runlock', 'lock', 'unlock'])('refuse a lock without %s', (missing) => {
    const nothing = () => {};
    const lock = { rlock: nothing, runlock: nothing, lock: nothing, unlock: nothing, [missing]: undefined };
    const create = () => new DB({ lock });
    expect(create).toThrow(TypeError);
    expect(create).toThrow(`lock must be an RWLock, but an object has no ${missing}()`);
  });

  it('refuse null as lock, and a number as randHeight', () => {
    expect(() => new DB({ lock: null as never })).toThrow('lock must be an RWLock, but null has no rlock()');
    const create = () => new DB({ randHeight: 3 as never });
    expect(create).toThrow(TypeError);
    expect(create).toThrow('randHeight must be a function, but got the number 3');
  });

  it('ask randHeight once for each new key, and for nothing else', () => {
    let asked = 0;
    const db = new DB({ randHeight: () => (asked++, 2) });
    db.put(utf8('a'), bytes());
    db.put(utf8('b'), bytes());
    expect(asked).toBe(2);
    db.put(utf8('a'), utf8('again'));
    db.get(utf8('a'));
    db.delete(utf8('b'));
    db.delete(utf8('b'));
    expect(asked).toBe(2);
    db.put(utf8('b'), bytes());
    expect(asked).toBe(3);
  });

  it('tell what the order of the keys is, also where a DB was loaded or attached', () => {
    const comparer = { name: 'reverse', compare: (a: Uint8Array, b: Uint8Array) => bytewise.compare(b, a) };
    const shared = DB.create({ shared: true, maxCapacity: 1 << 16, comparer });
    const dumped = new DB({ comparer }).dump();
    for (const db of [new DB({ comparer }), DB.load(dumped, { comparer }), shared]) {
      expect(db.comparer).toBe(comparer);
    }
    expect(DB.attach(shared.handle, { comparer }).comparer).toBe(comparer);
    expect(new DB().comparer).toBe(bytewise);
  });

  it('give a custom comparer the keys as they are, and nothing around them', () => {
    const pairs: string[] = [];
    const comparer = {
      name: 'noting',
      compare(a: Uint8Array, b: Uint8Array) {
        pairs.push(`${text(a)} ${text(b)}`);
        return bytewise.compare(a, b);
      },
    };
    const db = new DB({ comparer });
    db.put(utf8('stored'), utf8('value'));
    pairs.length = 0;
    db.get(utf8('given'));
    expect(new Set(pairs)).toEqual(new Set(['stored given']));
  });
});

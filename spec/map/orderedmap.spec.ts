import { inspect } from 'node:util';
import { DB, LocalRWLock, bytewise, checkStructure } from '../../lib/index.js';
import { codecs, OrderedMap, prefix, type AnyKey, type Codec, type MapScan } from '../../lib/map/index.js';
import { NotingLock, thrownBy } from '../support/faults.js';
import type { Loose } from '../support/keys-of-codecs.js';

const letters = (keys: string) =>
  new OrderedMap({
    key: codecs.string,
    value: codecs.number,
    entries: Array.from(keys, (key, i): [string, number] => [key, i]),
  });
const keysOf = (map: OrderedMap<Loose, Loose>, scan?: MapScan<Loose>) => [...map.keys(scan)].join('');

describe('options', () => {
  test('by default, keys are any and values JSON', () => {
    const map = new OrderedMap();
    map.set(['a', 1], { b: [2] });
    expect(map.get(['a', 1])).toEqual({ b: [2] });
    expect(Buffer.from(map.db.last()![1]).toString()).toBe('{"b":[2]}');
  });

  test('there are no others than those that there are', () => {
    expect(thrownBy(() => new OrderedMap({ codec: codecs.string } as never)).message).toBe(
      "OrderedMap has no option 'codec': it has key, value, entries, db, capacity, lock, randHeight, autoCompact",
    );
  });

  test('a comparer is refused: the codec of the keys makes the order', () => {
    const error = thrownBy(() => new OrderedMap({ comparer: bytewise } as never));
    expect([error.name, error.message]).toEqual([
      'TypeError',
      "OrderedMap has no option 'comparer': the codec of the keys makes their order",
    ]);
  });

  test.each([[null], [[['a', 1]]], [new Map()], ['text'], [5]])('must be a plain object: %p', (options) => {
    expect(thrownBy(() => new OrderedMap(options as never)).message).toMatch(
      /takes a plain object of options, such as/,
    );
  });

  test('are those of the DB below', () => {
    const lock = new LocalRWLock();
    const map = new OrderedMap({ capacity: 12_345, lock, randHeight: () => 1, autoCompact: false });
    expect(map.db).toBeInstanceOf(DB);
    expect([map.db.capacity, map.db.lock]).toEqual([12_345, lock]);
    for (let i = 0; i < 100; i++) map.set('a', i);
    expect(map.db.garbage).toBeGreaterThan(0);
    expect(map.db.nodeData[map.db.nodeData[4] + 3]).toBe(1);
    expect(thrownBy(() => new OrderedMap({ capacity: -1 })).name).toBe('RangeError');
  });

  test('may be undefined', () => {
    const map = new OrderedMap({
      key: undefined,
      value: undefined,
      entries: undefined,
      autoCompact: undefined,
    });
    expect(map.set('a', 1).size).toBe(1);
  });

  test('entries may be many, from an iterable that makes each in the same array', () => {
    function* many() {
      const entry: [number, string] = [0, ''];
      for (let i = 0; i < 20_000; i++) {
        entry[0] = (i * 7919) % 20_000;
        entry[1] = `value ${entry[0]}`;
        yield entry;
      }
    }
    const map = new OrderedMap({ entries: many() });
    expect([map.size, map.at(12_345), map.last()]).toEqual([
      20_000,
      [12_345, 'value 12345'],
      [19_999, 'value 19999'],
    ]);
    checkStructure(map.db);
    expect(thrownBy(() => new OrderedMap({ entries: [...many(), 7] as never })).message).toMatch(
      /^entries\[20000\] must/,
    );
  });
});

describe('ranges', () => {
  const map = letters('abcdefgh');

  test.each([
    [{}, 'abcdefgh'],
    [{ gt: 'c' }, 'defgh'],
    [{ gte: 'c' }, 'cdefgh'],
    [{ lt: 'c' }, 'ab'],
    [{ lte: 'c' }, 'abc'],
    [{ gt: 'b', lte: 'd' }, 'cd'],
    [{ gt: 'bb', lt: 'dd' }, 'cd'],
    [{ gt: 'a', gte: 'c' }, 'cdefgh'],
    [{ gt: 'c', gte: 'a' }, 'defgh'],
    [{ gt: 'c', gte: 'c' }, 'defgh'],
    [{ lt: 'c', lte: 'a' }, 'a'],
    [{ lt: 'a', lte: 'c' }, ''],
    [{ lt: 'c', lte: 'c' }, 'ab'],
    [{ gt: 'e', lt: 'b' }, ''],
    [{ lt: '' }, ''],
    [{ gte: '' }, 'abcdefgh'],
    [{ limit: 3 }, 'abc'],
    [{ limit: 0 }, ''],
    [{ limit: -0 }, ''],
    [{ limit: Infinity }, 'abcdefgh'],
    [{ gt: 'b', limit: 2 }, 'cd'],
    [{ gt: 'b', lte: 'g', limit: 100 }, 'cdefg'],
    [{ gt: undefined, lt: undefined, limit: undefined, reverse: undefined, prefix: undefined }, 'abcdefgh'],
    [{ prefix: 'c' }, 'c'],
    [{ prefix: '' }, 'abcdefgh'],
    [{ prefix: 'c', gt: 'c' }, ''],
    [{ prefix: 'c', lte: 'zz', gte: 'a' }, 'c'],
  ] as [MapScan<string>, string][])(
    '%j is %s, in either direction, and to count and delete',
    (scan, expected) => {
      expect(keysOf(map, scan)).toBe(expected);
      expect([...map.range(scan)].map(([key]) => key).join('')).toBe(expected);
      expect([...map.values(scan)].join('')).toBe(
        Array.from(expected, (key) => 'abcdefgh'.indexOf(key)).join(''),
      );
      expect(map.count(scan)).toBe(expected.length);
      const all = keysOf(map, { ...scan, limit: undefined });
      const reversed = Array.from(all)
        .reverse()
        .slice(0, scan.limit ?? Infinity)
        .join('');
      expect(keysOf(map, { ...scan, reverse: true })).toBe(reversed);
      expect(map.count({ ...scan, reverse: true })).toBe(expected.length);
      for (const reverse of [false, true]) {
        const copy = letters('abcdefgh');
        const gone = reverse ? reversed : expected;
        expect(copy.deleteRange({ ...scan, reverse })).toBe(gone.length);
        expect(keysOf(copy)).toBe(
          Array.from('abcdefgh')
            .filter((key) => !gone.includes(key))
            .join(''),
        );
        checkStructure(copy.db);
      }
    },
  );

  test.each([
    [null, 'TypeError', /^a range must be an object/],
    [[], 'TypeError', /^a range must be an object/],
    ['a', 'TypeError', /^a range must be an object/],
    [Uint8Array.of(1), 'TypeError', /^a range must be an object/],
    [
      { start: 'a' },
      'TypeError',
      /^a range has no 'start': it has gt, gte, lt, lte, prefix, reverse, limit$/,
    ],
    [{ reverse: 1 }, 'TypeError', /^reverse must be true or false/],
    [{ limit: '1' }, 'TypeError', /^limit must be a number/],
    [{ limit: -1 }, 'RangeError', /^limit must be a whole number/],
    [{ limit: 1.5 }, 'RangeError', /^limit must be a whole number/],
    [{ limit: NaN }, 'RangeError', /^limit must be a whole number/],
    [{ gt: 1 }, 'TypeError', /^codecs\.string takes strings/],
    [{ lte: null }, 'TypeError', /^codecs\.string takes strings/],
    [{ prefix: 1 }, 'TypeError', /^codecs\.string takes strings as prefixes/],
  ])('%j is none', (scan, name, message) => {
    for (const call of ['range', 'keys', 'values', 'count', 'deleteRange'] as const) {
      const error = thrownBy(() => map[call](scan as never));
      expect([call, error.name, error.message]).toEqual([call, name, expect.stringMatching(message)]);
    }
    expect(map.size).toBe(8);
  });

  test('deleteRange wants one', () => {
    expect(thrownBy(() => map.deleteRange(undefined as never)).message).toMatch(/clear\(\) removes all/);
  });
});

describe('prefixes', () => {
  const orders = new OrderedMap({
    key: codecs.tuple(codecs.string, codecs.number, codecs.string),
    value: codecs.number,
    entries: [
      [['ann', 1, 'x'], 1],
      [['ann', 1, 'y'], 2],
      [['ann', 2, ''], 3],
      [['ann\0', 0, ''], 4],
      [['anna', 1, 'x'], 5],
      [['b', 1, 'x'], 6],
    ],
  });
  const found = (scan: MapScan<[string, number, string]>) => [...orders.values(scan)].join('');

  test('of tuples are their first elements', () => {
    expect(found(prefix(['ann']))).toBe('123');
    expect(found(prefix(['ann', 1]))).toBe('12');
    expect(found(prefix(['ann', 1, 'y']))).toBe('2');
    expect(found(prefix(['ann\0']))).toBe('4');
    expect(found(prefix([]))).toBe('123456');
    expect(found({ ...prefix(['ann']), reverse: true, limit: 2 })).toBe('32');
    expect(found({ ...prefix(['ann']), gt: ['ann', 1, 'x'] })).toBe('23');
    expect(orders.count(prefix(['anna']))).toBe(1);
  });

  test('are bounds, too, that come before all tuples that begin so', () => {
    expect(found({ gte: ['ann', 2] })).toBe('3456');
    expect(found({ gt: ['ann', 2] })).toBe('3456');
    expect(found({ lt: ['ann', 2] })).toBe('12');
    expect(found({ lte: ['ann', 2] })).toBe('12');
    expect(found({ gte: ['ann', 1], lt: ['anna'] })).toBe('1234');
  });

  test('of tuples have no more elements than these, and of the right types', () => {
    const of = (begin: unknown) => thrownBy(() => orders.count({ prefix: begin as never })).message;
    expect(of(['ann', 1, 'x', 2])).toMatch(/^codecs\.tuple takes arrays of at most 3 elements as prefixes/);
    expect(of('ann')).toMatch(/^codecs\.tuple takes arrays of at most 3 elements/);
    expect(of(['ann', '1'])).toBe('codecs.number takes numbers, but got the string "1"');
    expect(thrownBy(() => orders.get(['ann'] as never)).message).toMatch(/arrays of 3 elements/);
  });

  test('of any keys are texts, bytes, and the first elements of arrays', () => {
    const keys: AnyKey[] = [
      'a',
      'ab',
      'b',
      'a\0',
      ['a'],
      ['a', 1],
      ['a', [2]],
      ['ab'],
      [],
      Uint8Array.of(1, 2),
      Uint8Array.of(2),
    ];
    const map = new OrderedMap({ entries: keys.map((key): [AnyKey, string] => [key, String(key)]) });
    const those = (begin: string | Uint8Array | AnyKey[]) => [...map.values(prefix(begin))];
    expect(those('a')).toEqual(['a', 'a\0', 'ab']);
    expect(those(['a'])).toEqual(['a', 'a,1', 'a,2']);
    expect(those([])).toEqual(['', 'a', 'a,1', 'a,2', 'ab']);
    expect(those(['a', [2]])).toEqual(['a,2']);
    expect(those(Uint8Array.of(1))).toEqual(['1,2']);
    expect(thrownBy(() => map.count(prefix(1) as never)).message).toMatch(
      /^codecs\.any takes strings, Uint8Arrays and arrays/,
    );
  });

  test('of bytes are bytes, also such as have nothing above them', () => {
    const map = new OrderedMap({ key: codecs.bytes, value: codecs.number });
    map.set(Uint8Array.of(255), 1).set(Uint8Array.of(255, 255), 2).set(Uint8Array.of(254, 255), 3);
    expect([...map.values(prefix(Uint8Array.of(255)))]).toEqual([1, 2]);
    expect([...map.values({ prefix: Uint8Array.of(254) })]).toEqual([3]);
  });

  test('of others there are none', () => {
    const map = new OrderedMap({ key: codecs.number });
    expect(thrownBy(() => map.count({ prefix: 1 as never })).message).toBe(
      'keys of codecs.number have no prefixes',
    );
  });
});

describe('ranks', () => {
  const map = letters('bdfh');

  test('at counts from either end', () => {
    expect([map.at(0), map.at(3), map.at(-1), map.at(-4)]).toEqual([
      ['b', 0],
      ['h', 3],
      ['h', 3],
      ['b', 0],
    ]);
    expect([map.at(4), map.at(-5)]).toEqual([undefined, undefined]);
    expect(thrownBy(() => map.at(0.5)).name).toBe('RangeError');
    expect(thrownBy(() => map.at('0' as never)).name).toBe('TypeError');
  });

  test('rank counts what is below, also of a key that is not there', () => {
    expect(Array.from('abcdefghi', (key) => map.rank(key))).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4]);
  });

  test('first, last, shift and pop', () => {
    const taken = letters('abc');
    expect([taken.first(), taken.last(), taken.shift(), taken.pop()]).toEqual([
      ['a', 0],
      ['c', 2],
      ['a', 0],
      ['c', 2],
    ]);
    expect([taken.shift(), taken.shift(), taken.pop(), taken.first(), taken.last(), taken.size]).toEqual([
      ['b', 1],
      undefined,
      undefined,
      undefined,
      undefined,
      0,
    ]);
  });
});

describe('update', () => {
  test('gives what the function gave, which sees undefined where there is none', () => {
    const map = letters('a');
    const seen: unknown[] = [];
    const add = (value: number | undefined) => {
      seen.push(value);
      return (value ?? 10) + 1;
    };
    expect([map.update('a', add), map.update('b', add), map.get('a'), map.get('b')]).toEqual([1, 11, 1, 11]);
    expect(seen).toEqual([0, undefined]);
  });

  test('changes nothing where the function throws, or gives what can’t be encoded', () => {
    const map = letters('a');
    const failing = () => {
      throw new RangeError('mine');
    };
    expect(thrownBy(() => map.update('a', failing)).message).toBe('mine');
    expect(thrownBy(() => map.update('a', () => 'text' as never)).message).toMatch(/^codecs\.number/);
    expect(thrownBy(() => map.update('a', 1 as never)).message).toBe(
      'compute must be a function, but got the number 1',
    );
    expect([...map]).toEqual([['a', 0]]);
  });

  test('takes undefined for a value, where values may be that', () => {
    const map = new OrderedMap<string, unknown>({ entries: [['a', 1]] });
    expect(map.update('a', () => undefined)).toBeUndefined();
    expect([map.has('a'), map.get('a')]).toEqual([true, undefined]);
  });

  test('holds the lock meanwhile: its function must not use the map', () => {
    const map = letters('a');
    expect(thrownBy(() => map.update('a', () => map.get('a')!))).toMatchObject({ code: 'MEMDB_LOCK_MISUSE' });
    expect(map.get('a')).toBe(0);
  });
});

describe('setMany', () => {
  test('of equal keys, the last counts', () => {
    const map = letters('a');
    map.setMany([
      ['b', 5],
      ['a', 6],
      ['b', 7],
    ]);
    expect([...map]).toEqual([
      ['a', 6],
      ['b', 7],
    ]);
    map.setMany(new Map([['c', 8]]));
    expect(map.size).toBe(3);
  });

  test('puts none where one can’t be', () => {
    const map = letters('a');
    const put = (entries: unknown) => thrownBy(() => map.setMany(entries as never)).message;
    expect(
      put([
        ['b', 1],
        ['c', 'text'],
      ]),
    ).toMatch(/^codecs\.number/);
    expect(put([['b', 1], 'cd'])).toBe('entries[1] must be a pair [key, value], but got the string "cd"');
    expect(put(5)).toMatch(/^entries must be iterable/);
    expect([...map]).toEqual([['a', 0]]);
  });

  test('takes entries of many sizes', () => {
    const map = new OrderedMap({ key: codecs.string, value: codecs.string });
    const entries = [0, 1, 5000, 3, 100_000, 200].map((length): [string, string] => [
      `k${length}`,
      'é'.repeat(length),
    ]);
    map.setMany(entries);
    for (const [key, value] of entries) expect(map.get(key) === value).toBe(true);
  });
});

describe('what a map promises', () => {
  test('values are made anew: what was got and changed is not in the map', () => {
    const map = new OrderedMap({ entries: [['a', { n: 1 }]] });
    map.get('a')!.n = 2;
    expect([map.get('a'), map.get('a') === map.get('a')]).toEqual([{ n: 1 }, false]);
  });

  test('memory of long values is not kept, and shorter ones come right again', () => {
    const map = new OrderedMap({ key: codecs.string, value: codecs.string });
    [3, 30, 5_000_000, 3, 30, 300, 256, 257, 0, 100_000, 20, 19, 2000, 3, 30].forEach((length, i) => {
      const value = String.fromCharCode(97 + i).repeat(length);
      expect(map.set('a', value).get('a') === value).toBe(true);
    });
  });

  test('a codec that uses its map is told so, and nothing is changed', () => {
    const map = new OrderedMap<string, number>({
      key: codecs.string,
      value: {
        name: 'mine',
        write(value, scratch, at) {
          if (value === 1) map.set('inner', 2);
          return codecs.number.write(value, scratch, at);
        },
        read: codecs.number.read,
      } satisfies Codec<number>,
    });
    expect(thrownBy(() => map.set('outer', 1))).toMatchObject({
      code: 'MEMDB_LOCK_MISUSE',
      message: expect.stringMatching(
        /^mine: a codec, and what it calls, such as toJSON, must not use the map/,
      ),
    });
    expect([...map]).toEqual([['inner', 2]]);
  });

  test('a key codec that sets another value meanwhile is told so, too', () => {
    const map = new OrderedMap();
    const key = ['outer', ''];
    Object.defineProperty(key, '1', {
      get: () => {
        map.set('inner', 2);
        return 'x';
      },
    });
    expect(thrownBy(() => map.set(key, 1)).name).toBe('LockMisuseError');
    expect([...map]).toEqual([['inner', 2]]);
  });

  test('so is one that begins another value, and fails', () => {
    const map = new OrderedMap({ value: codecs.any });
    const key = ['outer', ''];
    Object.defineProperty(key, '1', {
      get: () => {
        thrownBy(() => map.set('inner', ['another', Symbol('s') as never]));
        return 'x';
      },
    });
    expect(thrownBy(() => map.set(key, ['mine', 1])).name).toBe('LockMisuseError');
    expect(map.size).toBe(0);
  });

  test('long keys of any type come right, whatever came before', () => {
    const map = new OrderedMap();
    [30, 3, 30, 2000, 30, 40, 5, 4000, 25].forEach((length, i) => {
      const key = String.fromCharCode(97 + i).repeat(length);
      map.set(key, i);
      map.set([key], i);
      expect([map.get(key), map.get([key]), [...map.keys()].includes(key)]).toEqual([i, i, true]);
    });
  });

  test('so is one that uses its map for an upper bound, while the lower one is still needed', () => {
    const map = new OrderedMap<unknown, number>({ entries: Array.from('abcdefg', (key) => [key, 1]) });
    const upper = [''];
    Object.defineProperty(upper, '0', {
      get: () => {
        map.get('zz');
        return 'x';
      },
    });
    const scans: MapScan<unknown>[] = [
      { gte: 'c', lt: upper },
      { gt: 'c', lte: upper },
      { prefix: 'c', lt: upper } as never,
    ];
    for (const scan of scans) {
      expect(thrownBy(() => map.deleteRange(scan)).name).toBe('LockMisuseError');
      expect(thrownBy(() => map.keys(scan)).name).toBe('LockMisuseError');
    }
    expect(keysOf(map)).toBe('abcdefg');
    expect(map.count({ lt: upper })).toBe(7);
  });

  test('update knows its key, whatever was tried with another one meanwhile', () => {
    const map = letters('ab');
    map.update('a', () => {
      thrownBy(() => map.get('another'));
      return 5;
    });
    expect([...map]).toEqual([
      ['a', 5],
      ['b', 1],
    ]);
  });

  test('toJSON may read the map', () => {
    const map = new OrderedMap<string, unknown>({ entries: [['a', 'read']] });
    map.set('b', { toJSON: () => map.get('a') });
    expect(map.get('b')).toBe('read');
  });

  test('every call takes the lock and gives it back', () => {
    const lock = new NotingLock();
    const map = new OrderedMap({ key: codecs.string, value: codecs.number, lock });
    map.set('a', 1).set('b', 2);
    map.update('a', () => 3);
    map.setMany([['c', 4]]);
    expect([
      map.get('a'),
      map.has('b'),
      map.size,
      map.count(),
      map.rank('c'),
      map.at(0),
      map.shift(),
      map.pop(),
    ]).toHaveLength(8);
    expect([...map].length).toBe(1);
    map.clear();
    expect(lock.idle).toBe(true);
    expect(new Set(lock.notes)).toEqual(new Set(['rlock', 'runlock', 'lock', 'unlock']));
  });

  test('a reset of the DB below ends its iterators', () => {
    const map = letters('abc');
    const all = map.keys();
    all.next();
    map.db.reset();
    expect(thrownBy(() => all.next())).toMatchObject({ code: 'MEMDB_ITERATOR_RELEASED' });
  });

  test('an iterator may be disposed of', () => {
    const all = letters('abc').keys();
    all.next();
    (all as unknown as Disposable)[Symbol.dispose]();
    expect(all.next()).toEqual({ value: undefined, done: true });
  });

  test('it is told apart by its tag, and is a Map to TypeScript', () => {
    const map: Map<string, number> = letters('ab');
    expect(Object.prototype.toString.call(map)).toBe('[object OrderedMap]');
    expect(new Map(map)).toEqual(
      new Map([
        ['a', 0],
        ['b', 1],
      ]),
    );
  });
});

it('is shown as a Map is, and entries beyond those that are shown are not read', () => {
  const map = new OrderedMap({
    entries: [
      ['b', [2]],
      ['a', { n: 1 }],
    ],
  });
  expect(inspect(map)).toBe("OrderedMap(2) { 'a' => { n: 1 }, 'b' => [ 2 ] }");
  expect(inspect([[[map]]], { depth: 1 })).toBe('[ [ [Array] ] ]');
  expect(inspect([map], { depth: 0 })).toBe('[ [OrderedMap] ]');
  expect([...map.entries({ gt: 'a', limit: 1 })]).toEqual([['b', [2]]]);
  expect(inspect(new OrderedMap())).toBe('OrderedMap(0) {}');
  let read = 0;
  const value = {
    encode: (number: number) => Uint8Array.of(number),
    decode: (bytes: Uint8Array) => {
      read++;
      return bytes[0];
    },
  };
  const large = new OrderedMap<number, number>({
    value,
    entries: Array.from({ length: 120 }, (_, i) => [i, i]),
  });
  expect(inspect(large)).toMatch(/^OrderedMap\(120\) \{[^]* 99 => 99,\n {2}\.\.\. 20 more\n\}$/);
  expect(read).toBe(100);
  expect(inspect(large, { maxArrayLength: 0 })).toBe('OrderedMap(120) {\n  ... 120 more\n}');
  expect(inspect(large, { maxArrayLength: -1 })).toBe('OrderedMap(120) {\n  ... 120 more\n}');
  const ofMap = new Map([['k', { n: { m: {} } }]]);
  const same = new OrderedMap({ entries: ofMap });
  expect(inspect({ p: same })).toBe(inspect({ p: ofMap }).replace('Map', 'OrderedMap'));
  const unreadable = new OrderedMap({ value: codecs.json, entries: [['k', 1]] });
  unreadable.db.put(unreadable.db.first()![0], Uint8Array.of(0x7b));
  expect(inspect(unreadable)).toBe('[OrderedMap(1)]');
  expect(inspect(large, { maxArrayLength: null })).toMatch(/ 119 => 119\n?\s*\}$/);
});

import {
  Arena,
  DB,
  InternalKeyComparer,
  LookupKey,
  MemTable,
  SkipList,
  ValueType,
  bytesPrefix,
  bytewise,
  checkStructure,
  makeInternalKey,
  parseInternalKey,
  type Comparer,
} from '../../lib/index.js';
import { bytes, text, utf8 } from '../support/bytes.js';
import { snapshot, thrownBy } from '../support/faults.js';

/*
 * What an array says of itself can be overridden. What is a Uint8Array counts with the bytes that it has; what only looks like one is refused.
 */

interface Scene {
  db: DB;
  table: MemTable;
  list: SkipList;
}

function scene(): Scene {
  const db = new DB();
  const table = new MemTable();
  const list = new SkipList();
  for (const [i, key] of ['a', 'abc', 'b', 'c'].entries()) {
    db.put(utf8(key), utf8(key.toUpperCase()));
    table.add(i, ValueType.Value, utf8(key), utf8(key.toUpperCase()));
    list.insert(utf8(key));
  }
  return { db, table, list };
}

const state = ({ db, table, list }: Scene) => {
  const it = list.iterator();
  const keys = [];
  while (it.next()) keys.push(text(it.key));
  return [snapshot(db), [...table].map(String), keys];
};

const order = new InternalKeyComparer(bytewise);
const internal = makeInternalKey(utf8('abc'), 1, ValueType.Value);
const returning = (shorter: unknown): Comparer => ({
  name: 'returning',
  compare: (a, b) => bytewise.compare(a, b),
  separator: () => shorter as Uint8Array,
  successor: () => shorter as Uint8Array,
});
const each = function* <T>(...items: T[]): Generator<T> {
  yield* items;
};

/** Each with the bytes of 'abc' in one place. */
const CALLS: [name: string, call: (liar: Uint8Array, scene: Scene) => unknown][] = [
  ['put: key', (liar, { db }) => db.put(liar, utf8('new'))],
  ['put: value', (liar, { db }) => db.put(utf8('b'), liar)],
  [
    'put: key of a new entry',
    (liar, { db }) => {
      db.delete(utf8('abc'));
      db.put(liar, utf8('new'));
    },
  ],
  ['get', (liar, { db }) => text(db.get(liar))],
  ['read', (liar, { db }) => db.read(liar, text)],
  ['has', (liar, { db }) => db.has(liar)],
  ['find', (liar, { db }) => db.find(liar)?.map(text)],
  ['delete', (liar, { db }) => db.delete(liar)],
  ['update: key', (liar, { db }) => db.update(liar, (value) => utf8(`${text(value)}!`))],
  ['update: result', (liar, { db }) => db.update(utf8('b'), () => liar)],
  ['putMany: key', (liar, { db }) => db.putMany([[liar, utf8('many')]])],
  ['putMany: value', (liar, { db }) => db.putMany([[utf8('b'), liar]])],
  ['putMany: key of an iterable', (liar, { db }) => db.putMany(each([liar, utf8('many')] as const))],
  ['putMany: value of an iterable', (liar, { db }) => db.putMany(each([utf8('b'), liar] as const))],
  ['getMany', (liar, { db }) => db.getMany([utf8('b'), liar]).map(text)],
  ['getMany of an iterable', (liar, { db }) => db.getMany(each(liar)).map(text)],
  ['deleteRange: start', (liar, { db }) => db.deleteRange({ start: liar })],
  ['deleteRange: limit', (liar, { db }) => db.deleteRange({ limit: liar })],
  ['count: start', (liar, { db }) => db.count({ start: liar })],
  ['count: limit', (liar, { db }) => db.count({ limit: liar })],
  ['iterator: start', (liar, { db }) => db.iterator({ start: liar }).first()],
  ['iterator: limit', (liar, { db }) => db.iterator({ limit: liar }).last()],
  ['entries: start', (liar, { db }) => [...db.entries({ start: liar })].map(String)],
  ['keys: limit', (liar, { db }) => [...db.keys({ limit: liar, reverse: true })].map(text)],
  ['values: limit', (liar, { db }) => [...db.values({ limit: liar })].map(text)],
  ['seek', (liar, { db }) => db.iterator().seek(liar)],
  ['MemTable.add: key', (liar, { table }) => table.add(9, ValueType.Value, liar, utf8('new'))],
  ['MemTable.add: value', (liar, { table }) => table.add(9, ValueType.Value, utf8('b'), liar)],
  ['MemTable.get', (liar, { table }) => table.get(liar)?.sequenceNumber],
  ['MemTable.get of a sequence', (liar, { table }) => table.get(liar, 8)?.sequenceNumber],
  ['MemTable.find', (liar, { table }) => String(table.find(liar)?.value)],
  ['MemTable: start', (liar, { table }) => [...table.keys({ start: liar })].map(String)],
  ['MemTable: limit', (liar, { table }) => [...table.values({ limit: liar })].map(String)],
  ['MemTableIterator.seek', (liar, { table }) => table.iterator().seek(liar)],
  [
    'SkipList.insert',
    (liar) => {
      const list = new SkipList();
      list.insert(liar);
      return list.contains(utf8('abc'));
    },
  ],
  ['SkipList.contains', (liar, { list }) => list.contains(liar)],
  ['SkipList: start', (liar, { list }) => list.iterator({ start: liar }).first()],
  ['SkipListIterator.seek', (liar, { list }) => list.iterator().seek(liar)],
  ['LookupKey', (liar) => String(new LookupKey(liar, 7).memtableKey)],
  ['makeInternalKey', (liar) => String(makeInternalKey(liar, 7, ValueType.Value))],
  ['bytesPrefix', (liar) => Object.values(bytesPrefix(liar)).map(String)],
  ['bytewise.compare: a', (liar) => bytewise.compare(liar, utf8('b'))],
  ['bytewise.compare: b', (liar) => bytewise.compare(utf8('b'), liar)],
  ['bytewise.separator: a', (liar) => String(bytewise.separator!(liar, utf8('axyz')))],
  ['bytewise.separator: b', (liar) => String(bytewise.separator!(utf8('aa'), liar))],
  ['bytewise.successor', (liar) => String(bytewise.successor!(liar))],
  [
    'separator: result',
    (liar) =>
      String(
        new InternalKeyComparer(returning(liar)).separator(makeInternalKey(utf8('abba'), 1, 1), internal),
      ),
  ],
  [
    'successor: result',
    (liar) => String(new InternalKeyComparer(returning(liar)).successor(makeInternalKey(utf8('abba'), 1, 1))),
  ],
];

/** The same with the bytes of an internal key. */
const INTERNAL_CALLS: typeof CALLS = [
  ['parseInternalKey', (liar) => String(parseInternalKey(liar).userKey)],
  [
    'MemTable.get of a LookupKey',
    (liar, { table }) => table.get({ internalKey: liar } as never)?.sequenceNumber,
  ],
  ['InternalKeyComparer.compare: a', (liar) => Math.sign(order.compare(liar, internal))],
  ['InternalKeyComparer.compare: b', (liar) => Math.sign(order.compare(internal, liar))],
  [
    'InternalKeyComparer.separator: a',
    (liar) => String(order.separator(liar, makeInternalKey(utf8('ax'), 1, 1))),
  ],
  [
    'InternalKeyComparer.separator: b',
    (liar) => String(order.separator(makeInternalKey(utf8('aaaa'), 1, 1), liar)),
  ],
  ['InternalKeyComparer.successor', (liar) => String(order.successor(liar))],
];

class Overridden extends Uint8Array {
  override get length(): number {
    return 7;
  }
  override get byteLength(): number {
    return 1;
  }
  override get byteOffset(): number {
    return 2;
  }
  override get buffer(): never {
    return new ArrayBuffer(3) as never;
  }
  override subarray(): never {
    throw new Error('subarray was called');
  }
  override slice(): never {
    throw new Error('slice was called');
  }
  override findIndex(): never {
    throw new Error('findIndex was called');
  }
  override [Symbol.iterator](): never {
    throw new Error('it was iterated over');
  }
  static get [Symbol.species](): never {
    throw new Error('its species was asked for');
  }
}

const withLength = (array: Uint8Array, length: PropertyDescriptor) =>
  Object.defineProperty(array, 'length', length);

const LIARS: [what: string, make: (array: Uint8Array) => Uint8Array][] = [
  ...[2.5, -3, NaN, 0, 1, 1e9, Infinity, '3', null].map(
    (value) =>
      [`of length ${String(value)}`, (array: Uint8Array) => withLength(array.slice(), { value })] as never,
  ),
  [
    'whose length grows',
    (array) => {
      let length = 1;
      return withLength(array.slice(), { get: () => length++ });
    },
  ],
  ['of a class that overrides everything', (array) => new Overridden(array)],
];

describe.each([
  ...CALLS.map((call) => [...call, 'abc'] as const),
  ...INTERNAL_CALLS.map((call) => [...call, internal] as const),
])('%s', (_, call, given) => {
  const array = typeof given === 'string' ? utf8(given) : given;

  test.each(LIARS)('takes an array %s for what it is', (_what, make) => {
    const honest = scene();
    const expected = call(array, honest);
    const other = scene();
    expect(call(make(array), other)).toEqual(expected);
    expect(state(other)).toEqual(state(honest));
    checkStructure(other.db);
  });

  const pretenders: [what: string, make: () => unknown][] = [
    ['with the prototype of Uint8Array', (): unknown => Object.create(Uint8Array.prototype)],
    [
      'with its prototype, and a length',
      () => Object.defineProperty(Object.create(Uint8Array.prototype) as object, 'length', { value: 3 }),
    ],
    ['that is a Proxy', () => new Proxy(array.slice(), {})],
    [
      'of words, with its prototype',
      (): unknown => Object.setPrototypeOf(Int32Array.from(array), Uint8Array.prototype),
    ],
    ['that is an array', () => [...array]],
    ['that is a view of another kind', () => new Int8Array(array)],
    ['that is a text', () => 'abc'],
  ];
  test.each(pretenders)('refuses an object %s', (_what, make) => {
    const current = scene();
    const before = state(current);
    const isOfDeletion = _ === 'put: key of a new entry';
    const error = thrownBy(() => call(make() as Uint8Array, current));
    expect(error.name).toBe('TypeError');
    expect(error.message).toMatch(/must be a Uint8Array, but got /);
    if (!isOfDeletion) expect(state(current)).toEqual(before);
  });
});

test.each(LIARS)('a dump in an array %s is loaded for what it is', async (_what, make) => {
  const { db } = scene();
  db.put(utf8('more'), utf8('than nothing'));
  const dumped = db.dump();
  expect(DB.load(make(dumped)).dump()).toEqual(dumped);
  const portions = [dumped.slice(0, 50), dumped.slice(50)].map(make);
  const readable = new ReadableStream<Uint8Array>({
    pull(controller) {
      const portion = portions.shift();
      if (portion === undefined) controller.close();
      else controller.enqueue(portion);
    },
  });
  expect((await DB.loadFrom(readable)).dump()).toEqual(dumped);
});

test('a refusal says what a pretender may be', () => {
  const error = thrownBy(() => new DB().put(new Proxy(bytes(1), {}), bytes()));
  expect(error.message).toBe(
    'key must be a Uint8Array, but got an instance of Uint8Array, which only looks like one: a Proxy, or with its prototype',
  );
});

test('a range is read once', () => {
  const { db } = scene();
  const fickle = () => {
    let reads = 0;
    return {
      get start() {
        return reads++ === 0 ? utf8('b') : ('not bytes' as never);
      },
    };
  };
  expect(db.count(fickle())).toBe(2);
  expect([...db.keys(fickle())].map(text)).toEqual(['b', 'c']);
  expect(db.iterator(fickle()).first()).toBe(true);
  expect(db.deleteRange(fickle())).toBe(2);
  checkStructure(db);
});

test('each key of getMany is read once', () => {
  const { db } = scene();
  let reads = 0;
  const keys = new Proxy([utf8('b')], {
    get: (target, name) =>
      name === '0' && reads++ > 0 ? 'not bytes' : (Reflect.get(target, name) as unknown),
  });
  expect(db.getMany(keys).map(text)).toEqual(['B']);
});

describe.each([
  ['DB', (options: never) => new DB(options)],
  ['MemTable', (options: never) => new MemTable(options)],
  ['SkipList', (options: never) => new SkipList(options)],
  ['Arena', (options: never) => new Arena(options)],
  ['DB.create', (options: never) => DB.create(options)],
  ['MemTable.create', (options: never) => MemTable.create(options)],
  ['SkipList.create', (options: never) => SkipList.create(options)],
  ['MemTable.compact', (options: never) => new MemTable().compact(1, options)],
] as const)('options of %s', (_, make) => {
  test.each([
    ['null', null],
    ['an array', []],
    ['an array of a name', ['capacity']],
    ['a text', 'capacity'],
    ['a function', () => ({})],
    ['bytes', bytes(1)],
  ])('are not %s', (_what, options) => {
    const error = thrownBy(() => make(options as never));
    expect(error.name).toBe('TypeError');
    expect(error.message).toMatch(/takes a plain object of options, but got /);
  });

  test('are not what says yes to everything', () => {
    const error = thrownBy(() => make(new Proxy({}, { get: () => 1.5 }) as never));
    expect(['TypeError', 'RangeError']).toContain(error.name);
    expect(error.message).toMatch(/must be|must return/);
  });
});

test('an internal key that is too short for a tag is refused', () => {
  const { table } = scene();
  expect(thrownBy(() => table.get({ internalKey: bytes(1, 2) } as never))).toMatchObject({
    code: 'MEMDB_INTERNAL_KEY_CORRUPTED',
  });
});

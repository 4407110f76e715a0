// Whoever transfers a view transfers the whole buffer behind it. From then on, no call may act as if nothing had happened.
import {
  DB,
  LookupKey,
  MemTable,
  SkipList,
  ValueType,
  bytewise,
  checkStructure,
  type DBIterator,
  type MemTableIterator,
} from '../../lib/index.js';
import { localMemory, withInternals } from '../../lib/internals.js';
import { bytes, text, utf8 } from '../support/bytes.js';
import { thrownBy } from '../support/faults.js';

function takeAway(array: Uint8Array | Int32Array): void {
  const buffer = array.buffer as ArrayBuffer;
  structuredClone(buffer, { transfer: [buffer] });
}

function expectDetached(call: () => unknown): void {
  const error = thrownBy(call);
  expect((error as { code?: string }).code).toBe('MEMDB_DETACHED');
  expect(error.message).toContain('copy it first, with view.slice()');
}

/** Keys of one byte, of a few, and of many: they are compared and copied in different ways. */
const KEYS = ['', 'a', 'b', 'c', 'some key', 'some longer key, that takes more than 32 bytes'];
const VALUE = utf8('value');

const own = { name: 'own', compare: (a: Uint8Array, b: Uint8Array) => bytewise.compare(a, b) };

interface State {
  name: string;
  make: () => DB;
}
const filled = (db: DB, keys = KEYS) => {
  for (const key of keys) db.put(utf8(key), VALUE);
  return db;
};
const states: State[] = [
  { name: 'new', make: () => new DB() },
  { name: 'new, without capacity', make: () => new DB({ capacity: 0 }) },
  { name: 'new, with a comparer', make: () => new DB({ comparer: own }) },
  { name: 'filled', make: () => filled(new DB()) },
  { name: 'filled, with a comparer', make: () => filled(new DB({ comparer: own })) },
  { name: 'filled, with a caller of heights', make: () => filled(new DB({ randHeight: () => 2 })) },
  { name: 'filled, never compacting', make: () => filled(new DB({ autoCompact: false })) },
  {
    name: 'filled, without an index',
    make: () => filled(new DB(withInternals({}, { ...localMemory, indexed: false }))),
  },
  {
    name: 'filled, and read',
    make: () => {
      const db = filled(new DB());
      for (let i = 0; i < 3; i++) for (const key of KEYS) db.get(utf8(key));
      db.find(utf8('a'));
      return db;
    },
  },
  {
    name: 'large',
    make: () =>
      filled(
        new DB(),
        Array.from({ length: 2000 }, (_, i) => `key ${i}`),
      ),
  },
  {
    name: 'reset',
    make: () => {
      const db = filled(new DB());
      db.reset();
      return db;
    },
  },
  {
    name: 'compacted',
    make: () => {
      const db = filled(filled(new DB()));
      db.compact();
      return db;
    },
  },
  {
    name: 'under compaction',
    make: () => filled(new DB(withInternals({}, { ...localMemory, compactEvery: 1, compactAtOnce: 1 }))),
  },
  {
    name: 'new, always compacting',
    make: () => new DB(withInternals({}, { ...localMemory, compactEvery: 1 })),
  },
  {
    name: 'filled, to be compacted by the next write',
    make: () => {
      const db = new DB(withInternals({}, { ...localMemory, compactEvery: 10 }));
      for (let i = 0; i < 9; i++) db.put(bytes(i), bytes());
      return db;
    },
  },
];

type Call = [name: string, call: (db: DB) => unknown];
const ofKeys = [...KEYS, 'not there', 'd'].flatMap((key): Call[] => [
  [`get '${key}'`, (db) => db.get(utf8(key))],
  [`has '${key}'`, (db) => db.has(utf8(key))],
  [`find '${key}'`, (db) => db.find(utf8(key))],
  [`put '${key}'`, (db) => db.put(utf8(key), VALUE)],
  [`put '${key}' without a value`, (db) => db.put(utf8(key), bytes())],
  [`delete '${key}'`, (db) => db.delete(utf8(key))],
  [`update '${key}'`, (db) => db.update(utf8(key), () => VALUE)],
  [`update '${key}' to nothing`, (db) => db.update(utf8(key), () => undefined)],
  [`getMany ['${key}']`, (db) => db.getMany([utf8(key)])],
  [`putMany ['${key}']`, (db) => db.putMany([[utf8(key), VALUE]])],
  [`deleteRange from '${key}'`, (db) => db.deleteRange({ start: utf8(key) })],
  [`count from '${key}'`, (db) => db.count({ start: utf8(key) })],
  [`seek '${key}'`, (db) => db.iterator().seek(utf8(key))],
]);
const calls: Call[] = [
  ...ofKeys,
  ['put what makes it grow', (db) => db.put(utf8('a'), new Uint8Array(100_000))],
  ['putMany of nothing', (db) => db.putMany([])],
  ['getMany of nothing', (db) => db.getMany([])],
  ['deleteRange', (db) => db.deleteRange({})],
  ['count', (db) => db.count()],
  ['first', (db) => db.first()],
  ['last', (db) => db.last()],
  ['at(0)', (db) => db.at(0)],
  ['at(-1)', (db) => db.at(-1)],
  ['entries', (db) => [...db.entries()]],
  ['entries in reverse', (db) => [...db.entries({ reverse: true })]],
  ['keys', (db) => [...db.keys({ start: utf8('b') })]],
  ['values', (db) => [...db.values()]],
  ['for..of', (db) => [...db]],
  ['iterator().first', (db) => db.iterator().first()],
  ['iterator().last', (db) => db.iterator().last()],
  ['iterator().next', (db) => db.iterator().next()],
  ['iterator().prev', (db) => db.iterator().prev()],
  ['length', (db) => db.length],
  ['size', (db) => db.size],
  ['capacity', (db) => db.capacity],
  ['free', (db) => db.free],
  ['garbage', (db) => db.garbage],
  ['kvData', (db) => db.kvData],
  ['kvLength', (db) => db.kvLength],
  ['nodeData', (db) => db.nodeData],
  ['nodeLength', (db) => db.nodeLength],
  ['compact', (db) => db.compact()],
  ['reset', (db) => db.reset()],
  ['checkStructure', (db) => checkStructure(db)],
];

describe.each(['kvData', 'nodeData'] as const)('a DB whose %s was transferred', (array) => {
  describe.each(states)('$name', ({ make }) => {
    test.each(calls)('says so: %s', (_, call) => {
      const db = make();
      takeAway(db[array]);
      expectDetached(() => call(db));
      expectDetached(() => call(db));
    });
  });

  // Within what they have read ahead, cursors go on; there they need no other array.
  test.each<[string, (it: DBIterator) => unknown]>([
    ['first', (it) => it.first()],
    ['last', (it) => it.last()],
    ['seek', (it) => it.seek(utf8('key 5'))],
    ['next, and on', (it) => stepThrough(() => it.next())],
    ['prev, and on', (it) => stepThrough(() => it.prev())],
  ])('says so to a cursor that was made before: %s', (_, move) => {
    for (const steps of [0, 1, 10, 1000]) {
      const db = filled(
        new DB(),
        Array.from({ length: 2000 }, (_, i) => `key ${i}`),
      );
      const it = db.iterator();
      for (let i = 0; i < steps; i++) it.next();
      takeAway(db[array]);
      expectDetached(() => move(it));
    }
  });
});

function stepThrough(step: () => boolean): number {
  let count = 0;
  while (step()) count++;
  return count;
}

test.each(['key', 'value'] as const)('a cursor over a transferred kvData says so: %s', (what) => {
  const db = filled(new DB());
  const it = db.iterator();
  for (let i = 0; i < 5; i++) it.next();
  takeAway(db.kvData);
  expectDetached(() => it[what]);
  expect(it.valid).toBe(true);
  it.release();
  expect([it.key, it.value]).toEqual([undefined, undefined]);
});

test.each(['kvData', 'nodeData'] as const)(
  'a cursor that must look again, since the DB was written to, says so when %s was transferred',
  (array) => {
    for (const what of ['key', 'value', 'keyStart', 'valueStart', 'valueEnd', 'valid'] as const) {
      for (const write of [(db: DB) => db.delete(utf8('c')), (db: DB) => db.put(utf8('b'), utf8('other'))]) {
        const db = filled(new DB());
        const it = db.iterator();
        it.seek(utf8('b'));
        write(db);
        takeAway(db[array]);
        expectDetached(() => it[what]);
      }
    }
  },
);

test('a cursor on a deleted entry says so when the arrays from before a compaction were transferred', () => {
  const db = filled(new DB());
  const it = db.iterator();
  it.seek(utf8('b'));
  const before = db.kvData;
  db.delete(utf8('b'));
  db.compact();
  takeAway(before);
  expectDetached(() => it.key);
  expectDetached(() => it.next());
  expect(text(db.get(utf8('c')))).toBe('value');
});

test("update says so when it is the function given to it that transfers the value's buffer", () => {
  for (const result of [VALUE, undefined]) {
    const db = filled(new DB());
    expectDetached(() =>
      db.update(utf8('a'), (value) => {
        takeAway(value!);
        return result;
      }),
    );
  }
});

describe('a MemTable whose buffer was transferred', () => {
  function make(): MemTable {
    const table = new MemTable();
    let sequence = 0;
    table.add(++sequence, ValueType.Deletion, utf8('gone'));
    for (const key of KEYS) table.add(++sequence, ValueType.Value, utf8(key), VALUE);
    return table;
  }

  const ofKeys = [...KEYS, 'gone', 'not there'].flatMap((key): [string, (table: MemTable) => unknown][] => [
    [`get '${key}'`, (table) => table.get(utf8(key))],
    [`get '${key}' by a LookupKey`, (table) => table.get(new LookupKey(utf8(key), 3))],
    [`find '${key}'`, (table) => table.find(utf8(key))],
    [`add '${key}'`, (table) => table.add(100, ValueType.Value, utf8(key), VALUE)],
    [`seek '${key}'`, (table) => table.iterator().seek(utf8(key))],
  ]);
  test.each<[string, (table: MemTable) => unknown]>([
    ...ofKeys,
    ['entries', (table) => [...table.entries()]],
    ['keys in reverse', (table) => [...table.keys({ reverse: true })]],
    ['values', (table) => [...table.values()]],
    ['for..of', (table) => [...table]],
    ['compact', (table) => table.compact(5)],
  ])('says so: %s', (_, call) => {
    for (const table of [make(), new MemTable()]) {
      takeAway(table.kvData);
      expectDetached(() => call(table));
    }
  });

  test.each(['internalKey', 'userKey', 'value', 'sequence', 'sequenceNumber', 'type'] as const)(
    'says so to a cursor: %s',
    (what: keyof MemTableIterator) => {
      const table = make();
      const it = table.iterator();
      for (let i = 0; i < 5; i++) it.next();
      takeAway(table.kvData);
      expectDetached(() => it[what]);
    },
  );
});

test.each<[string, (list: SkipList) => unknown]>([
  ['insert', (list) => list.insert(utf8('d'))],
  ['insert what is there', (list) => list.insert(utf8('a'))],
  ['contains', (list) => list.contains(utf8('a'))],
  ['contains the empty key', (list) => list.contains(bytes())],
  ['contains what is not there', (list) => list.contains(utf8('d'))],
  ['iterator().next', (list) => list.iterator().next()],
  ['iterator().seek', (list) => list.iterator().seek(utf8('a'))],
])('a SkipList whose buffer was transferred says so: %s', (_, call) => {
  const list = new SkipList();
  for (const key of KEYS) list.insert(utf8(key));
  const it = list.iterator();
  it.next();
  takeAway(it.key!);
  expectDetached(() => it.key);
  expectDetached(() => call(list));
});

test('a copy can be transferred', () => {
  const db = filled(new DB());
  const copy = db.get(utf8('a'))!.slice();
  takeAway(copy);
  expect(text(db.get(utf8('a')))).toBe('value');
});

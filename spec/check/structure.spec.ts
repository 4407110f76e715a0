import {
  CorruptionError,
  DB,
  MemTable,
  SkipList,
  ValueType,
  bytewise,
  checkStructure,
} from '../../lib/index.js';
import { OrderedMap } from '../../lib/map/index.js';
import { HEAD, HEIGHT, KEY_LENGTH, NEXT, OFFSET, VALUE_LENGTH, tableOf } from '../../lib/internals.js';
import { utf8 } from '../support/bytes.js';
import { thrownBy } from '../support/faults.js';
import { State } from '../support/unchanged.js';

type Checked = Parameters<typeof checkStructure>[0];

const reverse = { name: 'reverse', compare: (a: Uint8Array, b: Uint8Array) => bytewise.compare(b, a) };
const COUNT = 500;
const numbers = Array.from({ length: COUNT }, (_, i) => utf8(`key ${(i * 7) % COUNT}`));

function filledTable(table: MemTable): MemTable {
  numbers.forEach((key, i) =>
    table.add(i + 1, i % 3 === 0 ? ValueType.Deletion : ValueType.Value, key, utf8(`${i}`)),
  );
  return table;
}

function filledList(list: SkipList): SkipList {
  for (const key of numbers) list.insert(key);
  return list;
}

function filledDB(db: DB): DB {
  for (let round = 0; round < 3; round++) for (const key of numbers) db.put(key, utf8(`value ${round}`));
  for (const key of numbers.slice(0, 100)) db.delete(key);
  return db;
}

const kinds: Record<string, () => Checked> = {
  'an empty DB': () => new DB(),
  'a DB': () => filledDB(new DB()),
  'a DB in another order': () => filledDB(new DB({ comparer: reverse })),
  'a DB that is being compacted': () => {
    const db = new DB();
    while (tableOf(db).follower === undefined) db.put(numbers[db.length % COUNT], new Uint8Array(5000));
    return db;
  },
  'a shared DB': () => filledDB(DB.create({ shared: true, maxCapacity: 1 << 20 })),
  'a shared DB, attached': () =>
    DB.attach(filledDB(DB.create({ shared: true, maxCapacity: 1 << 20 })).handle),
  'a MemTable': () => filledTable(new MemTable()),
  'a MemTable in another order': () => filledTable(new MemTable({ comparer: reverse })),
  'the writer of a shared MemTable': () =>
    filledTable(MemTable.create({ shared: true, maxCapacity: 1 << 20 })),
  'a reader of a shared MemTable': () =>
    MemTable.attach(filledTable(MemTable.create({ shared: true, maxCapacity: 1 << 20 })).handle),
  'a SkipList': () => filledList(new SkipList()),
  'a reader of a shared SkipList': () =>
    SkipList.attach(filledList(SkipList.create({ shared: true, maxCapacity: 1 << 20 })).handle),
  'the DB of an OrderedMap': () => new OrderedMap({ entries: numbers.map((_, i) => [i, i]) }).db,
};

describe.each(Object.entries(kinds))('checkStructure of %s', (_, make) => {
  it('finds nothing wrong, and changes nothing', () => {
    const store = make();
    const table = tableOf(store);
    const isLent = { storage: table.storage.isLent, copy: copyOf(store)?.storage.isLent };
    const before = new State(table, 0, true);
    checkStructure(store);
    expect(new State(table, 0, false).differenceTo(before)).toBeUndefined();
    expect({ storage: table.storage.isLent, copy: copyOf(store)?.storage.isLent }).toEqual(isLent);
  });

  it('lets it go on as if it had not been called', () => {
    const [checked, other] = [make(), make()];
    checkStructure(checked);
    if (!(checked instanceof DB) || !(other instanceof DB)) return;
    for (const db of [checked, other]) for (const key of numbers) db.put(key, new Uint8Array(1000));
    const state = ({ kvData, kvLength, nodeData, nodeLength }: DB) => [
      Buffer.from(kvData.subarray(0, kvLength)).toString('base64'),
      nodeData.subarray(0, nodeLength).join(),
    ];
    expect(state(checked)).toEqual(state(other));
  });
});

function copyOf(store: Checked) {
  return (tableOf(store).follower as { copy?: ReturnType<typeof tableOf> } | undefined)?.copy;
}

describe('checkStructure', () => {
  const damages: [string, (nodes: Int32Array, node: number) => void, RegExp][] = [
    ['a height', (nodes, node) => (nodes[node + HEIGHT] = 13), /^node \d+ has height 13$/],
    ['the head', (nodes) => (nodes[HEAD + HEIGHT] = 11), /^the head has height 11$/],
    [
      'an offset',
      (nodes, node) => (nodes[node + OFFSET] = 1 << 30),
      /^the record of node \d+ is not inside kvData$/,
    ],
    [
      'a key length',
      (nodes, node) => (nodes[node + KEY_LENGTH] = -1),
      /^the record of node \d+ is not inside kvData$/,
    ],
    ['a value length', (nodes, node) => (nodes[node + VALUE_LENGTH] = 1 << 30), /is not inside kvData$/],
    [
      'a link beyond',
      (nodes, node) => (nodes[node + NEXT] = 1 << 30),
      /^a link leads to slot \d+, where no node starts$/,
    ],
    [
      'a link below',
      (nodes, node) => (nodes[node + NEXT] = -8),
      /^a link leads to slot -8, where no node starts$/,
    ],
    ['a circle', (nodes, node) => (nodes[node + NEXT] = node), /^node \d+ is not below its successor \d+$/],
    ['an end', (nodes, node) => (nodes[node + NEXT] = 0), /level \d|entries/],
    ['an upper level', (nodes) => (nodes[HEAD + NEXT + 1] = 0), /^level 1 /],
  ];
  const others = [
    'a MemTable',
    'a SkipList',
    'a reader of a shared MemTable',
    'a reader of a shared SkipList',
  ];

  test.each(others.flatMap((kind) => damages.map((damage) => [kind, ...damage] as const)))(
    'of %s finds %s that is wrong',
    (kind, _, damage, message) => {
      const store = kinds[kind]();
      const table = tableOf(store);
      const nodes = table.storage.nodes.array;
      damage(nodes, nodes[nodes[HEAD + NEXT] + NEXT]);
      const error = thrownBy(() => checkStructure(store));
      expect(error).toBeInstanceOf(CorruptionError);
      expect(error.message).toMatch(message);
    },
  );

  it('of a reader finds a node on a level that it has not', () => {
    const list = filledList(SkipList.create({ shared: true, maxCapacity: 1 << 20 }));
    const { array } = tableOf(list).storage.nodes;
    let low = array[HEAD + NEXT];
    while (array[low + HEIGHT] > 1) low = array[low + NEXT];
    array[HEAD + NEXT + 3] = low;
    expect(thrownBy(() => checkStructure(list)).message).toMatch(
      /^level 3 leads to node \d+, which is not so high$/,
    );
  });

  it('of a reader passes over what is not counted yet', () => {
    const list = filledList(SkipList.create({ shared: true, maxCapacity: 1 << 20 }));
    const reader = SkipList.attach(list.handle);
    // As it is while the writer is about to count it.
    tableOf(list).add(utf8('key 2505'), 8, new Uint8Array(0));
    expect(reader.length).toBe(COUNT);
    checkStructure(reader);
  });

  it('ends, whatever the comparer says', () => {
    let isWrong = false;
    const comparer = {
      name: 'wrong',
      compare: (a: Uint8Array, b: Uint8Array) => (isWrong ? -1 : bytewise.compare(a, b)),
    };
    const db = filledDB(new DB({ comparer }));
    const shared = filledList(SkipList.create({ shared: true, maxCapacity: 1 << 20, comparer }));
    isWrong = true;
    for (const store of [db, shared]) {
      const { array } = tableOf(store).storage.nodes;
      const first = array[HEAD + NEXT];
      // A circle of nodes that are on level 0 alone.
      let node = first;
      while (array[node + HEIGHT] > 1 || array[array[node + NEXT] + HEIGHT] > 1) node = array[node + NEXT];
      array[array[node + NEXT] + NEXT] = node;
      array[HEAD + NEXT] = node;
      for (let level = 1; level < 12; level++) array[HEAD + NEXT + level] = 0;
      expect(thrownBy(() => checkStructure(store))).toBeInstanceOf(CorruptionError);
    }
  });

  it('takes nothing else', () => {
    for (const other of [undefined, null, {}, [], new Map(), 'db']) {
      expect(thrownBy(() => checkStructure(other as never)).message).toMatch(
        /^checkStructure takes a DB, MemTable or SkipList, but got /,
      );
    }
  });
});

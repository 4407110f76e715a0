import { randomBytes } from 'node:crypto';
import {
  CorruptionError,
  DB,
  InternalKeyComparer,
  MemDBError,
  MemTable,
  ValueType,
  bytewise,
  checkStructure,
  type Comparer,
} from '../../lib/index.js';
import { withInternals, localMemory } from '../../lib/internals.js';
import { utf8 } from '../support/bytes.js';
import { thrownBy } from '../support/faults.js';
import { Prng } from '../support/prng.js';
import { collected, given, isSame, resealed, rejectionOf } from '../support/dumps.js';

const reverse: Comparer = { name: 'reverse', compare: (a, b) => bytewise.compare(b, a) };

/** Puts, overwrites and deletes, so that the arrays are in no order and have garbage. */
function filled(count: number, options: ConstructorParameters<typeof DB>[0] = {}, seed = 1): DB {
  const db = new DB(options);
  const prng = new Prng(seed);
  for (let i = 0; i < count; i++) {
    const key = utf8(`key ${prng.below(count)}`);
    if (prng.below(5) === 0) db.delete(key);
    else db.put(key, new Uint8Array(prng.below(40)).fill(i));
  }
  return db;
}

function entriesOf(db: Iterable<readonly [Uint8Array, Uint8Array]>): string[] {
  return [...db].map(
    ([key, value]) => `${Buffer.from(key).toString('hex')}=${Buffer.from(value).toString('hex')}`,
  );
}

/** Both arrays of a dump. */
function arraysOf(db: DB) {
  return {
    kv: Buffer.from(db.kvData.subarray(0, db.kvLength)).toString('hex'),
    nodes: [...db.nodeData.subarray(0, db.nodeLength)],
  };
}

describe.each([
  ['bytewise', {}],
  ['reverse', { comparer: reverse }],
  ['without an index', withInternals({}, { ...localMemory, indexed: false })],
  ['as goleveldb', { autoCompact: false }],
  ['low towers', { randHeight: () => 1 }],
  ['high towers', { randHeight: () => 12 }],
])('a dump, %s', (_, options) => {
  test.each([0, 1, 2, 255, 256, 257, 3000])('of some %i entries is loaded again', (count) => {
    const db = filled(count, options);
    const dumped = db.dump();
    const loaded = DB.load(dumped, options);
    expect(entriesOf(loaded)).toEqual(entriesOf(db));
    expect([loaded.length, loaded.size, loaded.garbage]).toEqual([db.length, db.size, 0]);
    checkStructure(loaded);
    expect(isSame(loaded.dump(), dumped)).toBe(true);
    for (const [key, value] of db) expect(isSame(loaded.get(key)!, value)).toBe(true);
    db.compact();
    expect(arraysOf(loaded)).toEqual(arraysOf(db));
    loaded.put(utf8('and on'), utf8('it goes'));
    loaded.delete(utf8('key 0'));
    checkStructure(loaded);
  });

  test('is the same by a stream, whatever the portions', async () => {
    const db = filled(3000, options);
    const dumped = db.dump();
    expect(isSame(await collected((writable) => db.dumpTo(writable)), dumped)).toBe(true);
    for (const portion of [1, 7, 1000, 1 << 20]) {
      const loaded = await DB.loadFrom(given(dumped, portion), options);
      checkStructure(loaded);
      expect(isSame(loaded.dump(), dumped)).toBe(true);
    }
  });
});

describe('dump', () => {
  it('leaves the DB as it is, and is its own array', () => {
    const db = filled(1000);
    const before = arraysOf(db);
    const dumped = db.dump();
    const again = db.dump();
    dumped.fill(0);
    expect(arraysOf(db)).toEqual(before);
    expect(isSame(DB.load(again).dump(), again)).toBe(true);
  });

  it('has values of any length', async () => {
    const db = new DB();
    for (const length of [0, 1, 255, 256, 1 << 18, (1 << 18) + 1, 3_000_001]) {
      db.put(utf8(`${length}`), new Uint8Array(randomBytes(length)));
    }
    db.put(new Uint8Array(0), new Uint8Array(0));
    const dumped = db.dump();
    expect(isSame(await collected((writable) => db.dumpTo(writable)), dumped)).toBe(true);
    expect(entriesOf(DB.load(dumped))).toEqual(entriesOf(db));
    expect(entriesOf(await DB.loadFrom(given(dumped, 100_000)))).toEqual(entriesOf(db));
  });

  it('is of what can have any name', () => {
    for (const name of ['', 'ein Äffchen \u{1f412}', 'lone \ud800', '\0', 'x'.repeat(4096)]) {
      const comparer = { ...reverse, name };
      const db = filled(20, { comparer });
      expect(entriesOf(DB.load(db.dump(), { comparer }))).toEqual(entriesOf(db));
    }
    const db = new DB({ comparer: { ...reverse, name: 'x'.repeat(4097) } });
    expect(thrownBy(() => db.dump()).message).toMatch(
      /name of a comparer has 4096 characters at most, and not 4097/,
    );
  });

  it('fails once a buffer was transferred away', async () => {
    const db = filled(10);
    structuredClone(db.kvData, { transfer: [db.kvData.buffer as ArrayBuffer] });
    expect(thrownBy(() => db.dump())).toMatchObject({ code: 'MEMDB_DETACHED' });
    await expect(rejectionOf(collected((writable) => db.dumpTo(writable)))).resolves.toMatchObject({
      code: 'MEMDB_DETACHED',
    });
  });
});

describe('load', () => {
  it('takes options as a new DB does', () => {
    const dumped = filled(100).dump();
    expect(DB.load(dumped, { capacity: 1 << 20 }).capacity).toBe(1 << 20);
    const db = DB.load(dumped, { autoCompact: false, randHeight: () => 3 });
    const { nodeLength } = db;
    db.put(utf8('new'), utf8(''));
    expect(db.nodeLength - nodeLength).toBe(7);
    expect(thrownBy(() => DB.load(dumped, { copacity: 1 } as never)).message).toMatch(
      /has no option 'copacity'/,
    );
    expect(thrownBy(() => DB.load('text' as never)).message).toMatch(
      /^bytes must be a Uint8Array, but got the string/,
    );
    expect(thrownBy(() => DB.load(dumped, null as never)).name).toBe('TypeError');
  });

  it('copies', () => {
    const db = filled(100);
    const dumped = db.dump();
    const loaded = DB.load(dumped);
    dumped.fill(0);
    expect(entriesOf(loaded)).toEqual(entriesOf(db));
  });

  it('takes a part of a larger array, at any place', () => {
    const db = filled(100);
    const dumped = db.dump();
    for (let start = 0; start < 5; start++) {
      const larger = new Uint8Array(dumped.length + 10).fill(0xff);
      larger.set(dumped, start);
      expect(entriesOf(DB.load(larger.subarray(start, start + dumped.length)))).toEqual(entriesOf(db));
    }
  });

  it('refuses what is whole, and not for it', () => {
    const dumped = filled(10).dump();
    const table = new MemTable();
    table.add(1, ValueType.Value, utf8('a'), utf8('b'));
    const errors = {
      order: thrownBy(() => DB.load(dumped, { comparer: reverse })),
      kind: thrownBy(() => DB.load(table.dump())),
      otherKind: thrownBy(() => MemTable.load(dumped)),
      version: thrownBy(() => DB.load(resealed(dumped, (header) => header.setUint32(8, 2, true)))),
      byteOrder: thrownBy(() => DB.load(resealed(dumped, (header) => header.setUint32(12, 1)))),
    };
    for (const error of Object.values(errors)) {
      expect(error).toBeInstanceOf(MemDBError);
      expect(error).not.toBeInstanceOf(CorruptionError);
    }
    expect(errors.order).toMatchObject({
      code: 'MEMDB_ORDER',
      message:
        'the keys are in the order of the comparer "leveldb.BytewiseComparator", and not of "reverse": give the option comparer, ' +
        'with the function that it was made with',
    });
    expect(errors.kind).toMatchObject({
      code: 'MEMDB_KIND',
      message: 'this is a dump of a MemTable, not of a DB',
    });
    expect(errors.otherKind).toMatchObject({
      code: 'MEMDB_KIND',
      message: 'this is a dump of a DB, not of a MemTable',
    });
    expect(errors.version).toMatchObject({ code: 'MEMDB_VERSION' });
    expect(errors.version.message).toMatch(
      /has version 2 of the format, and this version of flat-memdb reads 1/,
    );
    expect(errors.byteOrder).toMatchObject({ code: 'MEMDB_BYTE_ORDER' });
  });

  it('finds what is damaged before what it is', () => {
    const dumped = filled(10).dump();
    dumped[8] ^= 2; // The version.
    expect(thrownBy(() => DB.load(dumped))).toMatchObject({
      name: 'CorruptionError',
      code: 'MEMDB_CORRUPTION',
      position: 0,
      message: 'the header is damaged: its checksum does not match (at byte 0 of the dump)',
    });
  });

  it('passes on what a comparer throws', () => {
    const dumped = filled(10, { comparer: reverse }).dump();
    const comparer = {
      name: 'reverse',
      compare: () => {
        throw new Error('mine');
      },
    };
    expect(thrownBy(() => DB.load(dumped, { comparer })).message).toBe('mine');
  });

  it('finds a comparer that has the name alone', () => {
    const dumped = filled(10, { comparer: reverse }).dump();
    const comparer = { ...bytewise, name: 'reverse' };
    expect(thrownBy(() => DB.load(dumped, { comparer }))).toMatchObject({ name: 'CorruptionError' });
    expect(
      thrownBy(() => DB.load(dumped, { comparer: { name: 'reverse', compare: () => 0 } })),
    ).toMatchObject({
      name: 'CorruptionError',
    });
  });
});

describe('a MemTable', () => {
  const made = (comparer?: Comparer) => {
    const table = new MemTable(comparer && { comparer });
    const prng = new Prng(3);
    for (let sequence = 1; sequence <= 2000; sequence++) {
      const key = utf8(`key ${prng.below(300)}`);
      if (prng.below(4) === 0) table.add(sequence, ValueType.Deletion, key);
      else table.add(sequence, ValueType.Value, key, utf8(`value ${sequence}`));
    }
    return table;
  };

  test.each([undefined, reverse, new InternalKeyComparer(reverse)])('is loaded again', async (comparer) => {
    const table = made(comparer);
    const dumped = table.dump();
    const options = comparer && { comparer };
    const loaded = MemTable.load(dumped, options);
    checkStructure(loaded);
    expect(entriesOf(loaded)).toEqual(entriesOf(table));
    expect([loaded.length, loaded.size]).toEqual([table.length, table.size]);
    for (let i = 0; i < 300; i++) {
      const key = utf8(`key ${i}`);
      expect(loaded.get(key)?.sequenceNumber).toBe(table.get(key)?.sequenceNumber);
      expect(loaded.get(key, 1000)?.sequenceNumber).toBe(table.get(key, 1000)?.sequenceNumber);
    }
    expect(isSame(loaded.dump(), dumped)).toBe(true);
    const bytes = await collected((writable) => table.dumpTo(writable));
    expect(isSame(bytes, dumped)).toBe(true);
    expect(entriesOf(await MemTable.loadFrom(given(bytes, 100), options))).toEqual(entriesOf(table));
    loaded.add(5000, ValueType.Value, utf8('key 0'), utf8('new'));
    expect(loaded.get(utf8('key 0'))?.sequenceNumber).toBe(5000);
  });

  it('shared, has in its dump what is counted, in each thread', async () => {
    const writer = MemTable.create({ shared: true, maxCapacity: 1 << 20 });
    const reader = MemTable.attach(writer.handle);
    for (const [key, value] of made()) {
      const tag = new DataView(key.buffer, key.byteOffset + key.length - 8).getBigUint64(0, true);
      writer.add(tag >> 8n, Number(tag & 1n) as ValueType, key.slice(0, -8), value);
    }
    expect(entriesOf(MemTable.load(reader.dump()))).toEqual(entriesOf(made()));
    expect(isSame(writer.dump(), reader.dump())).toBe(true);
    for (const table of [writer, reader]) {
      const written = collected((writable) => table.dumpTo(writable));
      const count = table.length;
      writer.add(1_000_000 + count, ValueType.Value, utf8('key'), utf8(''));
      expect(MemTable.load(await written).length).toBe(count);
    }
  });
});

it('a shared DB is dumped by each thread, and streamed as it is at the call', async () => {
  const db = DB.create({ shared: true, maxCapacity: 1 << 20 });
  const there = DB.attach(db.handle);
  for (let i = 0; i < 1000; i++) db.put(utf8(`key ${(i * 7) % 500}`), utf8(`${i}`));
  const dumped = there.dump();
  expect(isSame(db.dump(), dumped)).toBe(true);
  const written = collected((writable) => db.dumpTo(writable));
  there.reset();
  expect(isSame(await written, dumped)).toBe(true);
  db.putMany(DB.load(dumped));
  expect(entriesOf(there)).toEqual(entriesOf(DB.load(dumped)));
});

import {
  bytewise,
  CapacityError,
  DB,
  InternalKeyComparer,
  LockMisuseError,
  MemTable,
  SkipList,
  ValueType,
  type Comparer,
} from '../../lib/index.js';
import { FIRST_NODE, checkTable, localMemory, tableOf, withInternals } from '../../lib/internals.js';
import { run, text, utf8 } from '../support/bytes.js';
import { thrownBy } from '../support/faults.js';
import { checkReads, memTables, skipLists } from '../support/lists.js';

const thread: { id: number | undefined } = { id: 1 };
jest.mock('../../lib/lock/threadid', () => ({ threadId: () => thread.id }));
beforeEach(() => (thread.id = 1));
afterEach(() => jest.restoreAllMocks());

type Thrown = Error & { code?: string };

const SHARED = { shared: true as const, maxCapacity: 1 << 16 };
const reverse: Comparer = { name: 'reverse', compare: (a, b) => bytewise.compare(b, a) };
const codeOf = (call: () => unknown) => (thrownBy(call) as Thrown).code;
const memory = { ...localMemory, seed: 7 };

/** Both classes, by what they have in common. */
const CLASSES = [
  { Class: MemTable, kind: memTables },
  { Class: SkipList, kind: skipLists },
].map((each) => ({ ...each, name: each.kind.name }));

describe.each(CLASSES)('a shared $name', ({ Class, kind, name }) => {
  const create = (options: object = {}) => Class.create({ ...SHARED, ...options });
  const attach = (handle: unknown, options?: object) => Class.attach(handle as never, options);
  const fill = (list: MemTable | SkipList, count: number) => {
    const items = kind.items(count, 1);
    for (const item of items) kind.add(list, item);
    return items.sort((a, b) => kind.compare(a, b));
  };

  it('is what others read who attach its handle, which can be posted', () => {
    const list = create();
    const early = attach(structuredClone(list.handle));
    const items = fill(list, 300);
    for (const each of [early, attach(structuredClone(list.handle)), attach(early.handle), list]) {
      checkReads(kind, each, items, items);
      expect(each.length).toBe(300);
    }
    checkTable(tableOf(list));
  });

  it('is local without the option, and then has no handle', () => {
    const list = Class.create({ capacity: 100 });
    fill(list, 3);
    expect(list.length).toBe(3);
    expect(codeOf(() => list.handle)).toBe('MEMDB_NOT_SHARED');
    expect(codeOf(() => new Class().handle)).toBe('MEMDB_NOT_SHARED');
  });

  it('refuses options that there are not, and other values', () => {
    for (const options of [
      { shared: false },
      { shared: 1 },
      { ...SHARED, threads: 3 },
      { ...SHARED, maxCapacity: '1' },
      { ...SHARED, comparer: null },
      null,
      [],
    ]) {
      expect(() => Class.create(options as never)).toThrow(TypeError);
    }
    for (const maxCapacity of [-1, 1.5, 2 ** 31, NaN])
      expect(() => create({ maxCapacity })).toThrow(RangeError);
    const { handle } = create();
    for (const options of [{ write: true }, { writer: 1 }, { comparer: {} }, null]) {
      expect(() => attach(handle, options as never)).toThrow(TypeError);
    }
  });

  it('refuses what is no handle of its own', () => {
    const { handle } = create();
    const other = name === 'MemTable' ? SkipList.create(SHARED) : MemTable.create(SHARED);
    const db = DB.create({ shared: true, maxCapacity: 1 << 10 });
    const { list } = handle as unknown as { list: object };
    const bare = { ...handle, list: { ...list, kv: new Uint8Array(8) } };
    const shorter = { ...handle, list: { ...list, header: new SharedArrayBuffer(4) } };
    for (const wrong of [
      undefined,
      null,
      {},
      'handle',
      other.handle,
      db.handle,
      JSON.parse(JSON.stringify(handle)),
      { ...handle, list: undefined },
      bare,
      shorter,
    ]) {
      for (const writer of [false, true]) expect(() => attach(wrong, { writer })).toThrow(TypeError);
    }
    expect(codeOf(() => attach({ ...handle, version: 0 }))).toBe('MEMDB_VERSION');
    db.close();
  });

  it('is attached with the comparer that it was made with, by its name', () => {
    const list = create({ comparer: reverse });
    fill(list, 20);
    expect(codeOf(() => attach(list.handle))).toBe('MEMDB_ORDER');
    expect(codeOf(() => attach(list.handle, { comparer: { ...reverse, name: 'other' } }))).toBe(
      'MEMDB_ORDER',
    );
    expect(codeOf(() => attach(create().handle, { comparer: reverse }))).toBe('MEMDB_ORDER');
    const reader = attach(list.handle, { comparer: reverse });
    const [there, here] = [reader, list].map((each) => {
      const it = kind.iterator(each);
      const shown: string[] = [];
      while (it.next()) shown.push(kind.shown(it));
      return shown;
    });
    expect(there).toEqual(here);
    expect(there).toHaveLength(20);
  });

  it('has one writer: others are refused, and change nothing', () => {
    const list = create();
    const items = fill(list, 9);
    const reader = attach(list.handle);
    const [extra] = kind.items(1, 3);
    const error = thrownBy(() => kind.add(reader, { ...extra, key: 'x' })) as Thrown;
    expect(error).toBeInstanceOf(LockMisuseError);
    expect(error.message).toContain('thread 1 writes');
    thread.id = undefined;
    expect(() => attach(create().handle)).not.toThrow();
    for (const each of [reader, list]) checkReads(kind, each, items, items);
    kind.add(list, { ...extra, key: 'x', sequence: 5000 });
    expect(reader.length).toBe(10);
  });

  it('is taken over from a writer that is gone; if it was not, it is told so', () => {
    const list = create();
    let items = fill(list, 30);
    const reader = attach(list.handle);
    // In the thread of the writer, that is not gone.
    const own = thrownBy(() => attach(list.handle, { writer: true })) as Thrown;
    expect(own).toBeInstanceOf(LockMisuseError);
    expect(own.message).toContain('thread, 1, is the writer');
    kind.add(list, { ...items[0], key: 'one', sequence: 3001 });

    thread.id = 2;
    const second = attach(list.handle, { writer: true });
    checkTable(tableOf(second));
    const walking = list.iterator();
    for (let i = 0; i < 9; i++) walking.next();
    const misuse = thrownBy(() => kind.add(list, { ...items[0], key: 'two', sequence: 3002 })) as Thrown;
    expect(misuse).toBeInstanceOf(LockMisuseError);
    expect(misuse.message).toContain('thread 2 has taken over');
    expect(thrownBy(() => kind.add(reader, { ...items[0], key: 'two' }))).toBeInstanceOf(LockMisuseError);
    items = [...items, { ...items[0], key: 'one', sequence: 3001 }];
    kind.add(second, { ...items[0], key: 'three', sequence: 3003 });
    items = [...items, { ...items[0], key: 'three', sequence: 3003 }].sort((a, b) => kind.compare(a, b));
    for (const each of [list, reader, second]) {
      checkReads(kind, each, items, items);
      expect(each.length).toBe(32);
    }

    // A cursor from before goes on, past nothing.
    for (let i = 9; i < 32; i++) {
      expect(walking.next()).toBe(true);
      expect(kind.shown(walking)).toBe(kind.show(items[i]));
    }
    expect(walking.next()).toBe(false);
    expect((thrownBy(() => kind.add(list, items[0])) as Thrown).message).toContain('attached for reading');

    thread.id = 3;
    const third = attach(list.handle, { writer: true });
    expect(thrownBy(() => kind.add(second, { ...items[0], key: 'four', sequence: 1 }))).toBeInstanceOf(
      LockMisuseError,
    );
    expect(third.length).toBe(32);
  });

  it('is taken over by one thread at a time', () => {
    const list = create();
    const { compareExchange } = Atomics;
    thread.id = 2;
    jest.spyOn(Atomics, 'compareExchange').mockImplementationOnce(((
      words: Int32Array,
      ...rest: [number, number, number]
    ) => {
      // Another one was faster.
      thread.id = 3;
      attach(list.handle, { writer: true });
      thread.id = 2;
      return compareExchange(words, ...rest);
    }) as never);
    const error = thrownBy(() => attach(list.handle, { writer: true })) as Thrown;
    expect(error).toBeInstanceOf(LockMisuseError);
    expect(error.message).toContain('has just taken over');
  });

  it('is left alone by one that takes over, from when another one does', () => {
    const { load } = Atomics;
    let overtaken = 0;
    for (let at = 1; at < 200; at += 3) {
      thread.id = 1;
      const list = create();
      let items = fill(list, 40);
      const later = kind
        .items(12, 5)
        .map((item, i) => ({ ...item, key: `${item.key}!`, sequence: 4000 + i }));
      let second: ReturnType<typeof attach> | undefined;
      let loads = 0;
      let isOfLink = false;
      thread.id = 2;
      const spy = jest.spyOn(Atomics, 'load').mockImplementation(((words: Int32Array, index: number) => {
        const value = load(words, index);
        if (++loads !== at) return value;
        isOfLink = words.length > FIRST_NODE;
        spy.mockRestore();
        thread.id = 3;
        second = attach(list.handle, { writer: true });
        for (const item of later) kind.add(second, item);
        thread.id = 2;
        return value;
      }) as never);
      let error: unknown;
      try {
        attach(list.handle, { writer: true });
      } catch (thrown) {
        error = thrown;
      }
      spy.mockRestore();
      if (second === undefined) break; // It had no more to load.
      if (error !== undefined) {
        expect(error).toBeInstanceOf(LockMisuseError);
        overtaken++;
      }
      items = [...items, ...later].sort((a, b) => kind.compare(a, b));
      checkTable(tableOf(second));
      for (const each of [second, attach(list.handle)]) checkReads(kind, each, items, items);
      // Who has just seen that it is the writer may still say how much there was.
      if (isOfLink) expect(second.length).toBe(52);
    }
    expect(overtaken).toBeGreaterThan(10);
  });

  it('is taken over where threads have no ids', () => {
    thread.id = undefined;
    const list = create();
    const items = fill(list, 5);
    const heir = attach(list.handle, { writer: true });
    checkReads(kind, heir, items, items);
    const error = thrownBy(() => kind.add(list, { ...items[0], key: 'x', sequence: 900 })) as Thrown;
    expect(error.message).toContain('another thread has taken over');
  });

  it('can be full: an addition that finds no room changes nothing, and another one may find some', () => {
    for (const length of [0, 300]) {
      const list = create({ maxCapacity: 3100 });
      const reader = attach(list.handle);
      let i = 0;
      // Of short ones, there is no room for the nodes.
      const add = (n: number) =>
        kind.add(list, { key: String.fromCodePoint(n + 1), sequence: n, type: ValueType.Value, value: '' });
      const addLong = (n: number) =>
        name === 'MemTable'
          ? (list as MemTable).add(n, ValueType.Value, run(n, 9), run(0, length))
          : (list as SkipList).insert(run(n, length));
      const one = length === 0 ? add : addLong;
      const error = thrownBy(() => {
        for (; i < 10_000; i++) one(i);
      }) as Thrown;
      expect(error).toBeInstanceOf(CapacityError);
      expect(error.message).toContain(length === 0 ? 'nodeData' : 'kvData');
      expect(error.message).not.toContain('compact');
      expect(i).toBeGreaterThan(5);
      expect([list.length, reader.length]).toEqual([i, i]);
      checkTable(tableOf(list));
      if (length > 0) {
        add(20_000);
        expect(reader.length).toBe(i + 1);
      }
      expect(codeOf(() => one(i))).toBe('MEMDB_CAPACITY');
      const it = reader.iterator();
      let count = 0;
      while (it.next()) count++;
      expect(count).toBe(list.length);
    }
  });

  it('gives out copies', () => {
    const list = create();
    const items = fill(list, 40);
    const reader = attach(list.handle);
    for (const each of [reader, list]) {
      const given: Uint8Array[] = [];
      const it = each.iterator();
      for (let on = it.first(); on; on = it.next()) {
        given.push(
          ...['key', 'userKey', 'internalKey', 'value'].map((part) => Reflect.get(it, part) as Uint8Array),
        );
      }
      if (name === 'MemTable') {
        for (const [key, value] of (each as MemTable).entries()) given.push(key, value);
        for (const { key, sequence } of items) {
          const entry = (each as MemTable).get(utf8(key), sequence);
          if (entry?.type === ValueType.Value) given.push(entry.value);
          const found = (each as MemTable).find(utf8(key))!;
          given.push(found.internalKey, found.value);
        }
      }
      const real = given.filter((array) => (array as unknown) !== undefined);
      expect(real.length).toBeGreaterThanOrEqual(40);
      for (const array of real) {
        expect(Object.prototype.toString.call(array.buffer)).toBe('[object ArrayBuffer]');
        array.fill(0);
      }
    }
    checkReads(kind, reader, items, items);
    checkReads(kind, list, items, items);
  });

  it('needs shared memory, and says what a page lacks', () => {
    const { handle } = create();
    const there = globalThis.SharedArrayBuffer;
    try {
      Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
      for (const call of [() => create(), () => attach(handle)]) {
        const error = thrownBy(call) as Thrown;
        expect([error.code, error.message.includes('Cross-Origin-Opener-Policy')]).toEqual([
          'MEMDB_NOT_ISOLATED',
          true,
        ]);
      }
    } finally {
      globalThis.SharedArrayBuffer = there;
    }
  });

  it('turns calls from inside its comparer away, in a reader as well', () => {
    let call = () => {};
    const calling: Comparer = {
      name: 'calling',
      compare(a, b) {
        call();
        return bytewise.compare(a, b);
      },
    };
    const list = create({ comparer: calling });
    fill(list, 20);
    const reader = attach(list.handle, { comparer: calling });
    call = () => void reader.iterator().last();
    // No bound, so that the inner call compares nothing by itself.
    expect(thrownBy(() => reader.iterator().seek(utf8('k')))).toBeInstanceOf(LockMisuseError);
    call = () => {
      throw new Error('ours');
    };
    expect(thrownBy(() => reader.iterator().seek(utf8('k'))).message).toBe('ours');
    // A take-over does without the index then.
    thread.id = 2;
    const heir = attach(list.handle, { comparer: calling, writer: true });
    call = () => {};
    kind.add(heir, { ...kind.items(1, 1)[0], key: 'zzz', sequence: 77 });
    expect(reader.length).toBe(21);
    checkTable(tableOf(heir));
  });
});

describe('a shared MemTable', () => {
  it('is never compacted', () => {
    const table = MemTable.create(SHARED);
    table.add(1, ValueType.Value, utf8('a'), utf8('1'));
    for (const each of [table, MemTable.attach(table.handle)]) {
      expect(codeOf(() => each.compact(1))).toBe('MEMDB_SHARED');
      expect(each.length).toBe(1);
      expect(() => each.compact(-1)).toThrow(RangeError);
    }
  });

  it('has a size, and takes memory, that all threads are told', () => {
    const table = MemTable.create(SHARED);
    const reader = MemTable.attach(table.handle);
    expect([reader.length, reader.size]).toEqual([0, 0]);
    let last = reader.approximateMemoryUsage;
    for (let i = 0; i < 100; i++) {
      table.add(i, ValueType.Value, run(i, 10), run(i, i));
      expect(reader.size).toBe(table.size);
      expect(reader.approximateMemoryUsage).toBeGreaterThan(last);
      expect(table.approximateMemoryUsage).toBeGreaterThanOrEqual(reader.approximateMemoryUsage);
      last = reader.approximateMemoryUsage;
    }
    expect(reader.size).toBe(100 * 10 + (99 * 100) / 2);
  });

  it('takes an InternalKeyComparer for its user comparer, at both ends', () => {
    const table = MemTable.create({ ...SHARED, comparer: new InternalKeyComparer(reverse) });
    expect(table.handle).toMatchObject({ order: 'reverse' });
    table.add(1, ValueType.Value, utf8('a'), utf8('1'));
    table.add(2, ValueType.Value, utf8('b'), utf8('2'));
    for (const comparer of [reverse, new InternalKeyComparer(reverse)]) {
      const reader = MemTable.attach(table.handle, { comparer });
      expect([...reader.values()].map(text)).toEqual(['2', '1']);
    }
  });

  it('finds empty keys and values, and long ones', () => {
    const table = MemTable.create(SHARED);
    const reader = MemTable.attach(table.handle);
    const cases = [0, 1, 7, 8, 31, 32, 255, 256, 1024, 1025, 5000];
    cases.forEach((length, i) => table.add(i, ValueType.Value, run(i, length), run(255 - i, 5000 - length)));
    cases.forEach((length, i) => {
      const entry = reader.get(run(i, length));
      expect(entry).toEqual({ type: ValueType.Value, value: run(255 - i, 5000 - length), sequenceNumber: i });
    });
  });

  it('has a reader that takes memory neither for an index nor for anything else', () => {
    let asked = 0;
    const internals = { ...memory, allocate: (bytes: number) => ((asked += bytes), new ArrayBuffer(bytes)) };
    const table = MemTable.create(withInternals(SHARED, memory));
    for (let i = 0; i < 1000; i++) table.add(i, ValueType.Value, utf8(`key ${i}`), utf8('value'));
    const reader = MemTable.attach(table.handle, withInternals({}, internals));
    for (let i = 0; i < 1000; i++) expect(reader.get(utf8(`key ${i}`))?.sequenceNumber).toBe(i);
    expect(asked).toBe(0);
  });
});

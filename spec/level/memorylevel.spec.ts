import { MemoryLevel as Reference } from 'memory-level';
import { localMemory } from '../../lib/internals.js';
import { MemoryLevel } from '../../lib/level/index.js';
import { reservedBytes, storesOf } from './stores.js';

const STORE_ENCODINGS = ['buffer', 'view', 'utf8'] as const;
type Bytes = MemoryLevel<Uint8Array, Uint8Array>;

async function opened<K = string, V = string>(
  options: ConstructorParameters<typeof MemoryLevel<K, V>>[0] = {},
) {
  const db = new MemoryLevel<K, V>(options);
  await db.open();
  return db;
}

/** Resolves when others had several turns. */
async function idle(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
}

const inBytes = (encoding: 'buffer' | 'view'): Promise<Bytes> =>
  opened({ keyEncoding: encoding, valueEncoding: encoding, storeEncoding: encoding });

describe('the constructor', () => {
  test.each(STORE_ENCODINGS)('makes a database that supports what memory-level does: %s', (storeEncoding) => {
    const ours = new MemoryLevel({ storeEncoding });
    expect(ours.supports).toEqual(new Reference({ storeEncoding }).supports);
  });

  test('takes a location before the options, as other databases do', async () => {
    const db = new (
      MemoryLevel as unknown as new (location: string, options: object) => MemoryLevel<string, number>
    )('here', {
      valueEncoding: 'json',
    });
    await db.put('a', 1);
    expect(await db.get('a')).toBe(1);
  });

  test('refuses other store encodings', () => {
    const make = () => new MemoryLevel({ storeEncoding: 'json' as 'utf8' });
    expect(make).toThrow("storeEncoding option must be 'buffer', 'view' or 'utf8'");
    expect(make).toThrow(expect.objectContaining({ code: 'LEVEL_ENCODING_NOT_SUPPORTED' }));
  });
});

describe('what goes in and comes out', () => {
  test.each(['buffer', 'view'] as const)('is a copy, the own of each: %s', async (encoding) => {
    const db = await inBytes(encoding);
    const from = (...bytes: number[]) =>
      encoding === 'buffer' ? Buffer.from(bytes) : Uint8Array.from(bytes);
    const [key, value] = [from(1, 2), from(3, 4)];
    await db.put(key, value);
    await db.batch([{ type: 'put', key: from(9), value }]);
    key.fill(7);
    value.fill(7);
    const given = async (): Promise<(Uint8Array | undefined)[]> => [
      await db.get(from(1, 2)),
      db.getSync(from(1, 2)),
      ...(await db.getMany([from(9)])),
      ...(await db.iterator().all()).flat(),
      ...(await db.keys().nextv(2)),
      ...(await db.values({ reverse: true }).all()),
    ];
    const texts = async () => (await given()).map((bytes) => bytes?.join(' '));
    const expected = ['3 4', '3 4', '3 4', '1 2', '3 4', '9', '3 4', '1 2', '9', '3 4', '3 4'];
    expect(await texts()).toEqual(expected);
    for (const bytes of await given()) {
      bytes!.fill(8);
      expect(await texts()).toEqual(expected);
    }
    const all = await given();
    all[3]!.fill(8);
    expect(all.map((bytes) => bytes!.join(' '))).toEqual(expected.map((text, i) => (i === 3 ? '8 8' : text)));
    expect(all.every((bytes) => Buffer.isBuffer(bytes) === (encoding === 'buffer'))).toBe(true);
  });

  test('may be transferred', async () => {
    const db = await inBytes('view');
    for (let i = 0; i < 5; i++) await db.put(Uint8Array.of(i), Uint8Array.of(i, i));
    const iterator = db.values();
    const first = (await iterator.next())!;
    structuredClone(first, { transfer: [first.buffer as ArrayBuffer] });
    expect(await iterator.all()).toEqual([1, 2, 3, 4].map((i) => Uint8Array.of(i, i)));
  });

  test('may be any view', async () => {
    const db = await inBytes('view');
    const words = new Uint16Array([1, 2]);
    await db.put(words as unknown as Uint8Array, new DataView(words.buffer) as unknown as Uint8Array);
    expect(await db.iterator().all()).toEqual([[new Uint8Array(words.buffer), new Uint8Array(words.buffer)]]);
  });

  test.each(STORE_ENCODINGS)('may be long: %s', async (storeEncoding) => {
    const db = await opened({ storeEncoding });
    const long = 'é \u{1f600} '.repeat(20_000);
    await db.batch(
      [1, 2, 3].map((i) => ({ type: 'put' as const, key: `${long}${i}`, value: `${i}${long}` })),
    );
    await db.put('a', long);
    expect(await db.iterator().all()).toEqual([
      ['a', long],
      ...[1, 2, 3].map((i) => [`${long}${i}`, `${i}${long}`]),
    ]);
    expect(await db.get(`${long}2`)).toBe(`2${long}`);
  });

  test('is every string in a store of strings, in their order', async () => {
    const db = await opened({ storeEncoding: 'utf8' });
    const texts = [
      '',
      '\0',
      'a',
      '\u07ff',
      '\ud7ff',
      '\ud800',
      '\ud83d\ude00',
      '\udfff',
      '\ue000',
      '\ufffd',
      '\uffff',
    ];
    for (const text of [...texts].reverse()) await db.put(text, `${text}${text}`);
    expect(await db.iterator().all()).toEqual(texts.map((text) => [text, `${text}${text}`]));
  });
});

describe('arrays from an iterator', () => {
  test.each(['buffer', 'view'] as const)(
    'keep little else, and none where they are large: %s',
    async (encoding) => {
      const db = await inBytes(encoding);
      const lengths = [0, 1, 100, 1000, 1024, 1025, 5000];
      const valueOf = (i: number) => new Uint8Array(lengths[i % lengths.length]).fill(i);
      for (let i = 0; i < 100; i++) await db.put(Uint8Array.of(i), valueOf(i));
      const [[key, value]] = await db.iterator({ limit: 1, gte: Uint8Array.of(2) }).all();
      expect([key.buffer.byteLength, value.buffer]).toEqual([512, key.buffer]);
      const entries = await db.iterator().all();
      expect(entries.map(([key]) => key[0])).toEqual(entries.map((_, i) => i));
      expect(entries.every(([, value], i) => Buffer.compare(value, valueOf(i)) === 0)).toBe(true);
      for (const [key, value] of entries) {
        expect(key.buffer.byteLength).toBeLessThanOrEqual(8192);
        if (value.length > 1024) expect(value.buffer.byteLength).toBe(value.length);
        else expect(value.buffer.byteLength).toBeLessThanOrEqual(8192);
      }
      // Of many, most share one.
      expect(new Set(entries.map(([key]) => key.buffer)).size).toBeLessThan(15);
    },
  );

  test.each(['buffer', 'view'] as const)(
    'are what was, where somebody wrote meanwhile: %s',
    async (encoding) => {
      const db = await inBytes(encoding);
      for (let i = 0; i < 10; i++) await db.put(Uint8Array.of(i), Uint8Array.of(i, i));
      const snapshot = db.snapshot();
      const iterator = db.iterator();
      expect(await iterator.nextv(2)).toHaveLength(2);
      for (let i = 0; i < 10; i += 2) await db.put(Uint8Array.of(i), Uint8Array.of(77));
      for (let i = 1; i < 10; i += 4) await db.del(Uint8Array.of(i));
      await db.put(Uint8Array.of(4, 4), Uint8Array.of(88));
      const was = Array.from({ length: 10 }, (_, i) => [[i], [i, i]]);
      const numbers = (entries: readonly (readonly Uint8Array[])[]) =>
        entries.map((entry) => entry.map((bytes) => [...bytes]));
      expect(numbers(await iterator.nextv(3))).toEqual(was.slice(2, 5));
      await db.put(Uint8Array.of(5), Uint8Array.of(99));
      expect(numbers(await iterator.all())).toEqual(was.slice(5));
      expect(numbers(await db.iterator({ snapshot }).all())).toEqual(was);
      expect(numbers(await db.iterator({ snapshot, reverse: true }).all())).toEqual([...was].reverse());
      expect((await db.values({ snapshot }).all()).map((bytes) => [...bytes])).toEqual(
        was.map(([, value]) => value),
      );
      const now = [0, 2, 3, 4, 4.4, 5, 6, 7, 8].map((i) =>
        i === 4.4 ? [[4, 4], [88]] : [[i], i === 5 ? [99] : i % 2 === 0 ? [77] : [i, i]],
      );
      expect(numbers(await db.iterator().all())).toEqual(now);
      await snapshot.close();
    },
  );
});

describe('seek', () => {
  const BOUNDS = [
    {},
    { gt: 'c' },
    { gte: 'c' },
    { lt: 'g' },
    { lte: 'g' },
    { gt: 'c', lte: 'g' },
    { gte: 'c', lt: 'g' },
  ];
  const TARGETS = ['a', 'b~', 'c', 'c~', 'd', 'e', 'f~', 'g', 'g~', 'h', 'z'];

  test.each(BOUNDS.flatMap((bounds) => [false, true].map((reverse) => ({ ...bounds, reverse }))))(
    'is as in memory-level, in the range and out of it: %j',
    async (options) => {
      const both = [await opened({}), new Reference() as unknown as MemoryLevel];
      for (const isWritten of [false, true]) {
        const [ours, theirs] = await Promise.all(
          both.map(async (db) => {
            await db.batch([...'bcdfgh'].map((key) => ({ type: 'put', key, value: key })));
            const found: unknown[] = [];
            for (const target of TARGETS) {
              for (const steps of [0, 1, 9]) {
                const iterator = db.keys(options);
                if (steps > 0) found.push(await iterator.nextv(steps));
                if (isWritten)
                  await db.batch([
                    { type: 'del', key: 'd' },
                    { type: 'put', key: 'e', value: 'e' },
                  ]);
                iterator.seek(target);
                found.push(await iterator.nextv(2));
                if (isWritten)
                  await db.batch([
                    { type: 'put', key: 'd', value: 'd' },
                    { type: 'del', key: 'e' },
                  ]);
                found.push(await iterator.all());
              }
            }
            return found;
          }),
        );
        expect(ours).toEqual(theirs);
      }
    },
  );
});

test.each(['buffer', 'view'] as const)(
  'iterators have the encodings of keys and of values: %s',
  async (storeEncoding) => {
    const db = new MemoryLevel<unknown, unknown>({ storeEncoding });
    await db.put('a', '1');
    const bytes = (text: string) => new Uint8Array(Buffer.from(text));
    const kinds = [
      ['utf8', 'view', ['a', bytes('1')]],
      ['view', 'utf8', [bytes('a'), '1']],
      ['view', 'json', [bytes('a'), 1]],
      ['buffer', 'view', [Buffer.from('a'), bytes('1')]],
      ['hex', 'buffer', ['61', Buffer.from('1')]],
    ] as const;
    for (const [keyEncoding, valueEncoding, [key, value]] of kinds) {
      const options = { keyEncoding, valueEncoding };
      expect(await db.iterator(options).all()).toEqual([[key, value]]);
      expect(await db.iterator({ ...options, keys: false }).all()).toEqual([[undefined, value]]);
      expect(await db.iterator({ ...options, values: false }).all()).toEqual([[key, undefined]]);
      expect(await db.keys(options).all()).toEqual([key]);
      expect(await db.values(options).all()).toEqual([value]);
    }
  },
);

test.each([
  ['iterator', ['a', 'a'], ['b', 'b'], ['c', 'c']],
  ['keys', 'a', 'b', 'c'],
  ['values', 'a', 'b', 'c'],
] as const)('a limit counts what was read before: %s', async (kind, ...items) => {
  const db = await opened({});
  await db.batch([...'abcdef'].map((key) => ({ type: 'put', key, value: key })));
  const options = { limit: 3 };
  const kinds = {
    iterator: () => db.iterator(options),
    keys: () => db.keys(options),
    values: () => db.values(options),
  };
  const limited: () => ReturnType<(typeof kinds)[typeof kind]> = kinds[kind];
  const [one, two, all] = [limited(), limited(), limited()];
  expect(await one.next()).toEqual(items[0]);
  expect(await one.all()).toEqual(items.slice(1));
  expect(await two.nextv(2)).toEqual(items.slice(0, 2));
  expect(await two.nextv(2)).toEqual(items.slice(2));
  expect(await two.nextv(2)).toEqual([]);
  await two.close();
  expect(await all.all()).toEqual(items);
});

describe('a batch', () => {
  test.each([
    ['put del', 'a'],
    ['del put', 'a=1'],
    ['put del put del', 'a'],
    ['del put del put', 'a=3'],
  ])('is the same as its operations one by one: %s', async (types, expected) => {
    const [key, present] = expected.split('=');
    const db = await opened({});
    await db.put('a', 'old');
    await db.batch(
      types
        .split(' ')
        .map((type, i) =>
          type === 'put' ? { type, key, value: String(i) } : { type: 'del' as const, key },
        ) as never,
    );
    expect(await db.get('a')).toBe(present);
  });

  test('tells keys apart by their bytes: texts that are no UTF-8 may be the same key', async () => {
    const db = await opened({});
    await db.batch([
      { type: 'del', key: '\ufffd' },
      { type: 'put', key: '\ud83d', value: 'put' },
    ]);
    expect(await db.get('\ufffd')).toBe('put');
  });

  test.each([false, true])('is all or nothing, wherever memory ends; somebody reads: %s', async (isRead) => {
    const before = Array.from({ length: 300 }, (_, i): [string, string] => [
      `key-${i % 100}-${i}`,
      'v'.repeat(i),
    ]);
    const sorted = (entries: [string, string][]) =>
      [...new Map(entries)].sort(([a], [b]) => (a < b ? -1 : 1));
    const { allocate } = localMemory;
    let failed = 0;
    let isDone = false;
    for (let nth = 0; !isDone; nth++) {
      const db = await opened({});
      await db.batch(before.map(([key, value]) => ({ type: 'put', key, value })));
      const snapshot = isRead ? db.snapshot() : undefined;
      let left = nth;
      Object.assign(localMemory, {
        allocate(bytes: number) {
          if (left-- <= 0) throw new RangeError('no memory');
          return allocate(bytes);
        },
      });
      const after = sorted([
        ...before.slice(50),
        ...before.slice(0, 200).map(([key], i): [string, string] => [`${key}!`, 'w'.repeat(20 * i)]),
      ]);
      try {
        await db.batch([
          ...before.slice(0, 50).map(([key]) => ({ type: 'del' as const, key })),
          ...before
            .slice(0, 200)
            .map(([key], i) => ({ type: 'put' as const, key: `${key}!`, value: 'w'.repeat(20 * i) })),
        ]);
        isDone = true;
      } catch (error) {
        expect(error).toMatchObject({ code: 'MEMDB_CAPACITY' });
        failed++;
      } finally {
        Object.assign(localMemory, { allocate });
      }
      expect(await db.iterator().all()).toEqual(isDone ? after : sorted(before));
      if (snapshot !== undefined) expect(await db.iterator({ snapshot }).all()).toEqual(sorted(before));
      // It goes on.
      await db.put('more', 'more');
      expect(await db.get('more')).toBe('more');
      if (snapshot !== undefined) expect(await db.get('more', { snapshot })).toBeUndefined();
    }
    expect(failed).toBeGreaterThan(0);
  });
});

describe('memory', () => {
  const KEYS = 1000;
  const keyOf = (i: number) => `key:${String(i % KEYS).padStart(8, '0')}`;
  const valueOf = (i: number) => String(i).padStart(100, '.');
  /** Bytes of a key and its value. */
  const ENTRY = 112;

  async function filled() {
    const db = await opened({});
    for (let i = 0; i < KEYS; i++) await db.put(keyOf(i), valueOf(i));
    return db;
  }

  test('comes back under overwrites, while a snapshot reads what was there', async () => {
    const db = await filled();
    const snapshot = db.snapshot();
    for (let i = KEYS; i < 100 * KEYS; i++) {
      await db.put(keyOf(i * 7), valueOf(i));
      if (i % KEYS === 0) expect(reservedBytes(db)).toBeLessThan(3 * 2 * KEYS * ENTRY + (4 << 20));
    }
    expect((await db.values({ snapshot }).all()).every((value, i) => value === valueOf(i))).toBe(true);
    // Of each key, what it is and what it was.
    expect(storesOf(db).map(({ length }) => length)).toEqual([KEYS, KEYS]);
    await snapshot.close();
    expect(storesOf(db).map(({ length }) => length)).toEqual([KEYS]);
  });

  test('comes back while iterators come and go, and one stays', async () => {
    const db = await filled();
    const stays = db.iterator();
    for (let i = KEYS; i < 60 * KEYS; i++) {
      await db.put(keyOf(i * 7), valueOf(i));
      if (i % 100 > 0) continue;
      const iterator = db.iterator();
      expect(await iterator.nextv(2)).toHaveLength(2);
      await db.put(keyOf(i), valueOf(i));
      await iterator.close();
      // At most twice as many versions as somebody sees.
      expect(storesOf(db)[1].length).toBeLessThan(2 * KEYS + 300);
    }
    expect((await stays.all()).every(([, value], i) => value === valueOf(i))).toBe(true);
  });

  test('comes back by itself, once a snapshot is closed and others are not', async () => {
    const db = await filled();
    const stays = db.snapshot();
    const snapshots = [];
    for (let round = 1; round <= 10; round++) {
      snapshots.push(db.snapshot());
      for (let i = 0; i < KEYS; i++) await db.put(keyOf(i), valueOf(round * KEYS + i));
    }
    // The first two read the same.
    expect(storesOf(db)[1].length).toBe(10 * KEYS);
    for (const snapshot of snapshots) await snapshot.close();
    await idle();
    expect(storesOf(db)[1].length).toBe(KEYS);
    expect(await db.get(keyOf(5), { snapshot: stays })).toBe(valueOf(5));
  });

  test('comes back from deletes, and nothing is left of them', async () => {
    const db = await filled();
    const iterator = db.iterator();
    for (let i = 0; i < KEYS; i++) await db.del(keyOf(i));
    expect(await iterator.all()).toHaveLength(KEYS);
    expect(storesOf(db).map(({ length }) => length)).toEqual([0]);
  });
});

/** How often others had their turn until something was done. */
async function turnsOf(isDone: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOn = true;
  const count = () => {
    turns++;
    if (isOn) setImmediate(count);
  };
  setImmediate(count);
  await isDone;
  isOn = false;
  return turns;
}

test.each(['iterator', 'keys', 'values'] as const)(
  'all of many lets others have their turn, who may write: %s',
  async (kind) => {
    const db = await opened({});
    const keys = Array.from({ length: 20_000 }, (_, i) => `k${String(i).padStart(6, '0')}`);
    await db.batch(keys.map((key) => ({ type: 'put' as const, key, value: key })));
    const all: Promise<unknown[]> = db[kind]().all();
    const cleared = new Promise((resolve) => setImmediate(() => resolve(db.clear({ gt: keys[100] }))));
    expect(await turnsOf(all)).toBeGreaterThan(2);
    await cleared;
    expect(await all).toEqual(kind === 'iterator' ? keys.map((key) => [key, key]) : keys);
    expect(await db.keys().all()).toHaveLength(101);
  },
);

describe('clear', () => {
  const COUNT = 40_000;
  const keyOf = (i: number) => `k${String(i).padStart(6, '0')}`;

  async function filled() {
    const db = await opened({});
    await db.batch(
      Array.from({ length: COUNT }, (_, i) => ({ type: 'put' as const, key: keyOf(i), value: 'v' })),
    );
    return db;
  }

  test('of many removes what was there when it was called, and lets others have their turn', async () => {
    const db = await filled();
    const turns = turnsOf(db.clear({ gte: 'k' }));
    await db.put('k9', 'new');
    expect(await turns).toBeGreaterThan(3);
    expect(await db.iterator().all()).toEqual([['k9', 'new']]);
    expect(storesOf(db)).toHaveLength(1);
  });

  test('of many removes the range, and nothing else', async () => {
    const db = await filled();
    await db.clear({ gt: keyOf(10), lte: keyOf(30_000) });
    const kept = await db.keys().all();
    expect(kept).toHaveLength(COUNT - 29_990);
    expect(kept.slice(9, 13)).toEqual([9, 10, 30_001, 30_002].map(keyOf));
    await db.clear({ lt: keyOf(39_990) });
    expect(await db.keys().all()).toEqual(Array.from({ length: 10 }, (_, i) => keyOf(39_990 + i)));
    expect(storesOf(db)).toHaveLength(1);
  });

  test.each([1, 2, 5])('of many leaves those what they read who come after %i turns', async (turns) => {
    const db = await filled();
    const cleared = db.clear({ gte: keyOf(5) });
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    const snapshot = db.snapshot();
    const iterator = db.keys();
    const seen = await db.keys().all();
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.length).toBeLessThan(COUNT);
    await db.put(keyOf(COUNT - 1), 'again');
    await db.put('new', 'new');
    await cleared;
    expect(await db.keys().all()).toEqual([...[0, 1, 2, 3, 4].map(keyOf), 'new']);
    expect(await db.keys({ snapshot }).all()).toEqual(seen);
    expect(await iterator.all()).toEqual(seen);
    await snapshot.close();
    expect(storesOf(db)).toHaveLength(1);
  });

  test('of all leaves readers what they read', async () => {
    const db = await filled();
    const snapshot = db.snapshot();
    const iterator = db.keys({ reverse: true });
    await db.put('a', 'b');
    await db.clear();
    await db.put('c', 'd');
    expect(await db.keys().all()).toEqual(['c']);
    expect(await iterator.all()).toHaveLength(COUNT);
    expect(await db.get(keyOf(3), { snapshot })).toBe('v');
    expect(await db.has('a', { snapshot })).toBe(false);
    await db.clear({ snapshot, limit: 1 });
    expect(await db.keys().all()).toEqual(['c']);
    await snapshot.close();
  });

  test.each([{}, { gte: 'a' }])('with a snapshot removes the keys that it has: %j', async (range) => {
    const db = await opened({});
    await db.batch([...'abc'].map((key) => ({ type: 'put', key, value: '1' })));
    const snapshot = db.snapshot();
    const put = (keys: string) =>
      db.batch([...keys].map((key) => ({ type: 'put' as const, key, value: '2' })));
    await db.del('a');
    await put('bd');
    await db.clear({ ...range, snapshot });
    expect(await db.keys().all()).toEqual(['d']);
    // It is the only one that reads what there was before.
    await db.clear();
    await put('abcde');
    await db.clear({ ...range, snapshot });
    expect(await db.keys().all()).toEqual(['d', 'e']);
    expect(await db.keys({ snapshot }).all()).toEqual(['a', 'b', 'c']);
    await snapshot.close();
  });

  test.each([
    [{ gt: 'a' }, false],
    [{ gt: 'a' }, true],
    [{ limit: 9 }, true],
  ])(
    'of a few is there for the next call, be it awaited or not: %j, somebody reads: %s',
    async (options, isRead) => {
      const outcomes = [await opened({}), new Reference() as unknown as MemoryLevel].map(async (db) => {
        await db.open();
        await db.put('a', '1');
        const iterator = isRead ? db.iterator() : undefined;
        await db.put('b', '2');
        const cleared = db.clear(options);
        const found = [db.getSync('b'), await db.getMany(['a', 'b'])];
        const again = db.clear(options);
        const put = db.put('b', 'again');
        await Promise.all([cleared, again, put]);
        return [found, await db.iterator().all(), await iterator?.all()];
      });
      const [ours, theirs] = await Promise.all(outcomes);
      expect(ours).toEqual(theirs);
      expect(ours[1]).toContainEqual(['b', 'again']);
    },
  );

  test('of a few, and of many with a limit, is exact', async () => {
    const db = await filled();
    await db.clear({ gt: keyOf(10), lte: keyOf(20) });
    await db.clear({ reverse: true, limit: 30_000 });
    expect(await db.keys().all()).toHaveLength(COUNT - 10 - 30_000);
  });
});

test('what was written is there again after close and open', async () => {
  const db = await opened({});
  await db.put('a', '1');
  await db.close();
  await db.open();
  expect(await db.get('a')).toBe('1');
});

test('a snapshot of another kind of database is refused', async () => {
  const db = await opened({});
  const other = new Reference();
  await other.open();
  await expect(db.get('a', { snapshot: other.snapshot() })).rejects.toThrow(
    'snapshot must be one of this kind',
  );
});

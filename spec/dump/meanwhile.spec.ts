import { DB, MemTable, ValueType, bytewise, checkStructure } from '../../lib/index.js';
import { localMemory, tableOf, withInternals } from '../../lib/internals.js';
import { utf8 } from '../support/bytes.js';
import { collected, given, isSame, rejectionOf } from '../support/dumps.js';
import { Prng } from '../support/prng.js';

// Some of these compact at every write.
jest.setTimeout(60_000);

/*
 * A stream gives the entries as they are at the call of dumpTo, whatever is written meanwhile, and the DB is as if there had been no
 * stream.
 */

const COUNT = 1000;

function filled(options: ConstructorParameters<typeof DB>[0]): DB {
  const db = new DB(options);
  const prng = new Prng(7);
  for (let i = 0; i < 2 * COUNT; i++)
    db.put(utf8(`key ${prng.below(COUNT)}`), new Uint8Array(prng.below(300)).fill(i));
  return db;
}

/** Ways to change a DB, each of which does a little more every time. */
const writes: Record<string, (db: DB, prng: Prng) => void> = {
  puts: (db, prng) => db.put(utf8(`key ${prng.below(3 * COUNT)}`), new Uint8Array(prng.below(300)).fill(1)),
  overwrites: (db, prng) => db.put(utf8(`key ${prng.below(COUNT)}`), new Uint8Array(300).fill(2)),
  deletes: (db, prng) => db.delete(utf8(`key ${prng.below(COUNT)}`)),
  deleteRange: (db, prng) => {
    const at = prng.below(COUNT);
    db.deleteRange({ start: utf8(`key ${at}`), limit: utf8(`key ${at}~`) });
  },
  'deleteRange of most': (db) => db.deleteRange({ start: utf8('key 3') }),
  putMany: (db, prng) =>
    db.putMany(Array.from({ length: 100 }, () => [utf8(`more ${prng.next()}`), new Uint8Array(100).fill(3)])),
  compact: (db, prng) => {
    if (prng.below(10) === 0) db.compact();
    db.put(utf8(`key ${prng.below(COUNT)}`), new Uint8Array(300).fill(4));
  },
  reset: (db, prng) => {
    if (prng.below(10) === 0) db.reset();
    for (let i = 0; i < 20; i++) db.put(utf8(`key ${prng.below(COUNT)}`), new Uint8Array(300).fill(5));
  },
};

describe.each([
  ['a DB', {}],
  ['a DB as goleveldb has it', { autoCompact: false }],
  ['a DB with much reserved', { capacity: 1 << 19 }],
  ['a DB without an index', withInternals({}, { ...localMemory, indexed: false })],
  ['a DB that always compacts', withInternals({}, { ...localMemory, compactEvery: 50, compactAtOnce: 100 })],
  [
    'a DB in another order',
    { comparer: { name: 'other', compare: (a: Uint8Array, b: Uint8Array) => bytewise.compare(b, a) } },
  ],
])('dumpTo of %s', (_, options) => {
  test.each(Object.keys(writes))('does not see %s', async (name) => {
    const [db, other] = [filled(options), filled(options)];
    const dumped = db.dump();
    const prng = new Prng(11);
    const chunks: Uint8Array[] = [];
    let steps = 0;
    const step = (count: number) => {
      for (let i = 0; i < count; i++, steps++) writes[name](db, prng);
    };
    const written = db.dumpTo(
      new WritableStream({
        async write(chunk) {
          await new Promise((resolve) => setImmediate(resolve));
          step(20);
          chunks.push(chunk);
        },
      }),
    );
    step(50); // Before the first one is made.
    await written;
    expect(chunks.length).toBeGreaterThan(5);
    expect(isSame(Buffer.concat(chunks), dumped)).toBe(true);
    checkStructure(db);
    const again = new Prng(11);
    for (let i = 0; i < steps; i++) writes[name](other, again);
    expect(isSame(other.dump(), db.dump())).toBe(true);
    expect(tableOf(db).storage.nodes.pasts).toEqual([]);
  });

  test('by two at once, of two states', async () => {
    const db = filled(options);
    const first = db.dump();
    const ofFirst = collected((writable) => db.dumpTo(writable));
    const prng = new Prng(13);
    for (let i = 0; i < 500; i++) writes.puts(db, prng);
    for (let i = 0; i < 500; i++) writes.deletes(db, prng);
    const second = db.dump();
    const ofSecond = collected((writable) => db.dumpTo(writable));
    for (let i = 0; i < 500; i++) writes.overwrites(db, prng);
    db.reset();
    expect(isSame(await ofFirst, first)).toBe(true);
    expect(isSame(await ofSecond, second)).toBe(true);
  });
});

test('arrays that a stream reads serve for no later compaction', async () => {
  const db = new DB();
  const overwriteAll = (fill: number) => {
    for (let i = 0; i < 1000; i++) db.put(utf8(`key ${i}`), new Uint8Array(2000).fill(fill));
  };
  for (let fill = 0; fill < 10; fill++) overwriteAll(fill); // By now all copies are of one size.
  const dumped = db.dump();
  const chunks: Uint8Array[] = [];
  await db.dumpTo(
    new WritableStream({
      write(chunk) {
        // Once, when most is still to be read; the whole table is copied several times.
        if (chunks.length === 1) for (let fill = 1; fill < 10; fill++) overwriteAll(fill);
        chunks.push(chunk);
      },
    }),
  );
  expect(tableOf(db).exchanges).toBeGreaterThan(6);
  expect(isSame(Buffer.concat(chunks), dumped)).toBe(true);
});

test('dumpTo of a MemTable does not see what is added, nor a compaction', async () => {
  const table = new MemTable();
  for (let i = 1; i < 3000; i++)
    table.add(i, ValueType.Value, utf8(`key ${i % 700}`), new Uint8Array(200).fill(i));
  const dumped = table.dump();
  let sequence = 10_000;
  const bytes = await collected((writable) => {
    const written = table.dumpTo(
      new WritableStream({
        async write(chunk) {
          table.add(sequence++, ValueType.Deletion, utf8(`key ${sequence % 1000}`));
          if (sequence % 3 === 0) table.compact(sequence);
          await writer.write(chunk);
        },
        close: () => writer.close(),
      }),
    );
    const writer = writable.getWriter();
    return written;
  });
  expect(isSame(bytes, dumped)).toBe(true);
});

describe('dumpTo holds no second copy', () => {
  it('but what is written to meanwhile: at most all nodes, once', async () => {
    const db = filled({ autoCompact: false });
    const sizes: number[] = [];
    const kept = () => {
      const watches = tableOf(db).storage.nodes.pasts;
      return watches.reduce((sum, past) => sum + past.bytes, 0);
    };
    await db.dumpTo(
      new WritableStream({
        write() {
          sizes.push(kept());
        },
      }),
    );
    expect(Math.max(...sizes)).toBe(0);
    const prng = new Prng(1);
    await db.dumpTo(
      new WritableStream({
        write() {
          for (let i = 0; i < 2000; i++) writes.overwrites(db, prng);
          sizes.push(kept());
        },
      }),
    );
    expect(Math.max(...sizes)).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * db.nodeLength);
    expect(kept()).toBe(0);
  });

  it('and makes portions of a bounded size', async () => {
    const db = new DB();
    for (let i = 0; i < 20; i++) db.put(utf8(`${i}`), new Uint8Array(1 << 20));
    await db.dumpTo(
      new WritableStream({
        write(chunk) {
          expect(chunk.length).toBeLessThanOrEqual(1 << 18);
        },
      }),
    );
  });
});

describe('where a stream fails', () => {
  it('dumpTo is rejected with that, and the DB is let go', async () => {
    const db = filled({});
    const aborted: unknown[] = [];
    let count = 0;
    const error = await rejectionOf(
      db.dumpTo(
        new WritableStream({
          write() {
            if (count++ === 3) throw new Error('the disk is full');
          },
          abort: (reason) => void aborted.push(reason),
        }),
      ),
    );
    expect(error.message).toBe('the disk is full');
    expect(tableOf(db).storage.nodes.pasts).toEqual([]);
  });

  it('dumpTo aborts it where it fails itself', async () => {
    const db = filled({});
    let reason: unknown;
    const writable = new WritableStream({ abort: (why) => void (reason = why) });
    const written = db.dumpTo(writable);
    structuredClone(db.nodeData, { transfer: [db.nodeData.buffer as ArrayBuffer] });
    const error = await rejectionOf(written);
    expect(error).toMatchObject({ code: 'MEMDB_DETACHED' });
    expect(reason).toBe(error);
  });

  it('loadFrom is rejected with that', async () => {
    const readable = new ReadableStream({
      pull: () => {
        throw new Error('the disk is gone');
      },
    });
    expect((await rejectionOf(DB.loadFrom(readable))).message).toBe('the disk is gone');
  });

  it('loadFrom cancels what is damaged, at once', async () => {
    const dumped = filled({}).dump();
    dumped[20] ^= 1;
    let reason: unknown;
    const bytes = given(dumped, 64);
    const readable = new ReadableStream(
      {
        async pull(controller) {
          controller.enqueue((await reader.read()).value);
        },
        cancel: (why) => void (reason = why),
      },
      { highWaterMark: 0 },
    );
    const reader = bytes.getReader();
    const error = await rejectionOf(DB.loadFrom(readable));
    expect(error).toMatchObject({ code: 'MEMDB_CORRUPTION', position: 0 });
    expect(reason).toBe(error);
  });

  it('loadFrom takes bytes only', async () => {
    const readable = new ReadableStream({ pull: (controller) => controller.enqueue('text') });
    expect((await rejectionOf(DB.loadFrom(readable as never))).name).toBe('TypeError');
  });

  test.each([undefined, null, {}, 'path', new WritableStream()])('loadFrom takes no %p', async (what) => {
    const error = await rejectionOf(DB.loadFrom(what as never));
    expect(error.message).toMatch(/^loadFrom takes a ReadableStream, but got /);
    expect(error.name).toBe('TypeError');
  });

  test.each([undefined, null, {}, 'path', new ReadableStream()])('dumpTo takes no %p', async (what) => {
    const error = await rejectionOf(new DB().dumpTo(what as never));
    expect(error.message).toMatch(/^dumpTo takes a WritableStream, but got /);
    expect(error.name).toBe('TypeError');
  });

  it('a stream that is locked leaves the DB alone', async () => {
    const db = filled({});
    const writable = new WritableStream();
    writable.getWriter();
    expect((await rejectionOf(db.dumpTo(writable))).name).toBe('TypeError');
    expect(tableOf(db).storage.nodes.pasts).toEqual([]);
  });
});

it('where there is no memory to put something aside, the write goes on, and the dump fails', async () => {
  const db = filled({});
  const { nodes } = tableOf(db).storage;
  const { slice } = Int32Array.prototype;
  const written = collected((writable) => db.dumpTo(writable));
  nodes.array.slice = () => {
    throw new RangeError('Array buffer allocation failed');
  };
  db.delete(utf8('key 1'));
  nodes.array.slice = slice;
  checkStructure(db);
  expect(await rejectionOf(written)).toMatchObject({ code: 'MEMDB_CAPACITY' });
});

it('where there is no memory for new arrays, a reset fails and changes nothing', async () => {
  let isFull = false;
  const db = filled(
    withInternals(
      {},
      {
        ...localMemory,
        allocate(bytes) {
          if (isFull) throw new RangeError('Array buffer allocation failed');
          return localMemory.allocate(bytes);
        },
      },
    ),
  );
  const dumped = db.dump();
  const written = collected((writable) => db.dumpTo(writable));
  isFull = true;
  expect(() => db.reset()).toThrow(/could not allocate/);
  expect(isSame(db.dump(), dumped)).toBe(true);
  isFull = false;
  db.reset();
  expect(db.length).toBe(0);
  expect(isSame(await written, dumped)).toBe(true);
});

import { MemoryLevel as Reference } from 'memory-level';
import { MemoryLevel } from '../../lib/level/index.js';

/*
 * Bytes where the encoding is 'utf8', which it is for whoever names none: in a store of bytes they are kept as they are, also those that
 * are no UTF-8, or begin with a byte order mark.
 */

type Any = MemoryLevel<unknown, unknown>;
type Way = 'buffer' | 'view';

const HEX = { keyEncoding: 'hex', valueEncoding: 'hex' };
const BYTES = [[0xff], [0xfe], [0x80, 0], [0xef, 0xbb, 0xbf, 0x61], [0xed, 0xa0, 0x80], []];
const fromHex = (bytes: readonly number[]) => Buffer.from(bytes).toString('hex');
const asHex = (data: unknown) =>
  Buffer.from(data as Uint8Array)
    .toString('hex')
    .replace(/^217321/, '!s!');

/** What each of the two gives for the same. */
async function ofBoth(storeEncoding: Way, program: (db: Any) => Promise<unknown>): Promise<unknown> {
  const ours = await program(new MemoryLevel<unknown, unknown>({ storeEncoding }));
  const theirs = await program(new Reference<unknown, unknown>({ storeEncoding }) as unknown as Any);
  expect(ours).toEqual(theirs);
  return ours;
}

describe.each(['buffer', 'view'] as const)('a store of %s', (storeEncoding) => {
  const make = storeEncoding === 'buffer' ? Buffer.from.bind(Buffer) : Uint8Array.from.bind(Uint8Array);
  const given = BYTES.map((bytes) => make(bytes));

  test('has keys and values of any bytes', async () => {
    const found = await ofBoth(storeEncoding, async (db) => {
      for (const bytes of given) await db.put(bytes, bytes);
      await db.batch([{ type: 'put', key: make([0xfd]), value: make([0xfd]) }]);
      await db.del(make([0xfe]));
      return [
        await db.iterator(HEX).all(),
        await db.iterator({ ...HEX, gte: 'ed', lt: 'fe' }).all(),
        await db.get(make([0xff]), { valueEncoding: 'hex' }),
        db.getSync(make([0xfe])),
        await db.hasMany(given),
        await db.getMany([make([0xff]), make([0xfe]), 'none'], { valueEncoding: 'hex' }),
        await db.keys({ gte: make([0xef]), keyEncoding: 'hex' }).all(),
        await db.values({ gt: make([0xed]), lte: make([0xfd]), valueEncoding: 'hex' }).all(),
      ];
    });
    const left = [...BYTES.filter(([byte]) => byte !== 0xfe), [0xfd]].map(fromHex).sort();
    expect((found as unknown[])[0]).toEqual(left.map((hex) => [hex, hex]));
  });

  test('has what encodings of the user make, be it no text, or of the same name', async () => {
    const own = (name: string) => ({
      name,
      format: 'utf8' as const,
      encode: (data: unknown) =>
        name === 'numbers' ? (Number(data) as unknown as string) : `x${String(data)}`,
      decode: (data: unknown) => `${String(data)}z`,
    });
    // memory-level makes no Buffers of numbers.
    const program = async (db: Any) => {
      const numbers = db.sublevel<unknown, unknown>('s', { keyEncoding: own('numbers') });
      await numbers.put(5, 'five');
      return [await db.keys().all(), await numbers.get(5), await numbers.keys().all()];
    };
    if (storeEncoding === 'view') await ofBoth(storeEncoding, program);
    else expect(await program(new MemoryLevel<unknown, unknown>())).toEqual([['!s!5'], 'five', ['5z']]);
    for (const name of ['utf8', 'utf-8']) {
      const answersOf = async (db: Any) => {
        await db.put('k', 'y');
        return [await db.get('k'), db.getSync('k'), await db.values().all(), await db.getMany(['k'])];
      };
      const options = { storeEncoding, valueEncoding: own(name) as never };
      const ours = await answersOf(new MemoryLevel<unknown, unknown>(options));
      expect(ours).toEqual(await answersOf(new Reference<unknown, unknown>(options) as unknown as Any));
    }
  });

  test('has them by each name of the encoding, and where others were named before', async () => {
    const utf8 = { keyEncoding: 'utf-8', valueEncoding: 'utf-8' };
    await ofBoth(storeEncoding, async (db) => {
      await db.put(make([0xff]), make([0xfe]), utf8);
      await db.put(make([0xfe]), make([0xfd]));
      await db.put('a', '\ufeffb', utf8);
      return [await db.iterator(HEX).all(), await db.get(make([0xff]), utf8)];
    });
    for (const encodings of [{ keyEncoding: 'json', valueEncoding: 'json' }, utf8, HEX]) {
      const put = async (db: Any) => {
        await db.open();
        const sublevel = db.sublevel<unknown, unknown>('s', encodings);
        for (const each of [db, sublevel, sublevel.sublevel<unknown, unknown>('t', encodings)]) {
          await each.put(make([0xff]), make([0xfe]), utf8);
          await each.put(make([0xfb]), make([0xfe]), { keyEncoding: 'utf8', valueEncoding: 'utf8' });
        }
        return db.iterator(HEX).all();
      };
      const ours = await put(new MemoryLevel<unknown, unknown>({ storeEncoding, ...encodings }));
      expect(ours).toEqual(
        await put(new Reference<unknown, unknown>({ storeEncoding, ...encodings }) as unknown as Any),
      );
      expect(ours).toHaveLength(6);
    }
  });

  test('has them in sublevels, and in sublevels of these', async () => {
    await ofBoth(storeEncoding, async (db) => {
      const sublevel = db.sublevel<unknown, unknown>('s', {});
      const below = sublevel.sublevel<unknown, unknown>('t', { valueEncoding: 'hex' });
      const beside = db.sublevel<unknown, unknown>('u', { keyEncoding: 'utf-8' });
      for (const each of [sublevel, below, beside]) {
        await each.put(make([0xff]), make([0xfe]));
        await each.put(new Uint8Array(0), make([0xfb]));
        await each.put('é', Buffer.from('é'));
        await each.batch([
          { type: 'put', key: make([0xfe]), value: make([0xfd]) },
          { type: 'put', key: make([0xf0]), value: make([0xf1]) },
          { type: 'del', key: make([0xf0]) },
        ]);
      }
      await db.batch([
        { type: 'put', key: make([0xf1]), value: make([0xf2]), sublevel: below as never },
        { type: 'put', key: make([0xf3]), value: make([0xf4]), sublevel: beside as never },
      ]);
      await sublevel.batch([
        { type: 'put', key: make([0xf5]), value: make([0xf6]), sublevel: beside as never },
      ]);
      await beside.clear({ gt: make([0xfe]) });
      const iterator = below.keys({ keyEncoding: 'hex' });
      iterator.seek(make([0xf2]), { keyEncoding: 'utf8' });
      return [
        await db.iterator(HEX).all(),
        await below.iterator({ ...HEX, gte: 'f1', lt: 'ff' }).all(),
        await below.values({ gte: make([0xf1]), lt: make([0xff]) }).all(),
        await sublevel.get(make([0xff]), { valueEncoding: 'hex' }),
        await below.getMany([make([0xff]), 'é', make([0xf0])]),
        await sublevel.iterator({ limit: 3 }).all(),
        await iterator.all(),
      ];
    });
  });

  test('tells of them in events', async () => {
    await ofBoth(storeEncoding, async (db) => {
      const told: unknown[] = [];
      db.on('write', (operations: readonly { type: string; encodedKey: unknown }[]) =>
        told.push(operations.map(({ type, encodedKey }) => [type, asHex(encodedKey)])),
      );
      await db.put(make([0xff]), 'a');
      await db.sublevel<unknown, unknown>('s', {}).put(make([0xfe]), make([0xfd]));
      await db.del(make([0xff]));
      return told;
    });
  });

  test('takes any view, and what is no text as its text', async () => {
    const words = new Uint16Array([0x80ff, 0x1234]);
    const db = new MemoryLevel<unknown, unknown>({ storeEncoding });
    await db.put(words, new DataView(words.buffer, 1, 2));
    await db.sublevel<unknown, unknown>('s', {}).put(new DataView(words.buffer, 1, 2), 12);
    await db.put(7, true);
    expect(await db.iterator(HEX).all()).toEqual([
      [fromHex([0x21, 0x73, 0x21, 0x80, 0x34]), fromHex([0x31, 0x32])],
      [fromHex([0x37]), Buffer.from('true').toString('hex')],
      [fromHex([0xff, 0x80, 0x34, 0x12]), fromHex([0x80, 0x34])],
    ]);
    expect(await db.get(7)).toBe('true');
  });

  test.each(['gt', 'gte', 'lt', 'lte'] as const)('takes undefined as a bound: %s', async (bound) => {
    await ofBoth(storeEncoding, async (db) => {
      for (const key of ['', 'a', 'u', 'undefined', 'v']) await db.put(key, key);
      return db.keys({ [bound]: undefined }).all();
    });
  });
});

import fc from 'fast-check';
import { MemoryLevel as Reference } from 'memory-level';
import { checkStructure } from '../../lib/index.js';
import { MemoryLevel } from '../../lib/level/index.js';
import { storesOf } from './stores.js';

/*
 * Random programs, which do the same to memory-level and to ours: each call answers the same, or fails with the same code.
 */

type StoreEncoding = 'buffer' | 'view' | 'utf8';
/** The two have the same types for what is called here. */
type Database = MemoryLevel;
type Snapshot = ReturnType<Database['snapshot']>;
type Iterator = ReturnType<Database['iterator' | 'keys' | 'values']>;

/** What one program works on. The two have as many snapshots and iterators. */
interface Side {
  readonly db: Database;
  readonly snapshots: Snapshot[];
  readonly iterators: Iterator[];
}

type Call = (side: Side) => unknown;

/** Short ones, so that they meet; and where UTF-8 and UTF-16 differ in order, or a text is no UTF-8. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom('\u00e9', '\ufffd', '\uff5e', '\u{1f600}', '\ud83d', '\0', 'a\0') },
);
/** Bytes that are no text, where the encoding is of text. They are given as keys of texts are. */
const bytes = fc
  .constantFrom([0xff], [0xfe], [0x61, 0xff], [0xed, 0xa0, 0x80], [0xef, 0xbb], [])
  .map((list) => Buffer.from(list) as unknown as string);
const key = fc.oneof({ weight: 7, arbitrary: text }, { weight: 1, arbitrary: bytes });
const value = fc.oneof(
  bytes,
  fc.string({ unit: fc.constantFrom('x', 'y', '\u{1f600}', '\ude00'), maxLength: 3 }),
  fc.integer({ min: 20, max: 3000 }).map((length) => 'long \u00e9'.repeat(length / 6)),
);
const index = fc.nat(3);
const bound = fc.option(key, { nil: undefined });
const range = fc
  .record({
    lower: bound,
    upper: bound,
    isOpen: fc.tuple(fc.boolean(), fc.boolean()),
    reverse: fc.boolean(),
    limit: fc.option(fc.nat(4), { nil: -1 }),
  })
  .map(({ lower, upper, isOpen, ...rest }) => ({
    ...rest,
    ...(lower !== undefined && (isOpen[0] ? { gt: lower } : { gte: lower })),
    ...(upper !== undefined && (isOpen[1] ? { lt: upper } : { lte: upper })),
  }));
const operation = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key, value }),
  fc.record({ type: fc.constant('del' as const), key }),
);
/** One of those that are open, or none. */
const chosen = fc.option(index, { nil: undefined });
const of = <T>(list: readonly T[], i: number | undefined): T | undefined =>
  i === undefined || list.length === 0 ? undefined : list[i % list.length];
const optionsOf = ({ snapshots }: Side, i: number | undefined) => {
  const snapshot = of(snapshots, i);
  return snapshot === undefined ? {} : { snapshot };
};

const KINDS: readonly ((db: Database, options: object) => Iterator)[] = [
  (db, options) => db.iterator(options),
  (db, options) => db.keys(options),
  (db, options) => db.values(options),
];

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(key, value).map<Call>(
    ([k, v]) =>
      ({ db }) =>
        db.put(k, v),
  ),
  fc.tuple(key, value).map<Call>(
    ([k, v]) =>
      ({ db }) =>
        db.put(k, v),
  ),
  key.map<Call>(
    (k) =>
      ({ db }) =>
        db.del(k),
  ),
  fc.array(operation, { maxLength: 8 }).map<Call>(
    (list) =>
      ({ db }) =>
        db.batch(list),
  ),
  fc.tuple(range, chosen).map<Call>(
    ([options, i]) =>
      (side) =>
        side.db.clear({ ...options, ...optionsOf(side, i) }),
  ),
  fc.constant<Call>(({ db }) => db.clear()),
  fc.tuple(key, chosen).map<Call>(
    ([k, i]) =>
      (side) =>
        side.db.get(k, optionsOf(side, i)),
  ),
  fc.tuple(key, chosen).map<Call>(
    ([k, i]) =>
      (side) =>
        side.db.getSync(k, optionsOf(side, i)),
  ),
  fc.tuple(key, chosen).map<Call>(
    ([k, i]) =>
      (side) =>
        side.db.has(k, optionsOf(side, i)),
  ),
  fc.tuple(fc.array(key, { maxLength: 4 }), chosen).map<Call>(
    ([keys, i]) =>
      (side) =>
        Promise.all([side.db.getMany(keys, optionsOf(side, i)), side.db.hasMany(keys, optionsOf(side, i))]),
  ),
  fc.tuple(range, chosen).map<Call>(
    ([options, i]) =>
      (side) =>
        side.db.iterator({ ...options, ...optionsOf(side, i) }).all(),
  ),
  fc.tuple(range, chosen).map<Call>(
    ([options, i]) =>
      (side) =>
        side.db.values({ ...options, ...optionsOf(side, i) }).all(),
  ),
  fc.constant<Call>(({ db, snapshots }) => snapshots.push(db.snapshot())),
  index.map<Call>((i) => async ({ snapshots }) => {
    await of(snapshots, i)?.close();
    if (snapshots.length > 0) snapshots.splice(i % snapshots.length, 1);
  }),
  fc.tuple(fc.nat(2), range, chosen).map<Call>(
    ([kind, options, i]) =>
      (side) =>
        side.iterators.push(KINDS[kind](side.db, { ...options, ...optionsOf(side, i) })),
  ),
  index.map<Call>(
    (i) =>
      ({ iterators }) =>
        of(iterators, i)?.next(),
  ),
  index.map<Call>(
    (i) =>
      ({ iterators }) =>
        of(iterators, i)?.next(),
  ),
  fc.tuple(index, fc.integer({ min: 1, max: 4 })).map<Call>(
    ([i, size]) =>
      ({ iterators }) =>
        of(iterators, i)?.nextv(size),
  ),
  fc.tuple(index, key).map<Call>(
    ([i, k]) =>
      ({ iterators }) =>
        of(iterators, i)?.seek(k),
  ),
  index.map<Call>(
    (i) =>
      ({ iterators }) =>
        of(iterators, i)?.all(),
  ),
  index.map<Call>((i) => async ({ iterators }) => {
    await of(iterators, i)?.close();
    if (iterators.length > 0) iterators.splice(i % iterators.length, 1);
  }),
);

/** What a call gives, or the code of its error. */
async function outcomeOf(call: Call, side: Side): Promise<unknown> {
  try {
    return { result: await call(side) };
  } catch (error) {
    return { code: (error as { code?: string }).code };
  }
}

async function sideOf(db: Database): Promise<Side> {
  await db.open();
  return { db, snapshots: [], iterators: [] };
}

const RUNS = 150;

describe.each(['buffer', 'view', 'utf8'] as const)('a store of %s', (storeEncoding: StoreEncoding) => {
  test('answers as memory-level does, whatever is called', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 20, maxLength: 120 }), async (calls) => {
        const reference = await sideOf(new Reference({ storeEncoding }) as unknown as Database);
        const db = new MemoryLevel({ storeEncoding });
        const ours = await sideOf(db);
        for (const each of calls) {
          expect(await outcomeOf(each, ours)).toEqual(await outcomeOf(each, reference));
        }
        const raw = storeEncoding === 'utf8' ? {} : { keyEncoding: 'hex', valueEncoding: 'hex' };
        expect(await db.iterator(raw).all()).toEqual(await reference.db.iterator(raw).all());
        for (const store of storesOf(db)) checkStructure(store);
        await Promise.all([...ours.snapshots, ...ours.iterators].map((each) => each.close()));
        // Nobody reads: nothing is kept of what was.
        expect(storesOf(db)).toHaveLength(1);
      }),
      { numRuns: RUNS },
    );
  }, 120_000);
});

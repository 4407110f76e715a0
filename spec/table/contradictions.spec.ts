import {
  ComparerError,
  DB,
  LockMisuseError,
  MemTable,
  SkipList,
  ValueType,
  bytewise,
  type Comparer,
} from '../../lib/index.js';
import { localMemory, tableOf, withInternals } from '../../lib/internals.js';
import { utf8 } from '../support/bytes.js';
import { must } from '../support/must.js';
import { Prng } from '../support/prng.js';

/*
 * No comparer, however wrong, makes a call go on for ever, or memory grow by itself. Each of these counts what it is asked: no call asks
 * more than a few times what a right one would, and no walk has more steps than there are entries.
 */

type Compare = (a: Uint8Array, b: Uint8Array) => number;

/** Serial numbers of 4 bits: each is below the 8 that follow, in a circle. */
const serial: Compare = (a, b) => {
  const difference = ((a[0] ?? 0) - (b[0] ?? 0)) & 15;
  return difference === 0 ? 0 : difference < 8 ? 1 : -1;
};

const WRONG: Record<string, (prng: Prng) => Compare> = {
  'that goes in a circle': () => serial,
  'that is random': (prng) => () => prng.below(3) - 1,
  'that is random, and never says equal': (prng) => () => (prng.below(2) === 0 ? -1 : 1),
  'that says that all are below': () => () => -1,
  'that says that all are above': () => () => 1,
  'that says that all are equal': () => () => 0,
  'that is asymmetric': () => (a, b) => (bytewise.compare(a, b) <= 0 ? -1 : bytewise.compare(a, b)),
  'that turns round in between': (prng) => {
    let left = 40;
    let sign = 1;
    return (a, b) => {
      if (--left === 0) {
        left = 5 + prng.below(60);
        sign = -sign;
      }
      return sign * bytewise.compare(a, b);
    };
  },
  'that is wrong now and then': (prng) => (a, b) =>
    prng.below(9) === 0 ? prng.below(3) - 1 : bytewise.compare(a, b),
  'that is no number now and then': (prng) => (a, b) =>
    prng.below(30) === 0 ? NaN : prng.below(20) === 0 ? -1 : bytewise.compare(a, b),
  'that throws now and then': (prng) => (a, b) => {
    if (prng.below(60) === 0) throw new Error('thrown');
    return prng.below(9) === 0 ? 1 : serial(a, b);
  },
};

/** Asked more often within one call, it throws: a call that would not end does. */
class Counting implements Comparer {
  readonly name = 'counting';
  asked = 0;
  readonly #compare: Compare;

  constructor(compare: Compare) {
    this.#compare = compare;
  }

  compare(a: Uint8Array, b: Uint8Array): number {
    if (++this.asked > 20_000) throw new RangeError('it goes on for ever');
    return this.#compare(a, b);
  }
}

/** Makes a call that may refuse, but must end. */
function tryTo(comparer: Counting, call: () => unknown): void {
  comparer.asked = 0;
  try {
    call();
  } catch (error) {
    const isExpected =
      error instanceof ComparerError ||
      error instanceof TypeError ||
      (error as Error).message === 'thrown' ||
      (error as { code?: string }).code === 'MEMDB_DUPLICATE_KEY';
    must(
      isExpected && !(error instanceof LockMisuseError),
      () => `${String(error)}\n${(error as Error).stack}`,
    );
  }
}

/** Every level ends, and no node is linked to itself. */
function checkEnds(owner: object): void {
  const { nodes } = tableOf(owner).storage;
  const { length, array } = nodes;
  for (let level = 0; level < 12; level++) {
    let steps = 0;
    for (let node = array[4 + level]; node !== 0; node = array[node + 4 + level]) {
      must(++steps <= length, () => `level ${level} goes in a circle`);
    }
  }
}

function eachSeed(run: (seed: number) => void): void {
  for (let seed = 1; seed <= 12; seed++) {
    try {
      run(seed);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${(cause as Error).stack}`, { cause });
    }
  }
}

const key = (n: number) => Uint8Array.of(n & 255, n >> 8);

function bounded(items: Iterable<unknown>, most: number): void {
  const iterator = items[Symbol.iterator]();
  for (let steps = 0; iterator.next().done !== true; steps++) {
    must(steps < most, () => `a walk of ${most} entries does not end`);
  }
}

describe.each(Object.keys(WRONG))('a comparer %s', (name) => {
  test.each([
    { kind: 'DB', internals: {} },
    { kind: 'DB without an index', internals: { indexed: false } },
    { kind: 'DB that is compacted all the time', internals: { compactEvery: 3, compactAtOnce: 2 } },
    { kind: 'DB that nobody compacts', internals: {}, autoCompact: false },
    // Predecessors that lie far back are looked for by comparing.
    { kind: 'DB of many tall nodes', internals: {}, span: 250, tallest: 10 },
  ])('makes no call of a $kind go on for ever', ({ internals, autoCompact = true, span = 40, tallest }) => {
    eachSeed((seed) => {
      const prng = new Prng(seed);
      const comparer = new Counting(WRONG[name](prng));
      const heights = {
        ...(tallest !== undefined && {
          randHeight: () => 2 + (prng.below(6) === 0 ? prng.below(tallest) : 0),
        }),
      };
      const db = new DB(
        withInternals({ comparer, autoCompact, ...heights }, { ...localMemory, ...internals }),
      );
      let puts = 0;
      if (tallest !== undefined) {
        for (let n = 0; n < span; n++, puts++) tryTo(comparer, () => db.put(key(n), utf8('first')));
      }
      const it = db.iterator();
      for (let round = 0; round < 120; round++) {
        const [a, b] = [key(prng.below(span)), key(prng.below(span))];
        tryTo(comparer, () => {
          switch (prng.below(14)) {
            case 0:
              db.deleteRange({ start: a, limit: b });
              break;
            case 1:
              db.delete(a);
              break;
            case 2:
              if (prng.below(span) < 40) db.deleteRange(prng.below(2) === 0 ? { start: a } : { limit: b });
              break;
            case 3:
              puts += 3;
              db.putMany([a, b, key(prng.below(40))].map((each) => [each, utf8('many')]));
              break;
            case 4:
              bounded(db.entries({ start: a, limit: b }), puts);
              break;
            case 5:
              bounded(db.keys({ reverse: true }), puts);
              break;
            case 6:
              db.find(a);
              db.get(b);
              db.count({ start: a, limit: b });
              db.at(3);
              break;
            case 7:
              it.seek(a);
              it.prev();
              it.prev();
              it.next();
              break;
            case 8:
              if (prng.below(10) === 0) db.compact();
              else it.last();
              break;
            case 9:
              puts++;
              db.update(a, (value) => (value === undefined ? b : undefined));
              break;
            default:
              puts++;
              db.put(a, b);
          }
        });
        must(comparer.asked < 20_000, () => `asked ${comparer.asked} times`);
        must(db.length <= puts, () => `${db.length} entries of ${puts} puts`);
        checkEnds(db);
        // Without the comparer, all of it is there to be walked over, both ways.
        let steps = 0;
        for (let on = it.first(); on && steps <= db.length; on = it.next()) steps++;
        must(steps === db.length, () => `${steps} steps over ${db.length} entries`);
      }
    });
  });

  test('makes no call of a MemTable or a SkipList go on for ever', () => {
    eachSeed((seed) => {
      const prng = new Prng(seed);
      const comparer = new Counting(WRONG[name](prng));
      const table = new MemTable({ comparer });
      const list = new SkipList({ comparer });
      const it = list.iterator();
      for (let round = 1; round <= 100; round++) {
        const a = key(prng.below(30));
        tryTo(comparer, () => table.add(round, prng.pick([ValueType.Value, ValueType.Deletion]), a, a));
        tryTo(comparer, () => table.get(a, Math.max(0, round - 3)));
        tryTo(comparer, () => table.find(a));
        tryTo(comparer, () => bounded(table.keys({ reverse: true, start: a }), round));
        if (round % 17 === 0) tryTo(comparer, () => table.compact(round - 5));
        tryTo(comparer, () => list.insert(a));
        tryTo(comparer, () => list.contains(a));
        tryTo(comparer, () => [it.seek(a), it.prev(), it.next()]);
        must(table.length <= round && list.length <= round, () => 'there is more than was added');
        checkEnds(table);
        checkEnds(list);
      }
    });
  });
});

test('deleteRange by a comparer that goes in a circle says what is wrong, and changes nothing', () => {
  const db = new DB({ comparer: { name: 'serial', compare: serial } });
  for (const n of [0, 5, 10, 15, 4, 9]) db.put(key(n), utf8(String(n)));
  const before = [...db].map(String);
  let refused = 0;
  for (let start = 0; start < 16; start++) {
    for (let limit = 0; limit < 16; limit++) {
      try {
        db.deleteRange({ start: key(start), limit: key(limit) });
        for (const n of [0, 5, 10, 15, 4, 9]) db.put(key(n), utf8(String(n)));
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(ComparerError);
        expect((error as ComparerError).code).toBe('MEMDB_COMPARER');
        expect((error as Error).message).toContain('the comparer contradicts what it said before');
      }
    }
  }
  expect(refused).toBeGreaterThan(0);
  expect(before).toHaveLength(6);
});

test('deleteRange of most entries, by a comparer that turns round at any call, removes as many as it says', () => {
  let calls = Infinity;
  const compare = (a: Uint8Array, b: Uint8Array) => (calls-- > 0 ? 1 : -1) * Buffer.compare(a, b);
  const key = (i: number) => utf8(`key ${String(i).padStart(3, '0')}`);
  const COUNT = 300;
  let removed = 0;
  for (let at = 0; at < 50; at++) {
    calls = Infinity;
    const db = new DB({ comparer: { name: 'turning', compare } });
    for (let i = 0; i < COUNT; i++) db.put(key(i), utf8('value'));
    calls = at;
    let said = 0;
    try {
      said = db.deleteRange({ start: key(10), limit: key(290) });
    } catch (error) {
      if (!(error instanceof ComparerError)) throw error;
    }
    calls = Infinity;
    expect(db.length).toBe(COUNT - said);
    expect([...db.keys()]).toHaveLength(COUNT - said);
    if (said > 0) removed++;
  }
  expect(removed).toBeGreaterThan(0);
});

import * as library from '../../../lib/index.js';
import * as inside from '../../../lib/internals.js';
import { Compactions } from '../../support/compactions.js';
import { CURSORS, WALKS, runProgram, type Program, type Step } from '../../support/machine.js';
import { Prng } from '../../support/prng.js';

const { DB, bytewise, checkStructure } = library;
const { localMemory, tableOf, withInternals } = inside;

const KEYS = 24;
const MIB = 2 ** 20;

/** All that there is to call, most of it writes, with values of up to so many bytes. */
function program(seed: number, steps: number, longest: number): Program {
  const draw = new Prng(seed);
  const key = () => draw.below(KEYS);
  const bound = () => draw.pick([null, key()]);
  const length = () => draw.below(longest);
  const fill = () => draw.below(256);
  const cursor = () => draw.below(CURSORS);
  const write = (): Step =>
    draw.pick<() => Step>([
      () => ({ do: 'put', key: key(), length: length(), fill: fill() }),
      () => ({ do: 'put', key: key(), length: length(), fill: fill() }),
      () => ({ do: 'delete', key: key() }),
      () => ({ do: 'update', key: key(), length: draw.pick([null, length()]), fill: fill() }),
      () => ({ do: 'putMany', key: key(), count: draw.below(8), length: length(), fill: fill() }),
    ])();
  const seldom = (): Step =>
    draw.pick<() => Step>([
      () => ({ do: 'deleteRange', start: key(), limit: bound() }),
      () => ({ do: 'compact' }),
      () => ({ do: 'reset' }),
      () => ({
        do: 'walk',
        walk: draw.below(WALKS),
        pick: 'entries',
        reverse: false,
        start: null,
        limit: null,
      }),
    ])();
  const read = (): Step =>
    draw.pick<() => Step>([
      () => ({ do: 'get', key: key() }),
      () => ({ do: 'open', cursor: cursor(), start: bound(), limit: bound() }),
      () => ({ do: 'seek', cursor: cursor(), key: key() }),
      () => ({ do: 'move', cursor: cursor(), to: draw.pick(['next', 'prev']) }),
      () => ({ do: 'look', cursor: cursor() }),
      () => ({ do: 'step', walk: draw.below(WALKS) }),
    ])();
  return {
    keys: Array.from({ length: KEYS }, (_, i) => new TextEncoder().encode(`key ${(i * 7) % KEYS}`)),
    steps: Array.from({ length: steps }, () => {
      const r = draw.below(100);
      return r < 60 ? write() : r < 97 ? read() : seldom();
    }),
  };
}

const counts = new Compactions(inside);

/** Runs a program where some allocations fail. @returns how many there were */
function run(
  of: Program,
  options: library.DBOptions,
  internals: Partial<inside.Internals>,
  fails: (allocation: number) => boolean,
  isFull: boolean,
): number {
  let allocations = 0;
  const allocate = (size: number) => {
    if (fails(++allocations)) throw new RangeError('Array buffer allocation failed');
    return new ArrayBuffer(size);
  };
  const db = new DB(withInternals(options, { ...localMemory, seed: 0x5eed, ...internals, allocate }));
  const table = tableOf(db);
  counts.onWrite = (failed) => {
    const follower = table.follower as inside.Compaction | undefined;
    if (follower === undefined) return;
    if (follower.isLost || failed.has(follower)) throw new Error('a compaction that failed is held');
  };
  runProgram(
    {
      store: db,
      compare: (options.comparer ?? bytewise).compare,
      garbageLimit: (size) => (isFull ? Infinity : size + MIB),
      lacksMemory: true,
      isFull,
      check: () => checkStructure(db),
    },
    of,
  );
  return allocations;
}

/** Without these, there is no DB. */
const FIRST = 3;

const again: library.Comparer = { name: 'again', compare: (a, b) => bytewise.compare(a, b) };

describe.each<[string, Program, library.DBOptions, Partial<inside.Internals>]>([
  ['that are due', program(1, 200, 60_000), {}, {}],
  ['that are due, by a comparer', program(12, 200, 60_000), { comparer: again }, {}],
  ['at every write', program(3, 90, 40), { capacity: 0 }, { compactEvery: 1, compactAtOnce: 40 }],
  ['at every third write', program(4, 120, 40), { capacity: 0 }, { compactEvery: 3, compactAtOnce: 1 }],
  ['at every seventh write', program(5, 120, 3000), { capacity: 0 }, { compactEvery: 7, compactAtOnce: 2 }],
])('compactions %s', (_, of, options, internals) => {
  test.each<[string, (k: number) => (allocation: number) => boolean, boolean]>([
    ['once', (k) => (allocation) => allocation === k, false],
    ['from then on', (k) => (allocation) => allocation >= k, true],
  ])('whichever allocation fails, %s', (__, failsAt, isFull) => {
    counts.reset();
    run(of, options, internals, () => false, false);
    expect(counts.ended).toBeGreaterThan(1);
    counts.reset();
    let k = FIRST;
    for (; run(of, options, internals, failsAt(k), isFull) >= k; k++);
    expect(k).toBeGreaterThan(30);
    expect(counts.failed).toBeGreaterThan(5);
  });
});

import type * as Inside from '../../lib/internals.js';
import { Compactions } from './compactions.js';

/** Tests of cursors, of what is given out, and of calls that fail, by their files. */
const SPECS = ['table/cursor', 'table/failure', 'table/aliasing', 'db/db', 'db/looking', 'lock/reentrancy'];
/** Their DBs see few writes: only where each begins a compaction does it end. */
const OF_FEW_WRITES = ['db/arguments', 'lock/lock'];

const SLOTS = 'it says where each record and node lies, which a compaction moves';
const ROOM = 'it says how much room there is, which is another after a compaction';
const ORDER = 'it says which allocation comes next, and a compaction makes others';

/** What can't be run so, by its title, and why. */
const LEFT_OUT = new Map([
  ['its positions are those of a deleted entry until it moves', SLOTS],
  ['does the same again after a reset, as a new DB would', SLOTS],
  ['putMany does what puts in the same order do, slot for slot, after a reset too', SLOTS],
  ['putMany of keys that are %s does what puts do, slot for slot', SLOTS],
  ['hold records and nodes slot for slot as goleveldb lays them out', SLOTS],
  ['a value put again under its own key', ROOM],
  ['length and size count live entries, free what was ever appended', ROOM],
  ['puts all entries, wherever the array that it fills ends', ROOM],
  ['of kvData: a full DB reads, deletes, resets and fills again', ROOM],
  ['of kvData: an overwrite that fits is made', ROOM],
  ['of nodeData: new keys are refused, values still replaced', ROOM],
  ['for an overwrite: the old value stays', ORDER],
  ['pages and hash go on without, and places are found by keys', ORDER],
]);

/** They take seconds: once is enough. */
const LONG = new Set([
  'once, at the k-th for every k: that put changes nothing, and the next one succeeds',
  'from the k-th on, for every k: the DB stays usable with what it has',
]);

interface Forced {
  every: number;
  atOnce: number;
  ofFewWrites?: boolean;
  long?: boolean;
}

/**
 * Runs specs once more, on a copy of the library in which every DB begins a compaction with every so many writes and copies so many
 * entries with each write.
 */
export function runForced({ every, atOnce, ofFewWrites = false, long = false }: Forced): void {
  describe(`with a compaction for every ${every} writes, by ${atOnce} entries a write`, () => {
    const leftOut = new Set<string>();
    describe.each(ofFewWrites ? [...SPECS, ...OF_FEW_WRITES] : SPECS)('%s', (spec) => {
      let counts!: Compactions;
      let begun = 0;
      let ended = 0;

      beforeEach(() => counts.reset());
      afterEach(() => {
        // Otherwise it would say nothing here.
        if (counts.writes >= every) expect(counts.begun).toBeGreaterThan(0);
        begun += counts.begun;
        ended += counts.ended;
      });

      jest.isolateModules(() => {
        /* eslint-disable @typescript-eslint/no-require-imports -- modules of their own can be had in no other way */
        const inside = require('../../lib/internals.js') as typeof Inside;
        Object.assign(inside.localMemory, { compactEvery: every, compactAtOnce: atOnce });
        counts = new Compactions(inside);
        const { test, it } = globalThis;
        globalThis.test = globalThis.it = without((title) => {
          if (LEFT_OUT.has(title)) leftOut.add(title);
          return LEFT_OUT.has(title) || (!long && LONG.has(title));
        });
        try {
          require(`../${spec}.spec.ts`);
        } finally {
          Object.assign(globalThis, { test, it });
        }
        /* eslint-enable @typescript-eslint/no-require-imports */
      });

      test('compactions were begun and ended all the time', () => {
        expect(begun).toBeGreaterThan(30);
        expect(ended).toBeGreaterThan(30);
      });
    });

    test('what is left out is there', () => expect([...leftOut].sort()).toEqual([...LEFT_OUT.keys()].sort()));
  });
}

/** `test`, but for some titles. */
function without(isLeftOut: (title: string) => boolean): jest.It {
  const { test } = globalThis;
  const chosen = (title: string) => (isLeftOut(title) ? test.skip : test);
  const picking = (title: string, ...rest: [jest.ProvidesCallback?, number?]) =>
    chosen(title)(title, ...rest);
  const each =
    (...table: [readonly unknown[]]) =>
    (title: string, ...rest: [(...args: never[]) => unknown, number?]) =>
      chosen(title).each(...table)(title, ...(rest as [() => unknown]));
  return Object.assign(picking, test, { each }) as jest.It;
}

import * as library from '../../lib/index.js';
import { Table, byteOrder, checkTable, localMemory, makeHeader, tableOf } from '../../lib/internals.js';
import { configurations } from '../support/configurations.js';
import { programs, tryPrograms } from '../support/programs.js';
import { Watch } from '../support/unchanged.js';
import type { Store } from '../support/machine.js';
import { sameBytes } from '../support/bytes.js';

/*
 * Calls that only read leave every word of both arrays and of everything derived, and every scalar, as it was. A local table
 * lets its index catch up in reads; that is one call of `maintain`, and it is off here.
 */

const SEED = 20261125;

describe.each(
  configurations(library, {
    internals: { maintained: false },
    wrap: (db, allocations) => watched(db, allocations),
  }),
)('reads of a DB ($name) change nothing', (configuration) => {
  it.each([
    { keys: 48, steps: 300, runs: 12, atLeast: 1_500 },
    { keys: 600, steps: 100, runs: 6, atLeast: 500 },
  ])('whatever was done before: $keys keys', ({ keys, steps, runs, atLeast }) => {
    compared = 0;
    const { failure } = tryPrograms(configuration, programs({ keys, steps }), {
      seed: SEED,
      runs,
      shrinks: 300,
    });
    expect(failure).toBeUndefined();
    expect(compared).toBeGreaterThan(atLeast);
  });
});

/** Calls after which everything was compared. */
let compared = 0;

function watched(db: Store, allocations: () => number): Store {
  const watch = new Watch(db, allocations, () => compared++);
  return watch.wrap(db);
}

test('a table that takes over the arrays and the header of another is the same', () => {
  const memory = { ...localMemory, seed: 0x5eed };
  let loads = 0;
  const loaded = (db: Store): Store => {
    const table = tableOf(db);
    const check = () => {
      const header = makeHeader();
      table.store(header);
      const twin = new Table({ order: byteOrder, capacity: 0, memory });
      twin.load(header, table.arrays.map((array) => array.slice()) as Table['arrays']);
      checkTable(twin);
      const again = makeHeader();
      twin.store(again);
      if (!header.every((scalar, i) => scalar === again[i])) throw new Error('the header is another');
      continueBoth(twin, db);
      loads++;
    };
    return new Proxy(db, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          if (name === 'putMany' || name === 'reset' || name === 'find') check();
          return Reflect.apply(member, target, args) as unknown;
        };
      },
    });
  };
  const [plain] = configurations(library, { wrap: loaded });
  const { failure } = tryPrograms(plain, programs({ keys: 600, steps: 100 }), {
    seed: SEED,
    runs: 6,
    shrinks: 100,
  });
  expect(failure).toBeUndefined();
  expect(loads).toBeGreaterThan(40);
});

/** Reads all of a table that was loaded, and writes to it, without the other taking notice. */
function continueBoth(twin: Table, db: Store): void {
  for (const [key, value] of db.entries()) {
    const node = twin.find(key, key.length);
    if (node === 0 || !sameBytes(twin.storage.valueOf(node), value)) throw new Error('an entry is not found');
  }
  const { length } = db;
  const key = Uint8Array.of(0x62, 1, 2);
  const isNew = !db.has(key);
  twin.put(key, 3, key);
  checkTable(twin);
  if (twin.length !== length + (isNew ? 1 : 0)) throw new Error(`the twin has ${twin.length} entries`);
  if (!twin.delete(key, 3)) throw new Error('what was put is not there');
  checkTable(twin);
  if (db.length !== length) throw new Error('the table that was stored has changed');
}

import * as library from '../../lib/index.js';
import { fuzzDump } from '../support/dumpfuzz.js';

it('dumps that were changed, of seeds that are always the same: none is taken for what it is not', async () => {
  const counts = new Map<string, number>();
  let deep = 0;
  for (let seed = 0; seed < 3000; seed++) {
    let outcome;
    try {
      outcome = await fuzzDump(library, seed);
    } catch (error) {
      throw new Error(`seed ${seed}: npm run fuzz -- --dumps 1 --seed ${seed}`, { cause: error });
    }
    counts.set(outcome.result, (counts.get(outcome.result) ?? 0) + 1);
    if (outcome.isDeep) deep++;
  }
  // Each way to end is reached, the checks behind the checksums often.
  for (const result of [
    'MEMDB_CORRUPTION',
    'MEMDB_VERSION',
    'MEMDB_KIND',
    'MEMDB_ORDER',
    'accepted',
    'unchanged',
  ]) {
    expect([result, (counts.get(result) ?? 0) > 0]).toEqual([result, true]);
  }
  expect(deep).toBeGreaterThan(1000);
});

import * as library from '../../lib/index.js';
import { configurations, sharedConfigurations } from '../support/configurations.js';
import { programs, tryPrograms } from '../support/programs.js';

const SEED = 20221025;

describe.each([...configurations(library), ...sharedConfigurations(library)])(
  'a DB ($name) does what a sorted array does',
  (configuration) => {
    // Few keys meet every case of overwriting, deleting and putting again; many fill more than one page of an index.
    it.each([
      { keys: 48, steps: 300, runs: 100, atLeast: 10_000 },
      { keys: 600, steps: 100, runs: 20, atLeast: 5_000 },
    ])('whatever the calls and wherever its cursors are: $keys keys', ({ keys, steps, runs, atLeast }) => {
      const some = programs({ keys, steps });
      const { operations, failure } = tryPrograms(configuration, some, { seed: SEED, runs, shrinks: 1000 });
      expect(failure).toBeUndefined();
      expect(operations).toBeGreaterThan(atLeast);
    });
  },
);

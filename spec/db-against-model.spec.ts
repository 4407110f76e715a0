import fc from 'fast-check';
import * as library from '../lib/index.js';
import { configurations } from './support/configurations.js';
import { runProgram } from './support/machine.js';
import { programs } from './support/programs.js';

const SEED = 20221025;
const OPERATIONS = 20_000;

describe.each(configurations(library))('a DB ($name)', ({ make }) => {
  it('does what a sorted array does, whatever the calls and wherever its cursors are', () => {
    let operations = 0;
    fc.assert(
      fc.property(programs({ keys: 48, steps: 300 }), (program) => {
        operations += runProgram(make(), program);
      }),
      { seed: SEED, numRuns: 200 },
    );
    expect(operations).toBeGreaterThan(OPERATIONS);
  });
});

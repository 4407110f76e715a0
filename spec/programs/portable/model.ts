import fc from 'fast-check';
import * as library from 'flat-memdb';
import { configurations, sharedConfigurations } from '../../support/configurations.js';
import { programs, tryPrograms } from '../../support/programs.js';

const PROGRAMS = fc.oneof(
  programs({ keys: 12, steps: 500 }),
  programs({ keys: 500, steps: 1000 }),
  programs({ keys: 3000, steps: 500 }),
);
/** For each configuration and turn. */
const RUNS = 2;
const SHRINKS = 500;
/** Fixed, so that engines are compared by the same programs, and a failure comes again. */
const SEED = 20;

/** Random programs on DBs of every configuration, compared with the model, step by step. */
export function checkModel(least: number): string {
  // A page that is not isolated shares nothing.
  const shared = typeof SharedArrayBuffer === 'undefined' ? [] : sharedConfigurations(library);
  const all = [...configurations(library), ...shared];
  let operations = 0;
  for (let turn = 0; turn < all.length || operations < least; turn++) {
    const { name } = all[turn % all.length];
    const seed = SEED + turn;
    const result = tryPrograms(all[turn % all.length], PROGRAMS, { seed, runs: RUNS, shrinks: SHRINKS });
    if (result.failure !== undefined) throw new Error(`${name}, seed ${seed}: ${result.failure}`);
    operations += result.operations;
  }
  return `${operations.toLocaleString('en')} operations of random programs compared with the model, ${all.length} configurations`;
}

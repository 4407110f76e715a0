/**
 * Mirrors of a real cluster of etcd, and what can happen to it: `npm run test:etcd` for a few faults, `npm run soak:mirror` for many.
 *
 *     node build/spec/programs/mirror/main.js [--faults N] [--seed N]
 */
import { parseArgs } from 'node:util';
import { missingEtcd } from '../../../examples/support/etcd-cluster.js';
import { mirrorCases } from './cases.js';
import { FAULTS, mirrorRounds } from './rounds.js';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { faults: { type: 'string' }, seed: { type: 'string' } } });
  const faults = values.faults === undefined ? FAULTS.length : Number(values.faults);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  if (!Number.isInteger(faults) || faults < 1)
    throw new RangeError('--faults must be a whole number above 0');
  if (!Number.isInteger(seed)) throw new RangeError('--seed must be a whole number');
  const missing = missingEtcd();
  if (missing !== undefined) {
    console.error(`mirror: nothing was tested on a real cluster. ${missing}`);
    return 1;
  }
  const began = Date.now();
  try {
    if (values.faults === undefined) await mirrorCases((line) => console.log(`mirror, case ${line}`));
    const figures = await mirrorRounds(faults, seed, (line) => console.log(`mirror, seed ${seed}: ${line}`));
    const kinds = FAULTS.map(
      (fault) => `${fault} ${figures.faults[fault]} times (${figures.slowest[fault] ?? 0} ms at most)`,
    );
    console.log(
      `mirror, seed ${seed}: ${faults} faults in ${Math.round((Date.now() - began) / 1000)} s: ${kinds.join(', ')}. ` +
        `${figures.writes.toLocaleString('en')} confirmed writes, ${figures.changes.toLocaleString('en')} changes told, ` +
        `${figures.comparisons.toLocaleString('en')} comparisons with etcd, none of which differed`,
    );
    return 0;
  } catch (error) {
    console.error(error);
    console.error(
      `Again, as far as a cluster repeats: npm run soak:mirror -- --faults ${faults} --seed ${seed}`,
    );
    return 1;
  }
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

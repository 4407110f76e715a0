/**
 * One thread that writes a shared SkipList or MemTable, and three that read it with no lock, by LevelDB's scheme: see lists.ts.
 *
 *     node build/spec/programs/readers/main.js [--steps N] [--kills N] [--seed N]
 *
 * So many steps of readers are taken, a million by default, in rounds with a list each; and so many writers are killed, each of which
 * another one takes over from while readers go on. What is wrong is printed, and the exit code is 1.
 */
import { parseArgs } from 'node:util';
import { rounds } from './rounds.js';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '20' },
    seed: { type: 'string' },
  },
});

try {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  const { line } = await rounds({ steps: Number(values.steps), kills: Number(values.kills), seed });
  console.log(line);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/* Needs the programs as they are built. */

const PROGRAM = join(__dirname, '../../build/spec/programs/lock/soak.js');

async function run(...args: string[]): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...args]);
  return JSON.parse(stdout) as Record<string, number>;
}

it('four threads that read and write lose nothing, meet nobody inside, and are always woken', async () => {
  const { operations, writes, sleeps } = await run('--operations', '200000', '--rounds', '0');
  expect(operations).toBeGreaterThanOrEqual(200_000);
  expect(writes).toBeGreaterThan(operations / 4);
  // One that nobody ends is an error. There were some.
  expect(sleeps).toBeGreaterThan(100);
}, 120_000);

it('when threads are killed, inside and outside, the others go on with all that was acknowledged', async () => {
  const { killed, writing, reading } = await run('--operations', '0', '--rounds', '16');
  expect(killed).toBe(40);
  expect(writing + reading).toBeGreaterThan(0);
  expect(writing + reading).toBeLessThan(killed);
}, 120_000);

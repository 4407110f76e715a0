import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/* Needs the programs as they are built: threads run those. */

const PROGRAM = join(__dirname, '../../build/spec/programs/readers/main.js');
const STEPS = 1_000_000;
const KILLS = 20;

/** @returns what it printed last */
async function run(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  child.stdout.on('data', (text) => (printed += text));
  child.stderr.on('data', (text) => (printed += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(printed);
  return printed;
}

it('three threads read what a fourth one writes, and find all that must be there', async () => {
  const printed = await run('--steps', String(STEPS), '--kills', '0', '--seed', '1');
  const [steps, added] = printed.match(/\d+/g)!.map(Number);
  expect(steps).toBeGreaterThanOrEqual(STEPS);
  expect(added).toBeGreaterThan(10_000);
}, 120_000);

it('writers are killed at any instant, and others take over while threads read', async () => {
  const printed = await run('--steps', '0', '--kills', String(KILLS), '--seed', '1');
  const [steps, added, kills] = printed.match(/\d+/g)!.map(Number);
  expect(kills).toBe(KILLS);
  expect(Math.min(steps, added)).toBeGreaterThan(1000);
}, 120_000);

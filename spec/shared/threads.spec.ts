// Real threads: runs the built program as `npm run soak` does, for longer there.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = join(__dirname, '../../build/spec/programs/threads/main.js');

jest.setTimeout(300_000);
/** A program that hangs is ended, so that its test fails and jest can end. */
const HANGING = { timeout: 240_000, killSignal: 'SIGKILL' } as const;

beforeAll(() => {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run "npm run build" first`);
});

/** What it prints, line by line. */
function run(...args: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    ...HANGING,
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.trimEnd().split('\n');
}

test('three threads that write and read the same keys agree about what happened, and counters lose nothing', () => {
  const lines = run('agree', '--facts', '8000');
  expect(lines.length).toBe(4);
  for (const line of lines) {
    const [, calls, facts] = /: (\d+) calls of 3 threads, (\d+) facts, \d+ checks/.exec(line)!.map(Number);
    expect(calls).toBeGreaterThan(5000);
    expect(facts).toBeGreaterThanOrEqual(3 * 8000);
  }
});

test('a writer that is killed at any instant leaves what it had done, and of its last call all or nothing', () => {
  const lines = run('kills', '--kills', '6');
  expect(lines.length).toBe(4);
  for (const line of lines) {
    const found = /: (\d+) kills after (\d+) steps, (\d+) within a call, (\d+) in the way/.exec(line)!;
    const [, kills, steps, inside, held] = found.map(Number);
    expect(kills).toBeGreaterThanOrEqual(6);
    expect(steps).toBeGreaterThan(kills);
    expect(Math.min(inside, held)).toBeGreaterThan(0);
  }
});

test('threads that die with the lock, and those that die while they recover from it, take nothing with them', () => {
  const lines = run('recover', '--entries', '10000');
  expect(lines.length).toBe(2);
  for (const line of lines) expect(line).toMatch(/, [1-9]\d* within recover; 10000 entries each time$/);
});

test('31 threads may have a DB, and one more when one of them is gone', () => {
  expect(run('guests')).toEqual(['31 threads at one DB, and no more; close() and recover() made room']);
});

test('what is no check is refused', () => {
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'nothing'], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/there is no check 'nothing'/);
});

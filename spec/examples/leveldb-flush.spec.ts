// Runs the compiled example as a user would, then reads the LevelDB it leaves behind without it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { must } from '../support/must.js';

const PROGRAM = join(__dirname, '../../build/examples/leveldb-flush.js');
const FIGURES =
  /^(\d+) puts, (\d+) deletes, (\d+) reads \((\d+) answered by the active table, (\d+) by the immutable one, (\d+) by the disk\); (\d+) tables of (\d+) versions flushed as (\d+) writes; reopened: (\d+) entries, 0 wrong reads, 0 lost, 0 resurrected, 0 with another value; [\d.]+ s\n$/;

// Starting Node takes its time on a busy machine.
jest.setTimeout(60_000);

let folder: string;

beforeAll(() => {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run "npm run build" first`);
  folder = mkdtempSync(join(tmpdir(), 'leveldb-flush-spec-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: folder },
  });
  return { status, stdout, stderr };
}

function figures(...args: string[]) {
  const { status, stdout, stderr } = run(...args);
  expect(stderr).toBe('');
  expect(stdout).toMatch(FIGURES);
  expect(status).toBe(0);
  const [puts, deletes, reads, active, immutable, disk, tables, versions, writes, entries] = FIGURES.exec(
    stdout,
  )!
    .slice(1)
    .map(Number);
  return { puts, deletes, reads, active, immutable, disk, tables, versions, writes, entries };
}

describe('the example leveldb-flush', () => {
  test('flushes table after table, and the LevelDB has what the model has', async () => {
    const dir = join(folder, 'a', 'store');
    const found = figures('--operations', '40000', '--write-buffer', '300000', '--dir', dir);
    expect(found.puts + found.deletes + found.reads).toBe(40_000);
    expect(found.active + found.immutable + found.disk).toBe(found.reads);
    expect(Math.min(found.active, found.disk, found.deletes)).toBeGreaterThan(1000);
    expect(found.tables).toBeGreaterThan(5);
    expect(found.versions).toBe(found.puts + found.deletes);
    expect(found.writes).toBeLessThan(found.versions);

    const level = new ClassicLevel(dir);
    const entries = await level.iterator().all();
    await level.close();
    expect(entries.length).toBe(found.entries);
    for (const [word, value] of entries) {
      const parsed = JSON.parse(value) as { word: string; letters: number };
      must(parsed.word === word && parsed.letters === word.length, () => `${word} has the value ${value}`);
    }
  });

  test('repeats itself for the same seed, and not for another', () => {
    const [first, again, other] = ['5', '5', '6'].map((seed) => {
      const { puts, deletes, entries } = figures('--operations', '3000', '--seed', seed);
      return { puts, deletes, entries };
    });
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('leaves nothing behind without --dir', () => {
    const before = readdirSync(folder);
    figures('--operations', '10');
    expect(readdirSync(folder)).toEqual(before);
  });

  test('does nothing where there is nothing to do', () => {
    expect(figures('--operations', '0')).toMatchObject({ puts: 0, reads: 0, versions: 0, entries: 0 });
  });

  test('prints its usage', () => {
    const { status, stdout } = run('--help');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^Usage: leveldb-flush/)]);
  });

  test.each([
    [['--operations', 'many'], "--operations must be a whole number, but got 'many'"],
    [['--operations', '-1'], '--help'],
    [['--write-buffer', '4M'], "--write-buffer must be a whole number, but got '4M'"],
    [['--everything'], "Unknown option '--everything'"],
    [['words.txt'], 'Try --help'],
  ])('%j is refused with exit code 1 and one message', (args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^leveldb-flush: /);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });

  test('a directory that holds something, or is none, is refused and left alone', () => {
    const full = join(folder, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'file'), '');
    expect(run('--dir', full)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('not empty'),
    });
    expect(readdirSync(full)).toEqual(['file']);
    const file = run('--dir', join(full, 'file'));
    expect(file).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^leveldb-flush: cannot use/),
    });
  });
});

import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const program = resolve('build/spec/programs/level/suite.js');

/** What the suite of abstract-level finds: a program of its own, since it is written for tape. It fails where an assertion does. */
async function assertionsOf(name: string, storeEncoding: string): Promise<{ tests: number; passed: number }> {
  const { stdout } = await run(process.execPath, [program, name, storeEncoding], { maxBuffer: 1 << 26 });
  const count = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1]);
  expect(stdout).not.toMatch(/^not ok/m);
  expect(stdout).toMatch(/^# ok$/m);
  return { tests: count(/^# tests +(\d+)$/m), passed: count(/^# pass +(\d+)$/m) };
}

describe("abstract-level's own suite, whole", () => {
  // As many as memory-level passes with abstract-level 3.1: fewer would be features that are not there.
  it.each([
    ['buffer', 5120],
    ['view', 5120],
    ['utf8', 4462],
  ])(
    'passes in %s: %i assertions',
    async (storeEncoding, count) => {
      expect(await assertionsOf('flat-memdb/level', storeEncoding)).toEqual({ tests: count, passed: count });
      expect(await assertionsOf('memory-level', storeEncoding)).toEqual({ tests: count, passed: count });
    },
    120_000,
  );
});

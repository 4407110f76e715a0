import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The built package in a folder of its own, with or without an abstract-level. */
function inFolder(peer: string | undefined, program: string): { status: number | null; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-'));
  try {
    const installed = join(folder, 'node_modules/flat-memdb');
    mkdirSync(installed, { recursive: true });
    for (const part of ['package.json', 'dist'])
      cpSync(resolve(part), join(installed, part), { recursive: true });
    if (peer !== undefined) {
      mkdirSync(join(folder, 'node_modules/abstract-level'));
      writeFileSync(join(folder, 'node_modules/abstract-level/index.js'), peer);
    }
    writeFileSync(join(folder, 'program.mjs'), program);
    return spawnSync(process.execPath, [join(folder, 'program.mjs')], { cwd: folder, encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const IMPORTED = "import 'flat-memdb/level';";
const REQUIRED =
  "import { createRequire } from 'node:module'; createRequire(import.meta.url)('flat-memdb/level');";
const SAYS =
  'flat-memdb/level needs the package abstract-level, version 3, which could not be loaded: npm install abstract-level@3';

describe.each([
  ['ES module', IMPORTED],
  ['CommonJS', REQUIRED],
])('as %s', (_kind, program) => {
  test('without abstract-level, it says what to install', () => {
    const { status, stderr } = inFolder(undefined, program);
    expect(status).toBe(1);
    expect(stderr).toContain(SAYS);
    expect(stderr).toContain("code: 'MEMDB_NEEDS_ABSTRACT_LEVEL'");
  });

  test('with an older abstract-level, too', () => {
    const { status, stderr } = inFolder('exports.AbstractLevel = class {};', program);
    expect(status).toBe(1);
    expect(stderr).toContain(SAYS);
  });
});

test('nothing else needs it', () => {
  const program =
    "import { DB } from 'flat-memdb'; import { OrderedMap } from 'flat-memdb/map'; new OrderedMap(); new DB();";
  expect(inFolder(undefined, program)).toMatchObject({ status: 0, stderr: '' });
});

// Runs the program of two files that docs/threads.md shows, with the package as users have it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const HANGING = { timeout: 60_000, killSignal: 'SIGKILL' } as const;

jest.setTimeout(90_000);

/** Blocks that begin with the name of their file. */
function filesOf(page: string): Map<string, string> {
  const blocks = readFileSync(join(ROOT, page), 'utf8').matchAll(/^```js no-run\n\/\/ (\S+)\n([^]*?)^```$/gm);
  return new Map([...blocks].map(([, name, code]) => [name, code]));
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'threads-doc-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'flat-memdb'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the program that is shown prints what it says', () => {
  const files = filesOf('docs/threads.md');
  expect([...files.keys()]).toEqual(['main.mjs', 'worker.mjs']);
  for (const [name, code] of files) writeFileSync(join(folder, name), code);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['main.mjs'], {
    cwd: folder,
    encoding: 'utf8',
    ...HANGING,
  });
  expect(stderr).toBe('');
  const promised = [...files.get('main.mjs')!.matchAll(/\/\/ -> (.*)$/gm)].map(([, line]) => `${line}\n`);
  expect(promised.length).toBeGreaterThan(3);
  expect(stdout).toBe(promised.join(''));
  expect(status).toBe(0);
});

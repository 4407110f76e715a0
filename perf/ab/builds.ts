// Finds or makes the library that a name on the command line means, and copies it to where nobody else writes.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from '../options.js';

/** Built commits stay here for the next call. */
const KEPT = join(tmpdir(), 'flat-memdb-builds');
/** What a build of the library needs. */
const SOURCES = ['lib', 'scripts', 'package.json', 'tsconfig.json'];

/** A side of the comparison. */
export interface Build {
  /** As it was called, and for a commit its hash. */
  label: string;
  /** Path of its index.js. */
  path: string;
}

/** @param name a built folder, a commit, or `.` for the working tree at `root`; @param to a new folder */
export function takeBuild(name: string, root: string, to: string): Build {
  const { label, esm } = findBuild(name, root, to);
  const copy = join(to, 'esm');
  cpSync(esm, copy, { recursive: true });
  // Node decides a file's module kind by the nearest package.json.
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }\n');
  return { label, path: join(copy, 'index.js') };
}

function findBuild(name: string, root: string, to: string): { label: string; esm: string } {
  if (name === '.') return { label: 'working tree', esm: buildWorkingTree(root, join(to, 'tree')) };
  for (const esm of [join(name, 'dist', 'esm'), join(name, 'esm')]) {
    if (existsSync(join(esm, 'index.js'))) return { label: name, esm: resolve(esm) };
  }
  const hash = commitOf(name, root);
  if (hash === undefined) {
    throw new UsageError(
      `"${name}" is neither a folder with dist/esm/index.js nor a commit of this repository.`,
    );
  }
  const short = hash.slice(0, 10);
  return { label: hash.startsWith(name) ? short : `${name} (${short})`, esm: buildCommit(hash, root) };
}

function commitOf(name: string, root: string): string | undefined {
  try {
    return git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]).trim();
  } catch {
    return undefined;
  }
}

function buildCommit(hash: string, root: string): string {
  const kept = join(KEPT, hash);
  if (!existsSync(kept)) {
    mkdirSync(KEPT, { recursive: true });
    const folder = mkdtempSync(join(KEPT, 'making-'));
    try {
      git(root, ['archive', '--format=tar', '-o', join(folder, 'all.tar'), hash, ...SOURCES]);
      execFileSync('tar', ['-xf', 'all.tar'], { cwd: folder });
      build(folder, root);
      renameSync(join(folder, 'dist'), kept);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return join(kept, 'esm');
}

function buildWorkingTree(root: string, folder: string): string {
  for (const name of SOURCES) cpSync(join(root, name), join(folder, name), { recursive: true });
  build(folder, root);
  return join(folder, 'dist', 'esm');
}

function build(folder: string, root: string): void {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  execFileSync(process.execPath, [join('scripts', 'build.mjs'), '--library-only'], {
    cwd: folder,
    stdio: ['ignore', process.stderr, process.stderr],
  });
}

function git(root: string, args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

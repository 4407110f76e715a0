// Builds the package twice, from two copies of what git has, and compares what "npm pack" makes of them, byte for byte.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const npm = process.env.npm_execpath;
if (npm === undefined) throw new Error('Run it as "npm run reproducible": npm says then where it is.');
const root = fileURLToPath(new URL('..', import.meta.url));
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '');
const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-'));

/** @returns the tarball of a copy under that name, whose files are made in that order */
function packed(name, order) {
  const copy = join(folder, name);
  for (const file of order) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  const run = (args) =>
    execFileSync(process.execPath, args, { cwd: copy, stdio: ['ignore', 'ignore', 'inherit'] });
  run([join(copy, 'scripts/build.mjs'), '--library-only']);
  // It was just built.
  run([npm, 'pack', '--ignore-scripts', '--pack-destination', copy]);
  return readFileSync(
    join(
      copy,
      readdirSync(copy).find((file) => file.endsWith('.tgz')),
    ),
  );
}

try {
  // In folders whose names have different lengths: no path of the machine may be in it.
  const tarballs = [packed('one', files), packed('another-folder', [...files].reverse())];
  const hashes = tarballs.map((tarball) => createHash('sha512').update(tarball).digest('hex'));
  if (hashes[0] !== hashes[1]) {
    const [a, b] = tarballs.map((tarball) => gunzipSync(tarball));
    let at = 0;
    while (at < a.length && a[at] === b[at]) at++;
    throw new Error(`two builds differ, at byte ${at} of ${a.length} of the archive:\n${hashes.join('\n')}`);
  }
  console.log(`reproducible: two builds, one tarball of ${tarballs[0].length} bytes, SHA-512\n${hashes[0]}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

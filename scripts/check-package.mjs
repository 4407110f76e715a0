// Packs the package, installs the tarball in an empty folder and uses it there as its users do: as an ES module, as
// CommonJS, and from TypeScript with either. Then asks publint and attw what they think of it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-'));
const run = (command, args, cwd = folder) => execFileSync(command, args, { cwd, stdio: 'inherit' });

const program = (load, typed = false) => `${load}
const bytes = (text${typed ? ': string' : ''}) => new TextEncoder().encode(text);
const text = (array${typed ? ': Uint8Array' : ''}) => new TextDecoder().decode(array);
const db = new DB();
for (const word of ['cherry', 'apple', 'banana']) db.put(bytes(word), bytes(word.toUpperCase()));
const all = [...db.entries({ start: bytes('b') })].map(([key, value]) => text(key) + '=' + text(value)).join(' ');
if (all !== 'banana=BANANA cherry=CHERRY') throw new Error('unexpected entries: ' + all);
const table = new MemTable();
table.add(1, ValueType.Value, bytes('k'), bytes('v'));
table.add(2, ValueType.Deletion, bytes('k'));
if (table.get(bytes('k'))?.type !== ValueType.Deletion) throw new Error('the tombstone is not seen');
checkStructure(db);
`;
const names = '{ DB, MemTable, ValueType, checkStructure }';

try {
  const [{ filename, files }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    }).replace(/^[^[]*(?=\[)/, ''),
  );
  const stray = files
    .map(({ path }) => path)
    .filter((path) => !/^(dist\/|LICENSE$|README\.md$|CHANGELOG\.md$|package\.json$)/.test(path));
  if (stray.length > 0) throw new Error(`the tarball holds what no user needs: ${stray.join(', ')}`);
  const tarball = join(folder, filename);

  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true }\n');
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', tarball]);
  writeFileSync(join(folder, 'use.mjs'), program(`import ${names} from 'flat-memdb';`));
  writeFileSync(join(folder, 'use.cjs'), program(`const ${names} = require('flat-memdb');`));
  for (const name of ['types.mts', 'types.cts']) {
    writeFileSync(join(folder, name), program(`import ${names} from 'flat-memdb';`, true));
  }
  run(process.execPath, ['use.mjs']);
  run(process.execPath, ['use.cjs']);
  symlinkSync(resolve(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types'));
  run(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'],
    ...['types.mts', 'types.cts'],
  ]);
  run(bin('publint'), ['run', tarball, '--strict'], root);
  run(bin('attw'), [tarball], root);
  console.log('package: installed from its tarball, it works as ESM, as CommonJS and from TypeScript');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

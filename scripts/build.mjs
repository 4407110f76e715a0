// Builds what is published (dist/esm and dist/commonjs, each one file of code and one of types) and the programs that use
// it (build/examples, build/perf, build/spec), which import the package by its name as any user would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { internalNames } from './internal-names.mjs';
import { rolledUpTypes } from './rolledup-types.mjs';
import { shakable } from './shakable.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

for (const folder of ['dist', 'build']) rmSync(folder, { recursive: true, force: true });
await compile('scripts/tsconfig.library.json');
/** The doors of the package: names of their files in dist/, and where they are compiled to. Later ones import the first. */
const DOORS = {
  index: 'build/lib/index',
  map: 'build/lib/map/index',
  level: 'build/lib/level/index',
  etcd: 'build/lib/etcd/index',
};
/** What `level` is built on, in dist/: the module of that name, or an error that says to install it; see lib/level/peer.cjs. */
const PEER = { name: 'abstract-level', file: 'dist/commonjs/abstract-level.js' };
const types = {};
for (const [name, entry] of Object.entries(DOORS))
  types[name] = await rolledUpTypes(`${entry}.d.ts`, isOutside, (id) =>
    id === PEER.name ? id : './index.js',
  );
for (const [folder, type] of [
  ['dist/esm', 'module'],
  ['dist/commonjs', 'commonjs'],
]) {
  mkdirSync(folder, { recursive: true });
  for (const name in DOORS) writeFileSync(`${folder}/${name}.d.ts`, types[name]);
  // Node decides a file's module kind by the nearest package.json, and bundlers by the same whether it may be left out.
  writeFileSync(`${folder}/package.json`, `{ "type": "${type}", "sideEffects": false }\n`);
}
copyFileSync('lib/level/peer.cjs', PEER.file);
const programs = process.argv.includes('--library-only') ? [] : ['scripts/tsconfig.programs.json'];
// Programs are compiled against the types alone.
await Promise.all([bundleAll(), ...programs.map(compile)]);
rmSync('build/lib', { recursive: true });

async function compile(project) {
  const [code] = await once(spawn(process.execPath, [tsc, '-p', project], { stdio: 'inherit' }), 'close');
  if (code !== 0) throw new Error(`tsc -p ${project} failed`);
}

async function bundleAll() {
  for (const name in DOORS) await bundle(name, `${DOORS[name]}.js`);
}

/** Whether a module, imported by another door, is the main one: it stays outside, so that there is one DB for all. */
function isMainDoor(id, importer) {
  return (
    importer !== undefined &&
    resolve(dirname(importer), id).replace(/\.d\.ts$|\.js$/, '') === resolve(DOORS.index)
  );
}

function isOutside(id, importer) {
  return id === PEER.name || isMainDoor(id, importer);
}

/**
 * Makes one file of all modules of a door, for each format. Between modules, an engine looks up every constant wherever it is
 * used, and can't compute with it ahead of time; within one, it does.
 */
async function bundle(name, input) {
  // What it imports of the main door has the names that users know.
  const known = name === 'index' ? types.index : types.index + types[name];
  const plugins = [sourceMaps(), internalNames(known), shakable()];
  const whole = await rollup({ input, external: isOutside, plugins });
  const paths = (id) => (id === PEER.name ? '../commonjs/abstract-level.js' : './index.js');
  await whole.write({ file: `dist/esm/${name}.js`, format: 'es', sourcemap: true, paths });
  await whole.write({
    file: `dist/commonjs/${name}.js`,
    format: 'cjs',
    esModule: true,
    sourcemap: true,
    paths,
  });
  await whole.close();
}

/** Hands on the maps of the compiler, so that those of the bundle lead to lib/. */
function sourceMaps() {
  return {
    name: 'source-maps',
    load: (file) => ({
      code: readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'),
      map: readFileSync(`${file}.map`, 'utf8'),
    }),
  };
}

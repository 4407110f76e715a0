// Builds what is published (dist/esm and dist/commonjs, each one file of code and one of types) and the programs that use
// it (build/examples, build/perf, build/spec), which import the package by its name as any user would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import { internalNames } from './internal-names.mjs';
import { rolledUpTypes } from './rolledup-types.mjs';
import { shakable } from './shakable.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

for (const folder of ['dist', 'build']) rmSync(folder, { recursive: true, force: true });
await compile('scripts/tsconfig.library.json');
const types = await rolledUpTypes('build/lib/index.d.ts');
for (const [folder, type] of [
  ['dist/esm', 'module'],
  ['dist/commonjs', 'commonjs'],
]) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/index.d.ts`, types);
  // Node decides a file's module kind by the nearest package.json, and bundlers by the same whether it may be left out.
  writeFileSync(`${folder}/package.json`, `{ "type": "${type}", "sideEffects": false }\n`);
}
const programs = process.argv.includes('--library-only') ? [] : ['scripts/tsconfig.programs.json'];
// Programs are compiled against the types alone.
await Promise.all([bundle('build/lib/index.js'), ...programs.map(compile)]);
rmSync('build/lib', { recursive: true });

async function compile(project) {
  const [code] = await once(spawn(process.execPath, [tsc, '-p', project], { stdio: 'inherit' }), 'close');
  if (code !== 0) throw new Error(`tsc -p ${project} failed`);
}

/**
 * Makes one file of all modules, for each format. Between modules, an engine looks up every constant wherever it is
 * used, and can't compute with it ahead of time; within one, it does.
 */
async function bundle(input) {
  const whole = await rollup({ input, plugins: [sourceMaps(), internalNames(types), shakable()] });
  await whole.write({ file: 'dist/esm/index.js', format: 'es', sourcemap: true });
  await whole.write({ file: 'dist/commonjs/index.js', format: 'cjs', esModule: true, sourcemap: true });
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

// Builds what is published (dist/esm, dist/commonjs, each with its own types) and the programs that use it
// (build/examples, build/perf, build/spec), which import the package by its name as any user would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { rollup } from '@rollup/wasm-node';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

for (const folder of ['dist', 'build']) rmSync(folder, { recursive: true, force: true });
await Promise.all([compile('scripts/tsconfig.esm.json'), compile('scripts/tsconfig.commonjs.json')]);
// Node decides a file's module kind by the nearest package.json.
writeFileSync('dist/esm/package.json', '{ "type": "module" }\n');
writeFileSync('dist/commonjs/package.json', '{ "type": "commonjs" }\n');
const programs = process.argv.includes('--library-only') ? [] : ['scripts/tsconfig.programs.json'];
// Programs are compiled against the types alone.
await Promise.all([bundle('dist/esm/index.js'), ...programs.map(compile)]);

async function compile(project) {
  const [code] = await once(spawn(process.execPath, [tsc, '-p', project], { stdio: 'inherit' }), 'close');
  if (code !== 0) throw new Error(`tsc -p ${project} failed`);
}

/**
 * Makes one file of all modules, for each format. Between modules, an engine looks up every constant wherever it is
 * used, and can't compute with it ahead of time; within one, it does.
 */
async function bundle(entry) {
  const whole = await rollup({ input: entry });
  for (const file of readdirSync('dist/esm', { recursive: true })) {
    if (file.endsWith('.js')) rmSync(`dist/esm/${file}`);
  }
  await whole.write({ file: 'dist/esm/index.js', format: 'es' });
  await whole.write({ file: 'dist/commonjs/index.js', format: 'cjs', esModule: true });
  await whole.close();
}

// Builds what is published (dist/esm, dist/commonjs, each with its own types) and the programs that use it
// (build/examples, build/perf, build/spec), which import the package by its name as any user would.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compile = (project) => execFileSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' });

for (const folder of ['dist', 'build']) rmSync(folder, { recursive: true, force: true });
compile('scripts/tsconfig.esm.json');
compile('scripts/tsconfig.commonjs.json');
// Node decides a file's module kind by the nearest package.json.
writeFileSync('dist/esm/package.json', '{ "type": "module" }\n');
writeFileSync('dist/commonjs/package.json', '{ "type": "commonjs" }\n');
if (!process.argv.includes('--library-only')) compile('scripts/tsconfig.programs.json');

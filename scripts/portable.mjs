// Makes a folder from which the portable check (spec/programs/portable) can be run by any engine: the package under
// node_modules as users have it, the check as one module, and each block of code in the
// README and docs/ as one.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import ts from 'typescript';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** What every engine has to do. */
const WORK = { operations: 150_000, entries: 100_000 };
/** Needs abstract-level, which is a CommonJS package: in a browser, that takes a bundler. */
const LEVEL = 'flat-memdb/level';
const LANGUAGES = ['js', 'mjs', 'javascript', 'ts', 'mts', 'typescript'];

/**
 * @param programs built modules, by the names that they get in the folder; those that end in `-worker.mjs` import the package by
 *   its file, since workers have no import maps
 * @returns the folder, and the task for the check; blocks of code that need more than the package are left to engines
 *   that have `node:` modules
 */
export async function portableFolder(programs, { nodeModules }) {
  const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const installed = join(folder, 'node_modules', 'flat-memdb');
  mkdirSync(installed, { recursive: true });
  for (const part of ['package.json', 'dist'])
    cpSync(join(root, part), join(installed, part), { recursive: true });
  if (nodeModules) copyWithDependencies('abstract-level', join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
  for (const [name, entry] of Object.entries(programs)) await bundle(entry, join(folder, name));

  const shown = [];
  for (const { name, code } of pages().flatMap(blocksOf)) {
    const needed = importsOf(code).filter((each) => each === LEVEL || !/^flat-memdb(\/|$)/.test(each));
    if (needed.length > 0 && !nodeModules) {
      console.log(`${name} is left out, since it needs ${needed.join(', ')}`);
      continue;
    }
    const url = `./shown-${shown.length + 1}.mjs`;
    writeFileSync(join(folder, url), ts.transpileModule(code, { compilerOptions: ESNEXT }).outputText);
    shown.push({ name, url, promised: [...code.matchAll(/\/\/ -> (.*)$/gm)].map(([, line]) => line) });
  }
  return { folder, task: { ...WORK, shown } };
}

/** A package that is installed here, and what it needs. */
function copyWithDependencies(name, to) {
  const from = join(root, 'node_modules', name);
  cpSync(from, join(to, name), { recursive: true });
  const { dependencies = {} } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  for (const needed of Object.keys(dependencies)) copyWithDependencies(needed, to);
}

const ESNEXT = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };

/** One module of an entry and all that it imports, but for the package. */
async function bundle(entry, file) {
  const whole = await rollup({
    input: join(root, entry),
    external: (name) => /^flat-memdb(\/|$)/.test(name),
    plugins: [nodeResolve()],
    onLog: (level, log, report) => {
      // A module that is not found would be left as an import that no browser understands.
      if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
      if (level === 'warn') report(level, log);
    },
  });
  const paths = file.endsWith('-worker.mjs')
    ? { 'flat-memdb': '/node_modules/flat-memdb/dist/esm/index.js' }
    : {};
  await whole.write({ file, format: 'es', paths });
  await whole.close();
}

function pages() {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => `docs/${name}`)];
}

/** The blocks of code of a page that use the package, but for those that are marked `no-run`. */
function blocksOf(page) {
  const markdown = readFileSync(join(root, page), 'utf8');
  return [...markdown.matchAll(/^```(\S*) *(.*)\n([^]*?)^```$/gm)]
    .filter(([, language, mark]) => LANGUAGES.includes(language) && mark !== 'no-run')
    .map((match) => ({
      name: `${page}:${markdown.slice(0, match.index).split('\n').length + 1}`,
      code: match[3],
    }))
    .filter(({ code }) => importsOf(code).some((name) => /^flat-memdb(\/|$)/.test(name)));
}

function importsOf(code) {
  return ts.preProcessFile(code).importedFiles.map(({ fileName }) => fileName);
}

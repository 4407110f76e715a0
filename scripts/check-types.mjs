// Packs the package, installs the tarball beside several versions of TypeScript, and compiles a program that names all of it
// (spec/programs/all-names.ts) under the settings that users have: no error may be silenced, in the package's types either.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

const given = process.argv.slice(2);
/** Those given, or all. */
const VERSIONS = given.length > 0 ? given : ['5.2', '5.4', '5.6', 'latest'];
const RESOLUTIONS = {
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};
const LIBRARIES = { 'with DOM': ['es2022', 'dom'], 'without DOM': ['es2022'] };
const TYPES = { 'with @types/node': ['node'], 'without @types/node': [] };
/** The last of its line; the first that is meant for all of these versions of TypeScript. */
const NODE_TYPES = '@types/node@20';

const npm = process.env.npm_execpath;
if (npm === undefined) throw new Error('Run it as "npm run check-types": npm says then where it is.');
const root = fileURLToPath(new URL('..', import.meta.url));
const program = readFileSync(join(root, 'spec/programs/all-names.ts'), 'utf8');
/** What needs abstract-level, whose types need those of Node. */
const levelProgram = readFileSync(join(root, 'spec/programs/level/names.ts'), 'utf8');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-types-'));
const failures = [];

try {
  for (const name of ['all-names', 'level/names']) {
    execFileSync(process.execPath, [`build/spec/programs/${name}.js`], { cwd: root, stdio: 'inherit' });
  }
  const [{ filename }] = JSON.parse(
    execFileSync(
      process.execPath,
      [npm, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder],
      {
        cwd: root,
        encoding: 'utf8',
      },
    ).replace(/^[^[]*(?=\[)/, ''),
  );
  const users = await Promise.all(VERSIONS.map((version) => install(version, join(folder, filename))));
  for (const [door, from] of Object.entries({
    index: program,
    map: program,
    level: levelProgram,
    etcd: program,
  })) {
    requireAllNames(join(users[0].folder, `node_modules/flat-memdb/dist/esm/${door}.d.ts`), from);
  }
  const combinations = users.flatMap((user) => combine(user));
  await inParallel(combinations, compile);
  console.log(
    `types: ${combinations.length - failures.length} of ${combinations.length} combinations compile`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failures.length > 0) {
  console.error(`\n${failures.join('\n\n')}`);
  process.exitCode = 1;
}

/** A user's folder. */
async function install(version, tarball) {
  const user = join(folder, version);
  mkdirSync(user);
  writeFileSync(join(user, 'package.json'), '{ "name": "user", "private": true, "type": "module" }\n');
  const packages = [`typescript@${version}`, NODE_TYPES, 'abstract-level@3', tarball];
  await run(process.execPath, [npm, 'install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
    cwd: user,
  });
  for (const ending of ['mts', 'cts', 'ts']) {
    writeFileSync(join(user, `user.${ending}`), program);
    writeFileSync(join(user, `level.${ending}`), levelProgram);
  }
  const installed = JSON.parse(readFileSync(join(user, 'node_modules/typescript/package.json'), 'utf8'));
  return { folder: user, version: installed.version };
}

function combine(user) {
  const combinations = [];
  for (const [resolution, settings] of Object.entries(RESOLUTIONS)) {
    for (const [library, lib] of Object.entries(LIBRARIES)) {
      for (const [nodeTypes, types] of Object.entries(TYPES)) {
        const name = `TypeScript ${user.version}, ${resolution}, ${library}, ${nodeTypes}`;
        const compilerOptions = {
          ...settings,
          lib,
          types,
          target: 'es2022',
          noEmit: true,
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
        };
        // A bundler takes one kind of module. Node has two, and so does the package.
        const endings = resolution === 'bundler' ? ['ts'] : ['mts', 'cts'];
        const files = endings.flatMap((ending) => [
          `user.${ending}`,
          ...(types.length > 0 ? [`level.${ending}`] : []),
        ]);
        combinations.push({ user, name, settings: { compilerOptions, files } });
      }
    }
  }
  return combinations;
}

async function compile({ user, name, settings }) {
  const file = `tsconfig.${name.replace(/\W+/g, '-')}.json`;
  writeFileSync(join(user.folder, file), JSON.stringify(settings));
  try {
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', file], { cwd: user.folder });
    console.log(`ok      ${name}`);
  } catch (error) {
    console.log(`FAILED  ${name}`);
    failures.push(`${name}:\n${error.stdout || error.message}`);
  }
}

async function inParallel(jobs, work) {
  const waiting = [...jobs];
  const worker = async () => {
    while (waiting.length > 0) await work(waiting.shift());
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** What the program does not name is not checked. */
function requireAllNames(types, from) {
  const used = new Set();
  const collectUsed = (node) => {
    if (ts.isIdentifier(node)) used.add(node.text);
    ts.forEachChild(node, collectUsed);
  };
  collectUsed(ts.createSourceFile('user.ts', from, ts.ScriptTarget.Latest));
  const file = ts.createSourceFile('index.d.ts', readFileSync(types, 'utf8'), ts.ScriptTarget.Latest, true);
  const missing = new Set();
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement)) {
      for (const { name } of statement.exportClause.elements)
        if (!used.has(name.text)) missing.add(name.text);
    }
    for (const { name } of statement.members ?? []) {
      if (name !== undefined && ts.isIdentifier(name) && !used.has(name.text)) {
        missing.add(`${statement.name.text}.${name.text}`);
      }
    }
  }
  if (missing.size > 0) {
    throw new Error(`spec/programs/ does not name ${[...missing].join(', ')}`);
  }
}

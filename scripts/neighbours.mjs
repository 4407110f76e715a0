// Runs the tests of packages that are built on abstract-level (neighbours/) with memory-level and then with MemoryLevel from here, and
// compares how many pass. Needs npm's registry: without, it says what is missing; with --strict, that is a failure.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const npm = process.env.npm_execpath;
if (npm === undefined) throw new Error('Run it as "npm run neighbours": npm says then where it is.');
const root = fileURLToPath(new URL('..', import.meta.url));
const isStrict = process.argv.includes('--strict');
const PEER = 'memory-level';
const OURS = 'flat-memdb/level';
const COMMON = ['abstract-level@3.1.1', 'memory-level@3.1.0'];

/** Where tests go, in the package's folder: beside what they import. */
const NEIGHBOURS = [
  {
    name: 'level-read-stream',
    version: '2.0.0',
    with: ['tape@5.9.0', 'secret-event-listener@1.0.0'],
    tests: 'test.js',
    to: 'test.js',
    run: ['test.js'],
  },
  {
    name: 'quadstore',
    version: '15.4.1',
    with: ['chai@6.2.0', 'rdf-data-factory@2.0.2'],
    tests: 'test',
    to: 'dist/test',
    run: ['--test', '--test-reporter=tap', 'dist/test/main.js'],
  },
];

const failures = [];
for (const neighbour of NEIGHBOURS) {
  const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-'));
  try {
    check(neighbour, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
if (failures.length > 0) {
  console.error(failures.join('\n'));
  process.exitCode = 1;
}

function check({ name, version, ...neighbour }, folder) {
  const packages = [`${name}@${version}`, ...neighbour.with, ...COMMON];
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true }\n');
  try {
    const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact', ...packages];
    execFileSync(process.execPath, [npm, ...install], { cwd: folder, stdio: 'pipe' });
  } catch (error) {
    const why = String(error.stderr).trim().split('\n')[0];
    const message = `${name}@${version}: its tests did not run, as ${packages.join(', ')} could not be installed from npm (${why})`;
    if (isStrict) failures.push(message);
    else console.log(message);
    return;
  }
  const installed = join(folder, 'node_modules/flat-memdb');
  mkdirSync(installed);
  for (const part of ['package.json', 'dist'])
    cpSync(join(root, part), join(installed, part), { recursive: true });

  const home = join(folder, 'node_modules', name);
  const [before, now] = [PEER, OURS].map((database) => {
    copyTests(join(root, 'neighbours', name, neighbour.tests), join(home, neighbour.to), database);
    return passing(neighbour.run, home);
  });
  console.log(`${name}@${version}: ${before.passed} pass with ${PEER}, ${now.passed} with ${OURS}`);
  if (before.passed === 0 || before.failed > 0)
    failures.push(`${name} fails with ${PEER} itself:\n${before.output}`);
  if (now.failed > 0 || now.passed !== before.passed)
    failures.push(`${name} fails with ${OURS}:\n${now.output}`);
}

/** Copies tests, compiled where they are TypeScript, with the import of another database. */
function copyTests(from, to, database) {
  if (/\.[jt]s$/.test(from)) {
    const code = readFileSync(from, 'utf8').replaceAll(`'${PEER}'`, `'${database}'`);
    writeFileSync(to.replace(/\.ts$/, '.js'), from.endsWith('.ts') ? compiled(code) : code);
    return;
  }
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) copyTests(join(from, name), join(to, name), database);
}

function compiled(code) {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  return ts.transpileModule(code, { compilerOptions }).outputText;
}

/** What a program that prints TAP says at its end. */
function passing(args, cwd) {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  const count = (word) => Number(new RegExp(`^# ${word} +(\\d+)$`, 'm').exec(stdout)?.[1] ?? 0);
  const failed = count('fail') + (status === 0 ? 0 : 1);
  return { passed: count('pass'), failed, output: `${stdout.slice(-3000)}${stderr.slice(-3000)}` };
}

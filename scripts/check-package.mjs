// Packs the package, installs the tarball in an empty folder and uses it there as its users do: as an ES module, as
// CommonJS, with threads of either kind, and from TypeScript. Then asks publint and attw what they think of it.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const npm = process.env.npm_execpath;
if (npm === undefined) throw new Error('Run it as "npm run check-package": npm says then where it is.');
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-'));
const run = (command, args, cwd = folder) => execFileSync(command, args, { cwd, stdio: 'inherit' });
// On Windows, commands such as npm are files for a shell. What they run is a program of Node everywhere.
const node = (args, cwd) => run(process.execPath, args, cwd);
function bin(name, module = name) {
  const at = join(root, 'node_modules', module);
  const programs = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')).bin;
  return join(at, typeof programs === 'string' ? programs : programs[name]);
}
/**
 * What is built: for each format and door, one file of code, its map, one of types; and the kind of module. And the way to what
 * MemoryLevel is built on.
 */
const BUILT =
  /^dist\/((esm|commonjs)\/((index|map|level|etcd)\.(js|js\.map|d\.ts)|package\.json)|commonjs\/abstract-level\.js)$/;
/** What README.md leads to, so that its links work in the package, too. */
const PAGES =
  /^(docs\/|examples\/|perf\/(README\.md|results\/((report|lives)\.md|[a-z\d-]+\.svg))$|[A-Z]+\.md$)/;

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
const map = new OrderedMap({ key: codecs.tuple(codecs.string, codecs.number), value: codecs.string });
map.set(['b', 1], 'third').set(['a', 10], 'second').set(['a', 9], 'first');
if ([...map.values(prefix(['a']))].join() !== 'first,second') throw new Error('unexpected order');
if (!(map.db instanceof DB)) throw new Error('the map has another DB');
// Without the package etcd3, it says what is missing.
Mirror.open({ client: undefined${typed ? ' as never' : ''}, range: {} }).then(
  () => Promise.reject(new Error('a mirror of nothing')),
  (error${typed ? ': Error' : ''}) => { if (!error.message.includes('npm install etcd3')) throw error; },
);
`;
/** The doors, and what is taken from each. */
const DOORS = {
  'flat-memdb': '{ DB, MemTable, ValueType, checkStructure }',
  'flat-memdb/map': '{ OrderedMap, codecs, prefix }',
  'flat-memdb/etcd': '{ Mirror }',
};
const loadBy = (load) =>
  Object.entries(DOORS)
    .map(([door, names]) => load(door, names))
    .join('\n');
const imported = loadBy((door, names) => `import ${names} from '${door}';`);
const required = loadBy((door, names) => `const ${names} = require('${door}');`);

/** Puts and gets by the door that needs abstract-level. */
const leveling = (load, typed = false) => `${load}
async function main() {
  const db = new MemoryLevel${typed ? '<string, unknown>' : ''}({ valueEncoding: 'json' });
  await db.batch([{ type: 'put', key: 'b', value: 2 }, { type: 'put', key: 'a', value: { n: 1 } }]);
  const entries = JSON.stringify(await db.iterator().all());
  if (entries !== '[["a",{"n":1}],["b",2]]') throw new Error('unexpected entries: ' + entries);
}
main();
`;
const LEVEL = {
  'level.mjs': leveling("import { MemoryLevel } from 'flat-memdb/level';"),
  'level.cjs': leveling("const { MemoryLevel } = require('flat-memdb/level');"),
  'level.types.mts': leveling("import { MemoryLevel } from 'flat-memdb/level';", true),
  'level.types.cts': leveling("import { MemoryLevel } from 'flat-memdb/level';", true),
};

/** Ways to load the package and threads, by the ending of the file. */
const loads = {
  mjs: `import { DB, checkStructure } from 'flat-memdb';
import { Worker, workerData } from 'node:worker_threads';`,
  cjs: `const { DB, checkStructure } = require('flat-memdb');
const { Worker, workerData } = require('node:worker_threads');`,
};
/** Counts in two workers, one of which is killed in the midst of it, and recovers from that. */
const threads = (load, worker) => `${load}
async function main() {
  const db = DB.create({ shared: true, maxCapacity: 1 << 20, lockTimeout: 30_000 });
  const key = new TextEncoder().encode('count');
  const count = () => db.read(key, (value) => new DataView(value.buffer, value.byteOffset).getUint32(0)) ?? 0;
  const start = (most) => new Worker('./${worker}', { workerData: { handle: db.handle, most } });
  const ended = (one) => new Promise((resolve, reject) => one.once('error', reject).once('exit', resolve));
  await Promise.all([ended(start(500)), ended(start(500))]);
  if (count() !== 1000) throw new Error('lost increments: ' + count());
  const endless = start(Infinity);
  const { threadId } = endless;
  while (count() < 1500) await new Promise((resolve) => setTimeout(resolve, 1));
  await endless.terminate();
  db.recover({ dead: threadId });
  checkStructure(db);
  const before = count();
  await ended(start(1));
  if (count() !== before + 1) throw new Error('not as it was after recover');
}
main();
`;
const worker = (load) => `${load}
const db = DB.attach(workerData.handle);
const key = new TextEncoder().encode('count');
for (let i = 0; i < workerData.most; i++) {
  db.update(key, (value) => {
    const next = new Uint8Array(4);
    const old = value === undefined ? 0 : new DataView(value.buffer, value.byteOffset).getUint32(0);
    new DataView(next.buffer).setUint32(0, old + 1);
    return next;
  });
}
db.close();
`;

try {
  const [{ filename, files }] = JSON.parse(
    execFileSync(process.execPath, [npm, 'pack', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    }).replace(/^[^[]*(?=\[)/, ''),
  );
  const stray = files
    .map(({ path }) => path)
    .filter((path) => !BUILT.test(path) && !/^(LICENSE|package\.json)$/.test(path) && !PAGES.test(path));
  if (stray.length > 0) throw new Error(`the tarball holds what no user needs: ${stray.join(', ')}`);
  const tarball = join(folder, filename);

  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true }\n');
  node([npm, 'install', '--no-audit', '--no-fund', '--ignore-scripts', tarball]);
  writeFileSync(join(folder, 'use.mjs'), program(imported));
  writeFileSync(join(folder, 'use.cjs'), program(required));
  for (const name of ['types.mts', 'types.cts']) {
    writeFileSync(join(folder, name), program(imported, true));
  }
  node(['use.mjs']);
  node(['use.cjs']);
  for (const [name, code] of Object.entries(LEVEL)) writeFileSync(join(folder, name), code);
  for (const name of ['level.mjs', 'level.cjs']) {
    const { status, stderr } = spawnSync(process.execPath, [name], { cwd: folder, encoding: 'utf8' });
    if (status === 0 || !stderr.includes('npm install abstract-level@3')) {
      throw new Error(`${name} does not say what to install: ${stderr}`);
    }
  }
  node([npm, 'install', '--no-audit', '--no-fund', '--ignore-scripts', 'abstract-level@3']);
  node(['level.mjs']);
  node(['level.cjs']);
  for (const kind of ['mjs', 'cjs']) writeFileSync(join(folder, `worker.${kind}`), worker(loads[kind]));
  for (const kind of ['mjs', 'cjs']) {
    for (const other of ['mjs', 'cjs']) {
      writeFileSync(join(folder, `threads.${kind}`), threads(loads[kind], `worker.${other}`));
      node([`threads.${kind}`]);
    }
  }
  symlinkSync(resolve(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types'), 'junction');
  node([
    bin('tsc', 'typescript'),
    ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'],
    ...['types.mts', 'types.cts', 'level.types.mts', 'level.types.cts'],
  ]);
  node([bin('publint'), 'run', tarball, '--strict'], root);
  node([bin('attw', '@arethetypeswrong/cli'), tarball], root);
  console.log(
    'package: installed from its tarball, it works as ESM, as CommonJS, with threads of either, with abstract-level and from TypeScript',
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

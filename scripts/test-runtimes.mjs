// npm run test:runtimes: the check that a browser has to pass, in Node 20, 22, 24 and 26, Bun and Deno, each as npm has it.
// npm run perf:runtimes: and what a put, a get and a step of a scan cost there, as a table.
//
//     --only node@22,bun   these alone; any version of Node that npm has
//     --strict             a runtime that can't be installed is a failure. Without it, that is said, and the others decide:
//                          a registry that is out of reach says nothing about the package. But one must have run.
//     --flags '--no-opt'   for Node
//     --time               measure, too; --processes N: of so many processes for each figure, the fastest counts
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { portableFolder } from './portable.mjs';

const ALL = ['node@20', 'node@22', 'node@24', 'node@26', 'bun', 'deno'];
const { platform, arch } = process;
/** The packages with the programs themselves: `node`, `bun` and `deno` fetch these by scripts, which npm may not run. */
const PACKAGES = {
  node: { name: `node-${platform}-${arch}`, program: 'bin/node', run: [] },
  bun: {
    name: `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}`,
    program: 'bin/bun',
    run: ['run'],
  },
  deno: {
    name: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`,
    program: 'deno',
    run: ['run', '--allow-read', '--allow-sys'],
  },
};
/** Of perf/runtimes.ts. */
const COURSES = ['get', 'positions', 'views', 'bare', 'touched', 'compiled'];

const options = parseArgs({
  options: {
    only: { type: 'string' },
    strict: { type: 'boolean', default: false },
    time: { type: 'boolean', default: false },
    flags: { type: 'string', default: '' },
    processes: { type: 'string', default: '9' },
  },
}).values;

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main() {
  const wanted = (options.only ?? ALL.join()).split(',');
  const installed = wanted.map(install).filter((runtime) => runtime !== undefined);
  if (installed.length === 0) throw new Error('No runtime could be installed, so nothing was checked.');
  const { folder, task } = await portableFolder(
    {
      'check.mjs': 'build/spec/programs/portable/check.js',
      ...(options.time ? { 'measure.mjs': 'build/perf/runtimes.js' } : {}),
    },
    { nodeModules: true },
  );
  writeFileSync(
    join(folder, 'run-check.mjs'),
    `import { check } from './check.mjs';\nawait check(${JSON.stringify(task)}, (line) => console.log(line));\n`,
  );
  writeFileSync(
    join(folder, 'run-measure.mjs'),
    "import { measure } from './measure.mjs';\nconsole.log(JSON.stringify(await measure(process.argv[2])));\n",
  );
  const failed = installed.filter((runtime) => {
    console.log(`${runtime.title}:`);
    const { status, error } = start(runtime, folder, ['run-check.mjs'], 'inherit');
    if (error !== undefined) console.error(error.message);
    return status !== 0;
  });
  if (options.time) report(measureAll(installed, folder));
  const absent = wanted.length - installed.length;
  if (failed.length > 0)
    throw new Error(`The check failed in ${failed.map(({ title }) => title).join(', ')}.`);
  if (absent > 0 && options.strict)
    throw new Error(`${absent} of ${wanted.length} runtimes were not checked.`);
  console.log(
    `${installed.length} of ${wanted.length} runtimes checked${absent > 0 ? ', the others could not be installed' : ''}`,
  );
}

function start({ program, run }, folder, args, stdio) {
  return spawnSync(program, [...run, ...args], {
    cwd: folder,
    stdio,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
}

/** Where it is not there yet, fetches it. @returns undefined where it can't be had, having said why */
function install(wanted) {
  const [kind, version = 'latest'] = wanted.split('@');
  if (PACKAGES[kind] === undefined) throw new RangeError(`There is no '${wanted}': ${ALL.join(', ')}`);
  const { name, program, run } = PACKAGES[kind];
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'flat-memdb-runtimes', wanted);
  const path = join(folder, 'node_modules', name, program);
  try {
    if (!existsSync(path)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
      const quietly = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel', 'error'];
      execFileSync('npm', ['install', ...quietly, `${name}@${version}`], { cwd: folder, stdio: 'pipe' });
    }
    const { version: found } = JSON.parse(
      readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'),
    );
    // One that does not start here is as good as none.
    execFileSync(path, ['--version'], { stdio: 'pipe' });
    const title = `${kind[0].toUpperCase()}${kind.slice(1)} ${found}`;
    const flags = kind === 'node' ? options.flags.split(' ').filter((flag) => flag !== '') : [];
    return { title: [title, ...flags].join(' '), program: path, run: [...flags, ...run] };
  } catch (error) {
    const why = String(error.stderr || error.message).trim();
    console.error(`${wanted} could not be installed (${name}@${version}), and is not checked:\n${why}`);
    return undefined;
  }
}

/** In turns, so that a busy minute of the machine does not meet one runtime alone. */
function measureAll(runtimes, folder) {
  const measured = new Map(runtimes.map((runtime) => [runtime.title, COURSES.map(() => [])]));
  for (let i = 0; i < Number(options.processes); i++) {
    for (const runtime of runtimes) {
      COURSES.forEach((course, place) => {
        const { stdout, stderr, status } = start(runtime, folder, ['run-measure.mjs', course], 'pipe');
        if (status !== 0) throw new Error(`${runtime.title}, ${course}: ${stderr}`);
        measured.get(runtime.title)[place].push(JSON.parse(stdout));
      });
    }
  }
  return measured;
}

function report(measured) {
  const lowest = (figures) => Math.round(Math.min(...figures)).toLocaleString('en');
  const both = (figures) =>
    `${lowest(figures.map(({ cold }) => cold))} / ${lowest(figures.map(({ warm }) => warm))}`;
  const table = (head, rows) =>
    [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
      .map((row) => `| ${row.join(' | ')} |`)
      .join('\n');

  console.log(
    `\nns per operation, first pass / warm, the fastest of ${options.processes} processes (${platform} ${arch})\n`,
  );
  const rows = [...measured].map(([title, courses]) => [
    title,
    both(courses.flat().map(({ put }) => put)),
    ...courses.slice(0, 4).map((runs) => both(runs.map(({ course }) => course))),
  ]);
  console.log(
    table(['', 'put', 'get', 'scan by positions', 'scan by views', 'two views, without a DB'], rows),
  );

  console.log('\nFirst scan by views, ns a step (pages of memory that it was the first to touch)\n');
  const cold = [...measured].map(([title, courses]) => [
    title,
    ...['views', 'touched', 'compiled'].map((name) => {
      const runs = courses[COURSES.indexOf(name)];
      const [{ course, faults }] = runs.toSorted((a, b) => a.course.cold - b.course.cold);
      return `${Math.round(course.cold).toLocaleString('en')}${faults === undefined ? '' : ` (${faults})`}`;
    }),
  ]);
  console.log(
    table(['', 'in a new process', 'after objects of another kind', 'and after scans of another DB'], cold),
  );
}

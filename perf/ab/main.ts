// npm run perf:ab -- OLD NEW: what a change of the library does to its speed. See README.md above.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../options.js';
import { textTable } from '../table.js';
import { takeBuild, type Build } from './builds.js';
import { HELP, parseOptions, type Options } from './options.js';
import { exceeding, ratioOf, summaryOf, tableOf } from './report.js';
import { Runner } from './runner.js';
import { SIDES, type Both } from './sides.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === 'help') {
    console.log(HELP);
    return 0;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'flat-memdb-ab-'));
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

  const worker = takeWorker(scratch);
  const builds = takeBuilds(options, scratch);
  console.error(`OLD: ${builds.old.label}\nNEW: ${builds.new.label}`);
  const libraries = { old: builds.old.path, new: builds.new.path };
  const measured = await new Runner(options, worker, libraries, scratch).run();
  const ratios = measured.map(ratioOf);
  for (const n of options.sizes) console.log(textTable(tableOf(ratios, n, options)));
  console.log(`OLD is ${builds.old.label}, NEW is ${builds.new.label}`);
  for (const line of summaryOf(ratios, options.limit)) console.log(line);
  return options.strict && exceeding(ratios, options.limit).length > 0 ? 1 : 0;
}

/** The programs are copied, too: a build of the working tree, meanwhile, takes away those that are there. */
function takeWorker(scratch: string): string {
  const folder = join(scratch, 'perf');
  cpSync(fileURLToPath(new URL('..', import.meta.url)), folder, { recursive: true });
  writeFileSync(join(scratch, 'package.json'), '{ "type": "module" }\n');
  return join(folder, 'ab', 'worker.js');
}

function takeBuilds(options: Options, scratch: string): Both<Build> {
  const builds = {} as Both<Build>;
  for (const side of SIDES) {
    const folder = join(scratch, side);
    mkdirSync(folder);
    builds[side] = takeBuild(options[side], root, folder);
  }
  return builds;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}

// Lets the real goleveldb judge this library: makes fresh recordings with perf/go, from seeds that nobody has seen, and
// compares the DB of the built package with them; then checks that the recordings in spec/recordings are what goleveldb
// still does. With --record it makes those anew instead.
//
//   npm run referee -- [--traces 24] [--seeds 7,0x2a] [--operations 5000] [--require-go]
//   npm run referee:record
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DB, InternalKeyComparer, bytewise } from 'flat-memdb';
import { checkInternalOrder, checkShortening } from '../support/orders.js';
import {
  CORNERS,
  ORDERS,
  TRACES,
  readRecording,
  type OrdersRecording,
  type TraceRecording,
} from '../support/recordings.js';
import { Mismatch, replay } from '../support/replay.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const goModule = join(root, 'perf', 'go');

/** Seeds and sizes of the recordings that are committed. */
const COMMITTED_SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);
const COMMITTED_OPERATIONS = 5000;
const COMMITTED_PAIRS = 2000;

const { values: flags } = parseArgs({
  options: {
    traces: { type: 'string', default: '24' },
    seeds: { type: 'string' },
    operations: { type: 'string', default: String(COMMITTED_OPERATIONS) },
    record: { type: 'boolean', default: false },
    'require-go': { type: 'boolean', default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-referee-'));
try {
  process.exitCode = main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function main(): number {
  const seeds = flags.seeds?.split(',').map(parseSeed) ?? randomSeeds(parseCount('traces', flags.traces));
  const operations = parseCount('operations', flags.operations);
  const missing = whatIsMissing();
  if (missing !== undefined) {
    const required = flags.record || flags['require-go'];
    console.log(`referee: nothing was compared with goleveldb: ${missing}`);
    return required ? 1 : 0;
  }
  run('go', ['build', '-o', referee(), '.'], goModule);
  if (flags.record) {
    for (const path of [TRACES, CORNERS, ORDERS]) {
      record(path, join(root, path));
      console.log(`recorded ${path}`);
    }
    return 0;
  }
  const failures = [...compareTraces(seeds, operations), ...compareOrders(seeds[0]), ...compareCommitted()];
  for (const failure of failures) console.error(`referee: ${failure}`);
  console.log(failures.length === 0 ? 'referee: no differences' : `referee: differences: ${failures.length}`);
  return failures.length === 0 ? 0 : 1;
}

function* compareTraces(seeds: number[], operations: number): Generator<string> {
  console.log(`referee: ${seeds.length} fresh traces of ${operations} operations`);
  console.log(`repeat with: npm run referee -- --operations ${operations} --seeds ${seeds.join(',')}`);
  const path = join(folder, 'trace.json');
  for (const seed of seeds) {
    run(referee(), ['trace', '-full', '-seeds', `${seed}`, '-operations', `${operations}`, '-out', path]);
    const recording = readRecording(path) as TraceRecording;
    try {
      replay(recording.traces[0], operations, (options) => new DB({ ...options, autoCompact: false }));
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      yield `${error.message}\n  repeat with: npm run referee -- --operations ${operations} --seeds ${seed}`;
    }
  }
}

function* compareOrders(seed: number): Generator<string> {
  const path = join(folder, 'orders.json.gz');
  run(referee(), ['orders', '-seed', `${seed}`, '-pairs', `${COMMITTED_PAIRS}`, '-out', path]);
  console.log(`referee: ${COMMITTED_PAIRS} fresh pairs of keys and of internal keys, seed ${seed}`);
  const fresh = readRecording(path) as OrdersRecording;
  const internalOrder = new InternalKeyComparer(bytewise);
  yield* checkShortening(fresh.bytewise, bytewise);
  yield* checkShortening(fresh.internal, internalOrder);
  yield* checkInternalOrder(fresh.internal, internalOrder);
}

/** Recordings repeat exactly: a difference means another goleveldb, or that perf/go was changed and not run. */
function* compareCommitted(): Generator<string> {
  for (const path of [TRACES, CORNERS, ORDERS]) {
    const fresh = join(folder, 'fresh.json' + (path.endsWith('.gz') ? '.gz' : ''));
    record(path, fresh);
    const [theirs, ours] = [fresh, join(root, path)].map((file) => JSON.stringify(readRecording(file)));
    if (theirs !== ours)
      yield `${path} is not what perf/go records now; make it anew with npm run referee:record`;
  }
  console.log('referee: made the committed recordings once more to compare them');
}

function record(path: string, out: string): void {
  const commands: Record<string, string[]> = {
    [TRACES]: ['trace', '-seeds', COMMITTED_SEEDS.join(','), '-operations', `${COMMITTED_OPERATIONS}`],
    [CORNERS]: ['corners'],
    [ORDERS]: ['orders', '-seed', '1', '-pairs', `${COMMITTED_PAIRS}`],
  };
  run(referee(), [...commands[path], '-out', out]);
}

/** What keeps perf/go from being built, in words; `undefined` if nothing does. */
function whatIsMissing(): string | undefined {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
  } catch {
    return 'Go is not installed (https://go.dev/dl).';
  }
  try {
    execFileSync('go', ['mod', 'download'], { cwd: goModule, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const reason = String((error as { stderr?: unknown }).stderr).trim();
    return `the Go modules it needs could not be fetched. Go says:\n${reason}`;
  }
  return undefined;
}

function referee(): string {
  return join(folder, process.platform === 'win32' ? 'referee.exe' : 'referee');
}

function run(command: string, args: string[], cwd?: string): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
}

function randomSeeds(count: number): number[] {
  return Array.from({ length: count }, () => randomInt(2 ** 32));
}

function parseCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`--${name} must be a whole number, but got ${text}`);
  return count;
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (text.trim() === '' || seed >>> 0 !== seed) {
    throw new RangeError(`--seeds must be whole numbers below 2^32, separated by commas, but got ${text}`);
  }
  return seed;
}

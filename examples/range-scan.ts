// Loads lines into a DB, then prints a range of them in key order:
//
//     npm start -- --prefix quar --count 5
//     npm start -- --start apple --limit banana --reverse words.txt
//     sort -u names.txt | node build/examples/range-scan.js -
//
// Keys and values are bytes from end to end. Nothing is decoded, so text in any encoding, or no text at all,
// comes out as it went in.
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { DB, MemDBError, bytesPrefix, type Range, type Scan } from 'flat-memdb';
import wordList from 'word-list';
import { entryOf } from './support/entries.js';
import { UserError, findInput, inWords, linesOf, type Input } from './support/input.js';
import { Progress } from './support/progress.js';

const USAGE = `Usage: range-scan [options] [file ...]

Loads lines, each "key<TAB>value" or a plain key whose value is then its line number, and prints them as
"key<TAB>value" in byte order of the keys. Of equal keys the last one counts. Lines end with LF or CR LF.
"-" is standard input. With no file named, an English word list is loaded.

  --start KEY    from this key on (inclusive)
  --limit KEY    up to this key (exclusive)
  --prefix TEXT  only keys that begin so; with --start or --limit, only keys that meet all of them
  --reverse      from the last key of the range to the first
  --count N      at most N entries
  --help         print this
`;

async function main(args: string[]): Promise<void> {
  const { values, files } = parse(args);
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const range = rangeOf(values);
  const count = countOf(values);
  const inputs = inputsOf(files);

  // Whatever is wrong with the input shows here, before anything is printed.
  const db = new DB();
  const began = performance.now();
  await load(db, inputs);
  const loadTime = performance.now() - began;

  const scanned: Figures = { entries: 0, bytes: 0, time: 0 };
  try {
    await pipeline(scan(db, { ...range, reverse: values.reverse }, count, scanned), process.stdout);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return; // the reader has seen enough, as `head` has
    throw inWords('write to standard output', error);
  }

  const source = inputs.length === 1 ? inputs[0].name : `${inputs.length} inputs`;
  console.error(
    `${source}: loaded ${db.length} entries (${db.size} bytes) in ${loadTime.toFixed(1)} ms, ` +
      `scanned ${scanned.entries} (${scanned.bytes} bytes) in ${scanned.time.toFixed(1)} ms`,
  );
}

// --- Loading

const TAB = 0x09;
const LF = 0x0a;

async function load(db: DB, inputs: Input[]): Promise<void> {
  const progress = new Progress(inputs.reduce((sum, { size }) => sum + size, 0));
  try {
    for (const input of inputs) {
      let number = 0;
      for await (const lines of linesOf(progress.count(input.read()))) {
        for (const line of lines) putLine(db, line, input.name, ++number);
      }
    }
  } finally {
    progress.stop();
  }
}

/** Stores what one line holds; `put` copies, so the line may be a view into the buffer it was read into. */
function putLine(db: DB, line: Buffer, file: string, number: number): void {
  const [key, value] = entryOf(line, file, number);
  try {
    db.put(key, value);
  } catch (error) {
    if (error instanceof MemDBError) throw new UserError(`${file}:${number}: ${error.message}`);
    throw error;
  }
}

// --- Scanning

interface Figures {
  entries: number;
  /** Of keys and values. */
  bytes: number;
  /** Milliseconds spent in the scan itself; how long the reader takes is not ours to count. */
  time: number;
}

const CHUNK_BYTES = 64 * 1024;

/** The lines to print, many to a chunk, since a write costs far more than an entry. */
function* scan(db: DB, range: Scan, count: number, figures: Figures): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let used = 0;
  let resumed = performance.now();
  for (const [key, value] of db.entries(range)) {
    if (figures.entries === count) break;
    const length = key.length + value.length + 2;
    if (used + length > chunk.length) {
      figures.time += performance.now() - resumed;
      yield chunk.subarray(0, used);
      resumed = performance.now();
      chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, length));
      used = 0;
    }
    chunk.set(key, used);
    used += key.length;
    chunk[used++] = TAB;
    chunk.set(value, used);
    used += value.length;
    chunk[used++] = LF;
    figures.entries++;
    figures.bytes += key.length + value.length;
  }
  figures.time += performance.now() - resumed;
  yield chunk.subarray(0, used);
}

// --- Options

const OPTIONS = {
  start: { type: 'string' },
  limit: { type: 'string' },
  prefix: { type: 'string' },
  reverse: { type: 'boolean' },
  count: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return { values, files: positionals };
  } catch (error) {
    throw new UserError(`${(error as Error).message}\nTry --help.`);
  }
}

/** The keys that meet every bound given. */
function rangeOf(values: Values): Range {
  const prefix = keyOf(values, 'prefix');
  const prefixed = prefix === undefined ? {} : bytesPrefix(prefix);
  return {
    start: inOrder(keyOf(values, 'start'), prefixed.start).at(-1),
    limit: inOrder(keyOf(values, 'limit'), prefixed.limit).at(0),
  };
}

function inOrder(...keys: (Uint8Array | undefined)[]): Uint8Array[] {
  return keys.filter((key) => key !== undefined).sort((a, b) => Buffer.compare(a, b));
}

function keyOf(values: Values, option: 'start' | 'limit' | 'prefix'): Uint8Array | undefined {
  const text = values[option];
  // An argument is text to Node, which has put U+FFFD where it was not UTF-8: what was meant is lost.
  if (text?.includes('\ufffd')) throw new UserError(`--${option} must be UTF-8 text without U+FFFD`);
  return text === undefined ? undefined : Buffer.from(text);
}

function countOf({ count }: Values): number {
  if (count === undefined) return Infinity;
  if (!/^\d+$/.test(count)) throw new UserError(`--count must be a whole number, but got '${count}'`);
  return Number(count);
}

function inputsOf(files: string[]): Input[] {
  if (files.length === 0) return [{ ...findInput(wordList), name: 'word list' }];
  if (files.filter((file) => file === '-').length > 1)
    throw new UserError('standard input can be read only once');
  return files.map(findInput);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`range-scan: ${error.message}`);
  process.exitCode = 1;
}

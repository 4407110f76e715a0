// A live stream into one DB, while other threads read it:
//
//     npm run example:worker-readers
//     npm run example:worker-readers -- --kill
//     tail -f access.log | node build/examples/worker-readers.js -
//
// This thread takes the stream in and hands it to a writer in batches of lines. Readers answer range scans all the time. All of
// them have the same DB: nothing that a reader reads is ever posted.
//
// With --kill, a reader is killed on the way, and then the writer, in the midst of its work. This thread calls recover, starts others
// in their place, and hands out again what was not acknowledged. At the end, every line must be there.
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { CapacityError, DB, checkStructure } from 'flat-memdb';
import wordList from 'word-list';
import { entryOf } from './support/entries.js';
import { UserError, findInput, linesOf, type Input } from './support/input.js';
import { ENTRIES, LONGEST, SCANS, STATISTICS_WORDS, type Batch, type Job } from './worker-readers.worker.js';

const USAGE = `Usage: worker-readers [options] [file]

Puts lines, each "key<TAB>value" or a plain key whose value is then its line number, into a DB that threads share, as they
come, while readers scan ranges of it. Of equal keys the last one counts. "-" is standard input. With no file named, an
English word list is taken. Each second, a line of figures is printed; at the end, whether all is there.

  --readers N       how many threads read (2)
  --rate N          lines a second to take in at most (of the word list 60000, otherwise as they come)
  --scan N          entries of a scan (16)
  --max-capacity N  bytes of keys and values that the DB may ever hold (268435456)
  --kill            a reader and the writer are killed on the way, and replaced
  --help            print this
`;

/** Milliseconds that a thread waits for the lock, before it says who is in the way. */
const LOCK_TIMEOUT = 2000;
/** Batches that the writer has not acknowledged yet, at most: more are not taken in. */
const BACKLOG = 4;
/** Killed while these are written, or the last one of a shorter stream. */
const READER_DIES = 3;
const WRITER_DIES = 6;
/** Lines of a batch: few enough that a stream which is slow is seen at once. */
const BATCH = 4000;

async function main(args: string[]): Promise<void> {
  const options = parse(args);
  if (options === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  const db = makeDB(options.maxCapacity);
  const fleet = new Fleet(db, options);
  const expected = new Map<string, string>();
  const began = performance.now();
  const timer = setInterval(() => fleet.report((performance.now() - began) / 1000), 1000);
  let lines = 0;
  try {
    for await (const batch of batchesOf(options.input, options.rate, expected)) {
      await fleet.write(batch);
      lines += batch.lines.length;
    }
    await fleet.finish();
  } finally {
    clearInterval(timer);
    fleet.report((performance.now() - began) / 1000);
    await fleet.end();
  }
  const wrong = compare(db, expected);
  const verdict = Object.entries(wrong).map(([what, count]) => `${count} ${what}`);
  console.log(
    `${options.input.name}: ${lines} lines, ${db.length} entries; looked up one by one and scanned: ${verdict.join(', ')}`,
  );
  if (Object.values(wrong).some((count) => count > 0)) process.exitCode = 1;
}

function makeDB(maxCapacity: number): DB {
  try {
    return DB.create({ shared: true, maxCapacity, lockTimeout: LOCK_TIMEOUT });
  } catch (error) {
    if (error instanceof CapacityError) throw new UserError(error.message);
    throw error;
  }
}

// --- Threads

type Role = Job['role'];

/** The writer, the readers, and what becomes of them. */
class Fleet {
  readonly #db: DB;
  readonly #options: Options;
  readonly #statistics: Int32Array[] = [];
  #readers: Worker[] = [];
  #writer: Worker;
  /** Handed out, and not acknowledged. */
  readonly #pending: Batch[] = [];
  #handed = 0;
  #seconds = 0;
  #puts = 0;
  #reported = { puts: 0, scans: 0, entries: 0 };
  /** Of a thread that failed by itself. */
  #trouble: unknown;
  #wake: () => void = () => {};
  /** Threads that were ended on purpose. */
  readonly #killed = new Set<Worker>();

  constructor(db: DB, options: Options) {
    this.#db = db;
    this.#options = options;
    this.#writer = this.#start('writer');
    for (let i = 0; i < options.readers; i++) {
      this.#statistics.push(new Int32Array(new SharedArrayBuffer(4 * STATISTICS_WORDS)));
      this.#readers.push(this.#start('reader', i));
    }
  }

  /** Hands a batch to the writer; waits while that has enough to do. */
  async write(batch: Batch): Promise<void> {
    this.#handed = batch.number;
    this.#pending.push(batch);
    this.#writer.postMessage(batch);
    if (this.#options.kill && batch.number === READER_DIES) await this.#replaceReader();
    if (this.#options.kill && batch.number === WRITER_DIES) await this.#replaceWriter();
    while (this.#pending.length > BACKLOG) await this.#news();
  }

  /** Until all that was handed out is written. */
  async finish(): Promise<void> {
    if (this.#options.kill && this.#handed < READER_DIES) await this.#replaceReader();
    if (this.#options.kill && this.#handed < WRITER_DIES) await this.#replaceWriter();
    while (this.#pending.length > 0) await this.#news();
  }

  /** Ends all threads, wherever they are, and frees what they held. */
  async end(): Promise<void> {
    const all = [this.#writer, ...this.#readers];
    const dead = all.map(({ threadId }) => threadId).filter((id) => id >= 0);
    for (const worker of all) this.#killed.add(worker);
    await Promise.all(all.map((worker) => worker.terminate()));
    this.#db.recover({ dead });
  }

  /** What happened since the last line, in figures. */
  report(seconds: number): void {
    const sum = (word: number) => this.#statistics.reduce((all, words) => all + words[word], 0);
    const now = { puts: this.#puts, scans: sum(SCANS), entries: sum(ENTRIES) };
    const longest = Math.max(0, ...this.#statistics.map((words) => Atomics.exchange(words, LONGEST, 0)));
    const passed = seconds - this.#seconds;
    const rate = (what: keyof typeof now) =>
      Math.round((now[what] - this.#reported[what]) / passed).toLocaleString('en');
    console.log(
      `${seconds.toFixed(1)} s: ${rate('puts')} puts/s, ${rate('scans')} scans/s of ${rate('entries')} entries/s, ` +
        `longest scan ${(longest / 1000).toFixed(1)} ms, ${now.puts.toLocaleString('en')} puts in all`,
    );
    this.#reported = now;
    this.#seconds = seconds;
  }

  #start(role: Role, reader = 0): Worker {
    const job: Job = {
      role,
      handle: this.#db.handle,
      statistics: this.#statistics[reader]?.buffer as SharedArrayBuffer | undefined,
      scan: this.#options.scan,
    };
    const worker = new Worker(new URL('./worker-readers.worker.js', import.meta.url), { workerData: job });
    worker.on('message', (number: number) => {
      while (this.#pending.length > 0 && this.#pending[0].number <= number) {
        this.#puts += this.#pending.shift()!.lines.length;
      }
      this.#wake();
    });
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => {
      if (!this.#killed.has(worker)) this.#fail(new Error(`a ${role} has ended by itself`));
    });
    return worker;
  }

  #fail(error: unknown): void {
    const isFull = (error as { code?: unknown }).code === 'MEMDB_CAPACITY';
    this.#trouble ??= isFull ? new UserError((error as Error).message) : error;
    this.#wake();
  }

  /** Until a batch was written, or a thread has failed. */
  async #news(): Promise<void> {
    if (this.#trouble === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#trouble !== undefined) throw this.#trouble as Error;
  }

  async #kill(worker: Worker, what: string): Promise<void> {
    const { threadId } = worker;
    this.#killed.add(worker);
    await worker.terminate(); // It is gone when this comes back.
    const began = performance.now();
    this.#db.recover({ dead: threadId });
    console.log(
      `the ${what}, thread ${threadId}, was killed; recovered in ${(performance.now() - began).toFixed(1)} ms`,
    );
  }

  async #replaceReader(): Promise<void> {
    if (this.#readers.length === 0) return;
    await this.#kill(this.#readers[0], 'reader');
    this.#readers[0] = this.#start('reader', 0);
  }

  async #replaceWriter(): Promise<void> {
    await this.#kill(this.#writer, 'writer');
    this.#writer = this.#start('writer');
    // Some of the first may be in; to put it again does no harm.
    for (const batch of this.#pending) this.#writer.postMessage(batch);
  }
}

// --- The stream

/** Lines in batches, at no more than so many a second. What they say is noted in `expected`, one character a byte. */
async function* batchesOf(input: Input, rate: number, expected: Map<string, string>): AsyncGenerator<Batch> {
  const began = performance.now();
  let count = 0;
  let number = 0;
  for await (const chunk of linesOf(input.read())) {
    for (let begin = 0; begin < chunk.length; begin += BATCH) {
      const lines = chunk.slice(begin, begin + BATCH);
      const entries = lines.map((line, i) => entryOf(line, input.name, count + i + 1));
      for (const [key, value] of entries) expected.set(key.toString('latin1'), value.toString('latin1'));
      yield { number: ++number, first: count + 1, file: input.name, lines: copied(lines) };
      count += lines.length;
      const early = (count / rate) * 1000 - (performance.now() - began);
      if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
    }
  }
}

/** Without the rest of what they were read in, which would be posted along. */
function copied(lines: readonly Buffer[]): Uint8Array[] {
  const whole = new Uint8Array(lines.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  return lines.map((line) => {
    whole.set(line, length);
    length += line.length;
    return whole.subarray(length - line.length, length);
  });
}

// --- The end

function compare(db: DB, expected: Map<string, string>) {
  const wrong = { lost: 0, 'with another value': 0, 'that nobody put': 0, 'out of order': 0 };
  checkStructure(db);
  for (const [key, value] of expected) {
    const found = db.read(Buffer.from(key, 'latin1'), (bytes) => Buffer.from(bytes).toString('latin1'));
    if (found === undefined) wrong.lost++;
    else if (found !== value) wrong['with another value']++;
  }
  let last: Uint8Array | undefined;
  for (const key of db.keys()) {
    if (!expected.has(Buffer.from(key).toString('latin1'))) wrong['that nobody put']++;
    if (last !== undefined && Buffer.compare(last, key) >= 0) wrong['out of order']++;
    last = key;
  }
  return wrong;
}

// --- Options

interface Options {
  readonly input: Input;
  readonly readers: number;
  readonly rate: number;
  readonly scan: number;
  readonly maxCapacity: number;
  readonly kill: boolean;
}

const MOST_READERS = 28;
const RATE_OF_WORDS = 60_000;

/** @returns `undefined` where only help is asked for */
function parse(args: string[]): Options | undefined {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        readers: { type: 'string', default: '2' },
        rate: { type: 'string' },
        scan: { type: 'string', default: '16' },
        'max-capacity': { type: 'string', default: String(256 * 2 ** 20) },
        kill: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UserError(`${(error as Error).message}\nTry --help.`);
  }
  const { values, positionals } = parsed;
  if (values.help) return undefined;
  if (positionals.length > 1) throw new UserError('name one file, or none\nTry --help.');
  const [file] = positionals;
  const rate = values.rate === undefined ? undefined : wholeNumber('rate', values.rate, 1, 1e9);
  return {
    input: file === undefined ? { ...findInput(wordList), name: 'word list' } : findInput(file),
    readers: wholeNumber('readers', values.readers, 0, MOST_READERS),
    rate: rate ?? (file === undefined ? RATE_OF_WORDS : Infinity),
    scan: wholeNumber('scan', values.scan, 1, 1e6),
    maxCapacity: wholeNumber('max-capacity', values['max-capacity'], 1, 2 ** 31 - 1),
    kill: values.kill,
  };
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most)) {
    throw new UserError(`--${option} must be a whole number from ${least} to ${most}, but got '${text}'`);
  }
  return number;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`worker-readers: ${error.message}`);
  process.exitCode = 1;
}

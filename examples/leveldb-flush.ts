// A write path as LevelDB has it, with a MemTable in memory and a real LevelDB on disk:
//
//     npm run example:leveldb-flush
//     npm run example:leveldb-flush -- --operations 2000000 --dir ./store
//
// Every put and delete goes into the active memtable under a sequence number of its own. When that table is full it
// becomes immutable, a new one takes over, and the old one is written to disk in key order while writes go on. A read
// asks the active table, then the immutable one, then the disk, and takes the first answer; a tombstone is one.
//
// A Map does the same beside it. Every read is compared with it, and at the end the whole store, reopened.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ClassicLevel } from 'classic-level';
import { SingleBar } from 'cli-progress';
import { LookupKey, MemTable, ValueType } from 'flat-memdb';
import wordList from 'word-list';
import { UserError, inWords } from './support/input.js';

const USAGE = `Usage: leveldb-flush [options]

Writes, overwrites, deletes and reads English words in random order, through a memtable into a LevelDB on disk. Then
reopens the LevelDB and checks that nothing was lost and nothing came back.

  --operations N    how many puts, deletes and reads (500000)
  --write-buffer N  bytes of a memtable at which it is written to disk (4194304)
  --seed N          what the random order is drawn from (1)
  --dir DIRECTORY   a directory for the LevelDB, which must be empty or not exist yet, and is kept
                    (a temporary one, which is removed)
  --help            print this
`;

async function main(args: string[]): Promise<void> {
  const options = parse(args);
  if (options === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  const { dir = mkdtempSync(join(tmpdir(), 'leveldb-flush-')) } = options;
  if (options.dir !== undefined) makeEmptyDirectory(dir);
  try {
    await run(dir, options);
  } finally {
    if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
  }
}

async function run(dir: string, { operations, writeBuffer, seed }: Options): Promise<void> {
  const began = performance.now();
  const words = readFileSync(wordList, 'utf8').split('\n');
  const model = new Map<string, string>();
  const store = await Store.open(dir, writeBuffer);
  const counted = await work(store, model, shuffled(words, random(seed)), operations, random(seed + 1));
  await store.close();
  const found = await compare(dir, model);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);

  const { puts, deletes, reads, wrongReads } = counted;
  const { flushed, answers } = store;
  const wrong = { 'wrong reads': wrongReads, ...found.wrong };
  const verdict = Object.entries(wrong).map(([what, count]) => `${count} ${what}`);
  console.log(
    `${puts} puts, ${deletes} deletes, ${reads} reads ` +
      `(${answers.active} answered by the active table, ${answers.immutable} by the immutable one, ${answers.disk} by the disk); ` +
      `${flushed.tables} tables of ${flushed.versions} versions flushed as ${flushed.writes} writes; ` +
      `reopened: ${found.entries} entries, ${verdict.join(', ')}; ${seconds} s`,
  );
  if (Object.values(wrong).some((count) => count > 0)) process.exitCode = 1;
}

// --- The store

/** What goes into LevelDB at a time: enough to be fast, few enough to leave room for others between two. */
const BATCH = 1000;

type Disk = ClassicLevel<Uint8Array, Uint8Array>;

class Store {
  readonly flushed = { tables: 0, versions: 0, writes: 0 };
  readonly answers = { active: 0, immutable: 0, disk: 0 };
  readonly #disk: Disk;
  readonly #writeBuffer: number;
  #sequence = 0;
  #active = new MemTable();
  /** Full, and on its way to the disk. */
  #immutable: MemTable | undefined;
  #flushing = Promise.resolve();

  private constructor(disk: Disk, writeBuffer: number) {
    this.#disk = disk;
    this.#writeBuffer = writeBuffer;
  }

  static async open(dir: string, writeBuffer: number): Promise<Store> {
    const disk: Disk = new ClassicLevel(dir, { keyEncoding: 'view', valueEncoding: 'view' });
    await openOrExplain(disk, dir);
    return new Store(disk, writeBuffer);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#active.add(++this.#sequence, ValueType.Value, key, value);
  }

  delete(key: Uint8Array): void {
    this.#active.add(++this.#sequence, ValueType.Deletion, key);
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const lookupKey = new LookupKey(key, this.#sequence);
    let source: 'active' | 'immutable' | 'disk' = 'active';
    let entry = this.#active.get(lookupKey);
    if (entry === undefined && this.#immutable !== undefined) {
      source = 'immutable';
      entry = this.#immutable.get(lookupKey);
    }
    if (entry === undefined) source = 'disk';
    this.answers[source]++;
    if (entry !== undefined) return entry.type === ValueType.Value ? entry.value : undefined;
    return this.#disk.get(lookupKey.userKey);
  }

  get isFull(): boolean {
    return this.#active.approximateMemoryUsage >= this.#writeBuffer;
  }

  /** Begins a new table. If the one before is not on disk yet, waits: two full tables are the most there are. */
  async rotate(): Promise<void> {
    await this.#flushing;
    const full = this.#active;
    this.#immutable = full;
    this.#active = new MemTable();
    this.#flushing = this.#flush(full).then(() => {
      this.#immutable = undefined;
    });
    // Whoever awaits it next is told; until then it is not an error that nobody handles.
    this.#flushing.catch(() => {});
  }

  async close(): Promise<void> {
    await this.rotate();
    await this.#flushing;
    await this.#disk.close();
  }

  /** Of every key, the newest version alone is of use to the disk: there is no reader of an older one. */
  async #flush(table: MemTable): Promise<void> {
    let batch = [];
    const versions = table.iterator();
    let previous: Uint8Array | undefined;
    while (versions.next()) {
      const key = versions.userKey!;
      if (previous !== undefined && Buffer.compare(previous, key) === 0) continue;
      previous = key;
      batch.push(
        versions.type === ValueType.Value
          ? { type: 'put' as const, key, value: versions.value! }
          : { type: 'del' as const, key },
      );
      this.flushed.writes++;
      if (batch.length === BATCH) {
        await this.#disk.batch(batch);
        batch = [];
      }
    }
    await this.#disk.batch(batch);
    this.flushed.versions += table.length;
    this.flushed.tables++;
  }
}

// --- The work

/** Of 100 operations. */
const PUTS = 70;
const DELETES = 15;
/** Of 100 puts, those of a word that comes for the first time. */
const NEW_WORDS = 60;

/** Puts and deletes words, and reads some back. New words come in the order given, others are drawn from those. */
async function work(
  store: Store,
  model: Map<string, string>,
  words: string[],
  operations: number,
  draw: Random,
): Promise<{ puts: number; deletes: number; reads: number; wrongReads: number }> {
  const counted = { puts: 0, deletes: 0, reads: 0, wrongReads: 0 };
  const bar = new Bar(operations);
  let seen = 0;
  try {
    for (let i = 0; i < operations; i++) {
      const kind = draw(100);
      const isNew = seen === 0 || (kind < PUTS && seen < words.length && draw(100) < NEW_WORDS);
      const word = isNew ? words[seen++] : words[draw(seen)];
      const key = Buffer.from(word);
      if (kind < PUTS) {
        const value = JSON.stringify({ word, letters: word.length, written: i });
        store.put(key, Buffer.from(value));
        model.set(word, value);
        counted.puts++;
      } else if (kind < PUTS + DELETES) {
        store.delete(key);
        model.delete(word);
        counted.deletes++;
      } else {
        const value = await store.get(key);
        if (value === undefined ? model.has(word) : String(Buffer.from(value)) !== model.get(word)) {
          counted.wrongReads++;
        }
        counted.reads++;
      }
      if (store.isFull) await store.rotate();
      bar.update(i + 1);
    }
  } finally {
    bar.stop();
  }
  return counted;
}

/** Opens the store anew and tells in what it differs from the model. */
async function compare(dir: string, model: Map<string, string>) {
  const disk = new ClassicLevel(dir);
  await openOrExplain(disk, dir);
  const wrong = { lost: 0, resurrected: 0, 'with another value': 0 };
  let entries = 0;
  for await (const [word, value] of disk.iterator()) {
    const expected = model.get(word);
    if (expected === undefined) {
      wrong.resurrected++;
    } else if (expected !== value) {
      wrong['with another value']++;
    }
    entries++;
  }
  wrong.lost = model.size - (entries - wrong.resurrected);
  await disk.close();
  return { entries, wrong };
}

/** A whole number from 0 to below `n`. */
type Random = (n: number) => number;

/** Marsaglia's xorshift, 32 bits: the same numbers for the same seed. */
function random(seed: number): Random {
  let state = seed | 0 || 1;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

function shuffled(words: string[], draw: Random): string[] {
  for (let i = words.length - 1; i > 0; i--) {
    const j = draw(i + 1);
    [words[i], words[j]] = [words[j], words[i]];
  }
  return words;
}

/** A progress bar on standard error, where that is a terminal. */
class Bar {
  readonly #bar = new SingleBar({
    stream: process.stderr,
    format: 'writing [{bar}] {percentage}% of {total} operations, {eta_formatted} left',
    clearOnComplete: true,
    // It would take Ctrl-C for itself.
    gracefulExit: false,
  });

  constructor(total: number) {
    if (process.stderr.isTTY) this.#bar.start(total, 0);
  }

  /** Often called, seldom drawn: it looks at the clock, which takes longer than an operation. */
  update(done: number): void {
    if (this.#bar.isActive && done % 1024 === 0) this.#bar.update(done);
  }

  stop(): void {
    this.#bar.stop();
  }
}

// --- Options

interface Options {
  operations: number;
  writeBuffer: number;
  seed: number;
  dir: string | undefined;
}

/** @returns `undefined` where only help is asked for */
function parse(args: string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        operations: { type: 'string', default: '500000' },
        'write-buffer': { type: 'string', default: String(4 << 20) },
        seed: { type: 'string', default: '1' },
        dir: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return undefined;
    return {
      operations: wholeNumber('operations', values.operations),
      writeBuffer: wholeNumber('write-buffer', values['write-buffer']),
      seed: wholeNumber('seed', values.seed),
      dir: values.dir,
    };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${(error as Error).message}\nTry --help.`);
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new UserError(`--${option} must be a whole number, but got '${text}'`);
  return Number(text);
}

function makeEmptyDirectory(dir: string): void {
  let names: string[];
  try {
    mkdirSync(dir, { recursive: true });
    names = readdirSync(dir);
  } catch (error) {
    throw inWords(`use the directory ${dir}`, error);
  }
  // What is there already would be taken for what the run has written.
  if (names.length > 0) throw new UserError(`the directory ${dir} is not empty: name another, or none`);
}

async function openOrExplain(disk: { open(): Promise<void> }, dir: string): Promise<void> {
  try {
    await disk.open();
  } catch (error) {
    const { cause, message } = error as Error;
    throw new UserError(
      `cannot open a LevelDB in ${dir}: ${cause instanceof Error ? cause.message : message}`,
    );
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`leveldb-flush: ${error.message}`);
  process.exitCode = 1;
}

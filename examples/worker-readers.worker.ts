// The threads of worker-readers.ts: a writer, which puts lines and says which batch is in, and readers, which scan for ever.
import { parentPort, workerData } from 'node:worker_threads';
import { DB, LockTimeoutError, type DBHandle } from 'flat-memdb';
import { entryOf } from './support/entries.js';

/** What a thread is started with. */
export interface Job {
  readonly role: 'writer' | 'reader';
  readonly handle: DBHandle;
  /** Of a reader. */
  readonly statistics: SharedArrayBuffer | undefined;
  readonly scan: number;
}

/** What the writer is handed, in the order of the numbers. */
export interface Batch {
  readonly number: number;
  /** Number of the first line in its file. */
  readonly first: number;
  readonly file: string;
  readonly lines: readonly Uint8Array[];
}

// Words of a reader's statistics.
export const SCANS = 0;
export const ENTRIES = 1;
/** Of one scan, in microseconds. */
export const LONGEST = 2;
export const STATISTICS_WORDS = 3;

const NOBODY = new Int32Array(new SharedArrayBuffer(4));

function write(db: DB): void {
  parentPort!.on('message', ({ number, first, file, lines }: Batch) => {
    lines.forEach((line, i) => {
      db.put(...entryOf(Buffer.from(line.buffer, line.byteOffset, line.length), file, first + i));
    });
    parentPort!.postMessage(number);
  });
}

function read(db: DB, { scan, statistics }: Job): never {
  const words = new Int32Array(statistics!);
  for (;;) {
    try {
      if (!scanOnce(db, scan, words)) Atomics.wait(NOBODY, 0, 0, 1); // There is nothing yet.
    } catch (error) {
      // Somebody died with the lock. Whoever started us will call recover.
      if (!(error instanceof LockTimeoutError)) throw error;
    }
  }
}

/** Some entries from a random one on, which must come in order. @returns whether there are any */
function scanOnce(db: DB, most: number, words: Int32Array): boolean {
  const began = performance.now();
  const { length } = db;
  if (length === 0) return false;
  const from = db.at(Math.floor(Math.random() * length));
  if (from === undefined) return true;
  let last: Uint8Array | undefined;
  let count = 0;
  for (const [key] of db.entries({ start: from[0] })) {
    if (last !== undefined && Buffer.compare(last, key) >= 0) throw new Error('a scan went backwards');
    last = key;
    if (++count === most) break;
  }
  Atomics.add(words, SCANS, 1);
  Atomics.add(words, ENTRIES, count);
  const took = Math.round((performance.now() - began) * 1000);
  if (took > words[LONGEST]) Atomics.store(words, LONGEST, took);
  return true;
}

if (parentPort !== null) {
  const job = workerData as Job;
  const db = DB.attach(job.handle);
  if (job.role === 'writer') write(db);
  else read(db, job);
}

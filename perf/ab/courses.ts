// What is measured, as courses: a course is a row, or several in turn on one table, and goes in steps, which both sides
// take by turns. Like loops.ts, this file is loaded by each side for itself.
import type * as FlatMemDB from 'flat-memdb';
import type { DB, Range } from 'flat-memdb';
import type { Data } from './data.js';
import type { Entry } from './loops.js';
import type * as LoopsOf from './loops.js';
import type { Group } from './rows.js';

export type Library = typeof FlatMemDB;
type Loops = typeof LoopsOf;

export interface Step {
  /** The row that the step belongs to. */
  row: string;
  ops: number;
  /** @returns what it met */
  run(): number;
}

export interface Course {
  rows: string[];
  /** The row that is all of them together. */
  whole?: string;
  /** The steps change the table, so each pass needs one of its own. */
  isFresh: boolean;
  /** Makes what the steps work on; that is not timed. */
  open(): Step[];
  /** What all steps together meet, where it is known. */
  met: number | undefined;
}

/** Operations of a step, which takes some milliseconds then: noise that lasts longer meets both sides. */
const STEP_OPS = 10_000;
/** A step of a scan takes less. */
const STEP_SCAN_OPS = 100_000;
/** Point rows use so many keys of a large table. */
const MAX_LOOKUPS = 100_000;
const COUNTS = 10_000;
const BATCH = 1000;
const RANGES = 16;
/** The prefixes of `entries` have so many entries at least, where the table has. */
const PREFIX_ENTRIES = 100;

/** The courses of one side. */
export class Courses {
  readonly #library: Library;
  readonly #loops: Loops;
  readonly #data: Data;
  readonly #n: number;
  #table: DB | undefined;

  constructor(library: Library, loops: Loops, data: Data) {
    this.#library = library;
    this.#loops = loops;
    this.#data = data;
    this.#n = data.random.length;
  }

  of(group: Group): Course[] {
    const data = this.#data;
    switch (group) {
      case 'points':
        return this.#points();
      case 'scans':
        return this.#scans();
      case 'changes':
        return this.#changes();
      case 'fills':
        return this.#fills();
      case 'life':
        return [this.#life(group, data.random, this.#loops.fillRandom)];
      case 'life-ascending':
        return [this.#life(group, data.sorted, this.#loops.fillAscending)];
      case 'life-memtable':
        return [this.#memTableLife()];
    }
  }

  /** Rows that only read share a table: from now on, a new one. It depends on luck where in memory that comes to lie. */
  renew(): void {
    this.#table = undefined;
  }

  #points(): Course[] {
    const loops = this.#loops;
    const lookups = Math.min(this.#n, MAX_LOOKUPS);
    const present = this.#data.shuffled.slice(0, lookups);
    const absent = this.#data.misses.slice(0, lookups);
    const weight = this.#weight(present);
    const point = (row: string, met: number | undefined, run: (db: DB, from: number, to: number) => number) =>
      this.#onTable(row, met, (db) => steps(row, lookups, (from, to) => run(db, from, to)));
    const bySeek = (row: string, met: number | undefined, keys: Uint8Array[], loop: Loops['seek']) =>
      this.#onTable(row, met, (db) => {
        const cursor = db.iterator();
        return steps(row, lookups, (from, to) => loop(db, cursor, keys, from, to));
      });
    return [
      point('get', lookups, (db, from, to) => loops.get(db, present, from, to)),
      point('get-absent', lookups, (db, from, to) => loops.getAbsent(db, absent, from, to)),
      point('has', lookups, (db, from, to) => loops.has(db, present, from, to)),
      point('has-absent', lookups, (db, from, to) => loops.hasAbsent(db, absent, from, to)),
      point('find', weight, (db, from, to) => loops.find(db, present, from, to)),
      bySeek('seek', weight, present, loops.seek),
      bySeek('seek-absent', undefined, absent, loops.seekAbsent),
      bySeek('around', weight, present, loops.around),
      this.#count(),
      this.#getMany(present),
    ];
  }

  #count(): Course {
    const { sorted } = this.#data;
    const n = this.#n;
    const ranges: Range[] = [];
    let met = 0;
    for (let i = 0; i < COUNTS; i++) {
      // A prime, so that the ranges lie all over the table.
      const start = (i * 7_368_787) % n;
      const limit = Math.floor(start + ((n - start) * (i % 10)) / 10);
      ranges.push({ start: sorted[start], limit: sorted[limit] });
      met += limit - start;
    }
    return this.#onTable('count', met, (db) =>
      steps('count', ranges.length, (from, to) => this.#loops.count(db, ranges, from, to)),
    );
  }

  #getMany(keys: Uint8Array[]): Course {
    const batches = inBatches(keys, BATCH);
    return this.#onTable('getmany', keys.length, (db) =>
      batchSteps('getmany', batches, (from, to) => this.#loops.getMany(db, batches, from, to)),
    );
  }

  #scans(): Course[] {
    const loops = this.#loops;
    // The round ends where it began, so each round meets the same.
    const passes = Math.max(2, 2 * Math.round(STEP_SCAN_OPS / this.#n));
    const ops = passes * this.#n;
    const met = passes * this.#weight(this.#data.random);
    const scan = (row: string, run: (db: DB, cursor: ReturnType<DB['iterator']>, steps: number) => number) =>
      this.#onTable(row, met, (db) => {
        const cursor = db.iterator();
        return steps(row, ops, (from, to) => run(db, cursor, to - from), STEP_SCAN_OPS);
      });
    return [
      scan('scan', loops.scan),
      scan('scan-reverse', loops.scanReverse),
      scan('scan-views', (_, cursor, steps) => loops.scanViews(cursor, steps)),
      this.#entries(),
    ];
  }

  #entries(): Course {
    const { sorted } = this.#data;
    const ranges: Range[] = [];
    let [ops, met] = [0, 0];
    for (let i = 0; ops < STEP_SCAN_OPS / 4 || i % (2 * RANGES) !== 0; i++) {
      const at = Math.floor((((i % RANGES) + 0.5) * this.#n) / RANGES);
      const [from, to] = prefixAround(sorted, at);
      ranges.push({ start: sorted[from], limit: sorted[to] });
      ops += to - from;
      met += this.#weight(sorted.slice(from, to));
    }
    const half = ranges.length / 2;
    return this.#onTable('entries', met, (db) =>
      [0, half].map((from) => ({
        row: 'entries',
        ops: ops / 2,
        run: () => this.#loops.entries(db, ranges, from, from + half),
      })),
    );
  }

  #changes(): Course[] {
    const loops = this.#loops;
    const n = this.#n;
    const { shuffled, misses, sorted } = this.#data;
    const lookups = Math.min(n, MAX_LOOKUPS);
    const quarter = n >> 2;
    const ranges = [1, 2].map((i) => ({ start: sorted[i * quarter], limit: sorted[(i + 1) * quarter] }));
    const rest = [...sorted.slice(0, quarter), ...sorted.slice(3 * quarter)];
    return [
      this.#onFresh(['overwrite', 'put-delete', 'delete'], 2 * lookups + n, (db) => [
        ...steps('overwrite', lookups, (from, to) => loops.overwrite(db, shuffled, from, to)),
        ...steps('put-delete', lookups, (from, to) => loops.putAndDelete(db, misses, from, to)),
        ...steps('delete', n, (from, to) => loops.deleteRandom(db, shuffled, from, to)),
      ]),
      this.#onFresh(['delete-range', 'delete-ascending'], n, (db) => [
        ...ranges.map((range) => ({ row: 'delete-range', ops: quarter, run: () => db.deleteRange(range) })),
        ...steps('delete-ascending', rest.length, (from, to) => loops.deleteAscending(db, rest, from, to)),
      ]),
    ];
  }

  #fills(): Course[] {
    const loops = this.#loops;
    const n = this.#n;
    const { random, sorted } = this.#data;
    const some = inBatches(random.map(withValue(loops.VALUE)), BATCH);
    const whole = [some.flat()];
    const ascending = inBatches(sorted.map(withValue(loops.VALUE)), BATCH);
    const fill = (row: string, open: (db: DB) => Step[]): Course => ({
      rows: [row],
      isFresh: true,
      met: n,
      open: () => open(new this.#library.DB()),
    });
    const many = (row: string, batches: Entry[][]) =>
      fill(row, (db) => batchSteps(row, batches, (from, to) => loops.putMany(db, batches, from, to)));
    return [
      fill('fill', (db) => steps('fill', n, (from, to) => loops.fillRandom(db, random, from, to))),
      fill('fill-ascending', (db) =>
        steps('fill-ascending', n, (from, to) => loops.fillAscending(db, sorted, from, to)),
      ),
      many('putmany', whole),
      many('putmany-1000', some),
      many('putmany-ascending', ascending),
    ];
  }

  #life(whole: string, keys: Uint8Array[], fill: Loops['fillRandom']): Course {
    const loops = this.#loops;
    const n = this.#n;
    const { shuffled, misses } = this.#data;
    const sought = shuffled.filter((_, i) => i % 10 === 0);
    const rows = ['fill', 'get', 'miss', 'seek', 'scan'].map((part) => `${whole}-${part}`);
    const open = () => {
      const db = new this.#library.DB();
      const [seeker, scanner] = [db.iterator(), db.iterator()];
      return [
        ...steps(rows[0], n, (from, to) => fill(db, keys, from, to)),
        ...steps(rows[1], n, (from, to) => loops.get(db, shuffled, from, to)),
        ...steps(rows[2], n, (from, to) => loops.getAbsent(db, misses, from, to)),
        ...steps(rows[3], sought.length, (from, to) => loops.seek(db, seeker, sought, from, to)),
        ...steps(rows[4], n, (from, to) => loops.scan(db, scanner, to - from), STEP_SCAN_OPS),
      ];
    };
    return { rows, whole, isFresh: true, open, met: 3 * n + this.#weight(sought) + this.#weight(keys) };
  }

  #memTableLife(): Course {
    const loops = this.#loops;
    const n = this.#n;
    const whole = 'life-memtable';
    const { random, shuffled, misses } = this.#data;
    const rows = ['add', 'get', 'miss', 'scan'].map((part) => `${whole}-${part}`);
    const open = () => {
      const table = new this.#library.MemTable();
      const scanner = table.iterator();
      return [
        ...steps(rows[0], n, (from, to) => loops.addVersions(table, random, from, to)),
        ...steps(rows[1], n, (from, to) => loops.getVersions(table, shuffled, from, to)),
        ...steps(rows[2], n, (from, to) => loops.missVersions(table, misses, from, to)),
        ...steps(rows[3], n, (from, to) => loops.scanVersions(table, scanner, to - from), STEP_SCAN_OPS),
      ];
    };
    // Sequence number and type are eight bytes of the key.
    return { rows, whole, isFresh: true, open, met: 3 * n + this.#weight(random) + 8 * n };
  }

  /** A row on the table that all rows of a process read. */
  #onTable(row: string, met: number | undefined, open: (db: DB) => Step[]): Course {
    return { rows: [row], isFresh: false, met, open: () => open((this.#table ??= this.#filled())) };
  }

  #onFresh(rows: string[], met: number, open: (db: DB) => Step[]): Course {
    return { rows, isFresh: true, met, open: () => open(this.#filled()) };
  }

  /** A table that was filled in random order and looked into: what a first lookup makes is there. */
  #filled(): DB {
    const db = new this.#library.DB();
    this.#loops.fillRandom(db, this.#data.random, 0, this.#n);
    this.#loops.has(db, this.#data.random, 0, this.#n);
    return db;
  }

  /** What reading the entries of these keys adds up to. */
  #weight(keys: readonly Uint8Array[]): number {
    const { VALUE, MARK } = this.#loops;
    return keys.reduce((sum, key) => sum + key.length + VALUE.length + MARK, 0);
  }
}

/** An even number of steps, so that each side goes first in half of them. */
function steps(row: string, ops: number, run: (from: number, to: number) => number, most = STEP_OPS): Step[] {
  const count = 2 * Math.ceil(ops / (2 * most));
  const bound = (i: number) => Math.floor((i * ops) / count);
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [bound(i), bound(i + 1)];
    return { row, ops: to - from, run: () => run(from, to) };
  });
}

/** The same for batches, which are not divided. */
function batchSteps(
  row: string,
  batches: readonly unknown[][],
  run: (from: number, to: number) => number,
): Step[] {
  const size = Math.max(1, Math.ceil(batches.length / 2));
  const most = Math.max(1, Math.min(size, STEP_OPS / BATCH));
  const all: Step[] = [];
  for (let from = 0; from < batches.length; from += most) {
    const to = Math.min(from + most, batches.length);
    const ops = batches.slice(from, to).reduce((sum, batch) => sum + batch.length, 0);
    all.push({ row, ops, run: () => run(from, to) });
  }
  return all;
}

function inBatches<T>(items: readonly T[], size: number): T[][] {
  const all: T[][] = [];
  for (let i = 0; i < items.length; i += size) all.push(items.slice(i, i + size));
  return all;
}

function withValue(value: Uint8Array): (key: Uint8Array) => Entry {
  return (key) => [key, value];
}

/** The keys around one that share its longest prefix which enough of them share: from and to. */
function prefixAround(sorted: readonly Uint8Array[], at: number): [from: number, to: number] {
  const key = sorted[at];
  let [from, to] = [0, sorted.length];
  for (let length = 1; length <= key.length; length++) {
    const shares = (i: number) => sorted[i].length >= length && sorted[i][length - 1] === key[length - 1];
    let [first, end] = [at, at + 1];
    while (first > from && shares(first - 1)) first--;
    while (end < to && shares(end)) end++;
    if (end - first < PREFIX_ENTRIES) break;
    [from, to] = [first, end];
  }
  return [from, to];
}

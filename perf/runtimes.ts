/*
 * What `npm run perf:runtimes` runs in Node, Bun and Deno: one course in each process, so that its first pass finds no
 * code compiled but that of the puts before it. Nothing here asks for anything that one of them lacks.
 */
import { DB, type DBIterator } from 'flat-memdb';
import { Random } from './random.js';
import { median } from './stats.js';

export const ENTRIES = 35_000;
const KEY_BYTES = 16;
const VALUE_BYTES = 100;
const PASSES = 12;
/** The last of them are warm. */
const WARM_PASSES = 7;

export const COURSES = ['get', 'positions', 'views', 'bare', 'touched', 'compiled'] as const;
/**
 * `get`, and scans by positions and through views; `bare`: as many views as a scan makes, without a DB. The others are the
 * scan through views again, after what may make its first pass slow was done before: `touched` has made objects of another
 * kind, so that the memory for young objects is no longer new to the process; `compiled` has also scanned another, small
 * DB in the same way for long enough.
 */
export type Course = (typeof COURSES)[number];

/** ns per operation in the first pass, and in a later one. */
export interface Figures {
  cold: number;
  warm: number;
}

export interface Measured {
  put: Figures;
  course: Figures;
  /** Pages of memory that the first pass was the first to touch, where that is told. */
  faults: number | undefined;
  read: number;
}

/** What is read adds up here and is told in the end, so that no engine may leave it out. */
let consumed = 0;

export async function measure(course: Course): Promise<Measured> {
  const random = new Random(1);
  const keys = random.shuffled(Array.from({ length: ENTRIES }, (_, i) => keyOf(2 * i)));
  const gets = random.shuffled(keys);
  const value = new Uint8Array(VALUE_BYTES).fill(7);
  let db = new DB();
  const put = times(() => {
    db = new DB();
    for (const key of keys) db.put(key, value);
  });
  const passes: Record<Course, () => void> = {
    get: () => {
      for (const key of gets) consumed += db.get(key)!.length;
    },
    positions: () => positions(db.iterator()),
    views: () => views(db.iterator()),
    bare: () => bare(db.kvData.buffer),
    touched: () => views(db.iterator()),
    compiled: () => views(db.iterator()),
  };
  if (course === 'touched' || course === 'compiled') touch();
  if (course === 'compiled') await compile(keys, value);
  const { process } = globalThis as { process?: { resourceUsage?(): { minorPageFault: number } } };
  const faults = () => process?.resourceUsage?.().minorPageFault;
  const before = faults();
  let first: number | undefined;
  const figures = times(() => {
    passes[course]();
    first ??= faults();
  });
  return {
    put,
    course: figures,
    faults: first !== undefined && before !== undefined ? first - before : undefined,
    read: consumed,
  };
}

function times(pass: () => void): Figures {
  const each = Array.from({ length: PASSES }, () => {
    const start = performance.now();
    pass();
    return ((performance.now() - start) * 1e6) / ENTRIES;
  });
  return { cold: each[0], warm: median(each.slice(-WARM_PASSES)) };
}

function positions(it: DBIterator): void {
  while (it.next()) consumed += it.valueStart - it.keyStart + it.valueEnd;
}

function views(it: DBIterator): void {
  while (it.next()) consumed += it.key!.length + it.value!.length;
}

function bare(buffer: ArrayBufferLike): void {
  let start = 0;
  for (let i = 0; i < ENTRIES; i++) {
    const key = new Uint8Array(buffer, start, KEY_BYTES);
    const value = new Uint8Array(buffer, start + KEY_BYTES, VALUE_BYTES);
    consumed += key.length + value.length;
    start += KEY_BYTES + VALUE_BYTES;
  }
}

/** Scans a small DB until the engine has compiled all that a scan calls, beside the program or not. */
async function compile(keys: readonly Uint8Array[], value: Uint8Array): Promise<void> {
  const db = new DB();
  for (const key of keys.slice(0, 500)) db.put(key, value);
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 100; j++) views(db.iterator());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Makes small objects that nothing keeps for long, many times as many as there is room for. */
function touch(): void {
  const kept: number[][] = [];
  for (let i = 0; i < 3_000_000; i++) kept[i & 63] = [i, i, i, i, i, i, i, i];
  consumed += kept.length;
}

function keyOf(number: number): Uint8Array {
  return new TextEncoder().encode(String(number).padStart(KEY_BYTES, '0'));
}

// npm run perf:readers -- [--entries 35000,500000]: a MemTable that threads share, next to a local one, in one thread; and how fast another
// thread reads it, with and without a writer that never pauses. Keys of 16 bytes in random order, values of 100 bytes. The last
// column of gets says what a hash index in shared memory could gain at most: it is that of the writer's own.
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { MemTable, ValueType, type MemTableHandle } from 'flat-memdb';

const ROUNDS = 5;
const SECONDS = 2;
const VALUE = new Uint8Array(100).fill(7);
/** Entries that a writer adds meanwhile, at most, for each of those that there are at first, and besides. */
const MORE = 4;
const LEAST_MORE = 4_000_000;
const ENTRY_BYTES = 16 + 8 + 100;

// Words by which the two threads tell each other when to begin and to end.
const BEGIN = 0;
const END = 1;
const SIGNS = 2;

/** Scattered over all keys, so that each is new. */
function keyOf(n: number, key: Uint8Array): Uint8Array {
  new DataView(key.buffer, key.byteOffset).setBigUint64(
    0,
    BigInt.asUintN(64, BigInt(n) * 0x9e3779b97f4a7c15n),
  );
  return key;
}

const keys = (count: number) => Array.from({ length: count }, (_, n) => keyOf(n, new Uint8Array(16)));

function fill(table: MemTable, all: readonly Uint8Array[]): MemTable {
  for (let n = 0; n < all.length; n++) table.add(n, ValueType.Value, all[n], VALUE);
  return table;
}

/** @returns nanoseconds for each of the items, the least of some rounds */
function time<T>(count: number, prepare: () => T, work: (subject: T) => void): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const subject = prepare();
    const begin = process.hrtime.bigint();
    work(subject);
    least = Math.min(least, Number(process.hrtime.bigint() - begin) / count);
  }
  return least;
}

function inOneThread(all: readonly Uint8Array[]): void {
  const count = all.length;
  const maxCapacity = count * ENTRY_BYTES;
  const forms = {
    local: () => new MemTable({ capacity: maxCapacity }),
    shared: () => MemTable.create({ shared: true, maxCapacity }),
  };
  const get = (table: MemTable) => {
    // In an order of their own.
    for (let n = 0, i = 0; n < count; n++, i = (i + 7919) % count) table.get(all[i]);
  };
  const row = (name: string, add: number, gets: number[]) =>
    console.log(
      `${name.padEnd(28)} add ${add.toFixed(0)} ns, get ${gets.map((ns) => ns.toFixed(0)).join(' / ')} ns`,
    );
  for (const [name, make] of Object.entries(forms)) {
    const add = time(count, make, (table) => fill(table, all));
    const table = fill(make(), all);
    const gets = [time(count, () => table, get)];
    if (name === 'shared') gets.unshift(time(count, () => MemTable.attach(table.handle), get));
    row(name === 'shared' ? 'shared, a reader / its writer' : name, add, gets);
  }
}

async function inTwoThreads(all: readonly Uint8Array[]): Promise<void> {
  const most = all.length * MORE + LEAST_MORE;
  const table = fill(
    MemTable.create({ shared: true, maxCapacity: Math.min(most * ENTRY_BYTES, 2 ** 31 - 1) }),
    all,
  );
  const signs = new Int32Array(new SharedArrayBuffer(SIGNS * Int32Array.BYTES_PER_ELEMENT));
  const reader = new Worker(new URL(import.meta.url), {
    workerData: { handle: table.handle, signs, count: all.length },
  });
  await once(reader, 'message');
  let sequence = all.length;
  const key = new Uint8Array(16);
  for (const isBusy of [false, true]) {
    const result = once(reader, 'message');
    const from = sequence;
    signs.fill(0);
    Atomics.store(signs, BEGIN, 1);
    Atomics.notify(signs, BEGIN);
    const end = Date.now() + SECONDS * 1000;
    if (isBusy) {
      do {
        for (let n = 0; n < 1000; n++, sequence++)
          table.add(sequence, ValueType.Value, keyOf(sequence, key), VALUE);
      } while (Date.now() < end);
    } else {
      Atomics.wait(signs, END, 0, SECONDS * 1000);
    }
    Atomics.store(signs, END, 1);
    const [{ gets, longest }] = (await result) as [{ gets: number; longest: number }];
    console.log(
      `${isBusy ? 'beside a busy writer' : 'no writer'}: ${(gets / SECONDS / 1000).toFixed(0)} thousand gets a second, the longest took ` +
        `${longest.toFixed(1)} ms; ${((sequence - from) / SECONDS / 1000).toFixed(0)} thousand adds a second`,
    );
  }
  await reader.terminate();
}

function readerMain({
  handle,
  signs,
  count,
}: {
  handle: MemTableHandle;
  signs: Int32Array;
  count: number;
}): void {
  const table = MemTable.attach(handle);
  const all = keys(count);
  for (const key of all) table.get(key);
  parentPort!.postMessage('ready');
  for (;;) {
    Atomics.wait(signs, BEGIN, 0);
    let gets = 0;
    let longest = 0;
    let last = performance.now();
    for (let i = 0; Atomics.load(signs, END) === 0; gets++, i = (i + 7919) % count) {
      if (table.get(all[i]) === undefined) throw new Error(`key ${i} is missing`);
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
    signs[BEGIN] = 0;
    parentPort!.postMessage({ gets, longest });
  }
}

if (isMainThread) {
  const { values } = parseArgs({ options: { entries: { type: 'string', default: '35000,500000' } } });
  for (const entries of values.entries.split(',').map(Number)) {
    console.log(`${entries.toLocaleString('en')} entries`);
    const all = keys(entries);
    inOneThread(all);
    await inTwoThreads(all);
  }
} else {
  readerMain(workerData as Parameters<typeof readerMain>[0]);
}

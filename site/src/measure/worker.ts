/*
 * Measures in a thread of its own, so that the page goes on. Contestants take turns; what they read must agree.
 */
import { MOST, NAMES, make, type Data, type Name, type Store } from './contestants.js';
import { ROWS, type Order, type Report, type Row } from './protocol.js';

/** Operations of each kind in a life, at least: of small stores, several are filled, since clocks of pages are coarse. */
const LEAST = 30_000;

const report = (message: Report) => postMessage(message);

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  try {
    measure(data);
  } catch (error) {
    report({ kind: 'failed', message: String(error) });
  }
});

interface Work {
  strings: Data<string>;
  bytes: Data<Uint8Array>;
  /** In which order entries are asked for. */
  asked: Uint32Array;
}

function workOf(entries: number): Work {
  const keys = Array.from({ length: entries }, (_, i) => `user:${String(i * 7).padStart(11, '0')}`);
  shuffle(keys, 1);
  const values = keys.map((_, i) => `value ${i}`);
  const strings = { keys, values, missed: keys.map((key) => `${key}!`) };
  const encoder = new TextEncoder();
  const encoded = (texts: string[]) => texts.map((text) => encoder.encode(text));
  const bytes = { keys: encoded(keys), values: encoded(values), missed: encoded(strings.missed) };
  const asked = Uint32Array.from(keys, (_, i) => i);
  shuffle(asked, 2);
  return { strings, bytes, asked };
}

function measure({ entries, rounds }: Order): void {
  const names = NAMES.filter((name) => entries <= (MOST[name] ?? Infinity));
  const work = workOf(entries);
  const times = new Map<string, number[]>();
  // The first life of each is not counted: code is compiled in it.
  const lives = (rounds + 1) * names.length;
  let done = 0;
  let sums: string | undefined;
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const { took, read } = live(name, work);
      sums ??= read;
      if (read !== sums)
        throw new Error(`${name} read something else than ${names[0]}: ${read} instead of ${sums}`);
      if (round > 0) {
        for (const row of ROWS) {
          const id = `${name} ${row}`;
          times.set(id, [...(times.get(id) ?? []), took[row]]);
        }
      }
      report({ kind: 'progress', part: ++done / lives, name });
    }
  }
  const rows = ROWS.map((row) => ({
    row,
    nanoseconds: Object.fromEntries(names.map((name) => [name, median(times.get(`${name} ${row}`)!)])),
  }));
  report({
    kind: 'done',
    entries,
    rounds,
    names,
    rows,
    leftOut: NAMES.filter((name) => !names.includes(name)),
  });
}

/** One life of a store, or of several small ones. @returns nanoseconds an operation, and sums over what was read */
function live(name: Name, { strings, bytes, asked }: Work): { took: Record<Row, number>; read: string } {
  const n = asked.length;
  const starts = asked.subarray(0, Math.ceil(n / 10));
  const stores = Array.from({ length: Math.ceil(LEAST / n) }, () => make(name, strings, bytes));
  const took = {} as Record<Row, number>;
  const timed = (row: Row, operations: number, work: (store: Store) => number) => {
    let sum = 0;
    const from = performance.now();
    for (const store of stores) sum += work(store);
    took[row] = ((performance.now() - from) * 1e6) / (operations * stores.length);
    return sum;
  };
  const read = [
    timed('put', n, (store) => {
      for (let i = 0; i < n; i++) store.put(i);
      return store.size;
    }),
    timed('get', n, (store) => {
      let sum = 0;
      for (const i of asked) sum += store.get(i);
      return sum;
    }),
    timed('miss', n, (store) => {
      let sum = 0;
      for (const i of asked) sum += store.miss(i);
      return sum;
    }),
    timed('scan of 10', starts.length, (store) => {
      let sum = 0;
      for (const from of starts) sum += store.scan(from, 10);
      return sum;
    }),
    timed('scan of all', n, (store) => store.scanAll()),
    timed('delete', n, (store) => {
      let sum = 0;
      for (const i of asked) sum += store.delete(i) ? 1 : 0;
      return sum + store.size;
    }),
  ];
  return { took, read: read.join(' ') };
}

function median(values: number[]): number {
  const sorted = values.slice().sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Into an order that is the same for everybody. */
function shuffle<T>(items: { length: number; [i: number]: T }, seed: number): void {
  let state = seed * 0x9e3779b9;
  for (let i = items.length - 1; i > 0; i--) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    const j = ((state ^ (state >>> 13)) >>> 0) % (i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
}

// What a map takes whose entries nobody else keeps, and how long a program that works on is stopped while it is held.
import { PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { Random } from '../random.js';
import { openContestant } from './contestants.js';
import type { Passes } from './passes.js';
import { keyOf, Scattered, type Columns } from './data.js';
import type { Job, Memory } from './protocol.js';

/** As Node notes one. */
type Collection = PerformanceEntry & { detail: { kind: number } };

/** What Node calls a collection of the whole heap. */
const MAJOR = 4;
/** The program works on until the collector went through the whole heap so often, but not longer than this many times as long. */
const COLLECTIONS = 3;
const AT_MOST_TIMES = 3;
/** Messages that the program keeps, the newest ones, and operations in a turn of the event loop. */
const MESSAGES = 20_000;
const IN_A_TURN = 50;
/** Of so many operations, one sets a value. */
const SET_EVERY = 4;

export async function measureMemory<V>({ holder, n, work }: Job, columns: Columns<V>): Promise<Memory> {
  const map = holder === 'nothing' ? undefined : (await openContestant(holder, columns))();
  const numbers = new Scattered(n);
  // A process that makes so many keys and values has a young generation of its own, whoever keeps them: it is no part of a map.
  let made = 0;
  for (let i = 0; i < n; i++) {
    const number = numbers.at(i);
    made += keyOf(number).length + columns.weigh(columns.value(number));
  }
  if (made === 0) throw new Error('Keys and values are empty.');
  await settle();
  const before = process.memoryUsage();
  if (map !== undefined) {
    for (let i = 0; i < n; i++) {
      const number = numbers.at(i);
      map.put(keyOf(number), columns.value(number));
    }
  }
  await settle();
  const after = process.memoryUsage();
  const memory: Memory = {
    heap: (after.heapUsed - before.heapUsed) / n,
    resident: (after.rss - before.rss) / n,
  };
  if (work > 0) Object.assign(memory, await workOn(map, n, columns, work * 1000));
  // So that it is held until here.
  if (map !== undefined && map.find(keyOf(0)) === undefined) throw new Error(`${holder} has lost an entry.`);
  return memory;
}

async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Reads messages, looks users up, and now and then changes one; in turns of the event loop, whose lengths are noted. */
async function workOn<V>(map: Passes<V> | undefined, n: number, columns: Columns<V>, ms: number) {
  const random = new Random(20250304);
  const message = JSON.stringify({
    from: 'somebody',
    to: 'someone',
    at: 1,
    samples: Array.from({ length: 100 }, (_, i) => i / 2),
  });
  const kept: unknown[] = new Array<undefined>(MESSAGES).fill(undefined);
  const lengths: number[] = [];
  let operations = 0;
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if ((entry as Collection).detail.kind === MAJOR) collections++;
  });
  observer.observe({ entryTypes: ['gc'] });
  const turn = () => {
    for (let i = 0; i < IN_A_TURN; i++) {
      kept[operations % MESSAGES] = JSON.parse(message);
      const number = random.below(n);
      map?.find(keyOf(number));
      if (operations % SET_EVERY === 0) map?.put(keyOf(number), columns.value(number));
      operations++;
    }
  };
  const began = performance.now();
  let last = began;
  const isOver = () => last - began > ms && (collections >= COLLECTIONS || last - began > AT_MOST_TIMES * ms);
  while (!isOver()) {
    turn();
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    lengths.push(now - last);
    last = now;
  }
  observer.disconnect();
  lengths.sort((a, b) => a - b);
  return {
    longest: lengths[lengths.length - 1],
    typical: lengths[lengths.length >> 1],
    collections,
    operations,
  };
}

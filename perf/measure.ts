// Measures the rows of one competitor, inside its own process. perf/go/bench.go follows the same rules.
import type { Competitor } from './competitors/competitor.js';
import { type KeyList, readKeyList, valueMaker } from './key-files.js';
import { dependentLoadLatency } from './latency.js';
import { type Job, MAX_REPETITIONS, type Message } from './protocol.js';
import { inMeasuringOrder, type Row } from './rows.js';
import { median, percentile } from './stats.js';

type Report = (message: Message) => void;

/** An overwrite brings other bytes than the put it replaces. */
const OVERWRITE_SHIFT = 50;
/** The collector runs before a row, and between repetitions after this many ms of measured work. */
const COLLECT_AFTER_MS = 10;

export async function runJob(competitor: Competitor, job: Job, report: Report): Promise<void> {
  if (job.task === 'memory') return measureMemory(competitor, job, report);
  await measureRows(competitor, job, job.warmFolder, job.warmMs, 1, () => {});
  await measureRows(competitor, job, job.folder, job.minMs, job.minReps, report);
}

async function measureRows(
  competitor: Competitor,
  job: Job,
  folder: string,
  minMs: number,
  minReps: number,
  report: Report,
): Promise<void> {
  const lists = new Lists(competitor, folder, job.valueBytes, report);
  /** What the store holds: the entries of the list `base`, perhaps with replaced values. */
  let base = '';
  let overwritten = false;

  const refill = async (name: string) => {
    const list = lists.use(name);
    await competitor.open(0);
    await competitor.fill(list.keys, lists.values(list.count));
    base = name;
    overwritten = false;
  };

  for (const row of inMeasuringOrder(job.rows)) {
    if (row.kind.includes('views') && competitor.scanViews === undefined) continue;
    const list = row.list === '' ? undefined : lists.use(row.list);
    const keys = list?.keys ?? [];
    const values =
      row.kind === 'fill' ? lists.values(keys.length) : lists.values(keys.length, OVERWRITE_SHIFT);
    const reserve = row.reserved || job.reserve ? (list?.bytes ?? 0) + keys.length * job.valueBytes : 0;
    const times: number[] = [];
    let total = 0;
    let uncollected = COLLECT_AFTER_MS;
    let sum: number;
    do {
      if (row.kind === 'fill') {
        await competitor.close();
        base = '';
      } else if (base !== row.base || (overwritten && row.kind !== 'delete')) {
        await refill(row.base);
        uncollected = COLLECT_AFTER_MS;
      }
      if (uncollected >= COLLECT_AFTER_MS) {
        collect();
        uncollected = 0;
      }
      // Opened after the collection, so that reserved room is as fresh as it is for a user.
      if (row.kind === 'fill') await competitor.open(reserve);
      const start = performance.now();
      const result = pass(competitor, row, keys, values);
      sum = typeof result === 'number' ? result : await result;
      const elapsed = performance.now() - start;
      if (row.kind === 'fill') [base, overwritten] = [row.list, false];
      if (row.kind === 'overwrite') overwritten = true;
      if (row.kind === 'delete') base = '';
      times.push(elapsed);
      total += elapsed;
      uncollected += elapsed;
    } while ((total < minMs || times.length < minReps) && times.length < MAX_REPETITIONS);
    const ops = keys.length || lists.use(row.base).count;
    report({ row: row.id, ns: (median(times) * 1e6) / ops, reps: times.length, ops, sum });
  }
  await competitor.close();
}

function pass(
  competitor: Competitor,
  row: Row,
  keys: unknown[],
  values: Uint8Array[],
): Promise<number> | number {
  switch (row.kind) {
    case 'fill':
    case 'overwrite':
      return competitor.fill(keys, values);
    case 'get':
      return competitor.get(keys);
    case 'seek':
      return competitor.seek(keys);
    case 'scan':
      return competitor.scan(false);
    case 'scan-reverse':
      return competitor.scan(true);
    case 'scan-views':
      return competitor.scanViews!(false);
    case 'scan-reverse-views':
      return competitor.scanViews!(true);
    case 'delete':
      return competitor.delete(keys);
  }
}

interface Loaded {
  keys: unknown[];
  count: number;
  bytes: number;
}

/** The key lists of a folder, kept while they may be needed again, and the values that go with them. */
class Lists {
  readonly #loaded = new Map<string, Loaded>();
  readonly #values = new Map<number, Uint8Array[]>();
  readonly #competitor: Competitor;
  readonly #folder: string;
  readonly #valueBytes: number;
  readonly #report: Report;

  constructor(competitor: Competitor, folder: string, valueBytes: number, report: Report) {
    this.#competitor = competitor;
    this.#folder = folder;
    this.#valueBytes = valueBytes;
    this.#report = report;
  }

  use(name: string): Loaded {
    let loaded = this.#loaded.get(name);
    if (loaded === undefined) {
      const list = readKeyList(this.#folder, name);
      this.#report({ list: name, hash: list.hash });
      loaded = { keys: this.#competitor.keys(list), count: list.count, bytes: list.bytes };
      this.#loaded.set(name, loaded);
    }
    return loaded;
  }

  values(count: number, shift = 0): Uint8Array[] {
    let values = this.#values.get(shift);
    if (values === undefined || values.length < count) {
      const make = valueMaker(this.#folder, this.#valueBytes, shift);
      values = Array.from({ length: count }, (_, i) => make(i));
      this.#values.set(shift, values);
    }
    return values;
  }
}

/** Fills a store with fresh keys and values, timing every put, to see what it holds; then with given ones, to see where. */
async function measureMemory(competitor: Competitor, job: Job, report: Report): Promise<void> {
  const warm = readKeyList(job.warmFolder, 'random');
  const makeValue = valueMaker(job.folder, job.valueBytes);
  await competitor.open(0);
  await competitor.fillTimed(warm.count, fresh(competitor, warm, makeValue), new Float64Array(warm.count));

  const list = readKeyList(job.folder, 'random');
  report({ list: 'random', hash: list.hash });
  const ms = new Float64Array(list.count);
  const refillAndWeigh = async (entry: Parameters<typeof competitor.fillTimed>[1]) => {
    await competitor.open(0);
    const before = await settledMemory();
    await competitor.fillTimed(list.count, entry, ms);
    const after = await settledMemory();
    return {
      heap: (after.heap - before.heap) / list.count,
      all: (after.all - before.all) / list.count,
      resident: (after.resident - before.resident) / list.count,
    };
  };

  // Kept, the keys and values would be two million objects, and the collector would walk over them in the middle of a put.
  const { all, resident } = await refillAndWeigh(fresh(competitor, list, makeValue));
  if (job.metrics.includes('memory')) {
    report({ metric: 'total-bytes', value: all });
    report({ metric: 'resident-bytes', value: resident });
  }
  if (job.metrics.includes('stall')) {
    ms.sort();
    report({ metric: 'stall-max', value: ms[ms.length - 1] });
    report({ metric: 'stall-p9999', value: percentile(ms, 0.9999) });
  }

  if (job.metrics.includes('memory')) {
    const keys = competitor.keys(list);
    const values = Array.from({ length: list.count }, (_, i) => makeValue(i));
    const { heap } = await refillAndWeigh((i) => ({ key: keys[i], value: values[i] }));
    report({ metric: 'heap-bytes', value: heap });
    // Stores that keep their index in objects have it on the heap, and nothing else of theirs is there: the keys
    // and values were there before.
    report({ metric: 'index-bytes', value: (competitor.indexBytes?.() ?? heap * list.count) / list.count });
  }
  const bytes = competitor.bufferBytes?.();
  if (job.metrics.includes('latency') && bytes !== undefined) {
    await competitor.close();
    report({ metric: 'working-set', value: bytes / 1e6 });
    report({ metric: 'load-latency', value: dependentLoadLatency(bytes) });
  }
}

function fresh(competitor: Competitor, list: KeyList, makeValue: (i: number) => Uint8Array) {
  return (i: number) => ({ key: competitor.freshKey(list, i), value: makeValue(i).slice() });
}

/** The JavaScript heap, that with all array buffers, and the process, once the collector has nothing more to take. */
async function settledMemory(): Promise<{ heap: number; all: number; resident: number }> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve)); // buffers are given back between tasks
  }
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { heap: heapUsed, all: heapUsed + arrayBuffers, resident: rss };
}

function collect(): void {
  if (globalThis.gc === undefined)
    throw new Error('Run with node --expose-gc: rows begin with a collected heap.');
  globalThis.gc();
}

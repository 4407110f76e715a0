// Lives of one store, inside its own process. perf/go/lives.go follows the same rules.
import type { Competitor } from '../competitors/competitor.js';
import { readKeyList, valueMaker } from '../key-files.js';
import { stopwatch } from '../stopwatch.js';
import type { Job, Message, Passed } from './protocol.js';
import type { LifeRow } from './rows.js';

type Report = (message: Message) => void;

export async function runJob(store: Competitor, job: Job, report: Report): Promise<void> {
  const isSmall = job.warmFolder === job.folder;
  const warm = new Lives(store, job, job.warmFolder, isSmall ? report : () => {});
  report({ warm: await warmUp(warm, job) });
  const measured = isSmall ? warm : new Lives(store, job, job.folder, report);
  for (let i = 0; i < job.lives; i++) report({ life: await measured.live() });
}

async function warmUp(warm: Lives, { rows, leastWarm, within, mostWarm }: Job): Promise<number> {
  let before = Infinity;
  for (let lives = 1; ; lives++) {
    const total = sumOfLife(rows, await warm.live());
    const isSteady = Math.abs(total / before - 1) <= within;
    if (lives >= mostWarm || (lives >= leastWarm && isSteady)) return lives;
    before = total;
  }
}

/** Milliseconds of the rows that count. */
export function sumOfLife(rows: readonly LifeRow[], life: Readonly<Record<string, Passed>>): number {
  let sum = 0;
  for (const { id, counts } of rows) if (counts && life[id] !== undefined) sum += life[id].ms;
  return sum;
}

class Lives {
  readonly #store: Competitor;
  readonly #rows: LifeRow[];
  readonly #keys = new Map<string, unknown[]>();
  readonly #values: Uint8Array[];

  constructor(store: Competitor, job: Job, folder: string, report: Report) {
    this.#store = store;
    this.#rows = job.rows;
    const valueOf = valueMaker(folder, job.valueBytes);
    let longest = 0;
    for (const { list: name } of job.rows) {
      if (name === '') continue;
      const list = readKeyList(folder, name);
      report({ list: name, hash: list.hash });
      this.#keys.set(name, store.keys(list));
      longest = Math.max(longest, list.count);
    }
    this.#values = Array.from({ length: longest }, (_, i) => valueOf(i));
    collect();
  }

  /** The collector takes what was dropped afterwards, outside of every row. */
  async live(): Promise<Record<string, Passed>> {
    const life: Record<string, Passed> = {};
    await this.#store.open(0);
    for (const row of this.#rows) {
      const keys = this.#keys.get(row.list) ?? [];
      const elapsed = stopwatch();
      const result = this.#pass(row, keys);
      const sum = typeof result === 'number' ? result : await result;
      life[row.id] = { ms: elapsed(), sum };
    }
    collect();
    return life;
  }

  #pass({ kind }: LifeRow, keys: unknown[]): Promise<number> | number {
    const store = this.#store;
    switch (kind) {
      case 'fill':
        return store.fill(keys, this.#values);
      case 'get':
        return store.get(keys);
      case 'seek':
        return store.seek(keys);
      case 'scan':
        return store.scan(false);
      case 'scan-views':
        return store.scanViews!(false);
      case 'delete':
        return store.delete(keys);
      case 'drop':
        return drop(store);
    }
  }
}

function drop(store: Competitor): Promise<number> | number {
  const closed = store.close();
  return closed === undefined ? 0 : closed.then(() => 0);
}

function collect(): void {
  if (globalThis.gc === undefined)
    throw new Error('Run with node --expose-gc: a life begins with a collected heap.');
  globalThis.gc();
}

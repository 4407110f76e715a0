// Lives of a map: it is filled, read and emptied. What counts is the time in which the process had a processor.
import { median } from '../stats.js';
import { stopwatch } from '../stopwatch.js';
import { openContestant, type ContestantId } from './contestants.js';
import { RANGE, type Passes } from './passes.js';
import { listsOf, type Columns, type Lists } from './data.js';
import { ROW_IDS, type Answer, type Job, type RowId, type Times } from './protocol.js';

/** Before anything counts, small maps are lived through for so long: the engine compiles meanwhile. */
const WARM_MS = 1500;
const WARM_ENTRIES = 35_000;
/** Of small maps, so many lives count; of larger ones, one. */
const LIVES = 7;
const SEED = 20250303;
/** A map that sorts all its keys does so in so many calls. */
const SORTED_CALLS = 3;

interface Life {
  times: Times;
  sums: Partial<Record<RowId, number>>;
}

export async function measureTimes<V>({ holder, n }: Job, columns: Columns<V>): Promise<Answer> {
  const id = holder as ContestantId;
  const open = await openContestant(id, columns);
  const small = listsOf(columns, Math.min(n, WARM_ENTRIES), SEED);
  const until = performance.now() + WARM_MS;
  do live(open, small, id);
  while (performance.now() < until);
  if (n > WARM_ENTRIES) return live(open, listsOf(columns, n, SEED), id);
  const lives = Array.from({ length: LIVES }, () => live(open, small, id));
  const times: Times = {};
  for (const row of ROW_IDS) {
    const all = lives.map((life) => life.times[row]).filter((time) => time !== undefined);
    if (all.length > 0) times[row] = median(all);
  }
  return { times, sums: lives[0].sums };
}

function live<V>(open: () => Passes<V>, lists: Lists<V>, id: ContestantId): Life {
  const life: Life = { times: {}, sums: {} };
  const { keys, values, present, missing, indexes, deleted } = lists;
  const ranges = id === 'map' ? lists.ranges.slice(0, SORTED_CALLS) : lists.ranges;
  globalThis.gc?.();
  const map = open();
  const row = (name: RowId, operations: number, pass: () => number | undefined) => {
    const time = stopwatch();
    const sum = pass();
    const ms = time();
    if (sum === undefined) return;
    life.times[name] = (ms * 1e6) / operations;
    life.sums[name] = sum;
  };
  row('set', keys.length, () => {
    map.set(keys, values);
    return keys.length;
  });
  row('get', present.length, () => map.get(present));
  row('has', present.length, () => map.has(present));
  row('miss', missing.length, () => map.get(missing));
  row('range', ranges.length * RANGE, () => map.range(ranges));
  row('at', indexes.length, () => map.at?.(indexes));
  row('rank', present.length, () => map.rank?.(present));
  row('iterate', keys.length, () => map.iterate());
  row('delete', deleted.length, () => map.delete(deleted));
  return life;
}

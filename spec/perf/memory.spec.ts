import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { liveBytes, takenOf, type Measured } from '../../perf/memory/limits.js';
import {
  alignedTable,
  jsonOf,
  missesOf,
  plotsOf,
  sectionsOf,
  withTables,
  type MemoryData,
} from '../../perf/memory/report.js';
import { callsOf, plan, SCENARIO_IDS, SCENARIOS, STORE_IDS } from '../../perf/memory/scenarios.js';
import { openStore, writeDigits } from '../../perf/memory/stores.js';
import { UsageError } from '../../perf/options.js';
import { textTable } from '../../perf/table.js';

const ROOT = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe('the plan', () => {
  const { jobs, leftOut } = plan({ quick: false });
  const job = (scenario: string, store: string) =>
    jobs.find((each) => each.scenario === scenario && each.store === store)!;

  test('has every scenario and store, but where that would take too long, and says who is missing', () => {
    for (const scenario of SCENARIO_IDS) {
      const stores = new Set(jobs.filter((each) => each.scenario === scenario).map(({ store }) => store));
      expect([scenario, ...stores]).toEqual([
        scenario,
        ...(scenario === 'window-1m' ? ['flat-memdb', 'goleveldb'] : STORE_IDS),
      ]);
    }
    expect(leftOut).toHaveLength(1);
    expect(leftOut[0]).toMatch(/^window-1m: .*memory-level.* left out/);
  });

  test('takes five runs where the longest call has a limit, or as many as asked for', () => {
    const times = (runs?: number) =>
      plan({ quick: false, runs, only: 'window-1m', competitors: 'flat-memdb' }).jobs.length;
    expect([times(), times(2)]).toEqual([5, 2]);
  });

  test('gives a tenth of a queue to all others, which one DB without compaction can hold', () => {
    expect(job('queue', 'flat-memdb')).toMatchObject({ turns: 50_000_000, load: 50_000_000 });
    expect(job('queue', 'memory-level')).toMatchObject({ turns: 5_000_000, load: 0 });
    for (const { kind, entries, turns, store } of jobs) {
      const puts = entries + (kind === 'delete' ? 0 : turns);
      if (store === 'flat-memdb-off') expect(puts * 116).toBeLessThan(2 ** 31);
    }
  });

  test('is a tenth with --quick, and deletes no more than was put', () => {
    const quick = plan({ quick: true });
    expect(quick.jobs.find(({ scenario }) => scenario === 'queue')).toMatchObject({ turns: 5_000_000 });
    expect(quick.jobs.find(({ kind }) => kind === 'delete')).toMatchObject({
      entries: 50_000,
      turns: 45_000,
    });
    expect(quick.jobs.every(({ turns }) => Number.isInteger(turns))).toBe(true);
  });

  test('is asked for by name, and names asked for are not left out', () => {
    const asked = plan({ quick: false, only: 'window-1m,queue', competitors: 'memory-level' });
    expect(asked.jobs.map(({ scenario, store }) => `${scenario} ${store}`)).toEqual([
      'window-1m memory-level',
      'queue memory-level',
    ]);
    expect(asked.leftOut).toEqual([]);
    expect(() => plan({ quick: false, only: 'windows' })).toThrow(UsageError);
    expect(() => plan({ quick: false, competitors: 'flat' })).toThrow('memory-level');
  });
});

test('keys are written without texts, and in the order of their numbers', () => {
  const key = new Uint8Array(16).fill(48);
  for (const number of [0, 9, 10, 60_009_999, 4_294_967_296, 9_999_999_999, 7]) {
    writeDigits(key, number);
    expect(Buffer.from(key).toString('latin1')).toBe(String(number).padStart(16, '0'));
  }
});

describe.each(['flat-memdb', 'flat-memdb-off'] as const)('%s', (id) => {
  test('puts, removes, and counts what it holds', async () => {
    const store = await openStore(id);
    for (let i = 0; i < 1000; i++) void store.put(i);
    for (let i = 0; i < 1000; i += 2) void store.remove(i);
    store.look!();
    expect(store.entries()).toBe(500);
    expect(store.garbage).toBe(500 * 116);
    expect(store.arrays!()).toBeLessThanOrEqual(store.arraysAtEnd!());
    expect(store.another!().entries()).toBe(0);
  });
});

const MB = 1e6;
function measured(change: Partial<Measured> = {}): Measured {
  const sample = { calls: 0, resident: 20 * MB, live: 10 * MB, arrays: 15 * MB };
  return {
    calls: 2000,
    ns: 300,
    longest: 5,
    empty: 50 * MB,
    highest: 28 * MB,
    collected: 19 * MB,
    live: 10 * MB,
    garbage: 3 * MB,
    excess: 2 ** 19,
    arrays: 23 * MB,
    loadNs: 400,
    samples: [sample, { ...sample, calls: 2000 }],
    ...change,
  };
}

describe('limits', () => {
  test('an entry of 116 bytes counts as 180', () => expect(liveBytes(50_000, 116)).toBe(9_000_000));

  test('tell which part of them is taken', () => {
    const taken = takenOf(measured(), true);
    expect(taken).toEqual({ resident: 0.5, arrays: 0.5, garbage: 0.5, queue: 0.75, longest: 0.25 });
  });

  test('hold at every moment: what was little for many entries is much for those that are left', () => {
    const fewer = { calls: 1000, resident: 28 * MB, live: 1 * MB, arrays: 19 * MB };
    const taken = takenOf(measured({ samples: [...measured().samples, fewer] }), false);
    expect(taken).toMatchObject({ resident: 1.4, arrays: 1, longest: undefined });
  });

  test('are for those who know', () => {
    const taken = takenOf(measured({ arrays: null, garbage: null, excess: null, loadNs: null }), false);
    expect(taken).toMatchObject({ arrays: undefined, garbage: undefined, queue: undefined });
  });
});

function data(own: Measured[]): MemoryData {
  return {
    date: '2025-01-02T03:04:05.000Z',
    command: 'npm run memory',
    seconds: 100,
    machine: { cpu: 'A', cores: 2, memoryGB: 8, system: 'linux/amd64', node: '20.0.0', go: 'go1.22' },
    versions: { 'flat-memdb': '1.0.0' },
    cells: [
      { scenario: 'window-1m', store: 'flat-memdb', runs: own },
      { scenario: 'queue', store: 'flat-memdb', runs: [measured({ highest: 80 * MB })] },
      { scenario: 'queue', store: 'goleveldb', runs: [measured({ arrays: null })] },
    ],
    leftOut: ['window-1m: others left out'],
    problems: [],
  };
}

describe('the report', () => {
  const found = data([30, 5, 10].map((longest) => measured({ longest, ns: 10 * longest })));
  const text = sectionsOf(found).map(textTable).join('\n');

  test('has the median of longest calls and of times, the most of memory, and says what is a tenth', () => {
    expect(text).toMatch(/flat-memdb +2,000 +100 +10\.0 +28\.0 +19\.0 +3\.00 +23\.0 +10\.0/);
    expect(text).toMatch(/goleveldb \(Go\) +2,000 \(a tenth\) +300 .* · +10\.0/);
  });

  test('says which limits do not hold', () => {
    expect(text).toMatch(/window-1m +50 % +50 % +50 % .* 50 %/);
    expect(text).toMatch(/queue +MISSED: 143 %/);
    expect(missesOf(found)).toEqual(['queue, resident: 143 % of what is allowed.']);
  });

  test('goes into a page in the place of the one before, again and again', () => {
    const page = 'before\n\n<!-- what npm run memory found -->\n\nold\n\n<!-- until here -->\n\nafter\n';
    const once = withTables(page, found);
    expect(once).toMatch(/^before\n\n[^]*`npm run memory`, 2025-01-02[^]*others left out[^]*after\n$/);
    expect(once).not.toContain('old');
    expect(withTables(once, found)).toBe(once);
    expect(() => withTables('no place', found)).toThrow('no place');
  });

  test('has tables with columns of one width', () => {
    const lines = alignedTable(sectionsOf(found)[0])
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines).toHaveLength(3);
  });

  test('keeps all figures', () => expect(JSON.parse(jsonOf(found))).toEqual(found));

  test('has plots for light and dark pages', () => {
    const plots = plotsOf(found);
    const names = ['window-1m', 'queue'].flatMap((id) => [`memory-${id}.svg`, `memory-${id}-dark.svg`]);
    expect([...plots.keys()]).toEqual(names);
    expect(plots.get('memory-queue.svg')).not.toMatch(/NaN|Infinity|undefined|<circle/);
    expect(plots.get('memory-queue.svg')).toContain('goleveldb (Go)');
  });
});

test('the published tables and plots are what their JSON gives', () => {
  const published = JSON.parse(read('perf/results/memory.json')) as MemoryData;
  const page = read('docs/memory.md');
  expect(withTables(page, published)).toBe(page);
  const plots = plotsOf(published);
  expect(plots.size).toBe(10);
  for (const [name, svg] of plots) expect({ name, svg: read(`perf/results/${name}`) }).toEqual({ name, svg });
});

test('a turn of a window is two calls', () => {
  expect(SCENARIOS.map(({ kind }) => callsOf(kind))).toEqual([2, 2, 1, 1, 2]);
});

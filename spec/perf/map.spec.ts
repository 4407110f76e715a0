import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTESTANT_IDS, openContestant } from '../../perf/map/contestants.js';
import type { Passes } from '../../perf/map/passes.js';
import { keyOf, listsOf, OBJECTS, Scattered, STRINGS, type Columns } from '../../perf/map/data.js';
import { HELP, parseMapOptions, plan } from '../../perf/map/plan.js';
import { ROW_IDS, type Holder, type Memory, type Times } from '../../perf/map/protocol.js';
import { jsonOf, missesOf, plotsOf, sectionsOf, withPlot, withTables } from '../../perf/map/report.js';
import { limitsOf, MapResults, type MapData } from '../../perf/map/results.js';
import { UsageError } from '../../perf/options.js';
import { barCharts, LIGHT } from '../../perf/svg.js';
import { textTable } from '../../perf/table.js';

const ROOT = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe('the plan', () => {
  const { jobs, leftOut } = plan(parseMapOptions({}));
  const holders = (n: number, what: string) => [
    ...new Set(jobs.filter((job) => job.n === n && job.what === what).map(({ holder }) => holder)),
  ];

  test('has every map with few entries, fewer maps with many, and says who is missing', () => {
    expect(holders(35_000, 'times')).toEqual([...CONTESTANT_IDS]);
    expect(holders(1_000_000, 'times')).toEqual(['ordered-map', 'sorted-btree', 'js-sdsl', 'map']);
    expect(holders(5_000_000, 'times')).toEqual(['ordered-map', 'sorted-btree']);
    expect(leftOut).toEqual([
      '1,000,000 entries: functional-red-black-tree left out, for time.',
      '5,000,000 entries: js-sdsl, functional-red-black-tree, map left out, for time.',
    ]);
  });

  test('measures memory of large maps, and pauses with and without one', () => {
    expect(holders(35_000, 'memory')).toEqual([]);
    expect(holders(5_000_000, 'memory')).toEqual(['nothing', 'ordered-map', 'sorted-btree']);
    expect(jobs.filter(({ what }) => what === 'memory').every(({ work }) => work > 0)).toBe(true);
  });

  test('has three rounds of each, in turns', () => {
    const few = jobs
      .filter(({ n, values }) => n === 35_000 && values === 'string')
      .map(({ holder }) => holder);
    expect(few).toEqual([...CONTESTANT_IDS, ...CONTESTANT_IDS, ...CONTESTANT_IDS]);
  });

  test('is asked for by name, and names asked for are not left out', () => {
    const asked = plan(parseMapOptions({ n: '5000000', peers: 'js', values: 'json', rounds: '1' }));
    expect(asked.jobs.map(({ what, holder }) => `${what} ${holder}`)).toEqual([
      'times ordered-map',
      'times js-sdsl',
      'memory nothing',
      'memory ordered-map',
      'memory js-sdsl',
    ]);
    expect(asked.leftOut).toEqual([]);
    expect(() => parseMapOptions({ peers: 'nobody' })).toThrow(UsageError);
    expect(() => parseMapOptions({ n: '10' })).toThrow(UsageError);
    expect(HELP).toContain('js-sdsl');
  });

  test('is small with --quick, and then no full run', () => {
    const quick = parseMapOptions({ quick: true });
    expect([quick.sizes, quick.rounds, quick.isPartial]).toEqual([[35_000, 200_000], 1, true]);
    expect(parseMapOptions({}).isPartial).toBe(false);
    expect(parseMapOptions({ rounds: '3' }).isPartial).toBe(true);
  });
});

test('numbers are scattered, each once', () => {
  for (const n of [1, 2, 7, 1000, 4096]) {
    const numbers = new Scattered(n);
    const all = Array.from({ length: n }, (_, i) => numbers.at(i));
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
  }
});

const N = 500;

describe.each([STRINGS, OBJECTS] as Columns<unknown>[])('with values of kind $kind, all maps', (columns) => {
  const lists = listsOf(columns, N, 1);

  async function sumsOf(id: (typeof CONTESTANT_IDS)[number]) {
    const map: Passes = (await openContestant(id, columns))();
    map.set(lists.keys, lists.values);
    map.put(keyOf(7), columns.value(7));
    const sums = {
      get: map.get(lists.present),
      has: map.has([...lists.present, ...lists.missing]),
      miss: map.get(lists.missing),
      range: map.range(lists.ranges),
      at: map.at?.(lists.indexes),
      rank: map.rank?.(lists.present),
      iterate: map.iterate(),
      found: columns.weigh(map.find(keyOf(7))),
      none: map.find('none'),
      delete: map.delete([...lists.deleted.slice(0, 100), ...lists.missing.slice(0, 3)]),
      left: map.has(lists.present),
    };
    return sums;
  }

  test('give the same answers', async () => {
    const own = await sumsOf('ordered-map');
    expect(own).toMatchObject({
      has: N,
      miss: 0,
      rank: (N * (N - 1)) / 2,
      delete: 100,
      left: N - 100,
      none: undefined,
    });
    expect(own.at).toBe(own.get);
    for (const id of CONTESTANT_IDS) {
      const sums = await sumsOf(id);
      expect([id, sums]).toEqual([
        id,
        {
          ...own,
          at: sums.at === undefined ? undefined : own.at,
          rank: sums.rank === undefined ? undefined : own.rank,
        },
      ]);
    }
  });
});

function times(factor: number): Times {
  return Object.fromEntries(ROW_IDS.map((row) => [row, factor * 100]));
}

function memory(factor: number, change: Partial<Memory> = {}): Memory {
  return {
    heap: factor * 10,
    resident: factor * 100,
    longest: factor * 5,
    typical: 0.5,
    collections: 3,
    ...change,
  };
}

function data(own: number): MapData {
  const cells = ([35_000, 1_000_000, 5_000_000] as const).flatMap((n) =>
    (['nothing', 'ordered-map', 'sorted-btree'] as Holder[]).map((holder) => {
      const factor = holder === 'ordered-map' ? own : 1;
      return {
        holder,
        values: 'string' as const,
        n,
        times: holder === 'nothing' ? [] : [times(factor), times(factor * 3), times(factor)],
        memory: n === 35_000 ? [] : [memory(factor), memory(factor), memory(factor * 2)],
      };
    }),
  );
  return {
    date: '2025-01-02T03:04:05.000Z',
    command: 'npm run perf -- --map',
    seconds: 100,
    rounds: 3,
    machine: { cpu: 'A', cores: 2, memoryGB: 8, system: 'linux/amd64', node: '20.0.0', go: null },
    versions: { 'flat-memdb': '1.0.0' },
    cells,
    leftOut: ['5,000,000 entries: others left out'],
    problems: [],
  };
}

describe('the report', () => {
  test('has medians, and medians of the ratios of rounds', () => {
    const results = new MapResults(data(0.5));
    expect(results.time('ordered-map', 'string', 35_000, 'get')).toBe(50);
    expect(results.timeRatio('string', 35_000, 'get')).toBe(0.5);
    expect(results.memory('sorted-btree', 'string', 1_000_000, 'resident')).toBe(100);
    const text = sectionsOf(data(0.5)).map(textTable).join('\n');
    expect(text).toMatch(/get +50\.0 +100 +0\.50x/);
    expect(text).toMatch(/5,000,000: no map +· +· +5\.00/);
    expect(text).toMatch(/5,000,000: OrderedMap +5\.00 +50\.0 +2\.50/);
  });

  test('says which limits do not hold', () => {
    const limits = limitsOf(new MapResults(data(0.5)));
    expect(limits.map(({ what, limit, found }) => `${what}: ${found} of ${limit}`)).toEqual([
      ...['set', 'get', 'has', 'miss'].map((row) => `${row}, 35,000, string: 0.5 of 1.5`),
      ...['set', 'get', 'has', 'miss'].map((row) => `${row}, 1,000,000, string: 0.5 of 1`),
      'resident bytes, 1,000,000, string: 0.5 of 0.5',
      'resident bytes, 5,000,000, string: 0.5 of 0.5',
      'longest pause, 5,000,000, string: 0.5 of 0.2',
    ]);
    expect(missesOf(data(0.5))).toEqual([
      "longest pause, 5,000,000, string: 0.50x of sorted-btree's, where 0.2x was the aim.",
    ]);
    expect(missesOf(data(0.1))).toEqual([]);
    expect(missesOf(data(2))).toHaveLength(11);
    expect(sectionsOf(data(2)).map(textTable).join('\n')).toMatch(
      /get, 35,000, string +1\.5x +2\.00x +MISSED/,
    );
  });

  test('goes into pages in the place of the one before, again and again', () => {
    const page =
      'before\n\n<!-- what npm run perf -- --map found -->\n\nformer\n\n<!-- until here -->\n\nafter\n';
    for (const withFound of [withTables, withPlot]) {
      const once = withFound(page, data(0.5));
      expect(once).toMatch(
        /^before\n\n[^]*results\/map\.svg[^]*`npm run perf -- --map`|2025-01-02[^]*after\n$/,
      );
      expect(once).not.toContain('former');
      expect(withFound(once, data(0.5))).toBe(once);
      expect(withFound(once, undefined)).toBe(page.replace('former\n\n', ''));
      expect(() => withFound('no place', data(1))).toThrow('no place');
    }
    expect(withPlot(page, data(0.5))).toContain('2.50 ms, with sorted-btree 5.00 ms, with no map 5.00 ms');
  });

  test('keeps all figures', () => expect(JSON.parse(jsonOf(data(0.5)))).toEqual(data(0.5)));

  test('has plots for light and dark pages, of the largest size', () => {
    const plots = plotsOf(data(0.5));
    expect([...plots.keys()]).toEqual(['map.svg', 'map-dark.svg']);
    expect(plots.get('map.svg')).not.toMatch(/NaN|Infinity|undefined/);
    expect(plots.get('map.svg')).toMatch(/A map of 5,000,000 entries[^]*no map[^]*OrderedMap[^]*2\.50 ms/);
  });
});

test('bars are as long as their values', () => {
  const bar = (label: string, value: number) => ({ label, value, text: `${value}`, colour: 0, bold: false });
  const svg = barCharts(
    'Title',
    [{ title: 'Panel <1>', bars: [bar('a', 10), bar('b', 5), bar('c', 0)] }],
    LIGHT,
  );
  const widths = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
  expect(widths[0]).toBe(2 * widths[1]);
  expect(widths[2]).toBe(1);
  expect(svg).toContain('Panel &#60;1&#62;');
});

test('the published tables and plots are what their JSON gives', () => {
  const file = 'perf/results/map.json';
  const published = existsSync(join(ROOT, file)) ? (JSON.parse(read(file)) as MapData) : undefined;
  expect(withTables(read('docs/map.md'), published)).toBe(read('docs/map.md'));
  expect(withPlot(read('README.md'), published)).toBe(read('README.md'));
  for (const [name, svg] of published === undefined ? [] : plotsOf(published)) {
    expect({ name, svg: read(`perf/results/${name}`) }).toEqual({ name, svg });
  }
});

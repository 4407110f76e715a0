import { DB, ValueType, MemTable } from '../../lib/index.js';
import { UsageError } from '../../perf/options.js';
import { makeKeys, makeMap, makeMisses, textOf, VALUE } from '../../perf/shared/data.js';
import { HELP, livesOf, parseSharedOptions, settingsOf, SIZES } from '../../perf/shared/plan.js';
import { FORMS, ROWS, type Form, type Row, type Times } from '../../perf/shared/protocol.js';
import {
  jsonOf,
  missesOf,
  plotsOf,
  ratioOf,
  sectionsOf,
  withTables,
  type Cell,
  type SharedData,
} from '../../perf/shared/report.js';
import { textTable } from '../../perf/table.js';

describe('the plan', () => {
  test('has every form with one reader and two, and those that see writes beside one that writes', () => {
    const settings = settingsOf(SIZES);
    expect(settings).toHaveLength(2 * 2 * (FORMS.length + FORMS.length - 1));
    const formsOf = (hasWriter: boolean) => [
      ...new Set(settings.filter((each) => each.hasWriter === hasWriter).map(({ form }) => form)),
    ];
    expect(formsOf(false)).toEqual([...FORMS]);
    expect(formsOf(true)).toEqual(FORMS.filter((form) => form !== 'clone'));
    expect(livesOf(35_000, 3)).toBeGreaterThan(livesOf(500_000, 3));
  });

  test('is small with --quick, and no full run with any choice', () => {
    expect(parseSharedOptions({})).toEqual({
      sizes: SIZES,
      rounds: 3,
      seconds: 1,
      render: false,
      isPartial: false,
    });
    expect(parseSharedOptions({ quick: true })).toMatchObject({
      sizes: [35_000],
      rounds: 1,
      isPartial: true,
    });
    expect(parseSharedOptions({ n: '100', seconds: '2' })).toMatchObject({
      sizes: [100],
      seconds: 2,
      isPartial: true,
    });
    expect(() => parseSharedOptions({ rounds: 'x' })).toThrow(UsageError);
    expect(HELP).toContain('docs/threads.md');
  });
});

test('keys are the same for every thread, each once, and what is missing is', () => {
  const keys = makeKeys(2000);
  expect(makeKeys(2000)).toEqual(keys);
  const map = makeMap(keys);
  expect(map.size).toBe(2000);
  expect(map.get(textOf(keys[7]))).toHaveLength(VALUE.length);
  const db = new DB();
  const table = new MemTable();
  keys.forEach((key, i) => {
    db.put(key, VALUE);
    table.add(i + 1, ValueType.Value, key, VALUE);
  });
  expect(makeMisses(keys).some((key) => db.has(key))).toBe(false);
  expect(keys.every((key) => db.has(key) && table.get(key)?.type === ValueType.Value)).toBe(true);
});

/** Times in which the shared form takes so many times as long, in rounds of which one was slow for both. */
function times(ratio: number, changed: Partial<Record<Row, number>> = {}): Times {
  const sides = (row: Row) => ({
    local: [100, 300, 120],
    shared: [100, 300, 120].map((ns) => ns * (changed[row] ?? ratio)),
  });
  return Object.fromEntries(ROWS.map((row) => [row, sides(row)])) as Times;
}

const READS: Record<Form, number> = {
  lock: 2e6,
  'lock-free': 1e6,
  messages: 2e4,
  'messages-100': 2e5,
  clone: 8e6,
};

function dataOf(single: Times): SharedData {
  const cells = settingsOf([35_000, 500_000]).map((setting): Cell => ({
    ...setting,
    rounds: [1, 2, 3].map((round) => ({
      reads: READS[setting.form] * setting.readers * round,
      writes: setting.hasWriter ? 5e5 : 0,
      longest: round,
    })),
  }));
  return {
    date: '2025-01-02T03:04:05.000Z',
    command: 'npm run perf -- --shared',
    seconds: 400,
    machine: { cpu: 'A', cores: 2, memoryGB: 8, system: 'linux/amd64', node: '20.0.0', go: null },
    versions: { 'flat-memdb': '1.0.0' },
    single: [{ n: 35_000, times: single }],
    cells,
    clones: [{ n: 35_000, ms: [10, 12, 50] }],
    problems: [],
  };
}

describe('the report', () => {
  const data = dataOf(times(1.2));

  test('has medians, and medians of the ratios of lives that followed each other', () => {
    expect(ratioOf(data.single[0].times, 'get')).toBeCloseTo(1.2);
    const text = sectionsOf(data).map(textTable).join('\n');
    expect(text).toMatch(/^get +120 +144 +1\.20x$/m);
    expect(text).toContain('to clone the Map takes 12.0 ms a thread');
    expect(text).toMatch(/shared DB, lock +2 +· +8000 +100x +2\.00/);
    expect(text).toMatch(/shared DB, lock +1 +500 +4000 +100x +2\.00/);
    expect(text).toMatch(/one thread's Map, 100 a message +1 +· +400 +10\.0x/);
  });

  test('says which limits do not hold, at the smallest size', () => {
    expect(missesOf(data)).toEqual([]);
    expect(missesOf(dataOf(times(1.2, { get: 2, has: 3 })))).toEqual([
      "get, 35,000 entries: 2.00x of the local form's, where 1.3x was the aim.",
    ]);
  });

  test('has a round on each line, and can be read again', () => {
    expect(JSON.parse(jsonOf(data))).toEqual(data);
    expect(jsonOf(data).split('\n').length).toBeLessThan(120);
  });

  test('goes into the page in the place of the one before, again and again', () => {
    const page = 'above\n\n<!-- what npm run perf -- --shared found -->\n\n<!-- until here -->\n\nbelow\n';
    const once = withTables(page, data);
    expect(withTables(once, data)).toBe(once);
    expect(once).toMatch(/^above\n[^]*One thread, 35,000 entries[^]*\nbelow\n$/);
    expect(() => withTables('no place', data)).toThrow(/no place/);
  });

  test('draws all forms, with and without one that writes', () => {
    const svg = plotsOf(data).get('shared.svg')!;
    expect(svg.match(/<rect/g)).toHaveLength(2 * (FORMS.length + FORMS.length - 1));
    expect(svg).toContain('8000 k');
    expect(plotsOf({ ...data, cells: [] }).size).toBe(0);
  });
});

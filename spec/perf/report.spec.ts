import { OWN } from '../../perf/competitors/index.js';
import { goFormat } from '../../perf/go-format.js';
import { parseOptions, UsageError } from '../../perf/options.js';
import { expectedRows, planCells } from '../../perf/plan.js';
import { GO_KEYS, Results, type RunData } from '../../perf/results.js';
import { inMeasuringOrder, ROW_IDS, ROWS } from '../../perf/rows.js';
import { DARK, LIGHT, smallMultiples, spreadOut, ticks } from '../../perf/svg.js';
import { figure, markdownTable, summarise, textTable, timeSections } from '../../perf/table.js';

function options(...args: string[]) {
  const parsed = parseOptions(args);
  if (parsed === 'help') throw new Error('unexpected help');
  return parsed;
}

describe('options', () => {
  test('without any: both sizes, all shapes, all competitors, five rounds, every row', () => {
    expect(options()).toMatchObject({
      sizes: [35_000, 1_000_000],
      shapes: ['random', 'decimal', 'url'],
      rows: ROW_IDS,
      rounds: 5,
      out: 'perf/results',
    });
    expect(options().competitors).toHaveLength(7);
  });

  test('choose, and keep the results of a full run out of the way', () => {
    const chosen = options(
      '--n',
      '10,20_000',
      '--rows',
      'Put,readseq',
      '--peers',
      'sorted-btree',
      '--keys',
      'url',
    );
    expect(chosen).toMatchObject({
      sizes: [10, 20_000],
      rows: ['readseq', 'Put'],
      competitors: [OWN, 'sorted-btree-strings', 'sorted-btree-bytes'],
      shapes: ['url'],
      out: 'perf/results/partial',
    });
  });

  test.each([
    ['--rows', 'fillsq', 'fillseq'],
    ['--peers', 'leveldb', 'goleveldb'],
    ['--keys', 'ulid', 'decimal'],
    ['--n', '1.5', 'whole numbers'],
    ['--rounds', '0', 'whole numbers'],
    ['--fast', '', '--fast'],
  ])('%s %s is refused with a sentence that helps', (flag, value, hint) => {
    const args = value === '' ? [flag] : [flag, value];
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(hint);
  });
});

describe('the plan of a run', () => {
  test('lets the competitors take turns within a cell', () => {
    const [cell] = planCells(options('--n', '10', '--keys', 'url', '--rounds', '2', '--rows', 'readseq'));
    const names = cell.turns.map(({ competitor, round }) => `${competitor} ${round}`);
    expect(names).toHaveLength(14);
    expect(names[0]).toBe(`${OWN} 1`);
    expect(names[7]).toBe(`${OWN} 2`);
    expect(new Set(names).size).toBe(14);
  });

  test('asks only those for reserved buffers that can reserve them, and only us for views', () => {
    const [cell] = planCells(options('--n', '10', '--keys', 'url', '--rounds', '1'));
    const asked = (row: string) =>
      cell.turns.filter((turn) => turn.rows.length > 0 && expectedRows(turn).includes(row));
    expect(asked('fillseq-reserved').map(({ competitor }) => competitor)).toEqual([OWN, 'goleveldb']);
    expect(asked('readseq-views').map(({ competitor }) => competitor)).toEqual([OWN]);
    expect(asked('fillseq')).toHaveLength(7);
  });

  test('changes a filled store only when everything else is done', () => {
    const ids = inMeasuringOrder(ROWS.db_bench).map(({ id }) => id);
    expect(ids.slice(2)).toEqual([
      'fillrandom',
      'readrandom',
      'readmissing',
      'seekrandom',
      'readseq',
      'readseq-views',
      'readreverse',
      'readreverse-views',
      'overwrite',
      'deleterandom',
    ]);
    expect(inMeasuringOrder(ROWS.goleveldb).map(({ id }) => id)).toEqual([
      'PutRandom',
      'Put',
      'Get',
      'GetRandom',
    ]);
  });
});

/** Two rounds in which everything takes twice as long in the second. */
function run(): RunData {
  const times: [competitor: string, row: string, ns: number][] = [
    [OWN, 'readrandom', 100],
    ['goleveldb', 'readrandom', 300],
    ['sorted-btree-bytes', 'readrandom', 400],
    ['js-sdsl', 'readrandom', 250],
    [OWN, 'readseq', 10],
    [OWN, 'readseq-views', 40],
    ['goleveldb', 'readseq', 20],
    ['js-sdsl', 'readseq', 80],
    [OWN, 'fillseq-reserved', 50],
    ['goleveldb', 'fillseq-reserved', 60],
  ];
  return {
    date: '2025-01-02T03:04:05.000Z',
    command: 'npm run perf',
    seconds: 1,
    machine: {
      cpu: 'A processor',
      cores: 2,
      memoryGB: 8,
      system: 'linux/amd64',
      node: '20.0.0',
      go: 'go1.22',
    },
    rounds: 2,
    reserve: false,
    sizes: [1000],
    keys: ['url'],
    rows: [...ROW_IDS],
    competitors: [OWN, 'goleveldb', 'sorted-btree-bytes', 'js-sdsl'],
    versions: {},
    samples: times.flatMap(([competitor, row, ns]) =>
      [1, 2].map((round) => ({
        competitor,
        keys: 'url',
        n: 1000,
        row,
        round,
        value: ns * round,
        ops: 10,
        reps: 3,
      })),
    ),
    gaps: [{ competitor: 'sorted-btree-bytes', keys: 'url', n: 1000, row: 'readseq', reason: 'timed out' }],
    problems: [],
  };
}

describe('the table', () => {
  const results = new Results(run());

  test('compares with Go and with the fastest peer of the row', () => {
    expect(results.ratioToGo('url', 1000, 'readrandom')).toBe(3);
    expect(results.ratioToFastestPeer('url', 1000, 'readrandom')).toEqual({ ratio: 2.5, peer: 'js-sdsl' });
  });

  test("compares a scan by views with the others' plain scan", () => {
    expect(results.ratioToGo('url', 1000, 'readseq-views')).toBe(0.5);
    expect(results.ratioToFastestPeer('url', 1000, 'readseq-views')).toEqual({ ratio: 2, peer: 'js-sdsl' });
  });

  test('counts scans by positions against Go, scans of both kinds against peers, and names the worst row', () => {
    const { go, peers, named } = summarise(results, [{ keys: 'url', n: 1000 }]);
    expect(go!.count).toBe(3);
    expect(go!.mean).toBeCloseTo(Math.cbrt(3 * 2 * 1.2));
    expect(go!.worst).toBeCloseTo(1.2);
    expect(go!.where).toContain('fillseq (reserved)');
    expect(peers!.count).toBe(3);
    expect(peers!.mean).toBeCloseTo(Math.cbrt(2.5 * 8 * 2));
    expect(peers!.worst).toBe(2);
    expect(named!.count).toBe(2);
    expect(named!.mean).toBeCloseTo(Math.sqrt(2.5 * 8));
    expect(peers!.where).toContain('js-sdsl');
  });

  test('shows medians, spread, ratios and what could not be measured', () => {
    const [section] = timeSections(results);
    const text = textTable(section);
    const line = (row: string) => text.split('\n').find((line) => line.startsWith(row + ' '))!;
    expect(line('readrandom')).toMatch(
      /^readrandom +150 ±33% +450 ±33% +600 ±33% +375 ±33% +3\.00x +2\.50x$/,
    );
    expect(line('readseq')).toContain('timed out');
    expect(line('geometric mean')).toMatch(/1\.93x +3\.42x$/);
    expect(text).not.toContain('overwrite');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  test('has as many cells in every line of its Markdown', () => {
    const lines = markdownTable(timeSections(results)[0])
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(lines).toHaveLength(7);
    expect(lines[0]).toContain('| flat-memdb | goleveldb (Go) |');
    expect(new Set(lines.map((line) => line.split('|').length)).size).toBe(1);
  });
});

test('figures have three significant digits', () => {
  expect([1234.5, 99.97, 99.94, 9.996, 9.99, 0.123].map(figure)).toEqual([
    '1235',
    '100',
    '99.9',
    '10.0',
    '9.99',
    '0.12',
  ]);
});

test("Go's benchmark format has one line per round, without metrics", () => {
  const data = run();
  data.samples.push({ competitor: OWN, keys: GO_KEYS, n: 1000, row: 'stall-max', round: 1, value: 3 });
  expect(goFormat(data, OWN).split('\n')).toEqual([
    'goos: linux',
    'goarch: amd64',
    'pkg: flat-memdb/perf',
    'cpu: A processor',
    'BenchmarkReadrandom/keys=url/n=1000 30 100.00 ns/op',
    'BenchmarkReadrandom/keys=url/n=1000 30 200.00 ns/op',
    'BenchmarkReadseq/keys=url/n=1000 30 10.00 ns/op',
    'BenchmarkReadseq/keys=url/n=1000 30 20.00 ns/op',
    'BenchmarkReadseqViews/keys=url/n=1000 30 40.00 ns/op',
    'BenchmarkReadseqViews/keys=url/n=1000 30 80.00 ns/op',
    'BenchmarkFillseqReserved/keys=url/n=1000 30 50.00 ns/op',
    'BenchmarkFillseqReserved/keys=url/n=1000 30 100.00 ns/op',
    '',
  ]);
});

describe('plots', () => {
  test('labels keep their distance and order, near to where they belong', () => {
    expect(spreadOut([10, 50, 90], 12, 0, 100)).toEqual([10, 50, 90]);
    expect(spreadOut([50, 52], 12, 0, 100)).toEqual([45, 57]);
    const crowded = spreadOut([99, 3, 98, 97, 2, 50], 12, 0, 100);
    const sorted = crowded.slice().sort((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++)
      expect(sorted[i] - sorted[i - 1]).toBeGreaterThanOrEqual(12 - 1e-9);
    expect(sorted[0]).toBeGreaterThanOrEqual(0);
    expect(sorted.at(-1)!).toBeLessThanOrEqual(100);
    expect(crowded[4]).toBeLessThan(crowded[1]);
    expect(crowded[3]).toBeLessThan(crowded[2]);
    expect(crowded[2]).toBeLessThan(crowded[0]);
  });

  test('axes have at least two marks, also over a short way', () => {
    expect(ticks(8, 12_000)).toEqual([10, 100, 1000, 10_000]);
    expect(ticks(130, 700)).toEqual([200, 500]);
  });

  test('are SVG with every line and label, in colours of their own for light and dark pages', () => {
    const panel = {
      title: 'a < b',
      lines: [
        {
          label: 'one & only',
          colour: 0,
          bold: true,
          points: [
            { x: 1000, y: 50 },
            { x: 1e6, y: 900 },
          ],
        },
        { label: 'another', colour: 1, bold: false, points: [{ x: 1000, y: 70 }] },
      ],
    };
    const axes = { xName: 'entries', yName: 'time', xText: String, yText: String };
    const svg = smallMultiples('Title', [panel, panel, panel], axes, LIGHT);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).toContain('a &#60; b');
    expect(svg.match(/one &#38; only/g)).toHaveLength(3);
    expect(svg.match(/<circle/g)).toHaveLength(9);
    expect(svg).toContain(LIGHT.palette[0]);
    expect(smallMultiples('Title', [panel], axes, DARK)).not.toContain(LIGHT.palette[0]);
  });
});

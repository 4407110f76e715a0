import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Competitor } from '../../perf/competitors/competitor.js';
import orderedMap, { copying } from '../../perf/competitors/ordered-map.js';
import { encodeKeyList, KeyList } from '../../perf/key-files.js';
import { KEY_SHAPES } from '../../perf/keys.js';
import { CONTESTANTS, contestantOf } from '../../perf/lives/contestants.js';
import { sumOfLife } from '../../perf/lives/measure.js';
import { parseOptions } from '../../perf/lives/options.js';
import { contestantsOf, planCells, rowsOf } from '../../perf/lives/plan.js';
import { sectionsOf, writeReport, writeResults } from '../../perf/lives/report.js';
import { LifeResults, type LivesData, TOTAL } from '../../perf/lives/results.js';
import { LIFE_ROWS } from '../../perf/lives/rows.js';
import { UsageError } from '../../perf/options.js';
import { markdownTable, textTable } from '../../perf/table.js';

const PUBLISHED = join(__dirname, '../../perf/results');

function options(...args: string[]) {
  const parsed = parseOptions(args);
  if (parsed === 'help') throw new Error('unexpected help');
  return parsed;
}

const ids = (of: readonly { id: string }[]) => of.map(({ id }) => id);

describe('perf:lives, options', () => {
  test('a full run has its results beside those of npm run perf', () => {
    expect(options()).toMatchObject({ sizes: [35_000, 1_000_000], out: 'perf/results' });
  });

  test('a choice leaves these results alone', () => {
    for (const choice of [['--quick'], ['--n', '10'], ['--keys', 'url'], ['--only', 'DB'], ['--lives', '9']])
      expect(options(...choice).out).toBe('perf/results/partial');
  });

  test('stores and contestants by the beginning of their names', () => {
    expect(options('--only', 'MemTable').contestants).toEqual(['memtable', 'goleveldb-internal']);
    expect(options('--only', 'js-sdsl,flat').contestants).toEqual([
      'flat-memdb',
      'js-sdsl',
      'js-sdsl-copying',
    ]);
  });

  test.each([
    [['--only', 'nobody'], '"nobody"'],
    [['--keys', 'ulid'], 'timestamp'],
    [['--n', '0'], 'whole numbers'],
    [['--rows', 'get'], '--rows'],
  ])('%j is refused with a sentence that helps', (args, hint) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(hint);
  });
});

describe('perf:lives, the plan', () => {
  const cells = planCells(options());

  test('all shapes and all contestants at 35,000 entries, seven lives in each process', () => {
    const small = cells.filter(({ n }) => n === 35_000);
    expect(small.map(({ shape }) => shape)).toEqual(KEY_SHAPES);
    for (const cell of small)
      expect(cell).toMatchObject({ contestants: CONTESTANTS, lives: 7, processes: 3 });
  });

  test('at a million, peers run with one shape only', () => {
    const large = cells.filter(({ n }) => n === 1_000_000);
    const withPeers = large.filter(({ contestants }) => contestants.some(({ role }) => role === 'peer'));
    expect(withPeers.map(({ shape }) => shape)).toEqual(['decimal']);
    expect(large.length).toBeGreaterThan(1);
    for (const { contestants, lives } of large) {
      expect(lives).toBe(3);
      expect(ids(contestants)).toEqual(
        expect.arrayContaining(['flat-memdb', 'goleveldb', 'memtable', 'goleveldb-internal']),
      );
    }
  });

  test('who is asked for is measured everywhere', () => {
    const asked = planCells(options('--only', 'memory-level', '--keys', 'url'));
    expect(asked.map(({ contestants }) => ids(contestants))).toEqual([['memory-level'], ['memory-level']]);
  });

  test('peers start one process, all others as many as there are turns', () => {
    const [cell] = cells;
    expect(contestantsOf(cell, 1)).toEqual(CONTESTANTS);
    expect(ids(contestantsOf(cell, 2))).toEqual([
      'flat-memdb',
      'goleveldb',
      'memtable',
      'goleveldb-internal',
    ]);
  });

  test('who has which rows', () => {
    const rows = (id: string, n = 35_000) => ids(rowsOf(contestantOf(id), n)).join(' ');
    expect(rows('flat-memdb')).toBe('put get miss seek scan scan-views delete drop');
    expect(rows('goleveldb')).toBe('put get miss seek scan delete drop');
    expect(rows('memtable')).toBe('put get miss seek scan scan-views drop');
    expect(rows('goleveldb-internal')).toBe('put get miss seek scan drop');
    expect(rows('js-sdsl', 1_000_000)).toBe('put get miss seek scan drop');
  });
});

describe('perf:lives, peers that copy', () => {
  const list = new KeyList(new Uint8Array(encodeKeyList(['some key'])));
  const lookUp = (create: () => Competitor): number => {
    const store = create();
    void store.open(0);
    const value = Uint8Array.of(1, 2, 3);
    const put = store.keys(list).map((key) => (key instanceof Uint8Array ? key.slice() : key));
    void store.fill(put, [value]);
    value[0] = 77;
    if (put[0] instanceof Uint8Array) put[0][0] = 0;
    return store.get(store.keys(list)) as number;
  };
  /** One is found, of three bytes. */
  const FOUND = 1 + 3;

  test('own what they hold', () => {
    expect(lookUp(copying)).toBe(FOUND + 1);
  });

  test('and the others do not', () => {
    expect(lookUp(orderedMap)).toBe(0);
  });
});

test('the sum of a life is that of the rows that count', () => {
  const life = Object.fromEntries(LIFE_ROWS.map(({ id }, i) => [id, { ms: 10 ** i, sum: 0 }]));
  expect(sumOfLife(LIFE_ROWS, life)).toBe(10_011_111);
});

/** Two rounds, in the second of which everything takes twice as long. */
function run(): LivesData {
  const ms: [contestant: string, ms: Record<string, number>][] = [
    ['flat-memdb', { put: 4, get: 2, miss: 1, seek: 0.5, scan: 0.5, 'scan-views': 2, delete: 5, drop: 0 }],
    ['goleveldb', { put: 6, get: 5, miss: 3, seek: 1, scan: 1, delete: 4, drop: 0 }],
    ['sorted-btree-strings', { put: 8, get: 3, miss: 3, seek: 1, scan: 1, delete: 5, drop: 0 }],
    ['js-sdsl', { put: 4, get: 6, miss: 4, seek: 1, scan: 1, delete: 5, drop: 0 }],
    ['js-sdsl-copying', { put: 16, get: 8, miss: 4, seek: 2, scan: 2, delete: 5, drop: 0 }],
    ['memtable', { put: 2, get: 2, miss: 2, seek: 1, scan: 1, 'scan-views': 3, drop: 0 }],
    ['goleveldb-internal', { put: 1, get: 2, miss: 2, seek: 1, scan: 2, drop: 0 }],
  ];
  return {
    date: '2025-01-02T03:04:05.000Z',
    command: 'npm run perf:lives',
    seconds: 1,
    machine: {
      cpu: 'A processor',
      cores: 2,
      memoryGB: 8,
      system: 'linux/amd64',
      node: '20.0.0',
      go: 'go1.22',
    },
    versions: {},
    lives: ms.flatMap(([contestant, row]) =>
      [1, 2].map((round) => ({
        contestant,
        keys: 'path' as const,
        n: 1000,
        round,
        warm: 3,
        ms: Object.fromEntries(Object.entries(row).map(([id, ms]) => [id, ms * round])),
      })),
    ),
    problems: [],
  };
}

describe('perf:lives, results', () => {
  const results = new LifeResults(run());
  const place = { keys: 'path', n: 1000 } as const;

  test('per operation, of which a seek has a tenth; and the whole life per entry', () => {
    expect(results.median('flat-memdb', place, 'put')).toBe(6_000);
    expect(results.median('flat-memdb', place, 'seek')).toBe(7_500);
    expect(results.median('flat-memdb', place, TOTAL)).toBe(12_000);
  });

  test('against goleveldb, each store against the like', () => {
    expect(results.ratioToGo(place, 'DB', TOTAL)).toBe(2);
    expect(results.ratioToGo(place, 'DB', 'scan-views')).toBe(0.5);
    expect(results.ratioToGo(place, 'DB', 'delete')).toBe(0.8);
    expect(results.ratioToGo(place, 'MemTable', TOTAL)).toBe(1);
    expect(results.ratioToGo(place, 'MemTable', 'put')).toBe(0.5);
  });

  test('against the fastest peer that keeps references, and the fastest that copies', () => {
    const against = (row: string, copies: boolean) => {
      const { ratio, peer } = results.ratioToFastestPeer(place, row, copies)!;
      return [ratio, peer.id];
    };
    expect(against('put', false)).toEqual([1, 'js-sdsl']);
    expect(against('get', false)).toEqual([1.5, 'sorted-btree-strings']);
    expect(against(TOTAL, false)).toEqual([2, 'sorted-btree-strings']);
    expect(against(TOTAL, true)).toEqual([4, 'js-sdsl-copying']);
  });

  test('tables say so', () => {
    const text = sectionsOf(results).map(textTable).join('\n');
    expect(text).toMatch(/file paths of 30 to 80 bytes +2\.00x +1\.00x +2\.00x +4\.00x\n/);
    expect(text).toMatch(/a whole life +2\.00x \(2\.00 to 2\.00\) +1\.00x \(1\.00 to 1\.00\)\n/);
    expect(text).toMatch(
      /the life, ns per entry +12000 +24000 +24000 +24000 +48000 +2\.00x +2\.00x +4\.00x\n/,
    );
    expect(text).toMatch(/apart: delete all +7500 +6000/);
    expect(text).not.toMatch(/NaN|undefined/);
  });

  test('tables have as many cells in every line of their Markdown', () => {
    for (const section of sectionsOf(results)) {
      const lines = markdownTable(section)
        .split('\n')
        .filter((line) => line.startsWith('|'));
      expect(new Set(lines.map((line) => line.split('|').length)).size).toBe(1);
    }
  });

  test('without peers and without Go, there is less to say, and it is said', () => {
    const data = run();
    data.lives = data.lives.filter(({ contestant }) => contestant === 'memtable');
    const text = sectionsOf(new LifeResults(data)).map(textTable).join('\n');
    expect(text).toContain('MemTable, n = 1,000');
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('perf:lives, files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'flat-memdb-lives-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const written = (name: string) => readFileSync(join(folder, name), 'utf8');

  test('hold the run, a life on each line, and the tables', () => {
    const data = run();
    data.problems.push('a text with "lives": [] and $& in it');
    writeResults(folder, data);
    expect(JSON.parse(written('lives.json'))).toEqual(data);
    expect(
      written('lives.json')
        .split('\n')
        .filter((line) => line.startsWith('{"contestant"')),
    ).toHaveLength(14);
    expect(writeReport(folder)).toBe(true);
    expect(written('lives.md')).toMatch(/`npm run perf:lives`, 2025-01-02[^]*geometric mean[^]*## Problems/);
  });

  test('nothing measured, nothing written', () => {
    expect(writeReport(folder)).toBe(false);
  });

  test('the published tables are what their JSON gives', () => {
    copyFileSync(join(PUBLISHED, 'lives.json'), join(folder, 'lives.json'));
    writeReport(folder);
    expect(written('lives.md')).toBe(readFileSync(join(PUBLISHED, 'lives.md'), 'utf8'));
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as library from '../../lib/index.js';
import { Courses, type Library } from '../../perf/ab/courses.js';
import { Data, keyLists } from '../../perf/ab/data.js';
import * as loops from '../../perf/ab/loops.js';
import { parseOptions, type Options } from '../../perf/ab/options.js';
import { exceeding, ratioOf, summaryOf, tableOf } from '../../perf/ab/report.js';
import { GROUPS, ROW_IDS, ROWS } from '../../perf/ab/rows.js';
import { writeKeyFolder } from '../../perf/key-files.js';
import { TABLE_SHAPES } from '../../perf/keys.js';
import { UsageError } from '../../perf/options.js';
import { Random } from '../../perf/random.js';
import { textTable } from '../../perf/table.js';

const asPackage = (of: unknown) => of as Library;
const options = (...args: string[]) => parseOptions(['old', 'new', ...args]) as Options;

describe('perf:ab, options', () => {
  test('two sides, and everything by default', () => {
    expect(options()).toMatchObject({ old: 'old', new: 'new', rows: ROW_IDS, sizes: [35_000], limit: 1.1 });
    expect(options().shapes).toEqual(TABLE_SHAPES);
    expect(options('--quick').shapes).toEqual(['decimal', 'url']);
    expect(parseOptions(['--help'])).toBe('help');
  });

  test('rows by their names and by those of groups', () => {
    expect(options('--rows', 'get,fills').rows).toEqual([
      'get',
      ...ROWS.filter(({ group }) => group === 'fills').map(({ id }) => id),
    ]);
  });

  test.each([
    [['one'], 'one'],
    [['a', 'b', 'c'], 'a, b, c'],
    [['a', 'b', '--rows', 'nothing'], '"nothing"'],
    [['a', 'b', '--n', '10'], '1,000'],
    [['a', 'b', '--limit', 'much'], '"much"'],
    [['a', 'b', '--unknown'], '--unknown'],
  ])('%j is refused', (args, named) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(named);
  });
});

describe('perf:ab, report', () => {
  const round = (old: number, now: number) => ({ row: 'get', old, new: now });
  const ratio = ratioOf({
    shape: 'url',
    n: 1000,
    row: 'get',
    rounds: [round(100, 130), round(200, 220), round(100, 120), round(100, 900), round(400, 400)],
  });

  test('the median of the ratios, not the ratio of the medians', () => {
    expect(ratio).toMatchObject({ old: 100, ratio: 1.2, low: 1, high: 9, title: 'get' });
  });

  test('rows above the limit are pointed out', () => {
    expect(exceeding([ratio], 1.1)).toEqual([ratio]);
    expect(exceeding([ratio], 1.2)).toEqual([]);
    expect(textTable(tableOf([ratio], 1000, options('--rows', 'get')))).toMatch(
      /get +100 +1\.200! +1\.00 \.\. 9\.00/,
    );
    expect(summaryOf([ratio], 1.1).join('\n')).toContain(
      'Above 1.1: 1 of 1\n  1.200  get, url keys, n = 1,000',
    );
  });
});

describe.each(TABLE_SHAPES)('perf:ab, courses with %s keys', (shape) => {
  const folder = mkdtempSync(join(tmpdir(), 'perf-ab-'));
  writeKeyFolder(folder, keyLists(shape, 1000, 1), new Random(1));
  // The types of its classes have private fields of their own in each build.
  const courses = new Courses(asPackage(library), loops, new Data(folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(GROUPS)('%s: each row is there, and meets what it says', (group) => {
    const all = courses.of(group);
    for (const course of all) {
      // Where a table is kept, so are the steps, for another pass.
      const steps = course.open();
      for (let pass = 0; pass < (course.isFresh ? 1 : 2); pass++) {
        const met = steps.reduce((sum, step) => sum + step.run(), 0);
        expect(met).toBe(course.met ?? met);
        expect(met).toBeGreaterThan(0);
      }
      expect(new Set(steps.map(({ row }) => row))).toEqual(new Set(course.rows));
    }
    const rows = all.flatMap(({ rows, whole }) => [...rows, ...(whole === undefined ? [] : [whole])]);
    expect(rows.sort()).toEqual(
      ROWS.filter((row) => row.group === group)
        .map(({ id }) => id)
        .sort(),
    );
  });
});

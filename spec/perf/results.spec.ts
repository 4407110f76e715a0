import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN } from '../../perf/competitors/index.js';
import { writeReport, writeResults } from '../../perf/report.js';
import type { RunData } from '../../perf/results.js';

const PUBLISHED = join(__dirname, '../../perf/results');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flat-memdb-results-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const written = (name: string) => readFileSync(join(folder, name), 'utf8');

function run(command: string, problems: string[] = []): RunData {
  return {
    date: '2025-01-02T03:04:05.000Z',
    command,
    seconds: 1,
    machine: {
      cpu: 'A processor',
      cores: 2,
      memoryGB: 8,
      system: 'linux/amd64',
      node: '20.0.0',
      go: null,
    },
    rounds: 1,
    reserve: false,
    sizes: [1000, 10_000],
    keys: ['url'],
    rows: ['readseq'],
    competitors: [OWN],
    versions: {},
    samples: [1000, 10_000].map((n) => ({
      competitor: OWN,
      keys: 'url',
      n,
      row: 'readseq',
      round: 1,
      value: 1 / 3,
      ops: n,
      reps: 3,
    })),
    gaps: [],
    problems,
  };
}

test('the published report and plots are what their JSON gives', () => {
  copyFileSync(join(PUBLISHED, 'table.json'), join(folder, 'table.json'));
  expect(writeReport(folder)).toBe(true);
  for (const name of readdirSync(folder)) {
    if (name === 'go-bench') continue; // not in git
    expect({ name, text: written(name) }).toEqual({
      name,
      text: readFileSync(join(PUBLISHED, name), 'utf8'),
    });
  }
  expect(readdirSync(folder)).toContain('report.md');
  expect(readdirSync(join(folder, 'go-bench'))).toContain(`${OWN}.txt`);
});

test('a table and a sweep are kept side by side, and a run replaces the last of its kind only', () => {
  const table = run('table', ['a text with "samples": [] and $& in it']);
  writeResults(folder, run('sweep'), true);
  writeResults(folder, run('an older table'), false);
  writeResults(folder, table, false);
  expect(JSON.parse(written('table.json'))).toEqual({ table, sweep: run('sweep') });
  writeReport(folder);
  expect(written('report.md')).toMatch(/`sweep`[^]*time-url\.svg[^]*`table`[^]*readseq/);
});

test('a sweep alone makes plots and no tables; nothing at all makes no report', () => {
  expect(writeReport(folder)).toBe(false);
  writeResults(folder, run('sweep'), true);
  expect(writeReport(folder)).toBe(true);
  expect(written('report.md')).not.toContain('## Tables');
  expect(readdirSync(folder).sort()).toEqual([
    'report.md',
    'table.json',
    'time-url-dark.svg',
    'time-url.svg',
  ]);
});

test('each sample is on a line of its own', () => {
  writeResults(folder, run('table'), false);
  const lines = written('table.json').split('\n');
  expect(lines.filter((line) => line.startsWith('{"competitor"'))).toHaveLength(2);
});

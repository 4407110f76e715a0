// Writes what a run found: JSON, and from that a report in Markdown with plots, and Go's benchmark format.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COLUMNS, columnOf, OWN } from './competitors/index.js';
import { surroundings } from './facts.js';
import { goFormat } from './go-format.js';
import { duration } from './progress.js';
import { GO_KEYS, type Keys, Results, type RunData } from './results.js';
import { ROWS } from './rows.js';
import { DARK, LIGHT, type Panel, smallMultiples } from './svg.js';
import {
  count,
  figure,
  growthSection,
  markdownTable,
  metricSections,
  type Section,
  summarySection,
  timeSections,
  titleOf,
} from './table.js';

const RESULTS = 'table.json';

/** What a folder of results keeps: the last run for the tables, and the last sweep, for the plots. */
interface Kept {
  table?: RunData;
  sweep?: RunData;
}

/** All tables of a run, in the order in which they are shown. */
export function sectionsOf(results: Results): Section[] {
  const growth = growthSection(results);
  return [
    ...timeSections(results),
    ...metricSections(results),
    ...(growth ? [growth] : []),
    summarySection(results),
  ];
}

/** Puts a run in the place of the last one of its kind. */
export function writeResults(folder: string, data: RunData, sweep: boolean): void {
  mkdirSync(folder, { recursive: true });
  const kept = read(folder);
  kept[sweep ? 'sweep' : 'table'] = data;
  const runs = [];
  if (kept.table !== undefined) runs.push(`"table": ${jsonOf(kept.table)}`);
  if (kept.sweep !== undefined) runs.push(`"sweep": ${jsonOf(kept.sweep)}`);
  writeFileSync(join(folder, RESULTS), `{\n${runs.join(',\n')}\n}\n`);
}

/** JSON with a sample on each line: there are thousands of them. */
function jsonOf(data: RunData): string {
  const samples = data.samples.map((sample) => `\n${JSON.stringify(sample)}`).join(',');
  // No text in the rest has these characters: within texts, quotes are escaped.
  return JSON.stringify({ ...data, samples: [] }, null, 1).replace(
    '"samples": []',
    () => `"samples": [${samples}\n ]`,
  );
}

/** Writes report.md, the plots and go-bench/ from the results in `folder`; false if there are none. */
export function writeReport(folder: string): boolean {
  const { table, sweep } = read(folder);
  if (table === undefined && sweep === undefined) return false;
  if (table !== undefined) writeGoFormat(join(folder, 'go-bench'), table);
  const parts = ['# flat-memdb, goleveldb and the peers: measured', ''];
  if (sweep !== undefined) {
    const results = new Results(sweep);
    parts.push('## Time per operation against size', '', provenance(sweep), '');
    for (const keys of sweep.keys) parts.push(...writePlots(folder, results, keys), '');
  }
  if (table !== undefined) {
    const results = new Results(table);
    const sections = sectionsOf(results);
    const summary = sections.pop()!;
    parts.push('## Tables', '', provenance(table), '', markdownTable(summary));
    parts.push(
      'Median ns per operation over the rounds, ± half the distance from the fastest to the slowest round.',
      '',
    );
    parts.push(...sections.map((section) => markdownTable(section)));
    if (table.problems.length > 0)
      parts.push('### Problems', '', ...table.problems.map((line) => `- ${line}`), '');
  }
  writeFileSync(join(folder, 'report.md'), parts.join('\n').trimEnd() + '\n');
  return true;
}

function read(folder: string): Kept {
  const path = join(folder, RESULTS);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Kept) : {};
}

function writeGoFormat(folder: string, data: RunData): void {
  mkdirSync(folder, { recursive: true });
  for (const competitor of data.competitors) {
    const lines = goFormat(data, competitor);
    if (lines.includes('\nBenchmark')) writeFileSync(join(folder, `${competitor}.txt`), lines);
  }
}

/** How the figures came about: command, machine, versions. */
export function provenance(data: RunData): string {
  return (
    `\`${data.command}\`, ${data.date.slice(0, 10)}, ${data.rounds} rounds in ${duration(data.seconds)}; ` +
    `${surroundings(data)}; buffers ${data.reserve ? 'reserved where possible' : 'not reserved'}.`
  );
}

function writePlots(folder: string, results: Results, keys: Keys): string[] {
  const panels = panelsOf(results, keys);
  if (panels.length === 0) return [];
  const title = `Time per operation against the number of entries · ${titleOf(keys, 0).replace(/^.*? · /, '')}`;
  const axes = {
    xName: 'entries in the store',
    yName: 'time per operation',
    xText: shortCount,
    yText: timeText,
  };
  const name = `time-${keys}`;
  writeFileSync(join(folder, `${name}.svg`), smallMultiples(title, panels, axes, LIGHT));
  writeFileSync(join(folder, `${name}-dark.svg`), smallMultiples(title, panels, axes, DARK));
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="${name}-dark.svg">`,
    `  <img alt="${title}: one plot per row, all competitors" src="${name}.svg">`,
    '</picture>',
  ];
}

function panelsOf(results: Results, keys: Keys): Panel[] {
  const panels: Panel[] = [];
  for (const row of ROWS[keys === GO_KEYS ? 'goleveldb' : 'db_bench']) {
    const lines = results.data.competitors.map((id) => ({
      label: columnOf(id).label,
      colour: COLUMNS.findIndex((column) => column.id === id),
      bold: id === OWN,
      points: results.data.sizes
        .map((n) => ({ x: n, y: results.median(id, keys, n, row.id) }))
        .filter((point): point is { x: number; y: number } => point.y !== undefined)
        .sort((a, b) => a.x - b.x),
    }));
    // A plot of ours alone (the rows by views) would compare nothing.
    const drawn = lines.filter((line) => line.points.length > 0);
    if (drawn.length > 1 || (drawn.length === 1 && results.data.competitors.length === 1)) {
      panels.push({ title: row.title, lines: drawn });
    }
  }
  return panels;
}

export function shortCount(n: number): string {
  return n >= 1e6 ? `${n / 1e6}M` : n >= 1e3 ? `${n / 1e3}k` : count(n);
}

function timeText(ns: number): string {
  return ns >= 1e6 ? `${short(ns / 1e6)} ms` : ns >= 1e3 ? `${short(ns / 1e3)} µs` : `${short(ns)} ns`;
}

function short(value: number): string {
  return String(Number(figure(value)));
}

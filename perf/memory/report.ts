// What `npm run memory` found: as JSON, as tables for the terminal and for docs/memory.md, as plots.
import { shortCount } from '../report.js';
import { surroundings } from '../facts.js';
import { duration } from '../progress.js';
import type { Machine } from '../results.js';
import { median } from '../stats.js';
import { DARK, LIGHT, type Line, smallMultiples } from '../svg.js';
import { count, figure, type Grid, type Section } from '../table.js';
import { MB, takenOf, type Measured, type Sample, type Taken } from './limits.js';
import { isPart, OWN, type ScenarioId, scenarioOf, type StoreId, STORES } from './scenarios.js';

/** All the runs of a store in a scenario. */
export interface Cell {
  scenario: ScenarioId;
  store: StoreId;
  runs: Measured[];
}

export interface MemoryData {
  date: string;
  command: string;
  seconds: number;
  machine: Machine;
  versions: Record<string, string>;
  cells: Cell[];
  leftOut: string[];
  /** What went wrong, in sentences. */
  problems: string[];
}

/** The scenarios that are plotted. */
const PLOTTED: readonly ScenarioId[] = ['window-50k', 'window-1m', 'overwrite', 'delete', 'queue'];
const NONE = '·';
/** Below this, a plot says nothing: the process itself moves as much. */
const LEAST_PLOTTED = MB;

/** JSON with a run on each line. */
export function jsonOf(data: MemoryData): string {
  const cells = data.cells.map(({ scenario, store, runs }) => {
    const lines = runs.map((run) => `\n  ${JSON.stringify(run)}`).join(',');
    return `\n {"scenario": "${scenario}", "store": "${store}", "runs": [${lines}]}`;
  });
  return `${JSON.stringify({ ...data, cells: [] }, null, 1).replace('"cells": []', () => `"cells": [${cells.join(',')}]`)}\n`;
}

/** One for each scenario, then whether flat-memdb keeps to its limits. */
export function sectionsOf(data: MemoryData): Section[] {
  const ids = [...new Set(data.cells.map(({ scenario }) => scenario))];
  const limits = data.cells.filter(({ store }) => store === OWN);
  return [
    ...ids.map((id) => scenarioSection(id, data.cells)),
    ...(limits.length > 0 ? [limitSection(limits)] : []),
  ];
}

function scenarioSection(id: ScenarioId, cells: readonly Cell[]): Section {
  const grid: Grid = [
    [
      id,
      'calls',
      'ns a\ncall',
      'longest\ncall, ms',
      'resident\nat most',
      'after\ncollecting',
      'garbage\nat most',
      'both\narrays',
      'live',
    ],
  ];
  for (const { scenario, store, runs } of cells) {
    if (scenario !== id) continue;
    const of = (figure: (run: Measured) => number) => runs.map(figure);
    const most = (value: (run: Measured) => number | null) =>
      megabytes(runs.some((run) => value(run) === null) ? null : Math.max(...runs.map((run) => value(run)!)));
    const part = isPart(scenarioOf(id), store) ? ' (a tenth)' : '';
    grid.push([
      STORES[store].label,
      count(runs[0].calls) + part,
      figure(median(of(({ ns }) => ns))),
      figure(median(of(({ longest }) => longest))),
      most(({ highest }) => highest),
      most(({ collected }) => collected),
      most(({ garbage }) => garbage),
      most(({ arrays }) => arrays),
      most(({ live }) => live),
    ]);
  }
  return { title: `${id}: ${scenarioOf(id).title}; memory in MB`, grid };
}

/** Of what is allowed, how much was taken. */
function limitSection(cells: readonly Cell[]): Section {
  const grid: Grid = [
    [
      'of the limit',
      'resident, of 4 x live + 16 MB',
      'arrays, of 3 x live + 16 MB',
      'garbage beyond size, of 1 MiB',
      'queue, of twice a load',
      'longest call, of 20 ms',
    ],
  ];
  for (const { scenario, runs } of cells) grid.push([scenario, ...limitCells(takenOfRuns(scenario, runs))]);
  return { title: 'flat-memdb: what is taken of each limit, where it is most', grid };
}

/** Of several runs the most, but of longest calls the median. */
export function takenOfRuns(scenario: ScenarioId, runs: readonly Measured[]): Taken {
  const all = runs.map((run) => takenOf(run, scenario === 'window-1m'));
  const known = (values: (number | undefined)[]) => values.filter((value) => value !== undefined);
  const most = (values: (number | undefined)[]) =>
    known(values).length === 0 ? undefined : Math.max(...known(values));
  const longest = known(all.map((taken) => taken.longest));
  return {
    resident: Math.max(...all.map(({ resident }) => resident)),
    arrays: most(all.map(({ arrays }) => arrays)),
    garbage: most(all.map(({ garbage }) => garbage)),
    queue: most(all.map(({ queue }) => queue)),
    longest: longest.length === 0 ? undefined : median(longest),
  };
}

function limitCells({ resident, arrays, garbage, queue, longest }: Taken): string[] {
  return [resident, arrays, garbage, queue, longest].map((part) =>
    part === undefined ? NONE : part > 1 ? `MISSED: ${percent(part)}` : percent(part),
  );
}

/** Which limits do not hold, in sentences. */
export function missesOf(data: MemoryData): string[] {
  return data.cells
    .filter(({ store }) => store === OWN)
    .flatMap(({ scenario, runs }) =>
      Object.entries(takenOfRuns(scenario, runs) as unknown as Record<string, number | undefined>)
        .filter(([, part]) => part !== undefined && part > 1)
        .map(([limit, part]) => `${scenario}, ${limit}: ${percent(part!)} of what is allowed.`),
    );
}

function percent(part: number): string {
  return `${Math.round(100 * part)} %`;
}

function megabytes(bytes: number | null): string {
  return bytes === null ? NONE : figure(bytes / MB);
}

/** How the figures came about. */
export function provenance(data: MemoryData): string {
  const { command, date, seconds, machine, versions } = data;
  return `\`${command}\`, ${date.slice(0, 10)}, ${duration(seconds)}; ${surroundings({ machine, versions })}.`;
}

/** Files of plots by name: resident memory against calls. */
export function plotsOf(data: MemoryData): Map<string, string> {
  const files = new Map<string, string>();
  for (const id of PLOTTED) {
    const cells = data.cells.filter(({ scenario }) => scenario === id);
    if (cells.length === 0) continue;
    const panel = { title: scenarioOf(id).title, lines: cells.map(lineOf) };
    const axes = {
      isLinear: true,
      isPlain: true,
      xName: 'calls',
      yName: 'resident memory above that of the empty process',
      xText: shortCount,
      yText: (bytes: number) => `${Number(figure(bytes / MB))} MB`,
    };
    const title = `Memory: ${id}`;
    files.set(`memory-${id}.svg`, smallMultiples(title, [panel], axes, LIGHT));
    files.set(`memory-${id}-dark.svg`, smallMultiples(title, [panel], axes, DARK));
  }
  return files;
}

function lineOf({ store, runs }: Cell): Line {
  const pointOf = ({ calls, resident }: Sample) => ({ x: calls, y: Math.max(resident, LEAST_PLOTTED) });
  const { label, colour } = STORES[store];
  return { label, colour, bold: store === OWN, points: runs[0].samples.map(pointOf) };
}

const BEGIN = '<!-- what npm run memory found -->';
const END = '<!-- until here -->';

/** A page with the tables of a run in the place of those that it has. */
export function withTables(page: string, data: MemoryData): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`The page has no place for tables: ${BEGIN} ... ${END}`);
  const parts = [provenance(data), ...sectionsOf(data).map(alignedTable), ...data.leftOut];
  return `${page.slice(0, begin)}${BEGIN}\n\n${parts.join('\n\n')}\n\n${page.slice(end)}`;
}

/** Markdown with columns as wide as their cells, which is how prettier has it. */
export function alignedTable({ title, grid }: Section): string {
  const rows = grid.map((cells) => cells.map((cell) => cell.replaceAll('\n', ' ')));
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((cells) => cells[column].length)));
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const padded = rows.map((cells) =>
    line(cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))),
  );
  const rule = line(widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)));
  return [`### ${title}`, '', padded[0], rule, ...padded.slice(1)].join('\n');
}

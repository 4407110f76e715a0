// What `npm run perf -- --shared` found: as JSON, as tables for the terminal and for docs/threads.md, as plots.
import { surroundings } from '../facts.js';
import { alignedTable } from '../memory/report.js';
import { duration } from '../progress.js';
import type { Machine } from '../results.js';
import { median } from '../stats.js';
import { barCharts, DARK, LIGHT, type BarPanel } from '../svg.js';
import { count, figure, type Section } from '../table.js';
import {
  FORM_TITLES,
  LIMIT,
  LIMITED,
  ROWS,
  type Form,
  type Row,
  type Setting,
  type Times,
  type Traffic,
} from './protocol.js';

/** All rounds of a setting. */
export interface Cell extends Setting {
  rounds: Traffic[];
}

export interface SharedData {
  date: string;
  command: string;
  seconds: number;
  machine: Machine;
  versions: Record<string, string>;
  single: { n: number; times: Times }[];
  cells: Cell[];
  /** ms of a structured clone of all entries. */
  clones: { n: number; ms: number[] }[];
  /** What went wrong, in sentences. */
  problems: string[];
}

const NONE = '·';
const REFERENCE: Form = 'messages';

/** JSON with a round on each line. */
export function jsonOf(data: SharedData): string {
  const cells = data.cells.map((cell) => ` ${JSON.stringify(cell)}`).join(',\n');
  const single = data.single
    .map(({ n, times }) => {
      const rows = Object.entries(times).map(
        ([row, sides]) => `  ${JSON.stringify(row)}: ${JSON.stringify(sides)}`,
      );
      return ` {"n": ${n}, "times": {\n${rows.join(',\n')}\n }}`;
    })
    .join(',\n');
  const text = JSON.stringify({ ...data, single: [], cells: [] }, null, 1);
  return `${text.replace('"single": []', () => `"single": [\n${single}]`).replace('"cells": []', () => `"cells": [\n${cells}]`)}\n`;
}

export function sectionsOf(data: SharedData): Section[] {
  const sizes = [...new Set(data.cells.map(({ n }) => n))];
  return [
    ...data.single.map(({ n, times }) => singleSection(n, times)),
    ...sizes.map((n) => trafficSection(data, n)),
  ];
}

/** How many times as long the shared form takes: the median of the ratios of lives that followed each other. */
export function ratioOf(times: Times, row: Row): number {
  const { local, shared } = times[row];
  return median(shared.map((ns, i) => ns / local[i]));
}

function singleSection(n: number, times: Times): Section {
  const rows = ROWS.map((row) => {
    const { local, shared } = times[row];
    return [row, figure(median(local)), figure(median(shared)), `${ratioOf(times, row).toFixed(2)}x`];
  });
  return {
    title: `One thread, ${count(n)} entries`,
    grid: [['ns a call', 'local', 'shared', 'shared / local'], ...rows],
  };
}

function trafficSection({ cells, clones }: SharedData, n: number): Section {
  const rows = cells
    .filter((cell) => cell.n === n)
    .map((cell) => {
      const reference = cells.find((each) => each.form === REFERENCE && isBeside(each, cell));
      const reads = (each: Cell) => median(each.rounds.map((round) => round.reads));
      return [
        FORM_TITLES[cell.form],
        String(cell.readers),
        cell.hasWriter ? figure(median(cell.rounds.map(({ writes }) => writes)) / 1000) : NONE,
        figure(reads(cell) / 1000),
        reference === undefined ? NONE : `${figure(reads(cell) / reads(reference))}x`,
        figure(median(cell.rounds.map(({ longest }) => longest))),
      ];
    });
  const cloned = clones.find((each) => each.n === n);
  const cost =
    cloned === undefined ? '' : `; to clone the Map takes ${figure(median(cloned.ms))} ms a thread`;
  return {
    title: `Threads, ${count(n)} entries${cost}`,
    grid: [
      [
        'get, in random order',
        'readers',
        'thousand writes a second',
        'thousand reads a second',
        'of a get a message',
        'longest 64 reads, or message, ms',
      ],
      ...rows,
    ],
  };
}

function isBeside(a: Setting, b: Setting): boolean {
  return a.n === b.n && a.readers === b.readers && a.hasWriter === b.hasWriter;
}

/** Which limits do not hold, in sentences. */
export function missesOf({ single }: SharedData): string[] {
  return single
    .slice(0, 1)
    .flatMap(({ n, times }) =>
      LIMITED.filter((row) => ratioOf(times, row) > LIMIT).map(
        (row) =>
          `${row}, ${count(n)} entries: ${ratioOf(times, row).toFixed(2)}x of the local form's, where ${LIMIT}x was the aim.`,
      ),
    );
}

export function provenance(data: SharedData): string {
  const { command, date, seconds } = data;
  return `\`${command}\`, ${date.slice(0, 10)}, ${duration(seconds)}, medians; ${surroundings(data)}.`;
}

/** Files of plots by name: reads a second of two threads, or as many as there are, with and without one that writes. */
export function plotsOf({ cells }: SharedData): Map<string, string> {
  const readers = Math.max(...cells.map((cell) => cell.readers));
  const sizes = [...new Set(cells.map(({ n }) => n))];
  const panels = [false, true].flatMap((hasWriter) =>
    sizes.map((n): BarPanel => {
      const shown = cells.filter(
        (cell) => cell.n === n && cell.hasWriter === hasWriter && cell.readers === readers,
      );
      return {
        title: `${count(n)} entries, ${hasWriter ? 'one thread writes' : 'nobody writes'}`,
        bars: shown.map(({ form, rounds }, i) => {
          const value = median(rounds.map(({ reads }) => reads));
          return {
            label: FORM_TITLES[form],
            value,
            text: `${figure(value / 1000)} k`,
            colour: i,
            bold: form === 'lock' || form === 'lock-free',
          };
        }),
      };
    }),
  );
  const drawn = panels.filter(({ bars }) => bars.length > 0);
  if (drawn.length === 0) return new Map();
  const title = `Reads a second, of ${readers} threads together`;
  return new Map([
    ['shared.svg', barCharts(title, drawn, LIGHT)],
    ['shared-dark.svg', barCharts(title, drawn, DARK)],
  ]);
}

const BEGIN = '<!-- what npm run perf -- --shared found -->';
const END = '<!-- until here -->';

const PICTURE = [
  '<picture>',
  '  <source media="(prefers-color-scheme: dark)" srcset="../perf/results/shared-dark.svg">',
  '  <img alt="Reads a second: shared forms, messages to one thread, and a clone for each" src="../perf/results/shared.svg">',
  '</picture>',
].join('\n');

/** docs/threads.md with the tables and the plot of a run in the place of those that it has. */
export function withTables(page: string, data: SharedData): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`The page has no place for what was found: ${BEGIN} ... ${END}`);
  const parts = [provenance(data), PICTURE, ...sectionsOf(data).map(alignedTable)];
  return `${page.slice(0, begin)}${BEGIN}\n\n${parts.map((part) => `${part}\n\n`).join('')}${page.slice(end)}`;
}

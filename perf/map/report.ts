// What `npm run perf -- --map` found: as JSON, as tables for the terminal and for docs/map.md, as plots.
import { surroundings } from '../facts.js';
import { alignedTable } from '../memory/report.js';
import { duration } from '../progress.js';
import { barCharts, DARK, LIGHT, type BarPanel } from '../svg.js';
import { count, figure, type Section } from '../table.js';
import { CONTESTANTS, OWN, RIVAL } from './contestants.js';
import { VALUE_TITLES, type ValueKind } from './data.js';
import { HUGE } from './plan.js';
import { ROW_IDS, ROW_TITLES, type Holder } from './protocol.js';
import { limitsOf, type Figure, type MapData, MapResults } from './results.js';

const NONE = '·';

/** JSON with a round on each line. */
export function jsonOf(data: MapData): string {
  const cells = data.cells.map(({ times, memory, ...cell }) => {
    const lines = (rounds: readonly unknown[]) =>
      rounds.map((round) => `\n   ${JSON.stringify(round)}`).join(',');
    const head = JSON.stringify(cell).slice(0, -1);
    return `\n  ${head}, "times": [${lines(times)}], "memory": [${lines(memory)}]}`;
  });
  return `${JSON.stringify({ ...data, cells: [] }, null, 1).replace('"cells": []', () => `"cells": [${cells.join(',')}]`)}\n`;
}

export function sectionsOf(data: MapData): Section[] {
  const results = new MapResults(data);
  const sections: Section[] = [];
  for (const n of results.sizes) {
    for (const values of results.kinds) {
      if (results.holders(values, n, 'times').length > 0) sections.push(timeSection(results, values, n));
    }
  }
  for (const values of results.kinds) {
    const section = memorySection(results, values);
    if (section.grid.length > 1) sections.push(section);
  }
  const limits = limitSection(results);
  return limits.grid.length > 1 ? [...sections, limits] : sections;
}

function headingOf(holder: Holder): string {
  return holder === 'nothing' ? 'no map' : CONTESTANTS[holder].heading;
}

function timeSection(results: MapResults, values: ValueKind, n: number): Section {
  const holders = results.holders(values, n, 'times');
  const isPaired = holders.includes(RIVAL);
  const grid = [['ns per operation', ...holders.map(headingOf), ...(isPaired ? [`vs ${RIVAL}`] : [])]];
  for (const row of ROW_IDS) {
    const times = holders.map((holder) => cellOf(results.time(holder, values, n, row)));
    grid.push([ROW_TITLES[row], ...times, ...(isPaired ? [ratioOf(results.timeRatio(values, n, row))] : [])]);
  }
  return { title: `${count(n)} entries, ${VALUE_TITLES[values]}`, grid };
}

const FIGURES: readonly [Figure, string][] = [
  ['heap', 'heap, bytes/entry'],
  ['resident', 'resident, bytes/entry'],
  ['longest', 'longest turn, ms'],
  ['typical', 'typical turn, ms'],
  ['collections', 'collections of all'],
];

function memorySection(results: MapResults, values: ValueKind): Section {
  const grid = [['', ...FIGURES.map(([, title]) => title)]];
  for (const n of results.sizes) {
    for (const holder of results.holders(values, n, 'memory')) {
      const figures = FIGURES.map(([id]) => {
        const isOfMap = holder !== 'nothing' || (id !== 'heap' && id !== 'resident');
        return isOfMap ? cellOf(results.memory(holder, values, n, id)) : NONE;
      });
      grid.push([`${count(n)}: ${headingOf(holder).replaceAll('\n', ' ')}`, ...figures]);
    }
  }
  return {
    title: `Memory, and turns of the event loop while a program works on; ${VALUE_TITLES[values]}`,
    grid,
  };
}

/** What ours should keep to: a median of ratios, and whether it does. */
function limitSection(results: MapResults): Section {
  const grid = [[`of ${RIVAL}'s`, 'at most', 'found', '']];
  for (const { what, limit, found } of limitsOf(results)) {
    grid.push([what, `${limit}x`, ratioOf(found), found! <= limit ? 'kept' : 'MISSED']);
  }
  return { title: 'What is taken of each limit', grid };
}

/** Which limits do not hold, in sentences. */
export function missesOf(data: MapData): string[] {
  return limitsOf(new MapResults(data))
    .filter(({ limit, found }) => found! > limit)
    .map(
      ({ what, limit, found }) => `${what}: ${ratioOf(found)} of ${RIVAL}'s, where ${limit}x was the aim.`,
    );
}

function cellOf(value: number | undefined): string {
  return value === undefined ? NONE : figure(value);
}

function ratioOf(ratio: number | undefined): string {
  return ratio === undefined ? NONE : `${ratio.toFixed(2)}x`;
}

export function provenance(data: MapData): string {
  const { command, date, seconds, machine, versions, rounds } = data;
  return (
    `\`${command}\`, ${date.slice(0, 10)}, ${duration(seconds)}, medians of ${rounds} rounds; ` +
    `${surroundings({ machine, versions })}.`
  );
}

const PLOTTED: readonly [Figure, string, string][] = [
  ['longest', 'longest turn of the event loop, ms', 'ms'],
  ['resident', 'resident memory, bytes an entry', 'bytes'],
  ['heap', 'of which on the heap, for the collector to look at', 'bytes'],
];

/** Files of plots by name: what a map of the largest size costs the program that holds it. */
export function plotsOf(data: MapData): Map<string, string> {
  const results = new MapResults(data);
  const n = results.sizes.includes(HUGE) ? HUGE : Math.max(...results.sizes);
  const panels = results.kinds.flatMap((values) =>
    PLOTTED.map(([id, title, unit]): BarPanel => {
      const holders = results
        .holders(values, n, 'memory')
        .filter((holder) => holder !== 'nothing' || id === 'longest');
      return {
        title: `${title}; ${values === 'json' ? 'small objects' : 'strings'}`,
        bars: holders.map((holder) => {
          const value = results.memory(holder, values, n, id) ?? 0;
          return {
            label: headingOf(holder).replaceAll('\n', ' '),
            value,
            text: `${figure(value)} ${unit}`,
            colour: holder === 'nothing' ? 1 : CONTESTANTS[holder].colour,
            bold: holder === OWN,
          };
        }),
      };
    }),
  );
  const drawn = panels.filter(({ bars }) => bars.length > 0);
  if (drawn.length === 0) return new Map();
  const title = `A map of ${count(n)} entries`;
  return new Map([
    ['map.svg', barCharts(title, drawn, LIGHT)],
    ['map-dark.svg', barCharts(title, drawn, DARK)],
  ]);
}

const BEGIN = '<!-- what npm run perf -- --map found -->';
const END = '<!-- until here -->';

/** A page with some parts in the place of those between its marks. */
function withParts(page: string, parts: readonly string[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`The page has no place for what was found: ${BEGIN} ... ${END}`);
  const inside = parts.map((part) => `${part}\n\n`).join('');
  return `${page.slice(0, begin)}${BEGIN}\n\n${inside}${page.slice(end)}`;
}

/** docs/map.md with the tables and the plot of a run; without one, with nothing. */
export function withTables(page: string, data: MapData | undefined): string {
  if (data === undefined) return withParts(page, []);
  const tables = sectionsOf(data).map(alignedTable);
  return withParts(page, [provenance(data), pictureOf('../perf/results'), ...tables, ...data.leftOut]);
}

/** README.md with the plot, and the figures that people come for. */
export function withPlot(page: string, data: MapData | undefined): string {
  return withParts(page, data === undefined ? [] : [pictureOf('perf/results'), summaryOf(data)]);
}

function pictureOf(folder: string): string {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="${folder}/map-dark.svg">`,
    `  <img alt="What a map costs the program that holds it: pauses and memory" src="${folder}/map.svg">`,
    '</picture>',
  ].join('\n');
}

/** In sentences that wrap as prettier has them: it leaves line breaks where they are. */
function summaryOf(data: MapData): string {
  const results = new MapResults(data);
  const n = Math.max(...results.sizes);
  const sentences = results.kinds.map((values) => {
    const of = (holder: Holder, id: Figure) => cellOf(results.memory(holder, values, n, id));
    return (
      `${values === 'json' ? 'Small objects' : 'Strings'}: the longest turn of the event loop takes ` +
      `${of(OWN, 'longest')} ms, with ${RIVAL} ${of(RIVAL, 'longest')} ms, with no map ${of('nothing', 'longest')} ms; an entry takes ` +
      `${of(OWN, 'resident')} bytes of memory, ${of(OWN, 'heap')} of them on the heap, in ${RIVAL} ${of(RIVAL, 'resident')}, all of them there.`
    );
  });
  return [
    `A program works on while it holds ${count(n)} entries.`,
    ...sentences,
    `(\`${data.command}\`, ${data.date.slice(0, 10)}, medians)`,
  ].join('\n');
}

// Writes what a run of lives found: JSON, and from that tables.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { surroundings } from '../facts.js';
import { KEY_SHAPE_TITLES } from '../keys.js';
import { duration } from '../progress.js';
import { geometricMean } from '../stats.js';
import { count, figure, type Grid, markdownTable, ratioText, type Section } from '../table.js';
import { STORES, type Store } from './contestants.js';
import { LifeResults, type LivesData, type Place, TOTAL } from './results.js';
import { LIFE_ROWS } from './rows.js';

const RESULTS = 'lives.json';
const REPORT = 'lives.md';
const NONE = '·';
/** The rows that are told of as ratios: dropping takes next to nothing. */
const RATIO_ROWS = LIFE_ROWS.filter(({ id }) => id !== 'drop');

/** All tables of a run, in the order in which they are shown: what they come to first. */
export function sectionsOf(results: LifeResults): Section[] {
  const { places } = results;
  const sizes = [...new Set(places.map(({ n }) => n))];
  return [
    ...sizes.map((n) =>
      shapesSection(
        results,
        places.filter((place) => place.n === n),
      ),
    ),
    rowsSection(results, sizes),
    ...peersSections(results, sizes),
    ...places.flatMap((place) => STORES.flatMap((store) => timeSection(results, place, store) ?? [])),
  ];
}

/** How many times as fast a whole life is, for each key shape. */
function shapesSection(results: LifeResults, places: Place[]): Section {
  const ratios = (place: Place) => [
    results.ratioToGo(place, 'DB', TOTAL),
    results.ratioToGo(place, 'MemTable', TOTAL),
    results.ratioToFastestPeer(place, TOTAL, false)?.ratio,
    results.ratioToFastestPeer(place, TOTAL, true)?.ratio,
  ];
  const lines = places.map(ratios);
  const means = lines[0].map((_, i) => meanOf(lines.map((line) => line[i])));
  return {
    title: `a whole life, n = ${count(places[0].n)}: how many times as fast`,
    grid: [
      [
        'keys',
        'DB\nvs goleveldb',
        'MemTable\nvs goleveldb',
        'DB vs best\npeer',
        'DB vs best\npeer that copies',
      ],
      ...places.map(({ keys }, i) => [KEY_SHAPE_TITLES[keys], ...lines[i].map(ratioText)]),
      ['geometric mean', ...means.map(ratioText)],
    ],
  };
}

/** Against goleveldb: for each row the mean over the key shapes, and which was the worst. */
function rowsSection(results: LifeResults, sizes: number[]): Section {
  const columns = sizes.flatMap((n) => STORES.map((store) => ({ n, store })));
  const cell = (row: string, { n, store }: { n: number; store: Store }) => {
    const ratios = results.places
      .filter((place) => place.n === n)
      .flatMap((place) => results.ratioToGo(place, store, row) ?? []);
    return ratios.length === 0
      ? NONE
      : `${ratioText(geometricMean(ratios))} (${figure(Math.min(...ratios))} to ${figure(Math.max(...ratios))})`;
  };
  const line = (id: string, title: string) => [title, ...columns.map((column) => cell(id, column))];
  return {
    title: 'vs goleveldb, row by row: geometric mean over the key shapes (worst to best)',
    grid: [
      ['', ...columns.map(({ n, store }) => `${store}\nn = ${count(n)}`)],
      ...RATIO_ROWS.map(({ id, title }) => line(id, title)),
      line(TOTAL, 'a whole life'),
    ],
  };
}

/** Against peers that keep the caller's arrays, and against the same that copy them, as our own stores do. */
function peersSections(results: LifeResults, sizes: number[]): Section[] {
  const columns = sizes.flatMap((n) => [false, true].map((copies) => ({ n, copies })));
  const ratios = (row: string, { n, copies }: { n: number; copies: boolean }) =>
    results.places
      .filter((place) => place.n === n)
      .flatMap((place) => results.ratioToFastestPeer(place, row, copies)?.ratio ?? []);
  if (columns.every((column) => ratios(TOTAL, column).length === 0)) return [];
  const mean = (values: number[]) => ratioText(meanOf(values));
  const isOfAll = ({ kind }: { kind: string }) => kind !== 'scan-views';
  const all = (column: (typeof columns)[number]) =>
    mean(RATIO_ROWS.filter(isOfAll).flatMap(({ id }) => ratios(id, column)));
  return [
    {
      title: 'DB vs the fastest peer of each row: geometric mean over the key shapes',
      grid: [
        ['', ...columns.map(({ n, copies }) => `${copies ? 'copying' : 'references'}\nn = ${count(n)}`)],
        ...RATIO_ROWS.map(({ id, title }) => [title, ...columns.map((column) => mean(ratios(id, column)))]),
        ['all rows, without scans by views', ...columns.map(all)],
        ['a whole life', ...columns.map((column) => mean(ratios(TOTAL, column)))],
      ],
    },
  ];
}

/** ns per operation, and what a life comes to per entry. */
function timeSection(results: LifeResults, place: Place, store: Store): Section | undefined {
  const contestants = results.contestants(place, store);
  if (contestants.length === 0) return undefined;
  const ids = contestants.map(({ id }) => id);
  const withPeers = contestants.some(({ role }) => role === 'peer');
  const heading = [
    'ns per operation',
    ...contestants.map((contestant) => contestant.heading.join('\n').trim()),
    'vs\nGo',
    ...(withPeers ? ['vs best\npeer', 'vs best that\ncopies'] : []),
  ];
  const line = (row: string, title: string) => {
    const times = ids.map((id) => results.median(id, place, row));
    if (times.every((time) => time === undefined)) return [];
    const ratios = [
      results.ratioToGo(place, store, row),
      ...(withPeers
        ? [false, true].map((copies) => results.ratioToFastestPeer(place, row, copies)?.ratio)
        : []),
    ];
    const cells = times.map((time) => (time === undefined ? NONE : figure(time)));
    return [[title, ...cells, ...(row === 'drop' ? ratios.map(() => NONE) : ratios.map(ratioText))]];
  };
  const ofLife = LIFE_ROWS.filter(({ counts }) => counts);
  const beside = LIFE_ROWS.filter(({ counts }) => !counts);
  const grid: Grid = [
    heading,
    ...ofLife.flatMap(({ id, title }) => line(id, title)),
    ...line(TOTAL, 'the life, ns per entry'),
    ...beside.flatMap(({ id, title }) => line(id, `apart: ${title}`)),
  ];
  return { title: `${store}, n = ${count(place.n)} · ${KEY_SHAPE_TITLES[place.keys]}`, grid };
}

function meanOf(values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : geometricMean(known);
}

export function writeResults(folder: string, data: LivesData): void {
  mkdirSync(folder, { recursive: true });
  const lives = data.lives.map((life) => `\n${JSON.stringify(life)}`).join(',');
  // No text in the rest has these characters: within texts, quotes are escaped.
  const json = JSON.stringify({ ...data, lives: [] }, null, 1).replace(
    '"lives": []',
    () => `"lives": [${lives}\n ]`,
  );
  writeFileSync(join(folder, RESULTS), `${json}\n`);
}

/** Writes lives.md from the results in `folder`; false if there are none. */
export function writeReport(folder: string): boolean {
  const path = join(folder, RESULTS);
  if (!existsSync(path)) return false;
  const data = JSON.parse(readFileSync(path, 'utf8')) as LivesData;
  const parts = [
    '# Lives',
    '',
    'Stores that are filled, read once, scanned once and dropped, in processes that are warm.',
    '[perf/README.md](../README.md#lives) says how.',
    '',
    provenance(data),
    '',
    'Times are medians of all lives that count, in ns; a ratio is the median of the ratios of single rounds, and above 1 we are',
    'faster. Scans by views and deletes are apart: they are not in the sum of a life.',
    '',
    ...sectionsOf(new LifeResults(data)).map((section) => markdownTable(section)),
  ];
  if (data.problems.length > 0) parts.push('## Problems', '', ...data.problems.map((line) => `- ${line}`));
  writeFileSync(join(folder, REPORT), parts.join('\n').trimEnd() + '\n');
  return true;
}

/** How the figures came about: command, machine, versions. */
export function provenance(data: LivesData): string {
  return `\`${data.command}\`, ${data.date.slice(0, 10)}, in ${duration(data.seconds)}; ${surroundings(data)}.`;
}

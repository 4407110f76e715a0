// The tables, as text for the terminal and as Markdown for the report; and the figures below them.
import { columnOf, GO, OWN } from './competitors/index.js';
import { KEY_SHAPE_TITLES } from './keys.js';
import { GO_KEYS, type Keys, type Results } from './results.js';
import { METRICS, ROWS, type Row } from './rows.js';
import { geometricMean, spread } from './stats.js';

/** Cells of text; the first row is the heading, the first column is set left, all others right. */
export type Grid = string[][];

export interface Section {
  title: string;
  grid: Grid;
}

const NONE = '·';

/** One section for each size and key shape: ns per operation. */
export function timeSections(results: Results): Section[] {
  const sections: Section[] = [];
  for (const n of results.data.sizes) {
    for (const keys of results.data.keys) {
      const rows = rowsOf(results, keys, n);
      if (rows.length > 0) sections.push({ title: titleOf(keys, n), grid: timeGrid(results, keys, n, rows) });
    }
  }
  return sections;
}

function timeGrid(results: Results, keys: Keys, n: number, rows: Row[]): Grid {
  const { competitors } = results.data;
  const grid: Grid = [
    [
      'ns per operation',
      ...competitors.map((id) => columnOf(id).heading.join('\n')),
      'vs\nGo',
      'vs best\npeer',
    ],
  ];
  for (const row of rows) {
    const peer = row.reserved ? undefined : results.ratioToFastestPeer(keys, n, row.id);
    grid.push([
      row.title,
      ...competitors.map((id) => timeCell(results, id, keys, n, row.id)),
      ratioText(results.ratioToGo(keys, n, row.id)),
      ratioText(peer?.ratio),
    ]);
  }
  const blanks = competitors.map(() => '');
  const summary = summarise(results, [{ keys, n }]);
  grid.push(['geometric mean', ...blanks, ratioText(summary.go?.mean), ratioText(summary.peers?.mean)]);
  return grid;
}

function timeCell(results: Results, competitor: string, keys: Keys, n: number, row: string): string {
  const rounds = results.rounds(competitor, keys, n, row);
  if (rounds === undefined) return results.gap(competitor, keys, n, row)?.reason ?? NONE;
  const time = results.median(competitor, keys, n, row)!;
  return `${figure(time)} ±${Math.round(100 * spread([...rounds.values()]))}%`;
}

/** What is measured besides time: memory, the longest put, the machine's latency. */
export function metricSections(results: Results): Section[] {
  const { competitors, sizes, keys } = results.data;
  const sections: Section[] = [];
  for (const n of sizes) {
    for (const shape of keys) {
      const lines: Grid = [];
      for (const metric of METRICS) {
        const cells = competitors.map((id) => {
          const value = results.median(id, shape, n, metric.id);
          return value === undefined ? (results.gap(id, shape, n, metric.id)?.reason ?? NONE) : figure(value);
        });
        if (cells.some((cell) => cell !== NONE)) lines.push([metric.title, ...cells]);
      }
      if (lines.length === 0) continue;
      const heading = ['', ...competitors.map((id) => columnOf(id).heading.join('\n'))];
      sections.push({ title: `memory and stalls: ${titleOf(shape, n)}`, grid: [heading, ...lines] });
    }
  }
  return sections;
}

/** How much dearer an operation gets from the smallest to the largest size of the run. */
export function growthSection(results: Results): Section | undefined {
  const { sizes, keys } = results.data;
  const [small, large] = [Math.min(...sizes), Math.max(...sizes)];
  if (small === large) return undefined;
  const grid: Grid = [['', ...keys.flatMap((shape) => [`${shape}\nflat-memdb`, `\ngoleveldb`])]];
  const lines = new Map<string, string[]>();
  keys.forEach((shape, i) => {
    for (const row of rowsOf(results, shape, large)) {
      let line = lines.get(row.title);
      if (line === undefined) lines.set(row.title, (line = keys.flatMap(() => ['', ''])));
      line[2 * i] = ratioText(growth(results, OWN, shape, row.id, small, large));
      line[2 * i + 1] = ratioText(growth(results, GO, shape, row.id, small, large));
    }
  });
  for (const [title, line] of lines) grid.push([title, ...line]);
  return { title: `growth of time per operation from n = ${count(small)} to ${count(large)}`, grid };
}

function growth(
  results: Results,
  competitor: string,
  keys: Keys,
  row: string,
  small: number,
  large: number,
): number | undefined {
  const before = results.median(competitor, keys, small, row);
  const after = results.median(competitor, keys, large, row);
  return before === undefined || after === undefined ? undefined : after / before;
}

export interface Standing {
  mean: number;
  worst: number;
  /** Row, keys and size of the worst ratio, and for peers which one it was. */
  where: string;
  count: number;
}

/**
 * Ratios over some cells. Against Go, scans count by positions only: its slices are no objects. Rows with reserved
 * buffers do not count against peers, which have none to reserve; `named` are those without the rows of scans by views.
 */
export function summarise(
  results: Results,
  cells: { keys: Keys; n: number }[],
): { go: Standing | undefined; peers: Standing | undefined; named: Standing | undefined } {
  const go: { ratio: number; where: string }[] = [];
  const peers: { ratio: number; where: string }[] = [];
  const named: { ratio: number; where: string }[] = [];
  for (const { keys, n } of cells) {
    for (const row of rowsOf(results, keys, n)) {
      const where = `${row.title}, ${keys} keys, n = ${count(n)}`;
      const toGo = results.ratioToGo(keys, n, row.id);
      if (toGo !== undefined && !row.kind.includes('views')) go.push({ ratio: toGo, where });
      const toPeer = results.ratioToFastestPeer(keys, n, row.id);
      if (toPeer !== undefined && !row.reserved) {
        const line = { ratio: toPeer.ratio, where: `${where}, ${columnOf(toPeer.peer).label}` };
        peers.push(line);
        if (!row.kind.includes('views')) named.push(line);
      }
    }
  }
  return { go: standing(go), peers: standing(peers), named: standing(named) };
}

function standing(ratios: { ratio: number; where: string }[]): Standing | undefined {
  if (ratios.length === 0) return undefined;
  const worst = ratios.reduce((a, b) => (b.ratio < a.ratio ? b : a));
  const mean = geometricMean(ratios.map(({ ratio }) => ratio));
  return { mean, worst: worst.ratio, where: worst.where, count: ratios.length };
}

/** The figures of the whole run, each with its name: what one wants to know first. */
export function summarySection(results: Results): Section {
  const { sizes, keys } = results.data;
  const all = sizes.flatMap((n) => keys.map((shape) => ({ keys: shape, n })));
  const { go, peers, named } = summarise(results, all);
  const grid: Grid = [['', 'figure', 'where']];
  if (go) {
    grid.push(['against goleveldb, geometric mean', ratioText(go.mean), rowCount(go.count)]);
    grid.push(['against goleveldb, worst row', ratioText(go.worst), go.where]);
  }
  if (peers) {
    grid.push(['against the fastest peer, geometric mean', ratioText(peers.mean), rowCount(peers.count)]);
    if (named) grid.push(['... without scans by views', ratioText(named.mean), rowCount(named.count)]);
    grid.push(['against the fastest peer, worst row', ratioText(peers.worst), peers.where]);
  }
  const reserved = all.flatMap(({ keys, n }) => results.ratioToGo(keys, n, 'fillseq-reserved') ?? []);
  if (reserved.length > 0) {
    const rows = `${rowCount(reserved.length)}, worst ${ratioText(Math.min(...reserved))}`;
    grid.push(['fillseq, reserved, against goleveldb', ratioText(geometricMean(reserved)), rows]);
  }
  grid.push(...loadLines(results));
  for (const [row, title, unit] of [
    ['index-bytes', 'index per entry', 'bytes'],
    ['stall-max', 'longest put', 'ms'],
  ] as const) {
    for (const { keys, n } of all) {
      const value = results.median(OWN, keys, n, row);
      if (value !== undefined) grid.push([title, `${figure(value)} ${unit}`, `n = ${count(n)}`]);
    }
  }
  grid.push(...growthLine(results));
  return { title: 'flat-memdb in short', grid };
}

/** `get` in dependent random loads of this machine, at the size of the store's memory. */
function loadLines(results: Results): Grid {
  const { sizes, keys } = results.data;
  const lines: Grid = [];
  for (const n of sizes) {
    const latency = keys
      .map((shape) => results.median(OWN, shape, n, 'load-latency'))
      .find((x) => x !== undefined);
    if (latency === undefined) continue;
    for (const shape of keys) {
      const get = results.median(OWN, shape, n, 'readrandom');
      if (get === undefined) continue;
      const loads = `${figure(get / latency)} loads`;
      lines.push([
        'get, in dependent random loads',
        loads,
        `${shape} keys, n = ${count(n)}, ${figure(latency)} ns a load`,
      ]);
    }
  }
  return lines;
}

function growthLine(results: Results): Grid {
  const { sizes, keys } = results.data;
  const [small, large] = [Math.min(...sizes), Math.max(...sizes)];
  if (small === large) return [];
  const means = [OWN, GO].map((competitor) => {
    const growths = keys.flatMap((shape) =>
      rowsOf(results, shape, large).flatMap((row) =>
        row.kind.includes('views') ? [] : (growth(results, competitor, shape, row.id, small, large) ?? []),
      ),
    );
    return growths.length === 0 ? NONE : ratioText(geometricMean(growths));
  });
  return [
    [
      'growth of time per operation',
      means[0],
      `goleveldb ${means[1]}; n = ${count(small)} to ${count(large)}`,
    ],
  ];
}

/** The rows that were asked for and that at least one competitor has figures (or gaps) for. */
function rowsOf(results: Results, keys: Keys, n: number): Row[] {
  const { competitors } = results.data;
  return ROWS[keys === GO_KEYS ? 'goleveldb' : 'db_bench'].filter(({ id }) =>
    competitors.some(
      (competitor) => results.rounds(competitor, keys, n, id) ?? results.gap(competitor, keys, n, id),
    ),
  );
}

export function titleOf(keys: Keys, n: number): string {
  const what: Record<Keys, string> = {
    ...KEY_SHAPE_TITLES,
    [GO_KEYS]: "goleveldb's own: 4-byte keys, no values",
  };
  return `n = ${count(n)} · ${what[keys] ?? keys}`;
}

export function count(n: number): string {
  return n.toLocaleString('en');
}

function rowCount(rows: number): string {
  return rows === 1 ? '1 row' : `${count(rows)} rows`;
}

/** Three significant digits and no more decimals than they need. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return size >= 99.95 ? String(Math.round(value)) : size >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

export function ratioText(ratio: number | undefined): string {
  return ratio === undefined ? NONE : `${figure(ratio)}x`;
}

/** For a terminal: columns padded with spaces. */
export function textTable({ title, grid }: Section): string {
  const lines = grid.flatMap((cells) => {
    const height = Math.max(...cells.map((cell) => cell.split('\n').length));
    return Array.from({ length: height }, (_, i) => cells.map((cell) => cell.split('\n')[i] ?? ''));
  });
  const widths = lines[0].map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  const wordy = isWordy(grid);
  const text = lines.map((cells) =>
    cells
      .map((cell, i) =>
        i === 0 || (wordy && i === cells.length - 1) ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
      )
      .join('  ')
      .trimEnd(),
  );
  return [title, '-'.repeat(title.length), ...text].join('\n') + '\n';
}

export function markdownTable({ title, grid }: Section): string {
  const cellsOf = (cells: string[]) =>
    '| ' + cells.map((cell) => cell.replaceAll('-\n', '-').replaceAll('\n', ' ').trim()).join(' | ') + ' |';
  const [heading, ...lines] = grid;
  const wordy = isWordy(grid);
  const rule = heading.map((_, i) => (i === 0 || (wordy && i === heading.length - 1) ? '---' : '--:'));
  return [`### ${title}`, '', cellsOf(heading), cellsOf(rule), ...lines.map(cellsOf)].join('\n') + '\n';
}

/** Whether the last column holds words, which are set left. */
function isWordy(grid: Grid): boolean {
  return grid[0].at(-1) === 'where';
}

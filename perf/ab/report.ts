// From rounds to the table.
import type { KeyShape } from '../keys.js';
import { geometricMean, median, percentile } from '../stats.js';
import { count, figure, type Grid, type Section } from '../table.js';
import type { Options } from './options.js';
import { ROWS } from './rows.js';
import type { Measured } from './runner.js';

/** NEW in terms of OLD: below 1 it takes less time. */
export interface Ratio {
  shape: KeyShape;
  n: number;
  row: string;
  title: string;
  /** ns per operation. */
  old: number;
  ratio: number;
  /** The tenth and the ninetieth percentile of all rounds. */
  low: number;
  high: number;
}

export function ratioOf({ shape, n, row, rounds }: Measured): Ratio {
  const ratios = rounds.map((each) => each.new / each.old).sort((a, b) => a - b);
  return {
    shape,
    n,
    row,
    title: titleOf(row),
    old: median(rounds.map(({ old }) => old)),
    ratio: median(ratios),
    low: percentile(ratios, 0.1),
    high: percentile(ratios, 0.9),
  };
}

/** Rows down, key shapes across. */
export function tableOf(ratios: Ratio[], n: number, { shapes, rows, limit }: Options): Section {
  const some = ratios.filter((ratio) => ratio.n === n);
  const grid: Grid = [
    ['NEW / OLD', ...shapes.flatMap((shape) => [`${shape}\nold, ns`, '\nratio', '\n10 .. 90 %'])],
  ];
  for (const { id, title } of ROWS) {
    if (!rows.includes(id)) continue;
    const cells = shapes.flatMap((shape) => {
      const ratio = some.find((each) => each.row === id && each.shape === shape);
      return ratio === undefined ? ['', '', ''] : cellsOf(ratio, limit);
    });
    grid.push([title, ...cells]);
  }
  const means = shapes.flatMap((shape) => {
    const ofShape = some.filter((each) => each.shape === shape).map(({ ratio }) => ratio);
    return ['', ofShape.length === 0 ? '' : `${geometricMean(ofShape).toFixed(3)} `, ''];
  });
  grid.push(['geometric mean', ...means]);
  return { title: `n = ${count(n)}`, grid };
}

function cellsOf({ old, ratio, low, high }: Ratio, limit: number): string[] {
  return [
    figure(old),
    `${ratio.toFixed(3)}${ratio > limit ? '!' : ' '}`,
    `${low.toFixed(2)} .. ${high.toFixed(2)}`,
  ];
}

/** The figures of the whole run, in sentences. */
export function summaryOf(ratios: Ratio[], limit: number): string[] {
  const worst = ratios.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  const best = ratios.reduce((a, b) => (b.ratio < a.ratio ? b : a));
  const mean = geometricMean(ratios.map(({ ratio }) => ratio));
  const above = exceeding(ratios, limit);
  return [
    `geometric mean  ${mean.toFixed(3)} of ${count(ratios.length)} rows; below 1, NEW takes less time`,
    `worst row       ${named(worst)}`,
    `best row        ${named(best)}`,
    above.length === 0
      ? `No row is above ${limit}.`
      : `Above ${limit}: ${above.length} of ${count(ratios.length)}\n${above.map((each) => `  ${named(each)}`).join('\n')}`,
  ];
}

/** The worst first. */
export function exceeding(ratios: Ratio[], limit: number): Ratio[] {
  return ratios.filter(({ ratio }) => ratio > limit).sort((a, b) => b.ratio - a.ratio);
}

function named({ shape, n, row, ratio }: Ratio): string {
  return `${ratio.toFixed(3)}  ${row}, ${shape} keys, n = ${count(n)}`;
}

function titleOf(row: string): string {
  return ROWS.find(({ id }) => id === row)?.title ?? row;
}

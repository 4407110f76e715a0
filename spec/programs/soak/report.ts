import { PARTS, type Part } from './candidates.js';
import type { Tally } from '../../support/tally.js';

const COLUMNS: readonly [keyof Tally, string][] = [
  ['operations', 'operations compared'],
  ['refused', 'allocations failed'],
  ['dumps', 'dumps changed'],
  ['killed', 'threads killed'],
  ['inTheWay', 'of these, in the way of others'],
];
const NONE = '·';

/** What a soak did, part by part, from its first round on. */
export class Report {
  readonly #began = Date.now();
  readonly #seed: number;
  readonly #parts = new Map<Part, { rounds: number; differences: number; tally: Record<string, number> }>();
  #rounds = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Without a tally: a round that found a difference. */
  add(part: Part, tally?: Tally): void {
    const sum = this.#parts.get(part) ?? { rounds: 0, differences: 0, tally: {} };
    this.#parts.set(part, sum);
    this.#rounds++;
    sum.rounds++;
    if (tally === undefined) sum.differences++;
    for (const [name, count] of Object.entries(tally ?? {}) as [string, number][]) {
      sum.tally[name] = (sum.tally[name] ?? 0) + count;
    }
  }

  get seconds(): number {
    return Math.round((Date.now() - this.#began) / 1000);
  }

  total(name: keyof Tally): number {
    return [...this.#parts.values()].reduce((total, { tally }) => total + (tally[name] ?? 0), 0);
  }

  /** A table in Markdown, and the line that says whose it is. */
  toString(): string {
    const rows = [['', 'rounds', ...COLUMNS.map(([, title]) => title), 'differences']];
    let differences = 0;
    for (const part of PARTS) {
      const sum = this.#parts.get(part);
      if (sum === undefined) continue;
      differences += sum.differences;
      rows.push([part, count(sum.rounds), ...counts(sum.tally), count(sum.differences)]);
    }
    const totals = Object.fromEntries(COLUMNS.map(([name]) => [name, this.total(name)]));
    rows.push(['all', count(this.#rounds), ...counts(totals), count(differences)]);
    const seeds = `seeds ${this.#seed} to ${(this.#seed + Math.max(0, this.#rounds - 1)) | 0}`;
    const minutes = (this.seconds / 60).toFixed(1);
    return `${table(rows)}\n\n${minutes} minutes, ${seeds}; Node ${process.versions.node}, ${process.platform}/${process.arch}.`;
  }
}

function counts(tally: Record<string, number>): string[] {
  return COLUMNS.map(([name]) => (tally[name] ? count(tally[name]) : NONE));
}

function count(number: number): string {
  return number.toLocaleString('en');
}

/** The first column is set left, all others right, as wide as they must be. */
function table(rows: string[][]): string {
  const widths = rows[0].map((_, i) => Math.max(3, ...rows.map((row) => row[i].length)));
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))),
  );
  lines.splice(
    1,
    0,
    widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)),
  );
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

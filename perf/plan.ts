// Which processes a run consists of. A cell is one key shape at one size; within it the competitors take turns,
// round after round, so that a machine that slows down for a while slows all of them.
import { GO, OWN } from './competitors/index.js';
import type { Options } from './options.js';
import { GO_KEYS, type Keys } from './results.js';
import { leastRepetitions } from './protocol.js';
import { METRICS, METRIC_ROWS, ROWS, type Row } from './rows.js';

export interface Turn {
  competitor: string;
  round: number;
  rows: Row[];
  /** Of memory, stall and latency; then `rows` is empty. */
  metrics: string[];
}

export interface Cell {
  keys: Keys;
  n: number;
  turns: Turn[];
}

/** Each of them takes a whole fill: rounds beyond these would only make a run longer. */
const METRIC_ROUNDS = 3;

export function planCells(options: Options): Cell[] {
  const cells: Cell[] = [];
  const wanted = (row: Row) => options.rows.includes(row.id);
  const dbBench = ROWS.db_bench.filter(wanted);
  const goOwn = ROWS.goleveldb.filter(wanted);
  const metrics = options.sweep ? [] : METRIC_ROWS.filter((row) => options.rows.includes(row));
  for (const n of options.sizes) {
    options.shapes.forEach((keys, i) => {
      const turns: Turn[] = [];
      if (dbBench.length > 0) turns.push(...takeTurns(options, options.rounds, dbBench, []));
      // Memory does not depend on the shape, and its figures hardly vary: one shape. The stall does vary.
      if (i === 0 && metrics.length > 0) turns.push(...metricTurns(options, metrics));
      if (turns.length > 0) cells.push({ keys, n, turns });
    });
    if (goOwn.length > 0)
      cells.push({ keys: GO_KEYS, n, turns: takeTurns(options, options.rounds, goOwn, []) });
  }
  return cells;
}

function takeTurns(options: Options, rounds: number, rows: Row[], metrics: string[]): Turn[] {
  const turns: Turn[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const competitor of options.competitors) {
      const reserves = competitor === OWN || competitor === GO;
      turns.push({ competitor, round, rows: rows.filter((row) => reserves || !row.reserved), metrics });
    }
  }
  return turns;
}

function metricTurns(options: Options, metrics: string[]): Turn[] {
  const turns = takeTurns(options, Math.min(options.rounds, METRIC_ROUNDS), [], metrics);
  // What a store holds is the same in every round.
  return turns.map((turn) =>
    turn.round === 1 ? turn : { ...turn, metrics: metrics.filter((metric) => metric !== 'memory') },
  );
}

/** The cells of the result that a turn fills, by row or metric. */
export function expectedRows(turn: Turn): string[] {
  const own = turn.competitor === OWN;
  const rows = turn.rows.filter(({ kind }) => own || !kind.includes('views')).map(({ id }) => id);
  const metrics = METRICS.filter(({ id, row }) => {
    if (!turn.metrics.includes(row)) return false;
    if (row === 'latency') return own; // at the size of our own arrays
    return id !== 'heap-bytes' || turn.competitor !== GO;
  });
  return [...rows, ...metrics.map(({ id }) => id)];
}

/** A first guess at the seconds a turn takes, until the same competitor has done it once. */
export function guessSeconds(turn: Turn, n: number, minMs: number): number {
  const slow = turn.competitor === 'memory-level' || turn.competitor === 'functional-red-black-tree' ? 3 : 1;
  const rows = turn.rows.length || 4;
  return 0.5 + rows * (0.06 + Math.max(minMs / 1000, (leastRepetitions(n) * slow * n) / 1_500_000));
}

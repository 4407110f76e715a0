// What is measured, and how often. Within a round, all settings take their turn.
import { wholeNumber } from '../options.js';
import { FORMS, SEES_WRITES, type Setting } from './protocol.js';

export const SIZES = [35_000, 500_000];
const READERS = [1, 2];

export interface Options {
  sizes: number[];
  rounds: number;
  /** For which threads read at a time. */
  seconds: number;
  render: boolean;
  isPartial: boolean;
}

export const HELP = `npm run perf -- --shared [options]

  --n 35000,500000     numbers of entries
  --rounds 3           how often threads take their turn
  --seconds 1          for which they read each time
  --quick              35,000 entries, one round: within a minute
  --render             measure nothing, write tables and plots again from perf/results/shared.json

All of it takes some seven minutes. It writes perf/results/shared.json, the plots beside it, and the tables in docs/threads.md; a smaller
choice writes perf/results/partial/shared.json and plots alone.
`;

export function parseSharedOptions(values: {
  n?: string | undefined;
  rounds?: string | undefined;
  seconds?: string | undefined;
  quick?: boolean | undefined;
  render?: boolean | undefined;
}): Options {
  const { quick = false, render = false } = values;
  const chosen = [values.n, values.rounds, values.seconds];
  return {
    sizes:
      values.n?.split(',').map((text) => wholeNumber('--n', text)) ?? (quick ? SIZES.slice(0, 1) : SIZES),
    rounds: values.rounds === undefined ? (quick ? 1 : 3) : wholeNumber('--rounds', values.rounds),
    seconds: values.seconds === undefined ? 1 : wholeNumber('--seconds', values.seconds),
    render,
    isPartial: quick || chosen.some((choice) => choice !== undefined),
  };
}

export function settingsOf(sizes: readonly number[]): Setting[] {
  return sizes.flatMap((n) =>
    [false, true].flatMap((hasWriter) =>
      READERS.flatMap((readers) =>
        (hasWriter ? SEES_WRITES : FORMS).map((form) => ({ form, n, readers, hasWriter })),
      ),
    ),
  );
}

/** Lives of a single thread's store: the more, the shorter they are. */
export function livesOf(n: number, rounds: number): number {
  return n > 100_000 ? rounds : 4 * rounds + 1;
}

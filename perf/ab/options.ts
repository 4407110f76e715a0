import { KEY_SHAPES, type KeyShape, TABLE_SHAPES } from '../keys.js';
import { choose, parseFlags, UsageError, wholeNumber, wrapped } from '../options.js';
import { GROUPS, ROWS, ROW_IDS } from './rows.js';

export interface Options {
  old: string;
  new: string;
  rows: string[];
  shapes: KeyShape[];
  /** Numbers of entries. */
  sizes: number[];
  /** Least number of rounds of a row in a process; by default that depends on the size. */
  rounds: number | undefined;
  processes: number;
  /** Each row repeats until so many ms have been measured. */
  minMs: number;
  warmMs: number;
  limit: number;
  strict: boolean;
}

const ROWS_AND_GROUPS = [...new Set([...GROUPS, ...ROW_IDS])];

export const HELP = `npm run perf:ab -- OLD NEW [options]

  OLD, NEW              what is compared: a commit of this repository, a folder that contains dist/esm/index.js,
                        such a dist folder, or . for the working tree, built anew

  --rows a,b            rows or groups of them: ${wrapped(ROWS_AND_GROUPS)}
  --keys a,b            key shapes: ${KEY_SHAPES.join(', ')}
                        (default ${TABLE_SHAPES.join(', ')})
  --n 35000,1000000     numbers of entries (default 35000)
  --rounds 3            least rounds of a row in each process (default 3 to 5; 1 or 4 of large tables)
  --processes 4         processes for each group of rows
  --quick               decimal and url keys, fewer rounds and processes; about a minute
  --limit 1.1           ratios above it are pointed out
  --strict              ... and make the exit code 1
`;

export function parseOptions(args: string[]): Options | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  if (positionals.length !== 2) {
    throw new UsageError(
      `Two things are compared, OLD and NEW; given: ${positionals.join(', ') || 'nothing'}.`,
    );
  }
  const { quick = false } = values;
  const rows = choose('--rows', values.rows, ROWS_AND_GROUPS, (id, name) => id === name);
  const whole = (name: 'rounds' | 'processes') =>
    values[name] === undefined ? undefined : wholeNumber(`--${name}`, values[name]);
  return {
    old: positionals[0],
    new: positionals[1],
    rows: ROWS.filter(({ id, group }) => rows.includes(id) || rows.includes(group)).map(({ id }) => id),
    shapes:
      values.keys === undefined
        ? quick
          ? ['decimal', 'url']
          : [...TABLE_SHAPES]
        : choose('--keys', values.keys, KEY_SHAPES, (id, name) => id === name),
    sizes: values.n?.split(',').map(size) ?? [35_000],
    rounds: whole('rounds') ?? (quick ? 2 : undefined),
    processes: whole('processes') ?? (quick ? 2 : 4),
    minMs: quick ? 50 : 100,
    warmMs: quick ? 50 : 100,
    limit: values.limit === undefined ? 1.1 : ratio(values.limit),
    strict: values.strict ?? false,
  };
}

function parse(args: string[]) {
  return parseFlags({
    args,
    allowPositionals: true,
    options: {
      rows: { type: 'string' },
      keys: { type: 'string' },
      n: { type: 'string' },
      rounds: { type: 'string' },
      processes: { type: 'string' },
      quick: { type: 'boolean' },
      limit: { type: 'string' },
      strict: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

function size(text: string): number {
  const value = wholeNumber('--n', text);
  if (value < 1000)
    throw new UsageError(`--n ${text}: below 1,000 entries, rounds are too short to be timed.`);
  return value;
}

function ratio(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity))
    throw new UsageError(`--limit takes a ratio such as 1.1, not "${text}".`);
  return value;
}

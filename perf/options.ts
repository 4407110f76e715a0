import { parseArgs, type ParseArgsConfig } from 'node:util';
import { COLUMNS, GO, OWN } from './competitors/index.js';
import { KEY_SHAPES, type KeyShape, TABLE_SHAPES } from './keys.js';
import { ROW_IDS } from './rows.js';

export interface Options {
  /** Numbers of entries. */
  sizes: number[];
  rows: string[];
  shapes: KeyShape[];
  /** Columns, in the order of the table; our own is always among them. */
  competitors: string[];
  rounds: number;
  quick: boolean;
  sweep: boolean;
  reserve: boolean;
  /** Only write the report again, from the figures in `out`. */
  render: boolean;
  out: string;
  /** Seconds after which a measuring process is stopped. */
  timeout: number;
  /** Each row repeats until so many ms have been measured. */
  minMs: number;
  warmMs: number;
  /** Seconds after which no process is started any more. */
  deadline: number;
}

export const HELP = `npm run perf -- [options]

  --n 35000,1000000     numbers of entries
  --rows a,b            rows: ${wrapped(ROW_IDS)}
  --keys a,b            key shapes: ${KEY_SHAPES.join(', ')}
                        (default ${TABLE_SHAPES.join(', ')})
  --peers a,b           competitors, by the beginning of their names: ${wrapped(
    COLUMNS.filter(({ id }) => id !== OWN).map(({ id }) => id),
  )}
  --rounds 5            how often each competitor takes its turn
  --quick               all competitors, a smaller choice of the rest; ends within two minutes
  --map                 OrderedMap against other maps, which is another run: --map --help
  --mirror              a mirror of etcd against etcd, on a cluster of three members here: a run of its own, without options
  --outgrowing          the same calls from one process to a cluster, which is another run: --outgrowing --help
  --sweep               the figures of the plots: 1,000 to 1,000,000 entries, one key shape, three rounds
  --reserve             reserve buffers for every fill, for those competitors that can
  --timeout 120         seconds before a measuring process is stopped
  --out DIR             where results go (default perf/results; perf/results/partial for a smaller choice)
  --render              measure nothing, write report, plots and go-bench/ again from DIR/table.json

These are mostly rows that are repeated. Whole lives of stores, each row once, are another run: npm run perf:lives.
`;

export class UsageError extends Error {}

export function parseOptions(args: string[]): Options | 'help' {
  const { values } = parse(args);
  if (values.help) return 'help';
  const { quick = false, sweep = false } = values;
  if (quick && sweep)
    throw new UsageError('--quick and --sweep do not go together: a sweep takes many minutes.');
  const chosen = [
    values.n,
    values.rows,
    values.keys,
    values.peers,
    values.rounds,
    values.reserve || undefined,
  ];
  const partial = quick || chosen.some((choice) => choice !== undefined);
  const sizes = values.n?.split(',').map((text) => wholeNumber('--n', text));
  return {
    sizes: sizes ?? (quick ? [35_000] : sweep ? [1e3, 3e3, 1e4, 35e3, 1e5, 3e5, 1e6] : [35_000, 1_000_000]),
    rows: choose('--rows', values.rows, ROW_IDS, (id, name) => id.toLowerCase() === name.toLowerCase()),
    shapes: values.keys
      ? choose('--keys', values.keys, KEY_SHAPES, (id, name) => id === name)
      : quick || sweep
        ? ['decimal']
        : [...TABLE_SHAPES],
    competitors: competitors(values.peers),
    rounds:
      values.rounds === undefined ? (quick ? 2 : sweep ? 3 : 5) : wholeNumber('--rounds', values.rounds),
    quick,
    sweep,
    reserve: values.reserve ?? false,
    render: values.render ?? false,
    out: values.out ?? (partial ? 'perf/results/partial' : 'perf/results'),
    timeout: values.timeout === undefined ? (quick ? 15 : 120) : wholeNumber('--timeout', values.timeout),
    minMs: quick ? 50 : 100,
    warmMs: quick ? 25 : 150,
    deadline: quick ? 95 : Infinity,
  };
}

function parse(args: string[]) {
  return parseFlags({
    args,
    options: {
      n: { type: 'string' },
      rows: { type: 'string' },
      keys: { type: 'string' },
      peers: { type: 'string' },
      rounds: { type: 'string' },
      timeout: { type: 'string' },
      out: { type: 'string' },
      quick: { type: 'boolean' },
      sweep: { type: 'boolean' },
      reserve: { type: 'boolean' },
      render: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

/** `parseArgs` of Node. @throws UsageError for what is no flag of these */
export function parseFlags<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** What a suite is to do; or its exit code, where help was asked for, or what was asked is not understood. */
export function optionsOr<T extends object>(help: string, parse: () => T | undefined): T | number {
  let options;
  try {
    options = parse();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${help}`);
    return 2;
  }
  if (options === undefined) console.log(help);
  return options ?? 0;
}

function competitors(names: string | undefined): string[] {
  const ids = COLUMNS.map(({ id }) => id);
  if (names === undefined) return ids;
  const chosen = choose('--peers', names, ids, (id, name) => id.startsWith(name));
  return ids.filter((id) => id === OWN || chosen.includes(id));
}

/** The members of `all` that the comma-separated `names` mean, in the order of `all`; without names, all of them. */
export function choose<T extends string>(
  flag: string,
  names: string | undefined,
  all: readonly T[],
  means: (id: T, name: string) => boolean,
): T[] {
  if (names === undefined) return [...all];
  const wanted = names.split(',').map((name) => name.trim());
  for (const name of wanted) {
    if (name === '' || !all.some((id) => means(id, name))) {
      throw new UsageError(`${flag} does not know "${name}"; it can be any of ${all.join(', ')}.`);
    }
  }
  return all.filter((id) => wanted.some((name) => means(id, name)));
}

export function wholeNumber(flag: string, text: string): number {
  const value = Number(text.trim().replaceAll('_', ''));
  if (!Number.isInteger(value) || value < 1 || value > 1e8) {
    throw new UsageError(`${flag} takes whole numbers from 1 to 100,000,000, not "${text}".`);
  }
  return value;
}

/** A list over several lines of help, each under the one before. */
export function wrapped(ids: readonly string[]): string {
  const indent = '\n' + ' '.repeat(24);
  let line = 0;
  return ids.reduce((text, id) => {
    const separator = text === '' ? '' : line + id.length > 80 ? ',' + indent : ', ';
    line = separator.includes('\n') ? id.length : line + id.length + 2;
    return text + separator + id;
  }, '');
}

/** Whether goleveldb is among the columns. */
export function wantsGo(options: Options): boolean {
  return options.competitors.includes(GO);
}

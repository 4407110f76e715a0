import { KEY_SHAPES, type KeyShape } from '../keys.js';
import { choose, parseFlags, wholeNumber, wrapped } from '../options.js';
import { CONTESTANTS, STORES } from './contestants.js';

export interface Options {
  /** Numbers of entries. */
  sizes: number[];
  /** Key shapes; without `--keys`, each size has its own. */
  shapes: KeyShape[] | undefined;
  /** Without `--only`, the plan leaves some out. */
  contestants: string[] | undefined;
  /** Lives that count; without `--lives`, that depends on the size. */
  lives: number | undefined;
  /** Processes of each contestant but the peers, likewise. */
  processes: number | undefined;
  quick: boolean;
  /** Only write the tables again, from the figures in `out`. */
  render: boolean;
  out: string;
}

const NAMES = [...STORES, ...CONTESTANTS.map(({ id }) => id)];

export const HELP = `npm run perf:lives -- [options]

  --n 35000,1000000     numbers of entries
  --keys a,b            key shapes: ${wrapped(KEY_SHAPES)}
                        (default all; of large tables, some)
  --only a,b            stores, or contestants by the beginning of their names: ${wrapped(NAMES)}
  --lives 7             lives that count in each process (default 7; 3 of large tables)
  --processes 3         processes of each store but the peers, which get one (default 3; 1 for large tables)
  --quick               35,000 decimals and paths, three lives; about a minute on a quiet machine
  --out DIR             where results go (default perf/results; perf/results/partial for a smaller choice)
  --render              measure nothing, write the tables again from DIR/lives.json
`;

export function parseOptions(args: string[]): Options | 'help' {
  const { values } = parse(args);
  if (values.help) return 'help';
  const { quick = false } = values;
  const isPartial =
    quick ||
    [values.n, values.keys, values.only, values.lives, values.processes].some((x) => x !== undefined);
  const chosen = values.only && choose('--only', values.only, NAMES, (id, name) => id.startsWith(name));
  return {
    sizes:
      values.n?.split(',').map((text) => wholeNumber('--n', text)) ??
      (quick ? [35_000] : [35_000, 1_000_000]),
    shapes: values.keys
      ? choose('--keys', values.keys, KEY_SHAPES, (id, name) => id === name)
      : quick
        ? ['decimal', 'path']
        : undefined,
    contestants: chosen
      ? CONTESTANTS.filter(({ id, store }) => chosen.includes(id) || chosen.includes(store)).map(
          ({ id }) => id,
        )
      : undefined,
    lives: values.lives === undefined ? (quick ? 3 : undefined) : wholeNumber('--lives', values.lives),
    processes:
      values.processes === undefined ? (quick ? 1 : undefined) : wholeNumber('--processes', values.processes),
    quick,
    render: values.render ?? false,
    out: values.out ?? (isPartial ? 'perf/results/partial' : 'perf/results'),
  };
}

function parse(args: string[]) {
  return parseFlags({
    args,
    options: {
      n: { type: 'string' },
      keys: { type: 'string' },
      only: { type: 'string' },
      lives: { type: 'string' },
      processes: { type: 'string' },
      out: { type: 'string' },
      quick: { type: 'boolean' },
      render: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
}

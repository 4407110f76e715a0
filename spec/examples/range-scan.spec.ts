// Runs the compiled example as a user would. The model is a sort of strings with one character a byte, whose order in
// JavaScript is the order of the bytes.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { Prng } from '../support/prng.js';

const PROGRAM = join(__dirname, '../../build/examples/range-scan.js');
const FIGURES =
  /^(.+): loaded (\d+) entries \((\d+) bytes\) in [\d.]+ ms, scanned (\d+) \((\d+) bytes\) in [\d.]+ ms\n$/;

// Every test starts programs, which takes its time on a busy machine.
jest.setTimeout(60_000);
/** A program that hangs is ended, so that its test fails and jest can end. */
const HANGING = { timeout: 30_000, killSignal: 'SIGKILL' } as const;

let folder: string;

beforeAll(() => {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run "npm run build" first`);
  folder = mkdtempSync(join(tmpdir(), 'range-scan-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** All text in and out is one character a byte. */
interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

function run(args: string[], input?: string, nodeOptions: string[] = []): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeOptions, PROGRAM, ...args], {
    input: Buffer.from(input ?? '', 'latin1'),
    maxBuffer: 1 << 26,
    cwd: folder,
    ...HANGING,
  });
  return { status, stdout: stdout.toString('latin1'), stderr: stderr.toString() };
}

/** Runs what should succeed; gives what it printed. */
function print(args: string[], input?: string): string {
  const { status, stdout, stderr } = run(args, input);
  expect(stderr).toMatch(FIGURES);
  expect(status).toBe(0);
  return stdout;
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text, 'latin1');
  return name;
}

type Entry = [key: string, value: string];

interface Bounds {
  start?: string;
  limit?: string;
  prefix?: string;
  reverse?: boolean;
  count?: number;
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

/** What the program should print, made the plain way. */
function expected(entries: Iterable<Entry>, { start, limit, prefix, reverse, count }: Bounds = {}): string {
  const sorted = [...new Map(entries)]
    .filter(([key]) => start === undefined || key >= latin1(start))
    .filter(([key]) => limit === undefined || key < latin1(limit))
    .filter(([key]) => prefix === undefined || key.startsWith(latin1(prefix)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (reverse) sorted.reverse();
  return sorted
    .slice(0, count)
    .map(([key, value]) => `${key}\t${value}\n`)
    .join('');
}

function args(bounds: Bounds): string[] {
  return Object.entries(bounds)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([option, value]) => (value === true ? `--${option}` : `--${option}=${value}`));
}

describe('the word list', () => {
  const file = join(dirname(require.resolve('word-list')), 'words.txt');
  const words = readFileSync(file, 'latin1').split('\n');
  const entries = words.map((word, i): Entry => [word, String(i + 1)]);

  test('is what runs when no file is named, all of it, in byte order', () => {
    expect(words.length).toBeGreaterThan(250_000);
    const { status, stdout, stderr } = run([]);
    expect(stdout === expected(entries)).toBe(true); // a diff of 4 MB would help nobody
    expect(status).toBe(0);
    const bytes = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    const figures = ['word list', words.length, bytes, words.length, bytes].map(String);
    expect(FIGURES.exec(stderr)?.slice(1)).toEqual(figures);
  });

  test('is what runs even if standard input stays open with nothing in it, as under many a CI', async () => {
    const child = spawn(process.execPath, [PROGRAM, '--count=1'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      ...HANGING,
    });
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    child.stdin.destroy();
  });

  test.each<Bounds>([
    { prefix: 'quar' },
    { prefix: 'zz', start: 'zzz', count: 1 },
    { start: 'manlihood', limit: 'manna', reverse: true }, // where the list itself is out of order
    { limit: 'aardvark', reverse: true, count: 3 },
  ])('prints %j', (bounds) => {
    expect(print(args(bounds))).toBe(expected(entries, bounds));
  });
});

describe('bounds', () => {
  const input = 'c\ta\nb\tb\na\tc\nab\td\n';

  test('start is inclusive, limit exclusive, whichever the direction', () => {
    expect(print(['-', '--start', 'ab', '--limit', 'c'], input)).toBe('ab\td\nb\tb\n');
    expect(print(['-', '--start', 'ab', '--limit', 'c', '--reverse'], input)).toBe('b\tb\nab\td\n');
  });

  test('count takes from the end that is read first', () => {
    expect(print(['-', '--count', '2'], input)).toBe('a\tc\nab\td\n');
    expect(print(['-', '--count', '2', '--reverse'], input)).toBe('c\ta\nb\tb\n');
  });

  test('prefix narrows start and limit, and is narrowed by them', () => {
    expect(print(['-', '--prefix', 'a', '--start', 'aa'], input)).toBe('ab\td\n');
    expect(print(['-', '--prefix', 'ab', '--start', 'a'], input)).toBe('ab\td\n');
    expect(print(['-', '--prefix', 'a', '--limit', 'ab'], input)).toBe('a\tc\n');
    expect(print(['-', '--prefix', 'a', '--limit', 'z'], input)).toBe('a\tc\nab\td\n');
  });

  test.each<Bounds>([
    { start: 'b', limit: 'a' },
    { start: 'd' },
    { limit: '' },
    { prefix: 'x' },
    { count: 0 },
  ])('nothing meets %j, and that is no error', (bounds) =>
    expect(print(['-', ...args(bounds)], input)).toBe(''),
  );

  test('are UTF-8', () => {
    expect(print(['-', '--start', 'é', '--prefix', 'é'], latin1('é\nè\ne\n'))).toBe(latin1('é\t1\n'));
  });

  test('an empty start or prefix leaves nothing out', () => {
    expect(print(['-', '--start=', '--prefix='], input)).toBe('a\tc\nab\td\nb\tb\nc\ta\n');
  });
});

describe('input', () => {
  test('any bytes in lines of any kind come out as a plain sort of them has it', () => {
    const bytes = fc.constantFrom('a', 'b', '\t', '\r', '\0', '\xc3', '\xa9', '\xff');
    const line = fc.string({ unit: bytes, maxLength: 6 });
    const bound = fc.option(fc.string({ unit: fc.constantFrom('a', 'b', '\t', '\r', 'é'), maxLength: 3 }), {
      nil: undefined,
    });
    const bounds = fc.record({
      start: bound,
      limit: bound,
      prefix: bound,
      reverse: fc.boolean(),
      count: fc.option(fc.nat(9), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), bounds, (lines, bounds) => {
        const whole = lines.map((line) => (/^(\t|\r?$)/.test(line) ? `k${line}` : line));
        const entries = whole.map((line, i): Entry => {
          const [, key, tab, value] = /^([^\t]*)(\t?)([^]*)$/.exec(line.replace(/\r$/, ''))!;
          return [key, tab === '' ? String(i + 1) : value];
        });
        const input = whole.map((line) => `${line}\n`).join('');
        expect(print(['-', ...args(bounds)], input)).toBe(expected(entries, bounds));
      }),
      { numRuns: 30 },
    );
  });

  test('lines that chunks cut anywhere stay whole', () => {
    const prng = new Prng(1);
    const text = () =>
      Array.from({ length: 1 + prng.below(300) }, () => String.fromCharCode(11 + prng.below(240)));
    const entries = Array.from({ length: 3000 }, (): Entry => [`k${text().join('')}`, `${text().join('')}v`]);
    const input = entries.map(([key, value]) => `${key}\t${value}\n`).join('');
    expect(input.length).toBeGreaterThan(10 * 65536);
    expect(print([file('chunks', input)]) === expected(entries)).toBe(true);
    expect(print(['-'], input) === expected(entries)).toBe(true);
  });

  test('a CR LF that chunks cut in two ends the line', () => {
    const key = 'a'.repeat(65535); // files are read in chunks of 65536 bytes
    expect(print([file('cut', `${key}\r\nb\r\n`)]) === `${key}\t1\nb\t2\n`).toBe(true);
  });

  test('lines may be longer than many chunks', () => {
    const entries: Entry[] = ['z', 'y', 'x'].map((c) => [c.repeat(3_000_000), c.repeat(300_000)]);
    const input = entries.map(([key, value]) => `${key}\t${value}\n`).join('');
    expect(print([file('long', input)]) === expected(entries)).toBe(true);
  });

  test('CR LF ends a line as LF does; any other CR is part of it', () => {
    expect(print(['-'], 'b\t2\r\na\r\nc\r\t\r3\r\r\nd\r')).toBe('a\t2\nb\t2\nc\r\t\r3\r\nd\r\t4\n');
  });

  test('the first tab ends the key; values may hold tabs or be empty', () => {
    expect(print(['-'], 'b\t1\t2\na\t\n')).toBe('a\t\nb\t1\t2\n');
    expect(print(['-'], 'b\t1\t2\nb\t3\t4\n')).toBe('b\t3\t4\n');
  });

  test('the last line needs no end', () => {
    expect(print(['-'], 'b\t2\na')).toBe('a\t2\nb\t2\n');
  });

  test('the last of equal keys counts', () => {
    const { stdout, stderr } = run(['-'], 'a\t1\nb\t2\na\tlast\n');
    expect(stdout).toBe('a\tlast\nb\t2\n');
    expect(FIGURES.exec(stderr)?.slice(1)).toEqual(['(standard input)', '2', '7', '2', '7']);
  });

  test('no input gives no output and figures of 0', () => {
    for (const { status, stdout, stderr } of [run(['-'], ''), run([file('empty', '')])]) {
      expect(stdout).toBe('');
      expect(FIGURES.exec(stderr)?.slice(2)).toEqual(['0', '0', '0', '0']);
      expect(status).toBe(0);
    }
  });

  test('files are read in the order named, standard input among them, each with line numbers of its own', () => {
    const files = [file('first', 'a\nb\n'), '-', file('last', 'c\nd\nb\n')];
    const { stdout, stderr } = run(files, 'c\te\n');
    expect(stdout).toBe('a\t1\nb\t3\nc\t1\nd\t2\n');
    expect(stderr).toMatch(/^3 inputs: loaded 4 entries/);
  });

  test('what it prints is input that gives the same again', () => {
    const once = print(['--prefix=qu']);
    expect(print(['-'], once)).toBe(once);
  });
});

describe('trouble is one clear message, exit code 1 and nothing printed', () => {
  const many = Array.from({ length: 50_000 }, (_, i) => `key ${i}\n`).join('');

  test.each<[what: string, args: string[], input: string, message: RegExp]>([
    ['an empty line', ['-'], 'a\n\nb\n', /^\(standard input\):2: no key: the line is empty$/],
    [
      'an empty line that ends with CR LF',
      ['-'],
      'a\r\n\r\n',
      /^\(standard input\):2: no key: the line is empty$/,
    ],
    ['a tab first', ['-'], 'a\t1\n\t2\n', /^\(standard input\):2: no key: the line begins with a tab$/],
    ['no key after much input', ['-'], `${many}\n`, /^\(standard input\):50001: no key/],
    ['a missing file', ['missing.txt'], '', /^cannot read missing\.txt: no such file or directory$/],
    ['a missing file after a good one', ['-', 'missing.txt'], 'a\n', /^cannot read missing\.txt: /],
    ['a directory', ['.'], '', /^cannot read \.: it is a directory$/],
    ['standard input named twice', ['-', '-'], 'a\n', /^standard input can be read only once$/],
    ['an unknown option', ['--wat'], '', /^Unknown option '--wat'[^]*--help/],
    ['an unknown option before --help', ['--wat', '--help'], '', /^Unknown option '--wat'/],
    ['a missing value', ['--start'], '', /^Option '--start <value>' argument missing/],
    ['an option for a value', ['--start', '--reverse'], '', /^Option '--start' argument is ambiguous/],
    ['a value for a switch', ['--reverse=no'], '', /^Option '--reverse' does not take an argument/],
    ['a bound that is not UTF-8', ['--start', '\ufffd'], '', /^--start must be UTF-8 text/],
    ['a negative count', ['--count=-1'], '', /^--count must be a whole number, but got '-1'$/],
    ['a fraction for a count', ['--count', '1.5'], '', /^--count must be a whole number, but got '1\.5'$/],
    ['a word for a count', ['--count', 'ten'], '', /^--count must be a whole number, but got 'ten'$/],
    ['an empty count', ['--count='], '', /^--count must be a whole number, but got ''$/],
  ])('%s', (_what, args, input, message) => {
    const { status, stdout, stderr } = run(args, input);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^range-scan: /);
    expect(stderr.slice('range-scan: '.length).trimEnd()).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m); // a stack trace is for programmers
    expect(status).toBe(1);
  });

  test('names the file and line, in whichever file it is', () => {
    const { status, stdout, stderr } = run([file('good', 'a\nb\n'), file('bad', 'c\n\td\n')]);
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: 'range-scan: bad:2: no key: the line begins with a tab\n',
    });
  });

  test('output that cannot be written is reported', () => {
    const readOnly = openSync(join(folder, file('read-only', '')), 'r');
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, '--count=1'], {
      stdio: ['ignore', readOnly, 'pipe'],
    });
    closeSync(readOnly);
    expect(stderr.toString()).toMatch(/^range-scan: cannot write to standard output: /);
    expect(status).toBe(1);
  });
});

test('a reader who leaves early is no error', async () => {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'], ...HANGING });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdout.once('data', () => child.stdout.destroy()); // the output is far larger than what a pipe holds
  const ended = await new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  expect(ended).toEqual({ code: 0, signal: null });
  expect(stderr).toBe('');
});

test('an error ends it while the writer of its input still has more to say', async () => {
  const child = spawn(process.execPath, [PROGRAM, '-'], { stdio: ['pipe', 'ignore', 'ignore'], ...HANGING });
  child.stdin.write('\n');
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1);
  child.stdin.destroy();
});

describe('the progress bar', () => {
  const terminal = ['--import', 'data:text/javascript,process.stderr.isTTY=true'];
  const line = `${'k'.repeat(1 << 20)}\t1\n`;
  const large = line.repeat(9);

  test('is shown on a terminal while a large input loads, and is gone before the figures', () => {
    const { stdout, stderr } = run([file('large', large)], '', terminal);
    expect(stdout === line).toBe(true);
    expect(stderr).toMatch(/loading \[[=-]+\] \d+% of 9\.4 MB/);
    expect(stderr).toMatch(/\x1b\[2Klarge: loaded 1 entries[^\n]*\n$/);
  });

  test('counts where nobody can know how much will come', () => {
    expect(run(['-'], large, terminal).stderr).toMatch(/loading \d\.\d MB/);
  });

  test('is gone before an error, too', () => {
    const { stderr } = run([file('bad-end', `${large}\n`)], '', terminal);
    expect(stderr).toMatch(/loading \[[^]*\x1b\[2Krange-scan: bad-end:10: no key: the line is empty\n$/);
  });

  test('leaves Ctrl-C its meaning', async () => {
    const child = spawn(process.execPath, [...terminal, PROGRAM, '-'], {
      stdio: ['pipe', 'ignore', 'pipe'],
      ...HANGING,
    });
    child.stderr.once('data', () => child.kill('SIGINT')); // the first thing to be seen is the bar
    child.stdin.on('error', () => {}); // the end comes before all is written
    child.stdin.write(large);
    expect(await new Promise((resolve) => child.on('close', (_code, signal) => resolve(signal)))).toBe(
      'SIGINT',
    );
    child.stdin.destroy();
  });

  test('is not shown for a small input, or where standard error is no terminal', () => {
    expect(run(['--count=1'], '', terminal).stderr).toMatch(FIGURES);
    expect(run([file('large', large)]).stderr).toMatch(FIGURES);
  });
});

test('--help prints the options to standard output', () => {
  const { status, stdout, stderr } = run(['--help', 'missing.txt']);
  for (const option of ['--start', '--limit', '--prefix', '--reverse', '--count', '--help']) {
    expect(stdout).toContain(`\n  ${option} `);
  }
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

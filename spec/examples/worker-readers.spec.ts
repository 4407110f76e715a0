// Runs the compiled example as a user would. What it says at its end, it has compared with what it took in; that it would see
// what is missing is tried by a preload which loses a write.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(__dirname, '../../build/examples/worker-readers.js');
const FIGURES =
  /^\d+\.\d s: [\d,]+ puts\/s, [\d,]+ scans\/s of [\d,]+ entries\/s, longest scan \d+\.\d ms, ([\d,]+) puts in all$/;
const VERDICT =
  /^(.+): (\d+) lines, (\d+) entries; looked up one by one and scanned: 0 lost, 0 with another value, 0 that nobody put, 0 out of order$/;
const KILLED = /^the (reader|writer), thread \d+, was killed; recovered in [\d.]+ ms$/;

jest.setTimeout(120_000);
/** A program that hangs is ended, so that its test fails and jest can end. */
const HANGING = { timeout: 60_000, killSignal: 'SIGKILL' } as const;

let folder: string;

beforeAll(() => {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run "npm run build" first`);
  folder = mkdtempSync(join(tmpdir(), 'worker-readers-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(args: string[], input = '', nodeOptions: string[] = []) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeOptions, PROGRAM, ...args], {
    encoding: 'utf8',
    input: Buffer.from(input, 'latin1'),
    cwd: folder,
    ...HANGING,
  });
  return { status, stdout, stderr };
}

/** Of what should succeed: what its last line says, and the lines that are no figures. */
function verdictOf(args: string[], input?: string) {
  const { status, stdout, stderr } = run(args, input);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  const [, name, taken, entries] = VERDICT.exec(lines.pop()!)!;
  expect(lines.at(-1)).toMatch(FIGURES);
  expect(Number(FIGURES.exec(lines.at(-1)!)![1].replaceAll(',', ''))).toBe(Number(taken));
  return { name, taken: +taken, entries: +entries, others: lines.filter((line) => !FIGURES.test(line)) };
}

test('takes the word list in, though a reader and the writer are killed', () => {
  const { name, taken, entries, others } = verdictOf(['--kill', '--rate', '1000000']);
  expect([name, taken, entries]).toEqual(['word list', 274_137, 274_137]);
  expect(others.map((line) => KILLED.exec(line)?.[1])).toEqual(['reader', 'writer']);
});

test('takes in files and standard input, of equal keys the last, of any bytes', () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `k\xff${i % 7000}\t\0${i}\xe4`);
  const input = `${lines.join('\n')}\nplain`;
  writeFileSync(join(folder, 'lines'), input, 'latin1');
  expect(verdictOf(['lines', '--readers', '3', '--scan', '5'])).toMatchObject({
    name: 'lines',
    taken: 20_001,
    entries: 7001,
    others: [],
  });
  expect(verdictOf(['-', '--readers', '0'], input)).toMatchObject({ taken: 20_001, entries: 7001 });
});

test('kills and replaces also where the stream is short, or nothing', () => {
  const { taken, others } = verdictOf(['-', '--kill'], 'a\nb\n');
  expect(taken).toBe(2);
  expect(others.map((line) => KILLED.exec(line)?.[1])).toEqual(['reader', 'writer']);
  expect(verdictOf(['-', '--kill', '--readers', '0'], '').others.length).toBe(1);
});

test('a live stream is taken in as it comes', async () => {
  const child = spawn(process.execPath, [PROGRAM, '-'], { stdio: ['pipe', 'pipe', 'inherit'], ...HANGING });
  let stdout = '';
  const said = (what: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => what.test(stdout) && resolve();
      child.stdout.on('data', look);
      look();
    });
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stdin.write('a\t1\nb\t2\n');
  await said(/ 2 puts in all/);
  child.stdin.end('c\t3\n');
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  expect(stdout).toMatch(/\(standard input\): 3 lines, 3 entries;/);
});

test('what is lost is seen, and ends with exit code 1', () => {
  const preload = join(folder, 'loses.mjs');
  const library = JSON.stringify(join(__dirname, '../../dist/esm/index.js'));
  const code = `
    import { DB } from ${library};
    const { put } = DB.prototype;
    let count = 0;
    DB.prototype.put = function (key, value) {
      if (++count !== 10) put.call(this, key, count === 12 ? key : value);
    };`;
  writeFileSync(preload, code);
  const input = Array.from({ length: 30 }, (_, i) => `key ${i}\tvalue ${i}\n`).join('');
  const { status, stdout } = run(['-'], input, ['--import', preload]);
  expect(stdout).toMatch(/30 lines, 29 entries; .* 1 lost, 1 with another value, 0 that nobody put/);
  expect(status).toBe(1);
});

describe('trouble is one clear message, and exit code 1', () => {
  test.each<[string[], string, RegExp]>([
    [['-'], 'a\n\n', /^worker-readers: \(standard input\):2: no key: the line is empty\n$/],
    [['missing'], '', /^worker-readers: cannot read missing: no such file or directory\n$/],
    [
      ['-', '--max-capacity', '10000'],
      'a\t'.padEnd(20_000, 'b'),
      /^worker-readers: kvData .* limit is 10000/,
    ],
    [['a', 'b'], '', /^worker-readers: name one file, or none/],
    [['--readers', '29'], '', /^worker-readers: --readers must be a whole number from 0 to 28, but got '29'/],
    [['--rate', 'fast'], '', /^worker-readers: --rate must be a whole number/],
    [['--wat'], '', /^worker-readers: Unknown option '--wat'[^]*--help/],
  ])('%j', (args, input, message) => {
    const { status, stderr } = run(args, input);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(status).toBe(1);
  });
});

test('--help prints the options', () => {
  const { status, stdout, stderr } = run(['--help']);
  for (const option of ['--readers', '--rate', '--scan', '--max-capacity', '--kill', '--help']) {
    expect(stdout).toContain(`\n  ${option} `);
  }
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

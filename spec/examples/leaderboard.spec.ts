// Runs the compiled example as a user would, and does the same with a Map and sorted arrays.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = join(__dirname, '../../build/examples/leaderboard.js');
const COUNT = 200_000;

// It starts a program, which takes its time on a busy machine.
jest.setTimeout(120_000);

function run(...args: string[]) {
  return spawnSync(process.execPath, [PROGRAM, ...args], {
    encoding: 'utf8',
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
}

beforeAll(() => {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run "npm run build" first`);
});

/** What it should print, of events that come 20 ms apart. */
function expected(): string {
  const events: [string, number][] = [];
  const scores = new Map<string, number>();
  let draw = 1;
  for (let i = 0; i < COUNT; i++) {
    draw = (Math.imul(draw, 1_664_525) + 1_013_904_223) >>> 0;
    const player = `player-${String((draw >>> 8) % 20_000).padStart(5, '0')}`;
    events.push([player, draw % 100]);
    scores.set(player, (scores.get(player) ?? 0) + (draw % 100));
  }
  const byName = [...scores].sort(([a], [b]) => (a < b ? -1 : 1));
  const board = [...byName].sort((a, b) => b[1] - a[1]);
  const shown = (from: number) =>
    board
      .slice(from, from + 3)
      .map(([player, score]) => `${player} ${score}`)
      .join(', ');
  const [middle] = byName[byName.length >> 1];
  const place = board.findIndex(([player]) => player === middle) + 1;
  const newest = events
    .slice(-3)
    .reverse()
    .map(([player, points]) => `${player} +${points}`);
  return [
    `first page:  ${shown(0)}`,
    `second page: ${shown(3)}`,
    `${middle} is number ${place} of ${board.length}`,
    `newest:      ${newest.join(', ')}`,
    'in the last hour 180001 events, in the last minute 3001',
    '',
  ].join('\n');
}

test('it finds what a Map and sorted arrays find, and ends with figures', () => {
  const { status, stdout, stderr } = run(String(COUNT));
  expect(stdout).toBe(expected());
  expect(stderr).toMatch(
    /^200000 events in [\d.]+ s, \d+ a second; arrays [\d.]+ MB, all objects [\d.]+ MB\n$/,
  );
  expect(status).toBe(0);
});

test.each(['0', '1.5', 'many'])('it refuses %s events', (count) => {
  const { status, stdout, stderr } = run(count);
  expect([status, stdout, stderr]).toEqual([
    1,
    '',
    `leaderboard: how many events must be a whole number, but got '${count}'\n`,
  ]);
});

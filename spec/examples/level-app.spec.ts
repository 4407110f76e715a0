// Runs the compiled example as a user would, in its three forms, and does the same with arrays.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = join(__dirname, '../../build/examples/level-app/main.js');

// It starts programs, which take their time on a busy machine.
jest.setTimeout(120_000);

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

function expected(): string {
  const events = Array.from({ length: 1000 }, (_, number) => {
    const draw = (Math.imul(number + 1, 1_664_525) + 1_013_904_223) >>> 0;
    return { player: `player-${(draw >>> 8) % 50}`, points: draw % 100 };
  });
  const scores = new Map<string, number>();
  for (const { player, points } of events) scores.set(player, (scores.get(player) ?? 0) + points);
  const board = [...scores].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  const lines = ['The best:', ...board.slice(0, 5).map(([player, score]) => `  ${player} ${score}`)];
  lines.push(`  of ${scores.size}`);
  for (const day of [1, 2]) {
    const ofDay = events.slice(96 * day, 96 * (day + 1));
    lines.push(`Day ${day}: 96 events, ${ofDay.reduce((sum, { points }) => sum + points, 0)} points`);
    for (const quarter of [95, 94]) {
      const { player, points } = ofDay[quarter];
      const at = new Date(Date.UTC(2025, 0, 1 + day) + quarter * 900_000).toISOString();
      lines.push(`  ${at} ${player} +${points}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

test('prints the same in memory, on disk, and shared by processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'level-app-'));
  try {
    for (const form of [['memory'], ['disk', join(folder, 'db')], ['shared']]) {
      expect(run(...form)).toEqual({ status: 0, stdout: expected(), stderr: '' });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

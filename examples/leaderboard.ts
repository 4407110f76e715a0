// A leaderboard and an event log of a game, on ordered maps:
//
//     npm run example:leaderboard
//     npm run example:leaderboard -- 2000000
//
// Each event gives a player points. The leaderboard has every player by score; the log has the events of the last hour.
import { codecs, OrderedMap } from 'flat-memdb/map';

const PLAYERS = 20_000;
const MS_APART = 20;
const HOUR = 3_600_000;
const PAGE = 3;

interface GameEvent {
  player: string;
  points: number;
}

const scores = new OrderedMap({ key: codecs.string, value: codecs.number });
/** The highest score first, so it is counted from below; of equal ones, names decide. */
const board = new OrderedMap({ key: codecs.tuple(codecs.number, codecs.string), value: codecs.boolean });
/** By time, and a number for events of the same time. */
const log = new OrderedMap<[Date, number], GameEvent>({ key: codecs.tuple(codecs.date, codecs.number) });

function record(time: number, number: number, event: GameEvent): void {
  const { player, points } = event;
  const before = scores.get(player);
  if (before !== undefined) board.delete([-before, player]);
  const score = (before ?? 0) + points;
  scores.set(player, score);
  board.set([-score, player], true);
  log.set([new Date(time), number], event);
  log.deleteRange({ lt: [new Date(time - HOUR)] });
}

function page(above?: [number, string]): [number, string][] {
  return [...board.keys({ gt: above, limit: PAGE })];
}

const count = Number(process.argv[2] ?? 300_000);
if (!Number.isInteger(count) || count < 1) {
  console.error(`leaderboard: how many events must be a whole number, but got '${process.argv[2]}'`);
  process.exit(1);
}
const began = performance.now();
const start = Date.UTC(2025, 0, 1);
let draw = 1;
for (let i = 0; i < count; i++) {
  draw = (Math.imul(draw, 1_664_525) + 1_013_904_223) >>> 0; // the same numbers in every run
  const player = `player-${String((draw >>> 8) % PLAYERS).padStart(5, '0')}`;
  record(start + i * MS_APART, i, { player, points: draw % 100 });
}
const seconds = (performance.now() - began) / 1000;

const show = (entries: [number, string][]) =>
  entries.map(([score, player]) => `${player} ${-score}`).join(', ');
const first = page();
console.log(`first page:  ${show(first)}`);
console.log(`second page: ${show(page(first.at(-1)))}`);
const [middle, score] = scores.at(scores.size >> 1)!;
console.log(`${middle} is number ${board.rank([-score, middle]) + 1} of ${board.size}`);
const newest = [...log.values({ reverse: true, limit: PAGE })];
console.log(`newest:      ${newest.map(({ player, points }) => `${player} +${points}`).join(', ')}`);
const minuteAgo = new Date(start + (count - 1) * MS_APART - 60_000);
console.log(`in the last hour ${log.size} events, in the last minute ${log.count({ gte: [minuteAgo] })}`);
const { heapUsed, arrayBuffers } = process.memoryUsage();
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
console.error(
  `${count} events in ${seconds.toFixed(1)} s, ${Math.round(count / seconds)} a second; ` +
    `arrays ${megabytes(arrayBuffers)} MB, all objects ${megabytes(heapUsed)} MB`,
);

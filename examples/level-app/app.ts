// A leaderboard and a log of events in one database, whichever it is: scores and ranks change together, or not at all.
import type { AbstractLevel } from 'abstract-level';

export type Database = AbstractLevel<string | Uint8Array>;

interface Event {
  at: number;
  player: string;
  points: number;
}

const DAY = 24 * 3600 * 1000;
const FIRST_DAY = Date.UTC(2025, 0, 1);

/** Numbers as texts that sort as they do. */
const digits = (number: number) => String(number).padStart(15, '0');
/** The best score first, and of equal ones the first name. */
const rankKey = (score: number, player: string) => `${digits(1e9 - score)}:${player}`;

function tablesOf(db: Database) {
  return {
    scores: db.sublevel<string, number>('scores', { valueEncoding: 'json' }),
    ranks: db.sublevel<string, number>('ranks', { valueEncoding: 'json' }),
    events: db.sublevel<string, Event>('events', { valueEncoding: 'json' }),
  };
}

/** The event of a number: a player wins some points, every quarter of an hour. */
function eventOf(number: number): Event {
  const draw = (Math.imul(number + 1, 1_664_525) + 1_013_904_223) >>> 0;
  return { at: FIRST_DAY + number * 900_000, player: `player-${(draw >>> 8) % 50}`, points: draw % 100 };
}

/** Plays the events of some numbers. */
export async function play(db: Database, from: number, to: number): Promise<void> {
  const { scores, ranks, events } = tablesOf(db);
  for (let number = from; number < to; number++) {
    const event = eventOf(number);
    const { player } = event;
    const before = await scores.get(player);
    const score = (before ?? 0) + event.points;
    const batch = db
      .batch()
      .put(player, score, { sublevel: scores })
      .put(`${digits(event.at)}:${digits(number)}`, event, { sublevel: events });
    if (before !== undefined) batch.del(rankKey(before, player), { sublevel: ranks });
    batch.put(rankKey(score, player), score, { sublevel: ranks });
    await batch.write();
  }
}

/** What a page would show. */
export async function show(db: Database, print: (line: string) => void): Promise<void> {
  const { scores, ranks, events } = tablesOf(db);
  print('The best:');
  for await (const [key, score] of ranks.iterator({ limit: 5 })) print(`  ${key.split(':')[1]} ${score}`);
  print(`  of ${(await scores.keys().all()).length}`);
  for (const day of [1, 2]) {
    const range = { gte: digits(FIRST_DAY + day * DAY), lt: digits(FIRST_DAY + (day + 1) * DAY) };
    let points = 0;
    const all = await events.values(range).all();
    for (const event of all) points += event.points;
    print(`Day ${day}: ${all.length} events, ${points} points`);
    for (const event of await events.values({ ...range, reverse: true, limit: 2 }).all()) {
      print(`  ${new Date(event.at).toISOString()} ${event.player} +${event.points}`);
    }
  }
}

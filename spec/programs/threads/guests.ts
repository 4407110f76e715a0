import { DB, checkStructure } from 'flat-memdb';
import { counterKey } from './mixer.js';
import { Thread } from './start.js';
import { numberOf } from './stamps.js';

const PLACES = 31;

/** As many threads as there may be, all at work; one more is refused, until one of them closes. */
export async function checkGuests(): Promise<string> {
  const db = DB.create({ shared: true, maxCapacity: 1 << 20 });
  const guests = Array.from(
    { length: PLACES - 1 },
    (_, number) => new Thread({ role: 'guest', handle: db.handle, reverse: false, number }),
  );
  for (const guest of guests) await guest.message();
  const refusal = attachmentError(db);
  if (refusal?.code !== 'MEMDB_LOCK_MISUSE' || !refusal.message.includes(`all ${PLACES} `))
    throw new Error(`the thread after ${PLACES} others was not refused, but: ${String(refusal)}`);
  const key = counterKey(0);
  const count = numberOf(key, db.get(key)!);
  if (count !== 10 * guests.length) throw new Error(`${count} of ${10 * guests.length} increments are there`);
  if (db.length !== guests.length + 1)
    throw new Error(`${db.length - 1} of ${guests.length} entries are there`);

  guests[0].post('close');
  await guests[0].message();
  const late = DB.attach(db.handle);
  if (attachmentError(db) === undefined) throw new Error('one more than may be were let in');
  late.close();
  if (attachmentError(db) !== undefined) throw new Error('close() gave nothing back');
  // A thread that is killed gives nothing back by itself, but by recover.
  await guests[1].kill();
  DB.attach(db.handle);
  if (attachmentError(db) === undefined) throw new Error('a place was given back by nobody');
  db.recover({ dead: guests[1].id });
  if (attachmentError(db) !== undefined) throw new Error('recover gave nothing back');
  for (const guest of guests.slice(2)) guest.post('close');
  for (const guest of guests.slice(2)) await guest.message();
  checkStructure(db);
  return `${guests.length + 1} threads at one DB, and no more; close() and recover() made room`;
}

/** Of a try to attach, which closes again. */
function attachmentError(db: DB): (Error & { code?: string }) | undefined {
  try {
    DB.attach(db.handle).close();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

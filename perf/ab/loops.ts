// The loops that are timed. Each side loads this file for itself (see side.ts), so that its loops know one library only,
// and the engine takes that library's calls into them as into a user's program. Hence there is a loop for each row: one
// that served several would remember the types of all of them. They return what they met, which both sides must agree on.
import type { DB, DBIterator, MemTable, Range } from 'flat-memdb';

type Keys = readonly Uint8Array[];
export type Entry = [key: Uint8Array, value: Uint8Array];

/** First byte of every value that is put. */
export const MARK = 7;
export const VALUE = new Uint8Array(100).fill(MARK);
/** What an overwrite brings. */
const OTHER_VALUE = new Uint8Array(100).fill(MARK + 1);
const TYPE_VALUE = 1;

export function fillRandom(db: DB, keys: Keys, from: number, to: number): number {
  for (let i = from; i < to; i++) db.put(keys[i], VALUE);
  return to - from;
}

export function fillAscending(db: DB, keys: Keys, from: number, to: number): number {
  for (let i = from; i < to; i++) db.put(keys[i], VALUE);
  return to - from;
}

export function putMany(db: DB, batches: readonly Entry[][], from: number, to: number): number {
  let put = 0;
  for (let i = from; i < to; i++) {
    db.putMany(batches[i]);
    put += batches[i].length;
  }
  return put;
}

export function overwrite(db: DB, keys: Keys, from: number, to: number): number {
  for (let i = from; i < to; i++) db.put(keys[i], OTHER_VALUE);
  return to - from;
}

export function putAndDelete(db: DB, keys: Keys, from: number, to: number): number {
  let deleted = 0;
  for (let i = from; i < to; i++) {
    db.put(keys[i], VALUE);
    if (db.delete(keys[i])) deleted++;
  }
  return deleted;
}

export function deleteRandom(db: DB, keys: Keys, from: number, to: number): number {
  let deleted = 0;
  for (let i = from; i < to; i++) if (db.delete(keys[i])) deleted++;
  return deleted;
}

export function deleteAscending(db: DB, keys: Keys, from: number, to: number): number {
  let deleted = 0;
  for (let i = from; i < to; i++) if (db.delete(keys[i])) deleted++;
  return deleted;
}

export function get(db: DB, keys: Keys, from: number, to: number): number {
  let found = 0;
  for (let i = from; i < to; i++) {
    const value = db.get(keys[i]);
    if (value?.[0] === MARK) found++;
  }
  return found;
}

export function getAbsent(db: DB, keys: Keys, from: number, to: number): number {
  let absent = 0;
  for (let i = from; i < to; i++) if (db.get(keys[i]) === undefined) absent++;
  return absent;
}

export function has(db: DB, keys: Keys, from: number, to: number): number {
  let found = 0;
  for (let i = from; i < to; i++) if (db.has(keys[i])) found++;
  return found;
}

export function hasAbsent(db: DB, keys: Keys, from: number, to: number): number {
  let absent = 0;
  for (let i = from; i < to; i++) if (!db.has(keys[i])) absent++;
  return absent;
}

export function getMany(db: DB, batches: readonly Uint8Array[][], from: number, to: number): number {
  let found = 0;
  for (let i = from; i < to; i++) {
    const values = db.getMany(batches[i]);
    for (let j = 0; j < values.length; j++) if (values[j]![0] === MARK) found++;
  }
  return found;
}

export function find(db: DB, keys: Keys, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const entry = db.find(keys[i]);
    if (entry !== undefined) sum += entry[0].length + entry[1].length + entry[1][0];
  }
  return sum;
}

export function seek(db: DB, cursor: DBIterator, keys: Keys, from: number, to: number): number {
  const bytes = db.kvData;
  let sum = 0;
  for (let i = from; i < to; i++) if (cursor.seek(keys[i])) sum += weight(cursor, bytes);
  return sum;
}

export function seekAbsent(db: DB, cursor: DBIterator, keys: Keys, from: number, to: number): number {
  const bytes = db.kvData;
  let sum = 0;
  for (let i = from; i < to; i++) if (cursor.seek(keys[i])) sum += weight(cursor, bytes);
  return sum;
}

/** A step back from each key and one forward again. */
export function around(db: DB, cursor: DBIterator, keys: Keys, from: number, to: number): number {
  const bytes = db.kvData;
  let sum = 0;
  for (let i = from; i < to; i++) {
    cursor.seek(keys[i]);
    cursor.prev();
    if (cursor.next()) sum += weight(cursor, bytes);
  }
  return sum;
}

export function count(db: DB, ranges: readonly Range[], from: number, to: number): number {
  let entries = 0;
  for (let i = from; i < to; i++) entries += db.count(ranges[i]);
  return entries;
}

/** So many steps, from the end to the beginning again. */
export function scan(db: DB, cursor: DBIterator, steps: number): number {
  const bytes = db.kvData;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    if (!cursor.next()) cursor.first();
    sum += weight(cursor, bytes);
  }
  return sum;
}

export function scanReverse(db: DB, cursor: DBIterator, steps: number): number {
  const bytes = db.kvData;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    if (!cursor.prev()) cursor.last();
    sum += weight(cursor, bytes);
  }
  return sum;
}

export function scanViews(cursor: DBIterator, steps: number): number {
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    if (!cursor.next()) cursor.first();
    const value = cursor.value!;
    sum += cursor.key!.length + value.length + value[0];
  }
  return sum;
}

export function entries(db: DB, ranges: readonly Range[], from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    for (const [key, value] of db.entries(ranges[i])) sum += key.length + value.length + value[0];
  }
  return sum;
}

/** Sequence numbers rise from 1 on. */
export function addVersions(table: MemTable, keys: Keys, from: number, to: number): number {
  for (let i = from; i < to; i++) table.add(i + 1, TYPE_VALUE, keys[i], VALUE);
  return to - from;
}

export function getVersions(table: MemTable, keys: Keys, from: number, to: number): number {
  let found = 0;
  for (let i = from; i < to; i++) {
    const entry = table.get(keys[i]);
    if (entry?.type === TYPE_VALUE && entry.value[0] === MARK) found++;
  }
  return found;
}

export function missVersions(table: MemTable, keys: Keys, from: number, to: number): number {
  let absent = 0;
  for (let i = from; i < to; i++) if (table.get(keys[i]) === undefined) absent++;
  return absent;
}

export function scanVersions(table: MemTable, cursor: Positions, steps: number): number {
  const bytes = table.kvData;
  let sum = 0;
  for (let i = 0; i < steps && cursor.next(); i++) sum += weight(cursor, bytes);
  return sum;
}

interface Positions {
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  next(): boolean;
}

/** Reads a byte of the record, so that its memory is truly reached. */
function weight(cursor: Positions, bytes: Uint8Array): number {
  const { keyStart, valueStart, valueEnd } = cursor;
  return valueEnd - keyStart + bytes[valueStart];
}

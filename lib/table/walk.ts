import type { Cursor } from './cursor.js';

/** What there is under a cursor at each step, in order or in reverse. The cursor is released at the end, however that comes. */
export function* walk<C extends Cursor, T>(
  cursor: C,
  reverse: boolean | undefined,
  pick: (cursor: C) => T,
): Generator<T, undefined> {
  try {
    if (reverse) {
      for (let on = cursor.last(); on; on = cursor.prev()) yield pick(cursor);
    } else {
      for (let on = cursor.first(); on; on = cursor.next()) yield pick(cursor);
    }
  } finally {
    cursor.release();
  }
}

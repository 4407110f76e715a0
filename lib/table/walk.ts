import type { Cursor } from './cursor.js';

/** A step, and what there is then: both under one lock, so that they belong together. `undefined` at the end. */
function stepTo<C extends Cursor, T>(
  cursor: C,
  reverse: boolean | undefined,
  isFirst: boolean,
  pick: (cursor: C) => T,
): T | undefined {
  cursor.enter();
  try {
    const isThere = isFirst
      ? reverse
        ? cursor.last()
        : cursor.first()
      : reverse
        ? cursor.prev()
        : cursor.next();
    return isThere ? pick(cursor) : undefined;
  } finally {
    cursor.leave();
  }
}

/** What there is under a cursor at each step, in order or in reverse. The cursor is released at the end, however that comes. */
export function* walk<C extends Cursor, T>(
  cursor: C,
  reverse: boolean | undefined,
  pick: (cursor: C) => T,
): Generator<T, undefined> {
  try {
    if (cursor.isShared) {
      for (
        let item = stepTo(cursor, reverse, true, pick);
        item !== undefined;
        item = stepTo(cursor, reverse, false, pick)
      ) {
        yield item;
      }
    } else if (reverse) {
      for (let on = cursor.last(); on; on = cursor.prev()) yield pick(cursor);
    } else {
      for (let on = cursor.first(); on; on = cursor.next()) yield pick(cursor);
    }
  } finally {
    cursor.release();
  }
}

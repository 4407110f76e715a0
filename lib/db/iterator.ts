import { Cursor } from '../table/cursor.js';

/**
 * A cursor over the entries of a DB in `[start, limit)`, as goleveldb's, but for changes made while it is live: it
 * never yields a key after its delete returned, never goes backwards and never skips a key that was there throughout.
 *
 * A fresh one stands before the first entry. Moves tell whether they landed on an entry; they throw
 * `IteratorReleasedError` after `release()` and after a `reset()` of the DB.
 * @example
 * const db = new DB();
 * db.putMany(['a', 'b', 'c'].map((key) => [bytes(key), bytes(key.toUpperCase())]));
 * const it = db.iterator();
 * for (let on = it.last(); on; on = it.prev()) console.log(text(it.key)); // -> c, b, a
 */
export class DBIterator extends Cursor {
  /** The key: a view into `kvData`, not to be modified; `undefined` where not valid. */
  get key(): Uint8Array | undefined {
    return this.keyView();
  }

  /** The value as it is now: a view into `kvData`, not to be modified; `undefined` where not valid. */
  get value(): Uint8Array | undefined {
    return this.valueView();
  }
}

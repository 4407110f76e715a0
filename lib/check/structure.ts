import { describe } from '../base/arguments.js';
import type { DB } from '../db/db.js';
import type { MemTable } from '../leveldb/memtable.js';
import type { SkipList } from '../leveldb/skiplist.js';
import { checkShared, checkTable } from '../table/check.js';
import { TABLE } from '../table/table.js';

/**
 * Reads the whole structure of a DB, MemTable or SkipList and throws at the first thing that is not as it must be: nodes laid out end
 * to end, records inside `kvData`, every level in ascending order and a subset of the one below, counters right, and what is
 * derived from these in agreement. Changes nothing. Takes time proportional to the number of entries. Of what threads share, it
 * checks what is there at the call: a DB under its read lock; of the others, what was added before.
 * @throws CorruptionError
 * @example
 * const db = new DB();
 * db.put(bytes('a'), bytes('1'));
 * checkStructure(db); // throws if anything is wrong
 */
export function checkStructure(store: DB | MemTable | SkipList): void {
  const table = (store as DB | undefined | null)?.[TABLE];
  if (table === undefined) {
    throw new TypeError(`checkStructure takes a DB, MemTable or SkipList, but got ${describe(store)}`);
  }
  // Only a DB has a lock.
  if ('lock' in store) store.lookAt(checkTable);
  else if (table.storage.isShared) checkShared(table, store.length);
  else checkTable(table);
}

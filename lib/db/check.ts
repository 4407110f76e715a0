import { checkTable } from '../table/check.js';
import { TABLE } from '../table/table.js';
import type { DB } from './db.js';

/**
 * Reads the whole structure of a DB and throws at the first thing that is not as it must be: nodes laid out end to
 * end, records inside `kvData`, every level in ascending order and a subset of the one below, counters right.
 * Takes time proportional to the number of entries.
 * @throws StructureError
 * @example
 * const db = new DB();
 * db.put(bytes('a'), bytes('1'));
 * checkStructure(db); // throws if anything is wrong
 */
export function checkStructure(db: DB): void {
  db.lock.rlock();
  try {
    checkTable(db[TABLE]);
  } finally {
    db.lock.runlock();
  }
}

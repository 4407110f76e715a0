import type { DB } from '../../lib/index.js';
import { tableOf } from '../../lib/internals.js';

/** What a database holds its keys in, see STORES in lib/level/memorylevel.ts. */
export function storesOf(db: object): readonly DB[] {
  return (db as Record<symbol, readonly DB[]>)[Symbol.for('flat-memdb.level.stores')];
}

/** Bytes of all arrays, as they are reserved. */
export function reservedBytes(db: object): number {
  return storesOf(db)
    .flatMap((store) => tableOf(store).arrays)
    .reduce((sum, array) => sum + array.byteLength, 0);
}

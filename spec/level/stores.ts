import type { DB } from '../../lib/index.js';
import { tableOf } from '../../lib/internals.js';
import type { MemoryLevel } from '../../lib/level/index.js';

/** What a database holds its keys in, see STORES in lib/level/memorylevel.ts. */
export function storesOf(db: MemoryLevel<never, never> | MemoryLevel): readonly DB[] {
  return (db as unknown as Record<symbol, readonly DB[]>)[Symbol.for('flat-memdb.level.stores')];
}

/** Bytes of all arrays, as they are reserved. */
export function reservedBytes(db: Parameters<typeof storesOf>[0]): number {
  return storesOf(db)
    .flatMap((store) => tableOf(store).arrays)
    .reduce((sum, array) => sum + array.byteLength, 0);
}

import type { Table } from '../table.js';
import { emptyCopy } from './compaction.js';

/** Bytes in which nobody is interested. */
const LARGE = 1 << 20;

/** Empties a table, and gives back what it had reserved beyond what somebody asked for, if there is memory to begin anew. */
export function resetSmall(table: Table): void {
  const { kv, nodes } = table.storage;
  const extra = kv.array.length - table.capacity + nodes.array.byteLength;
  table.follower = undefined;
  table.reset();
  if (extra <= LARGE) return;
  try {
    table.exchange(emptyCopy(table));
  } catch {
    // It keeps what it has.
  }
}

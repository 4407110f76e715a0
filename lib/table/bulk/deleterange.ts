import { HEIGHT, KEY_LENGTH, MAX_HEIGHT, NEXT, VALUE_LENGTH, type NodeIndex } from '../../storage/layout.js';
import type { Table } from '../table.js';

/**
 * Removes the entries at or above `start` and below `limit`. @returns how many
 *
 * The arrays are left as if they had been deleted one by one in ascending order.
 */
export function deleteRange(
  table: Table,
  start: Uint8Array | undefined,
  limit: Uint8Array | undefined,
): number {
  const { order, towers } = table;
  if (start !== undefined && limit !== undefined) {
    if (order.compare(start, 0, start.length, limit, 0, limit.length, 0) >= 0) return 0;
  }
  const before = new Int32Array(MAX_HEIGHT); // HEAD on every level
  const last = new Int32Array(towers.ends);
  if (start !== undefined) towers.search(start, 0, start.length, before);
  if (limit !== undefined) towers.search(limit, 0, limit.length, last);
  const nodes = table.storage.nodes.array;
  const first = nodes[before[0] + NEXT] as NodeIndex;
  const end = nodes[last[0] + NEXT] as NodeIndex;
  let count = 0;
  let size = 0;
  let slots = 0;
  for (let node = first; node !== end; node = nodes[node + NEXT] as NodeIndex) {
    count++;
    size += nodes[node + KEY_LENGTH] + nodes[node + VALUE_LENGTH];
    slots += NEXT + nodes[node + HEIGHT];
  }
  if (count === 0) return 0;
  table.change();
  // For an order of its own, removing from the pages looks keys up.
  try {
    table.index?.removeRun(first, end, table.at);
  } catch (error) {
    table.buildIndex(); // A comparer threw half-way.
    throw error;
  }
  towers.unlinkRun(before, last);
  table.counted(-count, -size, -slots);
  table.follower?.removedRange(first, end, { start, limit });
  return count;
}

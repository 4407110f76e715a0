import { ComparerError } from '../../base/errors.js';
import {
  HEIGHT,
  KEY_LENGTH,
  MAX_HEIGHT,
  NEXT,
  NONE,
  VALUE_LENGTH,
  type NodeIndex,
} from '../../storage/layout.js';
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
  if (start !== undefined) towers.search(start, 0, start.length, before);
  const end = limit === undefined ? NONE : towers.seek(limit, limit.length, table.at.before);
  const nodes = table.storage.nodes.array;
  const first = nodes[before[0] + NEXT] as NodeIndex;
  const last = new Int32Array(before);
  let count = 0;
  let size = 0;
  let slots = 0;
  for (let node = first; node !== end; node = nodes[node + NEXT] as NodeIndex) {
    if (node === NONE) throw new ComparerError('the limit of a range is before its start');
    towers.requireBehind(node, last);
    const height = nodes[node + HEIGHT];
    for (let level = 0; level < height; level++) last[level] = node;
    count++;
    size += nodes[node + KEY_LENGTH] + nodes[node + VALUE_LENGTH];
    slots += NEXT + height;
  }
  if (count === 0) return 0;
  table.begin();
  // For an order of its own, removing from the pages looks keys up: a comparer may throw here, and then nothing is removed.
  table.index?.removeRun(first, end, table.at);
  towers.unlinkRun(before, last);
  table.counted(-count, -size, -slots);
  table.follower?.removedRange(first, end, { start, limit });
  table.isTorn = false;
  return count;
}

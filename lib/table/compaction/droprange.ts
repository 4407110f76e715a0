import type { Range } from '../../base/range.js';
import { HEAD, HEIGHT, KEY_LENGTH, NEXT, NONE, VALUE_LENGTH, type NodeIndex } from '../../storage/layout.js';
import type { Table } from '../table.js';
import { compact } from './compaction.js';

/** Fewer entries are removed in no time. */
const MANY = 128;

/**
 * Removes the entries of a range and gives back their room at once, where they are more than the others: these are copied.
 * @returns how many there were; undefined, with nothing changed, where that would take longer than to remove them, or more memory
 *   than there is
 */
export function dropRange(table: Table, { start, limit }: Range): number | undefined {
  if (table.index === undefined || table.length < MANY) return undefined;
  const count = table.count(start, limit);
  if (count < MANY || count <= table.length - count) return undefined;
  const { at } = table;
  const first = start === undefined ? table.first(at) : table.findGE(start, start.length, at);
  const end = limit === undefined ? NONE : table.findGE(limit, limit.length, at);
  const nodes = table.storage.nodes.array;
  const kept: NodeIndex[] = [];
  let size = 0;
  let liveSlots = 0;
  for (let node = nodes[HEAD + NEXT] as NodeIndex; node !== NONE; node = nodes[node + NEXT] as NodeIndex) {
    if (node === first) {
      // By a comparer that contradicts itself, the end may be before the first.
      if (end === NONE || kept.length > table.length - count) break;
      node = end;
    }
    kept.push(node);
    size += nodes[node + KEY_LENGTH] + nodes[node + VALUE_LENGTH];
    liveSlots += NEXT + nodes[node + HEIGHT];
  }
  if (kept.length !== table.length - count) return undefined;
  try {
    compact(table, { nodes: kept, size, liveSlots });
    return count;
  } catch {
    return undefined;
  }
}

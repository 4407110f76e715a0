import {
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  MAX_HEIGHT,
  NEXT,
  NONE,
  OFFSET,
  VALUE_LENGTH,
  type NodeIndex,
} from '../storage/layout.js';
import type { Table } from '../table/table.js';

/**
 * Makes a table valid again that a thread has left in the middle of a write, with a header that may be anything. What is trusted is
 * level 0 of the list: a node is linked there once it is whole, and unlinked there last. All else follows from it.
 *
 * Only links that are wrong are written: those to a node that is not on all of its levels yet, whose own links lead on to what was
 * there before. So one who reads without a lock sees a valid list at any time.
 *
 * @throws what a comparer throws: then the table is still to be repaired
 */
export function repair(table: Table): void {
  const { storage, towers } = table;
  const { kv, nodes } = storage;
  const { array } = nodes;
  storage.redo();
  table.change();
  table.structure++;
  table.deletions++;
  // Nodes that are in the list no more may be used again: a cursor that stands on one keeps its key alone.
  table.exchanges++;
  table.stagings++;
  mend(array, HEAD + OFFSET, 0);
  mend(array, HEAD + KEY_LENGTH, 0);
  mend(array, HEAD + VALUE_LENGTH, 0);
  mend(array, HEAD + HEIGHT, MAX_HEIGHT);
  towers.reset();
  const { ends } = towers;
  let kvEnd = 0;
  let nodeEnd = NEXT + MAX_HEIGHT;
  let length = 0;
  let size = 0;
  let liveSlots = 0;
  for (let node = nextOf(array, HEAD); node !== NONE; node = nextOf(array, node)) {
    const height = array[node + HEIGHT];
    const bytes = array[node + KEY_LENGTH] + array[node + VALUE_LENGTH];
    length++;
    size += bytes;
    liveSlots += NEXT + height;
    kvEnd = Math.max(kvEnd, array[node + OFFSET] + bytes);
    nodeEnd = Math.max(nodeEnd, node + NEXT + height);
    towers.height = Math.max(towers.height, height);
    ends[0] = node;
    for (let level = 1; level < height; level++) {
      mend(array, ends[level] + NEXT + level, node);
      ends[level] = node;
    }
  }
  for (let level = 1; level < MAX_HEIGHT; level++) mend(array, ends[level] + NEXT + level, NONE);
  table.length = length;
  table.size = size;
  table.liveSlots = liveSlots;
  kv.adopt(kv.array, Math.min(Math.max(kvEnd, kv.length), kv.array.length));
  nodes.adopt(array, nodeEnd);
  table.buildIndex();
}

function nextOf(nodes: Int32Array, node: NodeIndex): NodeIndex {
  return Atomics.load(nodes, node + NEXT) as NodeIndex;
}

function mend(nodes: Int32Array, slot: number, value: number): void {
  if (nodes[slot] !== value) Atomics.store(nodes, slot, value);
}

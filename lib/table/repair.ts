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
import type { Storage } from '../storage/storage.js';
import type { Towers } from '../skiplist/towers.js';

interface Undoable {
  undo(storage: Storage): void;
}

/** Of a table, what is mended. */
export interface Mendable {
  readonly storage: Storage;
  readonly towers: Towers;
  readonly hasVersions: boolean;
  isTorn: boolean;
  follower: unknown;
  batch: Undoable | undefined;
  length: number;
  size: number;
  liveSlots: number;
  structure: number;
  deletions: number;
  exchanges: number;
  stagings: number;
  begin(): void;
  buildIndex(): void;
}

/**
 * Makes a table valid again that was left in the middle of a write: by a call that was cut off, or by a thread that died, with a header
 * that may be anything. What is trusted is level 0 of the list: a node is linked there once it is whole, and unlinked there last. All
 * else follows from it. No keys are compared, and where this is cut off, too, the table is still to be repaired.
 *
 * Only links that are wrong are written: those to a node that is not on all of its levels yet, whose own links lead on to what was
 * there before. So one who reads without a lock sees a valid list at any time.
 *
 * @param requireRight is called before each of these stores: throws where another thread repairs it by now
 * @throws CapacityError where threads share the table, and there is no room for its index
 */
export function repair(table: Mendable, requireRight?: () => void): void {
  const { storage, towers } = table;
  const { kv, nodes } = storage;
  const { array } = nodes;
  storage.redo();
  table.begin();
  table.follower = undefined;
  table.batch?.undo(storage);
  table.structure++;
  table.deletions++;
  // Nodes that are in the list no more may be used again: a cursor that stands on one keeps its key alone.
  table.exchanges++;
  table.stagings++;
  const mend = (slot: number, value: number) => {
    const found = Atomics.load(array, slot);
    if (found === value) return;
    requireRight?.();
    // Whoever has come meanwhile may have stored another one.
    Atomics.compareExchange(array, slot, found, value);
  };
  mend(HEAD + OFFSET, 0);
  mend(HEAD + KEY_LENGTH, 0);
  mend(HEAD + VALUE_LENGTH, 0);
  mend(HEAD + HEIGHT, MAX_HEIGHT);
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
      mend(ends[level] + NEXT + level, node);
      ends[level] = node;
    }
  }
  for (let level = 1; level < MAX_HEIGHT; level++) mend(ends[level] + NEXT + level, NONE);
  table.length = length;
  table.size = size;
  table.liveSlots = liveSlots;
  kv.adopt(kv.array, Math.min(Math.max(kvEnd, kv.length), kv.array.length));
  // Where threads share it, nobody knows what lies behind; and where there are versions, the hash index takes all nodes for entries.
  const isEnd = storage.isShared || table.hasVersions;
  nodes.adopt(array, isEnd ? nodeEnd : Math.max(nodeEnd, nodes.length));
  table.buildIndex();
  table.batch = undefined;
  table.isTorn = false;
}

function nextOf(nodes: Int32Array, node: NodeIndex): NodeIndex {
  return Atomics.load(nodes, node + NEXT) as NodeIndex;
}

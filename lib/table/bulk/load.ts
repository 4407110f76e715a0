import { sharedInKv } from '../../base/bytes.js';
import {
  KEY_LENGTH,
  NONE,
  OFFSET,
  VALUE_LENGTH,
  type KVOffset,
  type NodeIndex,
} from '../../storage/layout.js';
import type { Table } from '../table.js';
import { sortStaged } from './sort.js';
import { STAGED_NODE, STAGED_WORDS } from './staging.js';

/** Fewer entries are put one by one. */
const MIN_SORTED = 16;

/** Bytes that a key shares with the one before, where it is the same. */
const SAME = -1;

/**
 * Puts staged entries whose keys are above all those of the table, in the order of their keys: none is searched for, and
 * index and links are only appended to. Nodes are made in the order of the batch, so that the arrays are those of single puts.
 * @returns whether it did: not for entries that belong among others, for orders that are not of bytes, or without memory
 */
export function loadSorted(table: Table, staged: Int32Array, count: number): boolean {
  const { storage, index } = table;
  if (count < MIN_SORTED || index === undefined || table.order.byteOrderedTail !== 0) return false;
  let order: Int32Array;
  let shared: Int32Array;
  try {
    order = new Int32Array(count);
    shared = new Int32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    if (!isAscending(table, staged, order, shared)) {
      if (!isAboveAll(table, staged, count)) return false;
      sortStaged(storage.kv, staged, order);
      isAscending(table, staged, order, shared);
    }
  } catch {
    return false; // No memory for it.
  }
  if (!index.reserveMany(count)) return false;
  table.change();
  const [added, size] = makeNodes(table, staged, count);
  link(table, staged, order, shared);
  table.counted(added, size);
  return true;
}

function isAboveAll({ storage, towers }: Table, staged: Int32Array, count: number): boolean {
  const { last } = towers;
  if (last === NONE) return true;
  for (let i = 0; i < count; i++) {
    const word = STAGED_WORDS * i;
    const { view } = storage.kv;
    const lastStart = storage.nodes.array[last + OFFSET];
    const lastLength = storage.nodes.array[last + KEY_LENGTH];
    const start = staged[word + OFFSET];
    const length = staged[word + KEY_LENGTH];
    const end = Math.min(lastLength, length);
    const same = sharedInKv(view, lastStart, start, 0, end);
    const isAbove =
      same < end ? view.getUint8(lastStart + same) < view.getUint8(start + same) : lastLength < length;
    if (!isAbove) return false;
  }
  return true;
}

/**
 * Finds how many bytes each key shares with the one before it; of equal keys, the node will be that of the first.
 * @returns whether the order is ascending, from the last key of the table on; if not, only the first ones were compared
 */
function isAscending(
  { storage, towers }: Table,
  staged: Int32Array,
  order: Int32Array,
  shared: Int32Array,
): boolean {
  const { view } = storage.kv;
  const nodes = storage.nodes.array;
  let start = nodes[towers.last + OFFSET];
  let length = nodes[towers.last + KEY_LENGTH];
  /** The first entry with the key before. */
  let first = -1;
  for (let i = 0; i < order.length; i++) {
    const word = STAGED_WORDS * order[i];
    const nextStart = staged[word + OFFSET];
    const nextLength = staged[word + KEY_LENGTH];
    const end = nextLength < length ? nextLength : length;
    const same = sharedInKv(view, start, nextStart, 0, end) | 0;
    if (first >= 0 && same === length && same === nextLength) {
      shared[i] = SAME;
      staged[word + STAGED_NODE] = ~first;
    } else {
      const isAbove =
        same < end ? view.getUint8(start + same) < view.getUint8(nextStart + same) : length < nextLength;
      // An empty key may be the first of an empty table.
      if (!isAbove && (i > 0 || towers.last !== NONE)) return false;
      shared[i] = same;
      staged[word + STAGED_NODE] = NONE;
      first = order[i];
    }
    start = nextStart;
    length = nextLength;
  }
  return true;
}

/** Makes nodes for entries in the order of the batch; where a key came before, its node gets the record. @returns number and bytes of the new ones */
function makeNodes(table: Table, staged: Int32Array, count: number): [added: number, size: number] {
  const { storage } = table;
  let added = 0;
  let size = 0;
  for (let word = 0; word < STAGED_WORDS * count; word += STAGED_WORDS) {
    const offset = staged[word + OFFSET] as KVOffset;
    const keyLength = staged[word + KEY_LENGTH];
    const valueLength = staged[word + VALUE_LENGTH];
    const sameAs = staged[word + STAGED_NODE];
    if (sameAs === NONE) {
      staged[word + STAGED_NODE] = storage.appendNode(offset, keyLength, valueLength, table.heights.next());
      size += keyLength + valueLength;
      added++;
    } else {
      const node = staged[STAGED_WORDS * ~sameAs + STAGED_NODE] as NodeIndex;
      table.replace(node, offset, keyLength, valueLength);
    }
    storage.kv.length = offset + keyLength + valueLength;
  }
  return [added, size];
}

/** Links the nodes in the order of their keys, and adds them to the index. */
function link(table: Table, staged: Int32Array, order: Int32Array, shared: Int32Array): void {
  const { at, towers } = table;
  const index = table.index!;
  for (let i = 0; i < order.length; i++) {
    if (shared[i] === SAME) continue;
    const node = staged[STAGED_WORDS * order[i] + STAGED_NODE] as NodeIndex;
    towers.publish(node, towers.ends);
    at.isAtEnd = true;
    at.shared = shared[i];
    index.insert(node, at, true);
  }
}

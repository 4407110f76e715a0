import { compareBytes, sharedInKv } from '../../base/bytes.js';
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

/** Fewer entries are put one by one; and so are those that begin with so many in ascending order, which need no search. */
const MIN_SORTED = 16;
const ASCENDING = 64;

/**
 * Puts staged entries whose keys are above all those of the table, in the order of their keys: none is searched for, and
 * index and links are only appended to. Nodes are made in the order of the batch, so that the arrays are those of single puts.
 * @returns whether it did: not for entries that belong among others, for orders that are not of bytes, or without memory
 */
export function loadSorted(table: Table, staged: Int32Array, count: number): boolean {
  const { storage, index } = table;
  if (count < MIN_SORTED || index === undefined || table.order.byteOrderedTail !== 0) return false;
  if (isAscending(table, staged, Math.min(count, ASCENDING)) || !isAboveAll(table, staged, count))
    return false;
  let order: Int32Array;
  try {
    order = sortStaged(storage.kv, staged, count);
  } catch {
    return false; // No memory for it.
  }
  if (!index.reserveMany(count)) return false;
  table.change();
  const [added, size] = makeNodes(table, staged, count);
  link(table, staged, order);
  table.counted(added, size);
  return true;
}

function isAscending({ storage }: Table, staged: Int32Array, count: number): boolean {
  const { array } = storage.kv;
  for (let word = STAGED_WORDS; word < STAGED_WORDS * count; word += STAGED_WORDS) {
    const before = staged[word - STAGED_WORDS + OFFSET];
    const start = staged[word + OFFSET];
    const beforeEnd = before + staged[word - STAGED_WORDS + KEY_LENGTH];
    if (compareBytes(array, before, beforeEnd, array, start, start + staged[word + KEY_LENGTH], 0) >= 0) {
      return false;
    }
  }
  return true;
}

function isAboveAll(table: Table, staged: Int32Array, count: number): boolean {
  const { last } = table.towers;
  if (last === NONE) return true;
  const { array } = table.storage.kv;
  const nodes = table.storage.nodes.array;
  const lastStart = nodes[last + OFFSET];
  const lastEnd = lastStart + nodes[last + KEY_LENGTH];
  for (let word = 0; word < STAGED_WORDS * count; word += STAGED_WORDS) {
    const start = staged[word + OFFSET];
    const end = start + staged[word + KEY_LENGTH];
    if (compareBytes(array, lastStart, lastEnd, array, start, end, 0) >= 0) return false;
  }
  return true;
}

/**
 * Makes nodes for entries in the order of the batch; where a key came before, its node gets the record.
 * @returns number and bytes of the new ones
 */
function makeNodes(table: Table, staged: Int32Array, count: number): [added: number, size: number] {
  const { heights, storage } = table;
  let added = 0;
  let size = 0;
  for (let word = 0; word < STAGED_WORDS * count; word += STAGED_WORDS) {
    const offset = staged[word + OFFSET] as KVOffset;
    const keyLength = staged[word + KEY_LENGTH];
    const valueLength = staged[word + VALUE_LENGTH];
    const sameAs = staged[word + STAGED_NODE];
    if (sameAs === NONE) {
      staged[word + STAGED_NODE] = storage.appendNode(offset, keyLength, valueLength, heights.next());
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
function link(table: Table, staged: Int32Array, order: Int32Array): void {
  const { at, storage, towers } = table;
  const index = table.index!;
  const nodes = storage.nodes.array;
  const { view } = storage.kv;
  let before = towers.last;
  for (let i = 0; i < order.length; i++) {
    const node = staged[STAGED_WORDS * order[i] + STAGED_NODE] as NodeIndex;
    if (node < 0) continue; // Its key came before.
    const beforeLength = nodes[before + KEY_LENGTH];
    const length = nodes[node + KEY_LENGTH];
    const end = length < beforeLength ? length : beforeLength;
    at.shared = sharedInKv(view, nodes[before + OFFSET], nodes[node + OFFSET], 0, end) | 0;
    towers.publish(node, towers.ends);
    index.append(node, at);
    before = node;
  }
}

import { compareBytes } from '../../base/bytes.js';
import {
  HEIGHT,
  KEY_LENGTH,
  NEXT,
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
  table.begin();
  if (!index.reserveMany(count)) return false;
  for (let word = 0; word < STAGED_WORDS * count; word += STAGED_WORDS) makeNode(table, staged, word);
  for (let i = 0; i < count; i++) {
    const node = staged[STAGED_WORDS * order[i] + STAGED_NODE] as NodeIndex;
    if (node > 0) table.linkLast(node); // Otherwise, its key came before.
  }
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
 * Makes a node for an entry; where its key came before, that one's node gets the record. (A function for one entry: a loop
 * that is called once for very many is compiled anew each time.)
 */
function makeNode(table: Table, staged: Int32Array, word: number): void {
  const { heights, storage } = table;
  const offset = staged[word + OFFSET] as KVOffset;
  const keyLength = staged[word + KEY_LENGTH];
  const valueLength = staged[word + VALUE_LENGTH];
  const sameAs = staged[word + STAGED_NODE];
  storage.kv.length = offset + keyLength + valueLength;
  if (sameAs === NONE) {
    const node = storage.appendNode(offset, keyLength, valueLength, heights.next());
    staged[word + STAGED_NODE] = node;
    table.counted(1, keyLength + valueLength, NEXT + storage.nodes.array[node + HEIGHT]);
  } else {
    const node = staged[STAGED_WORDS * ~sameAs + STAGED_NODE] as NodeIndex;
    table.size += valueLength - storage.nodes.array[node + VALUE_LENGTH];
    storage.replaceRecord(node, offset, keyLength, valueLength);
  }
}

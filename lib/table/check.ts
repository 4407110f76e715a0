import { compareBytes } from '../base/bytes.js';
import { expect } from '../base/errors.js';
import { checkIndex } from '../index/check.js';
import {
  FIRST_NODE,
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
import { Compaction } from './compaction/compaction.js';
import type { Table } from './table.js';

/**
 * Reads the whole structure of a table and throws at the first thing that is not as it must be: nodes laid out end to
 * end, records inside `kvData`, every level in ascending order and a subset of the one below, counters right.
 * Takes time proportional to the number of entries.
 * @throws CorruptionError
 */
export function checkTable(table: Table): void {
  table.requireSound();
  const starts = checkLayout(table);
  const nodes = checkLevels(table, starts);
  if (table.index !== undefined) checkIndex(table.index, nodes);
  if (table.follower instanceof Compaction) checkCompaction(table, table.follower, nodes);
}

/** The copy has the entries before the frontier, as they are. */
function checkCompaction(table: Table, { copy, frontier, isLost }: Compaction, inOrder: NodeIndex[]): void {
  if (isLost) return;
  checkTable(copy);
  const end = frontier === NONE ? inOrder.length : inOrder.indexOf(frontier);
  expect(end >= 0, 'the frontier of a compaction is no entry');
  expect(copy.length === end, `a copy has ${copy.length} entries, and ${end} are before the frontier`);
  let copied = copy.storage.nodes.array[HEAD + NEXT] as NodeIndex;
  for (const node of inOrder.slice(0, end)) {
    expect(isSameRecord(table, node, copy, copied), `a copy of node ${node} is not like it`);
    copied = copy.storage.nodes.array[copied + NEXT] as NodeIndex;
  }
}

function isSameRecord(a: Table, nodeA: NodeIndex, b: Table, nodeB: NodeIndex): boolean {
  const nodesA = a.storage.nodes.array;
  const nodesB = b.storage.nodes.array;
  for (const slot of [KEY_LENGTH, VALUE_LENGTH, HEIGHT]) {
    if (nodesA[nodeA + slot] !== nodesB[nodeB + slot]) return false;
  }
  const length = nodesA[nodeA + KEY_LENGTH] + nodesA[nodeA + VALUE_LENGTH];
  const startA = nodesA[nodeA + OFFSET];
  const startB = nodesB[nodeB + OFFSET];
  const { array: kvA } = a.storage.kv;
  const { array: kvB } = b.storage.kv;
  return compareBytes(kvA, startA, startA + length, kvB, startB, startB + length, 0) === 0;
}

/** Nodes follow one another without a gap. @returns of each slot, whether a node starts there */
function checkLayout({ storage: { kv, nodes } }: Table): Uint8Array {
  const { array } = nodes;
  expect(nodes.length <= array.length, 'nodeData holds more slots than it has');
  expect(kv.length <= kv.array.length, 'kvData holds more bytes than it has');
  expect(array[HEAD + HEIGHT] === MAX_HEIGHT, `the head has height ${array[HEAD + HEIGHT]}`);
  expect(
    array[HEAD + OFFSET] === 0 && array[HEAD + KEY_LENGTH] === 0 && array[HEAD + VALUE_LENGTH] === 0,
    'the head has a record',
  );
  const starts = new Uint8Array(nodes.length);
  let node: number = FIRST_NODE;
  while (node < nodes.length) {
    const height = array[node + HEIGHT];
    const keyLength = array[node + KEY_LENGTH];
    const valueLength = array[node + VALUE_LENGTH];
    expect(height >= 1 && height <= MAX_HEIGHT, `node ${node} has height ${height}`);
    expect(
      array[node + OFFSET] >= 0 &&
        keyLength >= 0 &&
        valueLength >= 0 &&
        array[node + OFFSET] + keyLength + valueLength <= kv.length,
      `the record of node ${node} is not inside kvData`,
    );
    starts[node] = 1;
    node += NEXT + height;
  }
  expect(node === nodes.length, `the last node ends at slot ${node}, and nodeData at ${nodes.length}`);
  return starts;
}

function isBelow({ order, storage }: Table, a: NodeIndex, b: NodeIndex): boolean {
  const { array } = storage.nodes;
  const kv = storage.kv.array;
  const [startA, lengthA] = [array[a + OFFSET], array[a + KEY_LENGTH]];
  return order.compare(kv, startA, lengthA, kv, array[b + OFFSET], array[b + KEY_LENGTH], 0) < 0;
}

/** @returns the nodes in order */
function checkLevels(table: Table, starts: Uint8Array): NodeIndex[] {
  const { towers } = table;
  const { array } = table.storage.nodes;
  expect(towers.height >= 1 && towers.height <= MAX_HEIGHT, `the tower height is ${towers.height}`);
  for (let level = MAX_HEIGHT - 1; level >= towers.height; level--) {
    expect(array[HEAD + NEXT + level] === NONE, `level ${level} is linked, but ${towers.height} are in use`);
  }

  /** The next node expected on each level, walking level 0. */
  const due = Array.from({ length: MAX_HEIGHT }, (_, level) => array[HEAD + NEXT + level]);
  const ends: NodeIndex[] = Array.from({ length: MAX_HEIGHT }, () => HEAD);
  const inOrder: NodeIndex[] = [];
  let size = 0;
  let slots = 0;
  let previous = NONE;
  for (let node = array[HEAD + NEXT] as NodeIndex; node !== NONE; node = array[node + NEXT] as NodeIndex) {
    expect(starts[node] === 1, `a link leads to slot ${node}, where no node starts`);
    expect(
      previous === NONE || isBelow(table, previous, node),
      `node ${previous} is not below its successor ${node}`,
    );
    // With an order that is none, links could go on for ever.
    expect(inOrder.length < starts.length, 'level 0 comes back to where it was');
    for (let level = 0; level < array[node + HEIGHT]; level++) {
      expect(due[level] === node, `level ${level} goes to ${due[level]} where level 0 has ${node}`);
      due[level] = array[node + NEXT + level];
      ends[level] = node;
    }
    inOrder.push(node);
    size += array[node + KEY_LENGTH] + array[node + VALUE_LENGTH];
    slots += NEXT + array[node + HEIGHT];
    previous = node;
  }
  due.forEach((node, level) =>
    expect(node === NONE, `level ${level} leads to ${node}, which level 0 has not`),
  );
  expect(
    inOrder.length === table.length,
    `there are ${inOrder.length} entries, and length is ${table.length}`,
  );
  expect(size === table.size, `the entries have ${size} bytes, and size is ${table.size}`);
  expect(slots === table.liveSlots, `the entries have ${slots} slots, and ${table.liveSlots} are counted`);
  ends.forEach((node, level) =>
    expect(towers.ends[level] === node, `level ${level} ends at ${node}, not at ${towers.ends[level]}`),
  );
  return inOrder;
}

/**
 * The same for a list that threads read without a lock, while one may be adding to it: of the entries that were added first, `count`,
 * all has to be there. What was added later is passed over.
 */
export function checkShared(table: Table, count: number): void {
  const { kv, nodes } = table.storage;
  const { array } = nodes;
  expect(array[HEAD + HEIGHT] === MAX_HEIGHT, `the head has height ${array[HEAD + HEIGHT]}`);
  let end: number = FIRST_NODE;
  const onLevel = new Int32Array(MAX_HEIGHT);
  for (let i = 0; i < count; i++) {
    const height = array[end + HEIGHT];
    const [offset, keyLength, valueLength] = array.subarray(end);
    expect(height >= 1 && height <= MAX_HEIGHT, `node ${end} has height ${height}`);
    expect(
      offset >= 0 &&
        keyLength >= 0 &&
        valueLength >= 0 &&
        offset + keyLength + valueLength <= kv.array.length,
      `the record of node ${end} is not inside kvData`,
    );
    for (let level = 0; level < height; level++) onLevel[level]++;
    end += NEXT + height;
  }
  for (let level = MAX_HEIGHT - 1; level >= 0; level--) {
    let previous = HEAD;
    let found = 0;
    let node = HEAD;
    for (let steps = 0; ; steps++) {
      expect(steps < array.length, `level ${level} comes back to where it was`);
      node = Atomics.load(array, node + NEXT + level) as NodeIndex;
      if (node === NONE) break;
      expect(node > 0 && node < array.length, `a link leads to slot ${node}, where no node starts`);
      if (node >= end) continue;
      expect(array[node + HEIGHT] > level, `level ${level} leads to node ${node}, which is not so high`);
      expect(
        previous === HEAD || isBelow(table, previous, node),
        `node ${previous} is not below its successor ${node}`,
      );
      previous = node;
      found++;
    }
    expect(found === onLevel[level], `level ${level} has ${found} of ${onLevel[level]} nodes`);
  }
}

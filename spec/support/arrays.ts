import { HEIGHT, KEY_LENGTH, NEXT, OFFSET, VALUE_LENGTH } from './store.js';

/* Says in words where two pairs of arrays differ first. */

export function differingSlot(theirs: Int32Array, ours: Int32Array): string | undefined {
  const slot = firstDifference(theirs, ours);
  if (slot < 0) return undefined;
  return `nodeData differs first at slot ${slot} (${nameSlot(theirs, slot)}): goleveldb has ${theirs[slot]}, we have ${ours[slot]}`;
}

export function differingByte(theirs: Uint8Array, ours: Uint8Array, nodes: Int32Array): string | undefined {
  const byte = firstDifference(theirs, ours);
  if (byte < 0) return undefined;
  return `kvData differs first at byte ${byte} (${nameByte(nodes, byte)}): goleveldb has ${theirs[byte]}, we have ${ours[byte]}`;
}

/** Where one array is a beginning of the other, that is the end of the shorter one. */
function firstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const longest = Math.max(a.length, b.length);
  for (let i = 0; i < longest; i++) if (a[i] !== b[i]) return i;
  return -1;
}

function nameSlot(nodes: Int32Array, slot: number): string {
  for (const node of eachNode(nodes)) {
    if (slot >= node + NEXT + nodes[node + HEIGHT]) continue;
    const names = ['offset', 'key length', 'value length', 'height'];
    const name = names[slot - node] ?? `link on level ${slot - node - NEXT}`;
    return `${name} of ${node === 0 ? 'the head' : `node ${node}`}`;
  }
  return 'past the last node';
}

function nameByte(nodes: Int32Array, byte: number): string {
  for (const node of eachNode(nodes)) {
    const key = nodes[node + OFFSET];
    const value = key + nodes[node + KEY_LENGTH];
    const end = value + nodes[node + VALUE_LENGTH];
    if (byte < key || byte >= end) continue;
    return byte < value
      ? `key of node ${node}, byte ${byte - key}`
      : `value of node ${node}, byte ${byte - value}`;
  }
  return 'in a record that was replaced';
}

function* eachNode(nodes: Int32Array): Generator<number> {
  for (let node = 0; node < nodes.length; node += NEXT + nodes[node + HEIGHT]) yield node;
}

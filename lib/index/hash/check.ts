import { compareBytes } from '../../base/bytes.js';
import { expect } from '../../base/errors.js';
import { KEY_LENGTH, NONE, OFFSET, type NodeIndex } from '../../storage/layout.js';
import type { Storage } from '../../storage/storage.js';
import { OVERFLOWED, UNKNOWN, type HashIndex } from './hashindex.js';
import { HashedKey } from './keyhash.js';

/** Throws at the first thing that is not as it must be, given all the nodes. */
export function checkHashes(hashes: HashIndex, storage: Storage, nodes: readonly NodeIndex[]): void {
  const { next, count, words, old, spilled, tail } = hashes.census;
  if (tail > 0) {
    checkFirsts(hashes, storage, nodes, tail);
    return;
  }
  const isCutOff = next === NONE;
  const entered = nodes.filter((node) => node < next).length;
  expect(isCutOff || count === entered, `the hash index counts ${count} entries of ${entered}`);
  const hashed = new HashedKey();
  for (const node of nodes) {
    const key = keyOf(storage, node);
    hashes.keys.hash(key, key.length, hashed);
    expect(hashed.hash === hashes.hashOf(node), `node ${node} has two hashes`);
    const found = hashes.find(key, hashed);
    expect(found === node || found === UNKNOWN, `the hash index has ${found} for node ${node}`);
  }
  if (spilled === undefined || isCutOff) return;
  const all = held(words) + (old === undefined ? 0 : held(old)) + spilled;
  expect(all === entered, `the hash index holds ${all} of ${entered}`);
}

/** The first version of each key is found. */
function checkFirsts(hashes: HashIndex, storage: Storage, nodes: readonly NodeIndex[], tail: number): void {
  const hashed = new HashedKey();
  let before: Uint8Array | undefined;
  for (const node of nodes) {
    const key = keyOf(storage, node).subarray(0, -tail);
    hashes.keys.hash(key, key.length, hashed);
    expect(hashed.hash === hashes.hashOf(node), `node ${node} has two hashes`);
    const isFirst =
      before === undefined || compareBytes(before, 0, before.length, key, 0, key.length, 0) !== 0;
    const found = hashes.find(key, hashed);
    expect(!isFirst || found === node || found === UNKNOWN, `the hash index has ${found} for node ${node}`);
    before = key;
  }
}

/** A view that nobody keeps. */
function keyOf({ kv, nodes }: Storage, node: NodeIndex): Uint8Array {
  const start = nodes.array[node + OFFSET];
  return kv.array.subarray(start, start + nodes.array[node + KEY_LENGTH]);
}

/** Entries in buckets. */
function held(words: Int32Array): number {
  return words.filter((word) => word !== 0 && word !== OVERFLOWED).length;
}

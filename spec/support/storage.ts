import { NEXT, type KVOffset, type NodeIndex, type Storage } from '../../lib/internals.js';

/** Adds a key without a value, and a node for it that nothing links to. */
export function addKey(storage: Storage, key: Uint8Array): NodeIndex {
  storage.kv.reserve(key.length);
  storage.nodes.reserve(NEXT + 1);
  const offset = storage.kv.length as KVOffset;
  storage.stage(offset, key, key.length, new Uint8Array(0), 0);
  storage.kv.length += key.length;
  return storage.appendNode(offset, key.length, 0, 1);
}

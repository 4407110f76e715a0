/*
 * The door for tests: what they need from inside. Nothing in lib/ imports it, and it is not part of the package.
 */
import { INTERNALS, type Internals } from './storage/memory.js';
import { TABLE, type Table, type TableOwner } from './table/table.js';

/** Options with which a DB, MemTable or SkipList takes its memory from elsewhere, or goes without its index. */
export function withInternals<T extends object>(options: T, internals: Internals): T {
  return { ...options, [INTERNALS]: internals };
}

/** What a DB, MemTable or SkipList is made of. */
export function tableOf(owner: object): Table {
  return (owner as TableOwner)[TABLE];
}

export * from './base/bytes.js';
export * from './base/order.js';
export * from './base/varint32.js';
export * from './dump/checksum.js';
export { checkHashes } from './index/hash/check.js';
export * from './index/hash/hashindex.js';
export * from './index/hash/keyhash.js';
export * from './index/pages/forks.js';
export * from './index/pages/insert.js';
export * from './index/pages/remove.js';
export * from './index/pages/search.js';
export { PageStore } from './index/pages/store.js';
export * as pageLayout from './index/pages/store.js';
export * from './index/pages/walk.js';
export * from './index/position.js';
export * from './leveldb/internalorder.js';
export { looking } from './lock/waiting.js';
export { RGEN } from './lock/words.js';
export { DAMAGED, VERSION } from './shared/arrays.js';
export * from './skiplist/heights.js';
export * from './storage/growable.js';
export * from './storage/growth.js';
export { HEADER_SLOTS, makeHeader, type Header } from './storage/header.js';
export * as headerLayout from './storage/header.js';
export * from './storage/layout.js';
export * from './storage/memory.js';
export * from './storage/storage.js';
export * from './table/bulk/sort.js';
export * from './table/bulk/staging.js';
export * from './table/check.js';
export * from './table/compaction/autocompaction.js';
export * from './table/compaction/compaction.js';
export { repair } from './table/repair.js';
export * from './table/table.js';

export { DB } from './db/db.js';
export type { AttachOptions, DBHandle, DBOptions, SharedDBOptions } from './db/parts.js';
export type { ReadableBytes, WritableBytes } from './dump/streams.js';
export { DBIterator } from './db/iterator.js';
export { bytesPrefix, type Range, type Scan } from './base/range.js';
export { bytewise, type Comparer } from './base/comparer.js';
export { LocalRWLock, type RWLock } from './lock/rwlock.js';
export { SharedRWLock, type SharedRWLockHandle, type SharedRWLockOptions } from './lock/sharedrwlock.js';
export {
  MemTable,
  type MemTableCompaction,
  type MemTableEntry,
  type MemTableFound,
  type MemTableHandle,
  type MemTableOptions,
} from './leveldb/memtable.js';
export { MemTableIterator } from './leveldb/memtableiterator.js';
export type { ListAttachOptions, SharedListOptions } from './leveldb/parts.js';
export { MAX_SEQUENCE, ValueType } from './leveldb/tag.js';
export {
  InternalKeyComparer,
  makeInternalKey,
  parseInternalKey,
  type ParsedInternalKey,
} from './leveldb/internalkey.js';
export { LookupKey } from './leveldb/lookupkey.js';
export { SkipList, SkipListIterator, type SkipListHandle, type SkipListOptions } from './leveldb/skiplist.js';
export { Arena, type ArenaOptions } from './leveldb/arena.js';
export type { Entry } from './table/table.js';
export { checkStructure } from './check/structure.js';
export {
  CapacityError,
  ComparerError,
  CorruptionError,
  InternalKeyCorruptedError,
  IteratorReleasedError,
  LockMisuseError,
  LockTimeoutError,
  MemDBError,
  StructureError,
} from './base/errors.js';

export { DB, type DBOptions } from './db.js';
export { DBIterator } from './iterator.js';
export { bytesPrefix, type Range, type Scan } from './range.js';
export { bytewise, type Comparer } from './comparer.js';
export { LocalRWLock, type RWLock } from './rwlock.js';
export { MemTable, MemTableIterator, type MemTableEntry, type MemTableOptions } from './memtable.js';
export {
  InternalKeyComparer,
  MAX_SEQUENCE,
  ValueType,
  makeInternalKey,
  parseInternalKey,
} from './internalkey.js';
export { LookupKey } from './lookupkey.js';
export { SkipList, SkipListIterator, type SkipListOptions } from './skiplist.js';
export { Arena, type ArenaOptions } from './arena.js';
export { checkStructure } from './check.js';
export {
  CapacityError,
  InternalKeyCorruptedError,
  IteratorReleasedError,
  LockMisuseError,
  LockTimeoutError,
  MemDBError,
  StructureError,
} from './errors.js';

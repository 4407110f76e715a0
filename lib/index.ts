export { DB, type DBOptions } from './db.js';
export { DBIterator } from './iterator.js';
export { bytesPrefix, type Range, type Scan } from './range.js';
export { bytewise, type Comparer } from './comparer.js';
export { LocalRWLock, type RWLock } from './rwlock.js';
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

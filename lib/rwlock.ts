import { LockMisuseError } from './errors.js';

/**
 * Guards a DB: reads take the read side, writes the write side, and each gives back what it took on every path.
 * Any object with these four methods will do.
 */
export interface RWLock {
  /** Takes the read side: any number of holders, none while a writer holds. */
  rlock(): void;
  runlock(): void;
  /** Takes the write side: one holder, and no reader. */
  lock(): void;
  unlock(): void;
}

/**
 * The lock for one thread. Nothing can run beside a synchronous call there, so it never waits: taking a side that
 * is not free means that the holder called back into itself, which would be a deadlock between threads.
 */
export class LocalRWLock implements RWLock {
  #readers = 0;
  #writing = false;

  /** @throws LockMisuseError inside a write */
  rlock(): void {
    if (this.#writing) {
      throw new LockMisuseError(
        'read inside a write: a comparer or height source must not call the DB it serves',
      );
    }
    this.#readers++;
  }

  /** @throws LockMisuseError when no reader holds the lock */
  runlock(): void {
    if (this.#readers === 0) throw new LockMisuseError('runlock() without a matching rlock()');
    this.#readers--;
  }

  /** @throws LockMisuseError inside a read or another write */
  lock(): void {
    if (this.#readers > 0 || this.#writing) {
      throw new LockMisuseError(
        `write inside a ${this.#writing ? 'write' : 'read'}: a comparer or height source must not call the DB it serves`,
      );
    }
    this.#writing = true;
  }

  /** @throws LockMisuseError when no writer holds the lock */
  unlock(): void {
    if (!this.#writing) throw new LockMisuseError('unlock() without a matching lock()');
    this.#writing = false;
  }
}

import { LockMisuseError } from '../base/errors.js';

/**
 * Guards a DB: reads take the read side, writes the write side, and each gives back what it took on every path.
 * Any object with these four methods will do.
 * @example
 * const none = { rlock() {}, runlock() {}, lock() {}, unlock() {} };
 * console.log(new DB({ lock: none }).length); // -> 0
 */
export interface RWLock {
  /** Takes the read side: any number of holders, none while a writer holds. */
  rlock(): void;
  runlock(): void;
  /** Takes the write side: one holder, and no reader. */
  lock(): void;
  unlock(): void;
}

/** Instead of a number of readers. */
export const WRITER = -1;

/**
 * The lock for one thread. Nothing can run beside a synchronous call there, so it never waits: taking a side that
 * is not free means that the holder called back into itself, which would be a deadlock between threads.
 * @example
 * const lock = new LocalRWLock();
 * const db = new DB({ lock });
 * lock.rlock(); // readers may read, writers throw
 * console.log(db.length); // -> 0
 * lock.runlock();
 */
export class LocalRWLock implements RWLock {
  /** How many readers hold it, or WRITER. @internal */
  held = 0;

  /**
   * @throws LockMisuseError inside a write
   * @example
   * const lock = new LocalRWLock();
   * lock.rlock();
   * lock.rlock(); // as many as like
   */
  rlock(): void {
    if (this.held < 0) refuse('read', this.held);
    this.held++;
  }

  /**
   * @throws LockMisuseError when no reader holds the lock
   * @example
   * const lock = new LocalRWLock();
   * lock.rlock();
   * lock.runlock();
   */
  runlock(): void {
    if (this.held <= 0) refuseUnlock('runlock() without a matching rlock()');
    this.held--;
  }

  /**
   * @throws LockMisuseError inside a read or another write
   * @example
   * const lock = new LocalRWLock();
   * lock.lock();
   * try { lock.rlock(); } catch (error) { console.log(error.code); } // -> MEMDB_LOCK_MISUSE
   */
  lock(): void {
    if (this.held !== 0) refuse('write', this.held);
    this.held = WRITER;
  }

  /**
   * @throws LockMisuseError when no writer holds the lock
   * @example
   * const lock = new LocalRWLock();
   * lock.lock();
   * lock.unlock();
   */
  unlock(): void {
    if (this.held !== WRITER) refuseUnlock('unlock() without a matching lock()');
    this.held = 0;
  }
}

/**
 * How the calls of a DB take the lock that it has made itself: they only look whether somebody else holds it. Nothing can run beside a call
 * but a caller's code that it calls, and for as long as that runs, the DB holds the lock. So a call that is cut off leaves nothing held.
 */
export class OwnLock implements RWLock {
  readonly #lock: LocalRWLock;

  constructor(lock: LocalRWLock) {
    this.#lock = lock;
  }

  rlock(): void {
    if (this.#lock.held < 0) refuse('read', WRITER);
  }

  runlock(): void {
    // It was not taken.
  }

  lock(): void {
    if (this.#lock.held !== 0) refuse('write', this.#lock.held);
  }

  unlock(): void {
    // Nor this.
  }
}

function refuse(what: string, holders: number): never {
  throw new LockMisuseError(
    `${what} inside a ${holders < 0 ? 'write' : 'read'}: a comparer, a height source or a function given to update must ` +
      'not call the DB; or db.lock is held: release it first, also in place of a call that was ended by a timeout',
  );
}

function refuseUnlock(message: string): never {
  throw new LockMisuseError(message);
}

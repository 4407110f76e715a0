import { LockMisuseError } from './errors.js';
import type { RWLock } from './rwlock.js';

/**
 * Stands where a lock would in a table whose readers need none. It never waits and knows nothing of other threads:
 * it only refuses the calls that a comparer makes into the table that is calling it.
 */
export class ReentryGuard implements RWLock {
  #inside = false;

  /** @throws LockMisuseError inside another call */
  requireIdle(): void {
    if (this.#inside) throw new LockMisuseError('a comparer must not call the table it serves');
  }

  lock(): void {
    this.requireIdle();
    this.#inside = true;
  }

  unlock(): void {
    this.#inside = false;
  }

  rlock(): void {
    this.lock();
  }

  runlock(): void {
    this.unlock();
  }
}

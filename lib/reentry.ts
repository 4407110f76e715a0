import { LockMisuseError } from './errors.js';
import type { Order } from './order.js';
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

/**
 * A lock before which a comparer of the DB is turned away. A read inside a read would be no conflict for the lock
 * itself, and a write inside anything might wait for itself.
 */
export class ComparerGuard implements RWLock {
  readonly #lock: RWLock;
  readonly #order: Order;

  constructor(lock: RWLock, order: Order) {
    this.#lock = lock;
    this.#order = order;
  }

  rlock(): void {
    this.#requireOutside();
    this.#lock.rlock();
  }

  runlock(): void {
    this.#lock.runlock();
  }

  lock(): void {
    this.#requireOutside();
    this.#lock.lock();
  }

  unlock(): void {
    this.#lock.unlock();
  }

  #requireOutside(): void {
    if (this.#order.comparing) throw new LockMisuseError('a comparer must not call the DB it serves');
  }
}

import { LockMisuseError } from './errors.js';
import type { Order } from './order.js';
import type { RWLock } from './rwlock.js';

/**
 * A lock before which a comparer of the DB is turned away. A read inside a read would be no conflict for the lock
 * itself, and a write inside anything might wait for itself. Where readers need no lock, there is none behind it.
 */
export class ComparerGuard implements RWLock {
  readonly #lock: RWLock | undefined;
  readonly #order: Order;

  constructor(lock: RWLock | undefined, order: Order) {
    this.#lock = lock;
    this.#order = order;
  }

  rlock(): void {
    this.requireOutside();
    this.#lock?.rlock();
  }

  runlock(): void {
    this.#lock?.runlock();
  }

  lock(): void {
    this.requireOutside();
    this.#lock?.lock();
  }

  unlock(): void {
    this.#lock?.unlock();
  }

  /** @throws LockMisuseError when called from inside a comparer */
  requireOutside(): void {
    if (this.#order.comparing) throw new LockMisuseError('a comparer must not call the DB it serves');
  }
}

import { LockMisuseError } from '../base/errors.js';
import type { Order } from '../base/order.js';
import type { RWLock } from './rwlock.js';

/** A caller's height source. */
interface HeightSource {
  isAsked: boolean;
}

/**
 * A lock before which a comparer and a height source of the DB are turned away. A read inside a read would be no conflict
 * for the lock itself, a write inside anything might wait for itself, and a caller's lock may let anyone through. Where
 * readers need no lock, there is none behind it.
 */
export class ReentryGuard implements RWLock {
  readonly #lock: RWLock | undefined;
  readonly #order: Order;
  readonly #heights: HeightSource | undefined;

  constructor(lock: RWLock | undefined, order: Order, heights?: HeightSource) {
    this.#lock = lock;
    this.#order = order;
    this.#heights = heights;
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

  /** @throws LockMisuseError when called from inside a comparer or a height source */
  requireOutside(): void {
    if (this.#order.comparing === true) this.#refuse('comparer');
    if (this.#heights?.isAsked === true) this.#refuse('height source');
  }

  /** A timeout that ended one looks the same, but none is still running in a later job: then, calls are let in again. */
  #refuse(who: string): never {
    void Promise.resolve().then(() => {
      this.#order.forget?.();
      if (this.#heights !== undefined) this.#heights.isAsked = false;
    });
    throw new LockMisuseError(
      `a ${who} must not call the DB it serves. If none is running, since a timeout has ended it: calls are let in again after an await`,
    );
  }
}

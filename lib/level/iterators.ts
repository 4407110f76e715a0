import { keepOne } from '../base/kept.js';
import {
  IteratorClasses,
  type Encoded,
  type IteratorBase,
  type IteratorBaseClass,
  type IteratorOptions,
} from './abstractlevel.js';
import type { Item } from './items.js';
import { IDLE_OPTIONS, idleWalk, type Walk } from './walk.js';

type IteratorClass = new (db: unknown, walk: Walk, options: IteratorOptions) => IteratorBase;

/** A database that asks nothing of its iterators. */
const NO_DATABASE = { attachResource: () => undefined };

function walking(Base: IteratorBaseClass): IteratorClass {
  return class Walking extends Base {
    readonly #walk: Walk;

    constructor(db: unknown, walk: Walk, options: IteratorOptions) {
      super(db, options);
      this.#walk = walk;
      keepOne(Walking, () => new Walking(NO_DATABASE, idleWalk(), IDLE_OPTIONS));
    }

    _next(): Item {
      return this.#walk.next();
    }

    _nextv(size: number): Item[] {
      return this.#walk.many(size);
    }

    _all(): Promise<Item[]> {
      return this.#walk.all(this.limit - this.count);
    }

    _seek(target: Encoded): void {
      this.#walk.seek(target);
    }

    _close(): void {
      this.#walk.close();
    }
  };
}

export const EntryIterator = walking(IteratorClasses.AbstractIterator);
export const KeyIterator = walking(IteratorClasses.AbstractKeyIterator);
export const ValueIterator = walking(IteratorClasses.AbstractValueIterator);

import { makeHeader, tableOf, type Table } from '../../lib/internals.js';
import type { Store, StoreIterator } from './machine.js';

/*
 * A DB under watch: after every call that only reads, all words of its arrays and all scalars must be as they were.
 */

const READS = ['get', 'has', 'find', 'first', 'last', 'at', 'getMany', 'count'] as const;
const WALKS = ['entries', 'keys', 'values'] as const;
const WRITES = ['put', 'update', 'putMany', 'delete', 'deleteRange', 'reset', 'compact'] as const;
const COUNTERS = ['length', 'size', 'capacity', 'free', 'kvData', 'kvLength', 'garbage'] as const;
const MOVES = ['first', 'last', 'seek', 'next', 'prev', 'release'] as const;
const GETTERS = ['valid', 'released', 'key', 'value', 'keyStart', 'valueStart', 'valueEnd'] as const;

/** What may change in a read: scratch that is no state of the table, and whether somebody may have views of it. */
const SCRATCH = new Set(['at', 'touched', 'isLent']);

export class Watch {
  readonly #table: Table;
  readonly #allocations: () => number;
  readonly #onCompared: () => void;
  #was: State;

  /**
   * @param allocations how many there were so far
   * @param onCompared called after each read that was found to have changed nothing
   */
  constructor(db: Store, allocations: () => number, onCompared: () => void) {
    this.#table = tableOf(db);
    this.#allocations = allocations;
    this.#onCompared = onCompared;
    this.#was = new State(this.#table, allocations(), true);
  }

  /** The same DB, but that reads are checked. */
  wrap(db: Store): Store {
    const wrapped: Record<string, unknown> = {};
    const define = (name: string, get: () => unknown) => Object.defineProperty(wrapped, name, { get });
    for (const name of READS) {
      wrapped[name] = (...args: never[]) => this.#reading(name, () => call(db, name, args));
    }
    for (const name of WRITES)
      wrapped[name] = (...args: never[]) => this.#writing(() => call(db, name, args));
    for (const name of WALKS) {
      wrapped[name] = (...args: never[]) =>
        this.#walk(name, this.#reading(name, () => call(db, name, args)) as Iterator<unknown>);
    }
    for (const name of COUNTERS) define(name, () => this.#reading(name, () => db[name]));
    wrapped.iterator = (...args: never[]) =>
      this.#cursor(this.#reading('iterator', () => call(db, 'iterator', args)) as StoreIterator);
    return wrapped as unknown as Store;
  }

  #cursor(cursor: StoreIterator): StoreIterator {
    const wrapped: Record<string, unknown> = {};
    for (const name of MOVES) {
      wrapped[name] = (...args: never[]) => this.#reading(name, () => call(cursor, name, args));
    }
    for (const name of GETTERS) {
      Object.defineProperty(wrapped, name, { get: () => this.#reading(name, () => cursor[name]) });
    }
    return wrapped as unknown as StoreIterator;
  }

  #walk(name: string, walk: Iterator<unknown>): IterableIterator<unknown> {
    return {
      next: () => this.#reading(`a step of ${name}`, () => walk.next()),
      return: () => this.#reading(`the end of ${name}`, () => walk.return!()),
      [Symbol.iterator]() {
        return this;
      },
    };
  }

  #reading<T>(name: string, read: () => T): T {
    try {
      return read();
    } finally {
      const changed = new State(this.#table, this.#allocations(), false).differenceTo(this.#was);
      if (changed !== undefined) throw new Error(`${name} changed ${changed}`); // eslint-disable-line no-unsafe-finally
      this.#onCompared();
    }
  }

  #writing<T>(write: () => T): T {
    try {
      return write();
    } finally {
      this.#was = new State(this.#table, this.#allocations(), true);
    }
  }
}

function call(of: object, name: string, args: unknown[]): unknown {
  return (of as Record<string, (...args: unknown[]) => unknown>)[name](...args);
}

/** All that a table holds. */
export class State {
  readonly #header = makeHeader();
  readonly #arrays: readonly NodeJS.TypedArray[];
  readonly #bytes: readonly Buffer[];
  readonly #fields = new Map<string, unknown>();
  readonly #allocations: number;

  /** @param isKept whether the table may change meanwhile */
  constructor(table: Table, allocations: number, isKept: boolean) {
    table.store(this.#header);
    this.#arrays = table.arrays;
    this.#bytes = this.#arrays.map(({ buffer, byteOffset, byteLength }) => {
      const bytes = Buffer.from(buffer, byteOffset, byteLength);
      return isKept ? Buffer.from(bytes) : bytes;
    });
    collectFields('table', table, this.#fields);
    this.#allocations = allocations;
  }

  differenceTo(was: State): string | undefined {
    if (this.#allocations !== was.#allocations) return 'how much memory it has';
    for (let i = 0; i < this.#header.length; i++) {
      if (this.#header[i] !== was.#header[i]) {
        return `scalar ${i} from ${was.#header[i]} to ${this.#header[i]}`;
      }
    }
    if (this.#arrays.length !== was.#arrays.length) return 'the number of arrays';
    for (let i = 0; i < this.#arrays.length; i++) {
      if (this.#arrays[i] !== was.#arrays[i] && this.#arrays[i].length + was.#arrays[i].length > 0) {
        return `array ${i}, for another`;
      }
      if (!this.#bytes[i].equals(was.#bytes[i])) return `a word of array ${i}`;
    }
    for (const [name, value] of this.#fields) {
      if (!Object.is(value, was.#fields.get(name))) return name;
    }
    return undefined;
  }
}

/** All numbers, flags and arrays in fields of an object and of those that it is made of. */
function collectFields(path: string, of: object, into: Map<string, unknown>): void {
  for (const [name, value] of Object.entries(of)) {
    if (SCRATCH.has(name)) continue;
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) {
      into.set(`${path}.${name}`, value);
    } else if (!(`${path}.${name}`.split('.').length > 4)) {
      collectFields(`${path}.${name}`, value as object, into);
    }
  }
}

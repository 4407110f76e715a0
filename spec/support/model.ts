import { sameBytes } from './bytes.js';

/**
 * What a DB is, said as plainly as possible: an array of entries in order. Nothing here knows about skip lists.
 */
export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface Bounds {
  start?: Uint8Array;
  limit?: Uint8Array;
}

export type Compare = (a: Uint8Array, b: Uint8Array) => number;

export class Model {
  readonly compare: Compare;
  /** In ascending order. An entry is never changed: an overwrite puts another in its place. */
  entries: Entry[] = [];
  size = 0;
  /** Bytes that were ever appended: nothing is given back before `reset`. */
  appended = 0;
  resets = 0;
  /** Every entry that was put since the last reset, oldest first. */
  readonly history: Entry[] = [];

  constructor(compare: Compare) {
    this.compare = compare;
  }

  get length(): number {
    return this.entries.length;
  }

  get(key: Uint8Array): Entry | undefined {
    const entry = this.firstFrom(key);
    return entry !== undefined && this.compare(entry.key, key) === 0 ? entry : undefined;
  }

  put(entry: Entry): void {
    const i = this.#lowerBound(entry.key);
    const old = this.get(entry.key);
    this.entries.splice(i, old === undefined ? 0 : 1, entry);
    const bytes = entry.key.length + entry.value.length;
    this.size += bytes - (old === undefined ? 0 : old.key.length + old.value.length);
    this.appended += bytes;
    this.history.push(entry);
  }

  delete(key: Uint8Array): boolean {
    const old = this.get(key);
    if (old === undefined) return false;
    this.entries.splice(this.#lowerBound(key), 1);
    this.size -= old.key.length + old.value.length;
    return true;
  }

  reset(): void {
    this.entries = [];
    this.size = this.appended = this.history.length = 0;
    this.resets++;
  }

  /** The first entry at or above a key; the first of all without one. */
  firstFrom(key?: Uint8Array): Entry | undefined {
    return this.entries[key === undefined ? 0 : this.#lowerBound(key)];
  }

  firstAbove(key: Uint8Array): Entry | undefined {
    return this.entries[this.#lowerBound(key) + (this.get(key) === undefined ? 0 : 1)];
  }

  /** The last entry below a key; the last of all without one. */
  lastBelow(key?: Uint8Array): Entry | undefined {
    return this.entries[(key === undefined ? this.entries.length : this.#lowerBound(key)) - 1];
  }

  inside(key: Uint8Array, { start, limit }: Bounds): boolean {
    return (
      (start === undefined || this.compare(key, start) >= 0) &&
      (limit === undefined || this.compare(key, limit) < 0)
    );
  }

  /** The entries of a range, in order. */
  range(bounds: Bounds): Entry[] {
    return this.entries.filter(({ key }) => this.inside(key, bounds));
  }

  /** How many keys are below this one: where it is or would go. */
  #lowerBound(key: Uint8Array): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(this.entries[middle].key, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * A cursor by the contract's table: it stands on a key, or before all, or after all. A move looks at what is there now.
 */
export class ModelCursor {
  readonly #model: Model;
  readonly #bounds: Bounds;
  readonly #resets: number;
  #at: Entry | undefined;
  #end: 'before' | 'after' = 'before';
  /** Where in the model's history the entry that was last seen under the cursor comes. */
  #seen = 0;
  released = false;

  constructor(model: Model, bounds: Bounds) {
    this.#model = model;
    this.#bounds = bounds;
    this.#resets = model.resets;
  }

  /** Moves must throw. */
  get dead(): boolean {
    return this.released || this.#model.resets !== this.#resets;
  }

  get valid(): boolean {
    return !this.dead && this.#at !== undefined;
  }

  first(): boolean {
    return this.#land(this.#model.firstFrom(this.#bounds.start), 'after');
  }

  last(): boolean {
    return this.#land(this.#model.lastBelow(this.#bounds.limit), 'before');
  }

  seek(key: Uint8Array): boolean {
    const { start } = this.#bounds;
    const target = start !== undefined && this.#model.compare(key, start) < 0 ? start : key;
    return this.#land(this.#model.firstFrom(target), 'after');
  }

  next(): boolean {
    if (this.#at !== undefined) return this.#land(this.#model.firstAbove(this.#at.key), 'after');
    return this.#end === 'before' && this.first();
  }

  prev(): boolean {
    if (this.#at !== undefined) return this.#land(this.#model.lastBelow(this.#at.key), 'before');
    return this.#end === 'after' && this.last();
  }

  /**
   * What may be read under the cursor: the entry as it is now. Where it was deleted, what it was at some time since
   * it was last read (a cursor that nobody reads need not follow).
   */
  readable(): Entry[] {
    const now = this.#model.get(this.#at!.key);
    if (now !== undefined) return [now];
    const since = this.#model.history.slice(this.#seen);
    return since.filter(({ key }) => this.#model.compare(key, this.#at!.key) === 0);
  }

  /** Tells which of the readable entries was read: an older one must not be seen again. */
  read(entry: Entry): void {
    this.#seen = this.#model.history.indexOf(entry, this.#seen);
  }

  #land(entry: Entry | undefined, end: 'before' | 'after'): boolean {
    if (entry !== undefined && this.#model.inside(entry.key, this.#bounds)) {
      this.#at = entry;
      this.#seen = this.#model.history.lastIndexOf(entry);
      return true;
    }
    this.#at = undefined;
    this.#end = end;
    return false;
  }
}

export function sameEntry(a: Entry, b: Entry): boolean {
  return sameBytes(a.key, b.key) && sameBytes(a.value, b.value);
}

// One interface that all stores are measured through. Whole passes are the unit, not single calls: each pass is
// one loop around the store's own call, in a process that only ever loads one store, so that the engine sees one
// target at every call site and can inline it as it would in a user's loop.
import type { KeyList } from '../key-files.js';

export interface Competitor<K = unknown> {
  /** The keys of a list in the form this store's users hold them. */
  keys(list: KeyList): K[];
  /** A key of the list that shares no memory with it, as a program makes one for a put. */
  freshKey(list: KeyList, i: number): K;
  /** An empty store; `reserve` is how many bytes of keys and values to make room for, if the store can. */
  open(reserve: number): Promise<void> | void;
  /** Drops the store, for the collector to take. */
  close(): Promise<void> | void;

  // Passes. Each returns a sum over what it read, the same for every store that gives the right answers.
  fill(keys: K[], values: Uint8Array[]): Promise<number> | number;
  get(keys: K[]): Promise<number> | number;
  seek(keys: K[]): Promise<number> | number;
  scan(reverse: boolean): Promise<number> | number;
  /** The scan by way of key and value objects, for stores whose plain scan needs none. */
  scanViews?(reverse: boolean): number;
  delete(keys: K[]): Promise<number> | number;

  /** Puts every entry and notes how many ms each put took. */
  fillTimed(
    count: number,
    entry: (i: number) => { key: K; value: Uint8Array },
    ms: Float64Array,
  ): Promise<void> | void;

  /** Bytes that the store spends beside keys and values, where it can tell. */
  indexBytes?(): number;
  /** Bytes of all its typed arrays, where it has them. */
  bufferBytes?(): number;
}

/** What reading a value adds to the sum: its length and, so that its bytes are truly reached, the first of them. */
export function weigh(value: Uint8Array): number {
  return value.length === 0 ? 0 : value.length + value[0];
}

/** The order of bytes, for trees that take a comparator. The plain loop beats Buffer.compare on keys this short. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = a.length < b.length ? a.length : b.length;
  for (let i = 0; i < length; i++) {
    const difference = a[i] - b[i];
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The passes for stores that answer at once, given their single calls. */
export abstract class SyncCompetitor<K extends Uint8Array | string> implements Competitor<K> {
  abstract open(reserve: number): void;
  abstract close(): void;
  abstract put(key: K, value: Uint8Array): void;
  abstract lookup(key: K): Uint8Array | undefined;
  /** Finds the first entry at or after `key`; the length of its key plus the weight of its value. */
  abstract seekOne(key: K): number;
  abstract remove(key: K): boolean;
  abstract scan(reverse: boolean): number;
  abstract keyAt(list: KeyList, i: number): K;
  abstract freshKey(list: KeyList, i: number): K;

  keys(list: KeyList): K[] {
    const keys = new Array<K>(list.count);
    for (let i = 0; i < keys.length; i++) keys[i] = this.keyAt(list, i);
    return keys;
  }

  fill(keys: K[], values: Uint8Array[]): number {
    for (let i = 0; i < keys.length; i++) this.put(keys[i], values[i]);
    return keys.length;
  }

  get(keys: K[]): number {
    let sum = 0;
    for (let i = 0; i < keys.length; i++) {
      const value = this.lookup(keys[i]);
      if (value !== undefined) sum += 1 + weigh(value);
    }
    return sum;
  }

  seek(keys: K[]): number {
    let sum = 0;
    for (let i = 0; i < keys.length; i++) sum += this.seekOne(keys[i]);
    return sum;
  }

  delete(keys: K[]): number {
    let sum = 0;
    for (let i = 0; i < keys.length; i++) if (this.remove(keys[i])) sum++;
    return sum;
  }

  fillTimed(count: number, entry: (i: number) => { key: K; value: Uint8Array }, ms: Float64Array): void {
    for (let i = 0; i < count; i++) {
      const { key, value } = entry(i);
      const start = performance.now();
      this.put(key, value);
      ms[i] = performance.now() - start;
    }
  }
}

/** A store with Uint8Array keys. */
export abstract class ByteKeyCompetitor extends SyncCompetitor<Uint8Array> {
  keyAt(list: KeyList, i: number): Uint8Array {
    return list.view(i);
  }

  freshKey(list: KeyList, i: number): Uint8Array {
    return list.view(i).slice();
  }
}

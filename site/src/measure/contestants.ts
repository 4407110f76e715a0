/*
 * Who is measured: each puts, gets, scans and deletes entries, which are named by their numbers. A DB has keys and values as bytes, as
 * it takes them, the others as strings; all of these are there before.
 */
import { DB } from 'flat-memdb';
import { OrderedMap, codecs } from 'flat-memdb/map';
import sortedBTree from 'sorted-btree';

const BTree = sortedBTree.default;

export interface Data<T> {
  keys: T[];
  values: T[];
  /** Keys that are not there. */
  missed: T[];
}

export interface Store {
  put(i: number): void;
  /** Length of the value, -1 where there is none: so that nobody can leave the value unread. */
  get(i: number): number;
  miss(i: number): number;
  /** From a key on, so many entries. @returns lengths of their keys and values */
  scan(from: number, count: number): number;
  scanAll(): number;
  delete(i: number): boolean;
  readonly size: number;
}

export const NAMES = ['OrderedMap', 'DB', 'sorted-btree', 'sorted array'] as const;
export type Name = (typeof NAMES)[number];
/** What moves half of its entries at each insertion is not asked for more. */
export const MOST: Partial<Record<Name, number>> = { 'sorted array': 50_000 };

export function make(name: Name, strings: Data<string>, bytes: Data<Uint8Array>): Store {
  switch (name) {
    case 'OrderedMap':
      return new Ordered(strings);
    case 'DB':
      return new Bytes(bytes);
    case 'sorted-btree':
      return new Tree(strings);
    case 'sorted array':
      return new SortedArray(strings);
  }
}

class Ordered implements Store {
  readonly #map = new OrderedMap<string, string>({ key: codecs.string, value: codecs.string });
  readonly #data: Data<string>;
  constructor(data: Data<string>) {
    this.#data = data;
  }
  put(i: number): void {
    this.#map.set(this.#data.keys[i], this.#data.values[i]);
  }
  get(i: number): number {
    return this.#map.get(this.#data.keys[i])?.length ?? -1;
  }
  miss(i: number): number {
    return this.#map.get(this.#data.missed[i])?.length ?? -1;
  }
  scan(from: number, count: number): number {
    let sum = 0;
    for (const [key, value] of this.#map.range({ gte: this.#data.keys[from], limit: count })) {
      sum += key.length + value.length;
    }
    return sum;
  }
  scanAll(): number {
    let sum = 0;
    for (const [key, value] of this.#map) sum += key.length + value.length;
    return sum;
  }
  delete(i: number): boolean {
    return this.#map.delete(this.#data.keys[i]);
  }
  get size(): number {
    return this.#map.size;
  }
}

class Bytes implements Store {
  readonly #db = new DB();
  readonly #data: Data<Uint8Array>;
  constructor(data: Data<Uint8Array>) {
    this.#data = data;
  }
  put(i: number): void {
    this.#db.put(this.#data.keys[i], this.#data.values[i]);
  }
  get(i: number): number {
    return this.#db.get(this.#data.keys[i])?.length ?? -1;
  }
  miss(i: number): number {
    return this.#db.get(this.#data.missed[i])?.length ?? -1;
  }
  scan(from: number, count: number): number {
    const it = this.#db.iterator();
    let sum = 0;
    for (let on = it.seek(this.#data.keys[from]), i = 0; on && i < count; on = it.next(), i++) {
      sum += it.valueEnd - it.keyStart;
    }
    it.release();
    return sum;
  }
  scanAll(): number {
    const it = this.#db.iterator();
    let sum = 0;
    while (it.next()) sum += it.valueEnd - it.keyStart;
    it.release();
    return sum;
  }
  delete(i: number): boolean {
    return this.#db.delete(this.#data.keys[i]);
  }
  get size(): number {
    return this.#db.length;
  }
}

class Tree implements Store {
  readonly #tree = new BTree<string, string>();
  readonly #data: Data<string>;
  constructor(data: Data<string>) {
    this.#data = data;
  }
  put(i: number): void {
    this.#tree.set(this.#data.keys[i], this.#data.values[i]);
  }
  get(i: number): number {
    return this.#tree.get(this.#data.keys[i])?.length ?? -1;
  }
  miss(i: number): number {
    return this.#tree.get(this.#data.missed[i])?.length ?? -1;
  }
  scan(from: number, count: number): number {
    let sum = 0;
    let i = 0;
    for (const [key, value] of this.#tree.entries(this.#data.keys[from])) {
      sum += key.length + value.length;
      if (++i === count) break;
    }
    return sum;
  }
  scanAll(): number {
    let sum = 0;
    this.#tree.forEachPair((key, value) => {
      sum += key.length + value.length;
    });
    return sum;
  }
  delete(i: number): boolean {
    return this.#tree.delete(this.#data.keys[i]);
  }
  get size(): number {
    return this.#tree.size;
  }
}

class SortedArray implements Store {
  readonly #keys: string[] = [];
  readonly #values: string[] = [];
  readonly #data: Data<string>;
  constructor(data: Data<string>) {
    this.#data = data;
  }
  #lowest(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  #find(key: string): number {
    const i = this.#lowest(key);
    return this.#keys[i] === key ? this.#values[i].length : -1;
  }
  put(i: number): void {
    const key = this.#data.keys[i];
    const at = this.#lowest(key);
    if (this.#keys[at] === key) {
      this.#values[at] = this.#data.values[i];
      return;
    }
    this.#keys.splice(at, 0, key);
    this.#values.splice(at, 0, this.#data.values[i]);
  }
  get(i: number): number {
    return this.#find(this.#data.keys[i]);
  }
  miss(i: number): number {
    return this.#find(this.#data.missed[i]);
  }
  scan(from: number, count: number): number {
    const first = this.#lowest(this.#data.keys[from]);
    return this.#sum(first, Math.min(this.#keys.length, first + count));
  }
  scanAll(): number {
    return this.#sum(0, this.#keys.length);
  }
  #sum(first: number, end: number): number {
    let sum = 0;
    for (let i = first; i < end; i++) sum += this.#keys[i].length + this.#values[i].length;
    return sum;
  }
  delete(i: number): boolean {
    const key = this.#data.keys[i];
    const at = this.#lowest(key);
    if (this.#keys[at] !== key) return false;
    this.#keys.splice(at, 1);
    this.#values.splice(at, 1);
    return true;
  }
  get size(): number {
    return this.#keys.length;
  }
}

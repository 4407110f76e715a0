// The stores as `npm run memory` calls them: by the number of a key. Stores that copy are given one key and one value, which
// are written anew for each call; those that keep what they are given need new ones for each put.
import { KEY_BYTES, VALUE_BYTES, type StoreId } from './scenarios.js';

export interface Store {
  put(number: number): Promise<void> | undefined;
  remove(number: number): Promise<void> | undefined;
  /** Number of entries; -1 where the store does not know. */
  entries(): number;
  /** Looks how much garbage there is, where there may be some. */
  look?(): void;
  /** The most garbage that was seen, and the most of it beyond the bytes of keys and values at that time. */
  readonly garbage?: number;
  readonly excess?: number;
  /** Bytes of the two arrays: what is reserved of keys and values, and what is in use of nodes. Gives nothing out of them. */
  arrays?(): number;
  /** All that is reserved of both; from then on, the store can't tell who may read them. */
  arraysAtEnd?(): number;
  /** A store of the same kind, without entries. */
  another?(): Store;
}

/** Keys below 10^10 have these digits; all before them are 0. */
const DIGITS = 10;
export const ZERO = 48;

/** Writes a number in decimal digits to the end of a key whose other bytes are the digit 0. */
export function writeDigits(key: Uint8Array, number: number): void {
  let rest = number;
  for (let i = KEY_BYTES - 1; i >= KEY_BYTES - DIGITS; i--) {
    const next = Math.floor(rest / 10);
    key[i] = ZERO + rest - 10 * next;
    rest = next;
  }
}

function newKey(number: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  for (let i = 0; i < KEY_BYTES - DIGITS; i++) key[i] = ZERO;
  writeDigits(key, number);
  return key;
}

function newValue(number: number): Uint8Array {
  const value = new Uint8Array(VALUE_BYTES);
  value[0] = number;
  return value;
}

/** Loads the module of the store that this process measures, and makes one. */
export async function openStore(id: StoreId): Promise<Store> {
  switch (id) {
    case 'flat-memdb':
      return flatMemDB(true);
    case 'flat-memdb-off':
      return flatMemDB(false);
    case 'memory-level':
      return memoryLevel();
    case 'sorted-btree-strings':
      return sortedBTreeOfStrings();
    case 'sorted-btree-bytes':
      return sortedBTreeOfBytes();
    case 'goleveldb':
      throw new Error('goleveldb is measured by the Go program.');
  }
}

async function flatMemDB(autoCompact: boolean): Promise<Store> {
  const { DB } = await import('flat-memdb');
  class FlatMemDB implements Store {
    readonly #db = new DB({ autoCompact });
    readonly #key = newKey(0);
    readonly #value = newValue(0);
    garbage = 0;
    excess = 0;

    put(number: number): undefined {
      writeDigits(this.#key, number);
      this.#value[0] = number;
      this.#db.put(this.#key, this.#value);
    }

    remove(number: number): undefined {
      writeDigits(this.#key, number);
      this.#db.delete(this.#key);
    }

    entries(): number {
      return this.#db.length;
    }

    look(): void {
      const { garbage, size } = this.#db;
      if (garbage > this.garbage) this.garbage = garbage;
      if (garbage - size > this.excess) this.excess = garbage - size;
    }

    arrays(): number {
      return this.#db.capacity + this.#db.nodeLength * Int32Array.BYTES_PER_ELEMENT;
    }

    arraysAtEnd(): number {
      return this.#db.capacity + this.#db.nodeData.byteLength;
    }

    another(): Store {
      return new FlatMemDB();
    }
  }
  return new FlatMemDB();
}

async function memoryLevel(): Promise<Store> {
  const { MemoryLevel } = await import('memory-level');
  const options = { keyEncoding: 'view', valueEncoding: 'view', storeEncoding: 'view' } as const;
  const db = new MemoryLevel<Uint8Array, Uint8Array>(options);
  await db.open();
  return {
    put: (number) => db.put(newKey(number), newValue(number)),
    remove: (number) => db.del(newKey(number)),
    entries: () => -1,
  };
}

async function sortedBTreeOfBytes(): Promise<Store> {
  const { compareBytes } = await import('../competitors/competitor.js');
  const { default: module } = await import('sorted-btree');
  const tree = new module.default<Uint8Array, Uint8Array>(undefined, compareBytes);
  const scratch = newKey(0);
  return {
    put(number) {
      tree.set(newKey(number), newValue(number));
      return undefined;
    },
    remove(number) {
      writeDigits(scratch, number);
      tree.delete(scratch);
      return undefined;
    },
    entries: () => tree.size,
  };
}

async function sortedBTreeOfStrings(): Promise<Store> {
  const { default: module } = await import('sorted-btree');
  const tree = new module.default<string, Uint8Array>();
  const scratch = Buffer.from(newKey(0));
  const keyOf = (number: number) => {
    writeDigits(scratch, number);
    return scratch.toString('latin1');
  };
  return {
    put(number) {
      tree.set(keyOf(number), newValue(number));
      return undefined;
    },
    remove(number) {
      tree.delete(keyOf(number));
      return undefined;
    },
    entries: () => tree.size,
  };
}

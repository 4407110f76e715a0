/*
 * What the referee asks of a DB: the part of the public contract that goleveldb has as well. Specs give it the DB of
 * lib/, programs that of the built package.
 */

export interface Order {
  name: string;
  compare(a: Uint8Array, b: Uint8Array): number;
}

export interface Store {
  put(key: Uint8Array, value: Uint8Array): void;
  get(key: Uint8Array): Uint8Array | undefined;
  has(key: Uint8Array): boolean;
  find(key: Uint8Array): [key: Uint8Array, value: Uint8Array] | undefined;
  delete(key: Uint8Array): boolean;
  reset(): void;
  iterator(range?: { start?: Uint8Array; limit?: Uint8Array }): StoreCursor;
  readonly length: number;
  readonly size: number;
  readonly capacity: number;
  readonly free: number;
  readonly kvData: Uint8Array;
  readonly kvLength: number;
  readonly nodeData: Int32Array;
  readonly nodeLength: number;
}

export interface StoreCursor {
  first(): boolean;
  last(): boolean;
  seek(key: Uint8Array): boolean;
  next(): boolean;
  prev(): boolean;
  release(): void;
  readonly valid: boolean;
  readonly key: Uint8Array | undefined;
  readonly value: Uint8Array | undefined;
  readonly released: boolean;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

export interface StoreOptions {
  comparer?: Order;
  capacity?: number;
  randHeight?: () => number;
}

export type OpenStore = (options: StoreOptions) => Store;

/** Slots of a node, by contract. */
export const OFFSET = 0;
export const KEY_LENGTH = 1;
export const VALUE_LENGTH = 2;
export const HEIGHT = 3;
export const NEXT = 4;

export function isReleasedError(error: unknown): boolean {
  return error instanceof Error && error.name === 'IteratorReleasedError';
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

export function compareLengthFirst(a: Uint8Array, b: Uint8Array): number {
  return a.length - b.length || compareBytes(a, b);
}

function lower(key: Uint8Array): Uint8Array {
  return key.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));
}

/**
 * The orders of keys that a trace can ask for, as in perf/go/memdb.go. Keys that an order calls equal have equal lengths,
 * since goleveldb keeps the length of the first one when another replaces it.
 */
export const ORDERS_BY_NAME: Record<string, (a: Uint8Array, b: Uint8Array) => number> = {
  bytewise: compareBytes,
  reversed: (a, b) => compareBytes(b, a),
  'length first': compareLengthFirst,
  'letter case ignored': (a, b) => compareBytes(lower(a), lower(b)),
};

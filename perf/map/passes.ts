// What is asked of each map.

/** Entries that a range gives. */
export const RANGE = 100;

/** Passes give a sum over what they read, the same for every map that gives the right answers. */
export interface Passes<V = unknown> {
  set(keys: readonly string[], values: readonly V[]): void;
  get(keys: readonly string[]): number;
  has(keys: readonly string[]): number;
  /** RANGE entries from each of these keys on. */
  range(keys: readonly string[]): number;
  /** Where the map has no such call, there is none. */
  at?(indexes: readonly number[]): number;
  rank?(keys: readonly string[]): number;
  iterate(): number;
  delete(keys: readonly string[]): number;
  /** One call, for a load of entries that nobody else keeps. */
  put(key: string, value: V): void;
  find(key: string): V | undefined;
}

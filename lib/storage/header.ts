/*
 * All mutable scalars of a table in one list. They stand in fields, where hot code is fast; each part of a table stores its own
 * to a header and loads them from one. What is not here is no state of the table: positions, predecessors, scratch, the words
 * of a key, what predicts the next call, and what is staged.
 */
import { MAX_HEIGHT } from './layout.js';

export type Header = Int32Array;

// The two arrays.
export const KV_LENGTH = 0;
export const NODE_LENGTH = 1;
// The table.
export const COUNT = 2;
export const SIZE = 3;
export const GENERATION = 4;
export const STRUCTURE = 5;
export const DELETIONS = 6;
export const EPOCH = 7;
export const HEIGHT_SOURCE = 8;
export const LIVE_SLOTS = 9;
export const EXCHANGES = 10;
// The skip list.
export const LIST_HEIGHT = 11;
export const LIST_ENDS = 12;
// The pages.
export const ROOT = LIST_ENDS + MAX_HEIGHT;
export const LEVELS = ROOT + 1;
export const LAST_LEAF = ROOT + 2;
export const USED_PAGES = ROOT + 3;
export const FREE_PAGE = ROOT + 4;
export const FREE_PAGES = ROOT + 5;
export const END_PREFIX = ROOT + 6;
// The hash index.
export const HASH_NEXT = ROOT + 7;
export const HASH_COUNT = ROOT + 8;
export const HASH_BITS = ROOT + 9;
export const HASH_REF_BITS = ROOT + 10;
export const HASH_OLD_BITS = ROOT + 11;
export const HASH_OLD_REF_BITS = ROOT + 12;
export const HASH_MOVED = ROOT + 13;
export const HASH_SPILLED = ROOT + 14;
export const HASH_UNTRIED = ROOT + 15;

export const HEADER_SLOTS = ROOT + 16;

export function makeHeader(): Header {
  return new Int32Array(HEADER_SLOTS);
}

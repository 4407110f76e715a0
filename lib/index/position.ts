import { MAX_HEIGHT } from '../storage/layout.js';

/** A position in a page: its index times the slots of a page, and the slot. It may be one past the last entry of the page. */
export type Place = number & { readonly [place]: never };
declare const place: unique symbol;
export const NO_PLACE = -1 as Place;

/** Levels of pages, at most. */
const MAX_LEVELS = 10;

/** Instead of a byte: the nearest key is not above the one that was searched for. */
export const NOT_ABOVE = -1;

/**
 * Where a search ended: the caller's, who hands it on to what inserts or removes there. One for each handle of a table is
 * enough, and is used again for every call, so that nothing is allocated. It holds until the structure of the table changes.
 */
export class Position {
  /** In a leaf: that of the first entry at or above the key. */
  place = NO_PLACE;
  /** `structure` of the table as it was then. */
  structure = 0;
  /** The place on the way in each page above the leaves, by level. After `toNode`, only the pages of those are known. */
  readonly path: Int32Array = new Int32Array(MAX_LEVELS);
  /** The last node before the key on each level of the skip list: its predecessors. */
  readonly before: Int32Array = new Int32Array(MAX_HEIGHT);
  /** The key is above all others, and has not been looked for in the pages; it shares `shared` bytes with the last. */
  isAtEnd = false;
  /** The key shares `shared` bytes with the pages on its path up to this level, or more; -1 where it has all prefixes. */
  outside = -1;
  shared = 0;
  /**
   * Where the search ended in a leaf of forks: how many bytes the key shares with the nearest one there, and the byte that
   * follows them in that one, if it is above the key; NOT_ABOVE otherwise. `parted` is -1 where it did not end so.
   */
  parted = -1;
  partedFrom = NOT_ABOVE;
  /** The hash of the key, if it was needed. */
  hash: number | undefined = undefined;
  /** Of no use, but that what is touched ahead of its use is not optimised away. */
  touched = 0;
}

import { sharedInKv, sharedLength } from '../../base/bytes.js';
import { ComparerError, expect } from '../../base/errors.js';
import { KEY_LENGTH, NONE, OFFSET, type NodeIndex } from '../../storage/layout.js';
import { NOT_ABOVE, type Place, type Position } from '../position.js';
import { beginOfHigher, endOfLower, nearest } from './forks.js';
import {
  FENCE,
  LOW,
  NODE,
  PARENT,
  PREFIX,
  SAMPLE,
  SLOT,
  beginOf,
  endOf,
  keyNode,
  leafIndex,
  metaOf,
  pageOf,
  type PageStore,
} from './store.js';
import { toBegin, toEnd } from './walk.js';
import { WHOLE_BYTES, abbreviate, wordOf } from './words.js';

/**
 * Finds the position of key[start, start + keyLength): that of the first entry at or above it.
 * @returns the node with exactly that key, or NONE
 */
export function search(
  pages: PageStore,
  key: Uint8Array,
  start: number,
  keyLength: number,
  at: Position,
): NodeIndex {
  const { tail, words, meta, refs } = pages;
  const end = tail === undefined ? 0 : keyLength - tail;
  // A key that is too short to have a tail is for the order to refuse.
  if (end < 0) pages.order.compare(key, start, keyLength, key, start, keyLength, 0);
  at.isAtEnd = false;
  at.outside = -1;
  at.parted = -1;
  const { array: kv, view } = pages.storage.kv;
  const inKv = key === kv;
  // `| 0` marks small integers: without it, compiled code would check each sum, and what each call returns.
  let page = pages.root | 0;
  /** How many bytes the key is known to share with all below the page. */
  let shared = 0;
  for (let level = (pages.levels - 1) | 0; ; level = (level - 1) | 0) {
    const base = beginOf(page);
    const about = metaOf(page);
    if (level === 0 && pages.isLarge === true) touchLeaf(pages, base, at);
    const prefix = meta[about + PREFIX];
    if (prefix > shared || prefix < 0) {
      const fence = meta[about + FENCE];
      if (fence > shared) shared = fence;
      if (prefix > shared) {
        const sample = meta[about + SAMPLE] as NodeIndex;
        shared = sharedWith(pages, sample, key, start, shared, prefix < end ? prefix : end) | 0;
        if (shared < prefix) {
          placeOutside(pages, level, page, key, start, end, shared, at);
          return NONE;
        }
      }
    }
    if (prefix < 0) {
      if (level === 0) return searchForkedLeaf(pages, page, key, start, end, shared, at);
      page = searchForkedInner(pages, level, page, key, start, end, shared, at) | 0;
      continue;
    }
    const wanted = inKv
      ? wordOf(kv, view, start + prefix, start + end)
      : abbreviate(key, start + prefix, start + end) | 0;
    let place = lowest(words, base, wanted);
    if (level === 0) {
      at.place = place as Place;
      return words[place] === wanted
        ? searchLeafTies(pages, place, prefix, wanted, key, start, keyLength, at)
        : NONE;
    }
    if (words[place] === wanted) {
      place = searchInnerTies(pages, place, prefix, wanted, key, start, keyLength) | 0;
    }
    // The child is the last one that begins at or below the key.
    if (place > base) place = (place - 1) | 0;
    at.path[level] = place;
    page = refs[place];
  }
}

/** Reads words and references of a leaf all over: the misses of the cache overlap, as in a search they would not. */
function touchLeaf({ words, refs }: PageStore, base: number, at: Position): void {
  at.touched =
    words[base] ^
    words[base + 16] ^
    words[base + 32] ^
    words[base + 48] ^
    refs[base] ^
    refs[base + 16] ^
    refs[base + 32] ^
    refs[base + 48];
}

/** In a page that begins at `base`, the first place whose word is not below `wanted`: without branches. */
function lowest(words: Int32Array, base: number, wanted: number): number {
  let place = base;
  place = (place + (((words[(place + 31) | 0] - wanted) >> 31) & 32)) | 0;
  place = (place + (((words[(place + 15) | 0] - wanted) >> 31) & 16)) | 0;
  place = (place + (((words[(place + 7) | 0] - wanted) >> 31) & 8)) | 0;
  place = (place + (((words[(place + 3) | 0] - wanted) >> 31) & 4)) | 0;
  place = (place + (((words[(place + 1) | 0] - wanted) >> 31) & 2)) | 0;
  return (place + (((words[place] - wanted) >> 31) & 1)) | 0;
}

/** In a leaf of forks, finds the place of a key that shares so many bytes with all of the leaf. */
function searchForkedLeaf(
  pages: PageStore,
  leaf: number,
  key: Uint8Array,
  start: number,
  end: number,
  shared: number,
  at: Position,
): NodeIndex {
  const first = beginOf(leaf);
  const stop = endOf(pages, leaf);
  at.place = first as Place;
  if (stop === first) return NONE;
  const near = nearest(pages.words, first, stop, key, start, end);
  const nodes = pages.storage.nodes.array;
  const kv = pages.storage.kv.array;
  const node = (pages.refs[near] & NODE) as NodeIndex;
  const offset = nodes[node + OFFSET];
  const length = nodes[node + KEY_LENGTH];
  const i = sharedWith(pages, node, key, start, shared, length < end ? length : end);
  if (i === length && i === end) {
    at.place = near as Place;
    return node;
  }
  at.parted = i;
  if (i < length && (i === end || key[start + i] < kv[offset + i])) {
    at.partedFrom = kv[offset + i];
    at.place = beginOfHigher(pages.words, near, first, i) as Place;
  } else {
    at.partedFrom = NOT_ABOVE;
    at.place = endOfLower(pages.words, near, stop, i) as Place;
  }
  return NONE;
}

/** The same for a page of forks above the leaves. @returns the child that the key is led to */
function searchForkedInner(
  pages: PageStore,
  level: number,
  page: number,
  key: Uint8Array,
  start: number,
  end: number,
  shared: number,
  at: Position,
): number {
  const first = beginOf(page) + 1;
  const stop = endOf(pages, page);
  at.path[level] = first - 1;
  if (stop === first) return pages.refs[first - 1];
  const near = nearest(pages.words, first, stop, key, start, end);
  const nodes = pages.storage.nodes.array;
  const kv = pages.storage.kv.array;
  const node = keyNode(pages, level, near);
  const offset = nodes[node + OFFSET];
  const length = nodes[node + KEY_LENGTH];
  const i = sharedWith(pages, node, key, start, shared, length < end ? length : end);
  const isBelow = i < length && (i === end || key[start + i] < kv[offset + i]);
  const above = isBelow ? beginOfHigher(pages.words, near, first, i) : endOfLower(pages.words, near, stop, i);
  at.path[level] = above - 1;
  return pages.refs[above - 1];
}

/** Among entries of one abbreviation, from `place` on, finds the first at or above the key by comparing keys. */
function searchLeafTies(
  pages: PageStore,
  place: number,
  prefix: number,
  abbreviation: number,
  key: Uint8Array,
  start: number,
  keyLength: number,
  at: Position,
): NodeIndex {
  let exact = NONE;
  let low = place;
  let high = endOfTies(pages, place, abbreviation);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const node = (pages.refs[middle] & NODE) as NodeIndex;
    const result = compareTie(pages, node, key, start, keyLength, prefix);
    if (result < 0) {
      low = middle + 1;
    } else {
      high = middle;
      if (result === 0) {
        exact = node;
        low = middle;
      }
    }
  }
  at.place = low as Place;
  return exact;
}

/** Among separators of one abbreviation, from `place` on, finds the first above the key. */
function searchInnerTies(
  pages: PageStore,
  place: number,
  prefix: number,
  abbreviation: number,
  key: Uint8Array,
  start: number,
  keyLength: number,
): number {
  let low = (place & SLOT) === 0 ? place + 1 : place;
  let high = endOfTies(pages, place, abbreviation);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const node = pages.meta[metaOf(pages.refs[middle]) + LOW] as NodeIndex;
    if (compareTie(pages, node, key, start, keyLength, prefix) <= 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function endOfTies(pages: PageStore, place: number, abbreviation: number): number {
  const end = endOf(pages, pageOf(place));
  let high = place;
  while (high < end && pages.words[high] === abbreviation) high++;
  return high;
}

/** Compares the key of a node with one that shares at least `prefix` bytes with it, and the abbreviation after. */
function compareTie(
  pages: PageStore,
  node: NodeIndex,
  key: Uint8Array,
  start: number,
  keyLength: number,
  prefix: number,
): number {
  const nodes = pages.storage.nodes.array;
  const length = nodes[node + KEY_LENGTH];
  const enough = prefix + WHOLE_BYTES + (pages.tail ?? Infinity);
  const skip = length >= enough && keyLength >= enough ? prefix + WHOLE_BYTES : prefix;
  const offset = nodes[node + OFFSET];
  return pages.order.compare(pages.storage.kv.array, offset, length, key, start, keyLength, skip);
}

/** How many bytes below `end` a key shares with that of a node, where they are known to share `from`. */
function sharedWith(
  pages: PageStore,
  node: NodeIndex,
  key: Uint8Array,
  start: number,
  from: number,
  end: number,
): number {
  const { kv, nodes } = pages.storage;
  const offset = nodes.array[node + OFFSET];
  return key === kv.array
    ? sharedInKv(kv.view, offset, start, from, end)
    : sharedLength(kv.view, offset, key, start, from, end);
}

/** The position of a key without the prefix of a page: below or above all that the page leads to. */
function placeOutside(
  pages: PageStore,
  level: number,
  page: number,
  key: Uint8Array,
  start: number,
  end: number,
  shared: number,
  at: Position,
): void {
  const sample = pages.meta[metaOf(page) + SAMPLE];
  const byte = pages.storage.kv.array[pages.storage.nodes.array[sample + OFFSET] + shared];
  if (shared >= end || key[start + shared] < byte) {
    toBegin(pages, level, page, at);
  } else {
    toEnd(pages, level, page, at);
  }
  at.outside = level;
  at.shared = shared;
}

/** Finds the position of a node which is in the pages. Of the path to it, only the pages are known then. */
export function toNode(pages: PageStore, node: NodeIndex, at: Position): void {
  const { leafOf, refs } = pages;
  if (leafOf === undefined) {
    const { kv, nodes } = pages.storage;
    const { array } = nodes;
    const found = search(pages, kv.array, array[node + OFFSET], array[node + KEY_LENGTH], at);
    if (found !== node) throw new ComparerError('a key is not found where it stands');
    return;
  }
  let page = leafOf[leafIndex(node)];
  let place = beginOf(page);
  const end = endOf(pages, page);
  while (place < end && (refs[place] & NODE) !== node) place++;
  if (place === end) expect(false, `node ${node} is not in its leaf`);
  at.place = place as Place;
  at.isAtEnd = false;
  for (let level = 1; level < pages.levels; level++) {
    page = refs[beginOf(page) + PARENT];
    at.path[level] = beginOf(page);
  }
}

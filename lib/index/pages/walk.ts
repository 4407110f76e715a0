import {
  ENTRY_WORDS,
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  KEY_START,
  NONE,
  OFFSET,
  VALUE_END,
  VALUE_LENGTH,
  VALUE_START,
  type NodeIndex,
} from '../../storage/layout.js';
import { NO_PLACE, type Place, type Position } from '../position.js';
import {
  COUNT,
  FOLLOWING,
  NODE,
  NO_PAGE,
  PAGE,
  PREVIOUS,
  SLOT,
  beginOf,
  endOf,
  entriesBelow,
  metaOf,
  nodeAt,
  pageOf,
  slotOf,
  type PageStore,
} from './store.js';

/** Words that `readPage` may fill. */
export const RUN_WORDS = ENTRY_WORDS * (PAGE - 1);

/** How many entries with links above level 0 `predecessors` goes back over. */
const MAX_TALL_ONES = 16;

/** The position of the first entry below a page. */
export function toBegin(pages: PageStore, level: number, page: number, at: Position): void {
  for (; level > 0; level--) {
    at.path[level] = beginOf(page);
    page = pages.refs[beginOf(page)];
  }
  at.place = beginOf(page) as Place;
}

/** The position behind the last entry below a page. */
export function toEnd(pages: PageStore, level: number, page: number, at: Position): void {
  for (; level > 0; level--) {
    const last = endOf(pages, page) - 1;
    at.path[level] = last;
    page = pages.refs[last];
  }
  at.place = endOf(pages, page) as Place;
}

/** The place of the first entry, NO_PLACE where there is none. */
export function firstPlace(pages: PageStore, at: Position): Place {
  toBegin(pages, pages.levels - 1, pages.root, at);
  return entryPlace(pages, at.place);
}

/** The place of the last entry, NO_PLACE where there is none. */
export function lastPlace(pages: PageStore): Place {
  return placeBefore(pages, endOf(pages, pages.lastLeaf) as Place);
}

/** A place as that of an entry: one behind the last of a page is that of the first of the next. */
export function entryPlace(pages: PageStore, place: Place): Place {
  const about = metaOf(pageOf(place));
  if (slotOf(place) < pages.meta[about + COUNT]) return place;
  const following = pages.meta[about + FOLLOWING];
  return following === NO_PAGE ? NO_PLACE : (beginOf(following) as Place);
}

/** The place of the entry behind that of another; NO_PLACE behind the last. */
export function placeAfter(pages: PageStore, place: Place): Place {
  return entryPlace(pages, (place + 1) as Place);
}

/** The place of the entry before; NO_PLACE before the first. */
export function placeBefore(pages: PageStore, place: Place): Place {
  if (slotOf(place) !== 0) return (place - 1) as Place;
  const previous = pages.meta[metaOf(pageOf(place)) + PREVIOUS];
  return previous === NO_PAGE ? NO_PLACE : ((endOf(pages, previous) - 1) as Place);
}

/** The node at a place, NONE at NO_PLACE. */
export function nodeOrNone(pages: PageStore, place: Place): NodeIndex {
  return place === NO_PLACE ? NONE : nodeAt(pages, place);
}

/** Number of entries before a position that a search found. */
export function rankOf(pages: PageStore, at: Position): number {
  let rank = slotOf(at.place);
  for (let level = 1; level < pages.levels; level++) {
    const place = at.path[level];
    for (let sibling = place & ~SLOT; sibling < place; sibling++) {
      rank += entriesBelow(pages, level - 1, pages.refs[sibling]);
    }
  }
  return rank;
}

/** The place of the entry before which there are `rank` others; there must be one. */
export function placeOfRank(pages: PageStore, rank: number): Place {
  let page = pages.root;
  for (let level = pages.levels - 1; level > 0; level--) {
    const last = endOf(pages, page) - 1;
    let place = beginOf(page);
    // The last page of a level keeps no count.
    for (; place < last; place++) {
      const entries = entriesBelow(pages, level - 1, pages.refs[place]);
      if (rank < entries) break;
      rank -= entries;
    }
    page = pages.refs[place];
  }
  return (beginOf(page) + rank) as Place;
}

/**
 * Finds the predecessors of a position on as many levels of the skip list as it takes for a node of some height. Going back
 * over entries is cheap as long as the levels are low.
 * @returns the level from which on a search must find them
 */
export function predecessors(pages: PageStore, at: Position, height: number): number {
  const { before } = at;
  const nodes = pages.storage.nodes.array;
  let level = 0;
  let tallOnes = 0;
  for (let place = placeBefore(pages, at.place); place !== NO_PLACE; place = placeBefore(pages, place)) {
    const ref = pages.refs[place];
    if (level === 0) before[level++] = ref & NODE;
    if (level === height) return level;
    if (ref < 0) {
      const node = ref & NODE;
      // That it is on level 1 needs no look at its height.
      const top = height === 2 ? 2 : Math.min(height, nodes[node + HEIGHT]);
      while (level < top) before[level++] = node;
      if (level === height || ++tallOnes === MAX_TALL_ONES) return level;
    }
  }
  for (; level < height; level++) before[level] = HEAD;
  return level;
}

/**
 * Describes all entries of a page, ENTRY_WORDS words each, and touches their records. These loads do not depend on
 * one another: the misses of the cache overlap, as they would not in the steps of a cursor.
 * @returns how many entries there are
 */
export function readPage(pages: PageStore, place: Place, run: Int32Array, at: Position): number {
  const { refs } = pages;
  const nodes = pages.storage.nodes.array;
  const begin = place & ~SLOT;
  const count = pages.meta[metaOf(pageOf(place)) + COUNT];
  for (let i = 0, word = 0; i < count; i++, word += ENTRY_WORDS) {
    const node = refs[begin + i] & NODE;
    const keyStart = nodes[node + OFFSET];
    const valueStart = keyStart + nodes[node + KEY_LENGTH];
    run[word] = node;
    run[word + KEY_START] = keyStart;
    run[word + VALUE_START] = valueStart;
    run[word + VALUE_END] = valueStart + nodes[node + VALUE_LENGTH];
  }
  const kv = pages.storage.kv.array;
  let touched = 0;
  for (let word = VALUE_START; word < count * ENTRY_WORDS; word += ENTRY_WORDS) touched ^= kv[run[word]];
  at.touched = touched;
  return count;
}

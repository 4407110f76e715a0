import { HEIGHT, KEY_LENGTH, NONE, type NodeIndex } from '../../storage/layout.js';
import { NOT_ABOVE, type Position } from '../position.js';
import { forkOf, sharedAt } from './forks.js';
import {
  CAPACITY,
  COUNT,
  FOLLOWING,
  LOW,
  NODE,
  NO_PAGE,
  PARENT,
  PREFIX,
  PREVIOUS,
  SAMPLE,
  TOTAL,
  UNUSED,
  adopt,
  beginOf,
  endOf,
  entriesBelow,
  isForks,
  keyNode,
  metaOf,
  pageOf,
  refTo,
  slotOf,
  type PageStore,
} from './store.js';
import { toEnd } from './walk.js';
import {
  abbreviationOf,
  forkOfNode,
  renewFence,
  renewFirst,
  renewFork,
  renewSpans,
  rewrite,
  setFork,
  sharpen,
} from './words.js';

/** Adds a node at the position that a search found for its key, after `reserve`. */
export function insert(pages: PageStore, node: NodeIndex, at: Position): void {
  pages.growLeafOf();
  const { meta } = pages;
  const nodes = pages.storage.nodes.array;
  const aboutRoot = metaOf(pages.root);
  if (meta[aboutRoot + SAMPLE] === NONE) {
    meta[aboutRoot + SAMPLE] = node;
    meta[aboutRoot + PREFIX] = pages.tail === undefined ? 0 : nodes[node + KEY_LENGTH] - pages.tail;
  }
  shortenPrefixes(pages, at);
  const { inUse } = pages;
  insertAt(pages, 0, at.place, refTo(node, nodes[node + HEIGHT]), node, at);
  if (pages.inUse === inUse) {
    for (let level = 1; level < pages.levels; level++) meta[metaOf(pageOf(at.path[level])) + TOTAL]++;
  } else {
    finishSplits(pages, at);
  }
}

/** Whether `insertLast` just appends to the last leaf, and takes no page. */
export function hasRoomAtEnd(pages: PageStore): boolean {
  const count = pages.meta[metaOf(pages.lastLeaf) + COUNT];
  return count > 0 && count < CAPACITY;
}

/** Adds a node whose key is above all others and shares `at.shared` bytes with the last one, after `reserve`. */
export function insertLast(pages: PageStore, node: NodeIndex, at: Position): void {
  if (!hasRoomAtEnd(pages)) {
    toEnd(pages, pages.levels - 1, pages.root, at);
    at.parted = -1;
    // All pages on the path lead to the last key.
    at.outside = pages.levels - 1;
    insert(pages, node, at);
    return;
  }
  pages.growLeafOf();
  const { meta } = pages;
  const { shared } = at;
  if (shared < pages.endPrefix) shortenAtEnd(pages, shared);
  const leaf = pages.lastLeaf;
  const about = metaOf(leaf);
  const place = beginOf(leaf) + meta[about + COUNT]++;
  pages.refs[place] = refTo(node, pages.storage.nodes.array[node + HEIGHT]);
  adopt(pages, 0, leaf, node);
  const prefix = meta[about + PREFIX];
  if (prefix >= 0) {
    pages.words[place] = abbreviationOf(pages, node, prefix);
  } else {
    setFork(pages, 0, place, forkOfNode(pages, node, shared));
  }
  pages.keep(leaf);
}

/** Shortens the prefix of pages that lead to the last leaf where the last key is to share less with the next one. */
function shortenAtEnd(pages: PageStore, shared: number): void {
  let longest = 0;
  let page = pages.lastLeaf;
  for (let level = 0; level < pages.levels; level++) {
    if (pages.meta[metaOf(page) + PREFIX] > shared) rewrite(pages, level, page, shared);
    longest = Math.max(longest, pages.meta[metaOf(page) + PREFIX]);
    page = pages.refs[beginOf(page) + PARENT];
  }
  pages.endPrefix = longest;
}

/** Shortens the prefix of pages on the path that the key of the position does not share. */
function shortenPrefixes(pages: PageStore, at: Position): void {
  for (let level = at.outside; level >= 0; level--) {
    const page = pageOf(level === 0 ? at.place : at.path[level]);
    if (pages.meta[metaOf(page) + PREFIX] > at.shared) rewrite(pages, level, page, at.shared);
  }
}

/** Adds a reference, whose key is that of a node, at a place of a page. */
function insertAt(
  pages: PageStore,
  level: number,
  place: number,
  ref: number,
  node: NodeIndex,
  at: Position,
): void {
  const { words } = pages;
  const prefix = pages.meta[metaOf(pageOf(place)) + PREFIX];
  if (prefix >= 0) {
    place = openSlot(pages, level, place, node, at);
    pages.refs[place] = ref;
    adopt(pages, level, pageOf(place), ref & NODE);
    words[place] = level > 0 && slotOf(place) === 0 ? 0 : abbreviationOf(pages, node, prefix);
    pages.keep(pageOf(place));
    return;
  }
  // Among three keys in order, the outer two share as much as that pair of neighbours that shares less.
  const isFirst = slotOf(place) === 0;
  const isKnown = level === 0 && at.parted >= 0;
  const behind = words[place];
  const isAbove = at.partedFrom === NOT_ABOVE;
  const shared = isAbove ? at.parted : sharedAt(behind);
  const forkAt = isKnown && !isFirst ? forkOfNode(pages, node, shared) : 0;
  const forkBehind = isKnown && !isAbove ? forkOf(at.parted, at.partedFrom, pages.sharedLimit) : 0;
  place = openSlot(pages, level, place, node, at);
  pages.refs[place] = ref;
  adopt(pages, level, pageOf(place), ref & NODE);
  if (isKnown) {
    setFork(pages, level, place, forkAt);
    if (!isAbove) setFork(pages, level, place + 1, forkBehind);
  } else {
    renewFork(pages, level, place);
    renewFork(pages, level, place + 1);
  }
  // Pages above the leaves are searched far more often than changed.
  if (level > 0) renewSpans(pages, level, pageOf(place));
  pages.keep(pageOf(place));
}

/** Opens the slot at a place, splitting the page if it is full. @returns where the slot is then */
function openSlot(pages: PageStore, level: number, place: number, low: NodeIndex, at: Position): number {
  const { meta, refs, words } = pages;
  const page = pageOf(place);
  if (meta[metaOf(page) + COUNT] === CAPACITY) place = split(pages, level, page, slotOf(place), low, at);
  const into = pageOf(place);
  const end = beginOf(into) + meta[metaOf(into) + COUNT]++;
  let i = end;
  // Several slots a turn: a turn costs as much as two of them.
  for (; i - 4 >= place; i -= 4) {
    refs[i] = refs[i - 1];
    refs[i - 1] = refs[i - 2];
    refs[i - 2] = refs[i - 3];
    refs[i - 3] = refs[i - 4];
    words[i] = words[i - 1];
    words[i - 1] = words[i - 2];
    words[i - 2] = words[i - 3];
    words[i - 3] = words[i - 4];
  }
  for (; i > place; i--) {
    refs[i] = refs[i - 1];
    words[i] = words[i - 1];
  }
  return place;
}

/**
 * Splits a full page: in the middle, or where keys come in ascending or descending order, at the very end.
 * @param low a node with the key that is about to be added
 * @returns the place that `slot` has then
 */
function split(
  pages: PageStore,
  level: number,
  page: number,
  slot: number,
  low: NodeIndex,
  at: Position,
): number {
  const cut = slot === CAPACITY ? CAPACITY : slot === 0 ? 0 : middleOf(pages, page);
  const { meta, refs, words } = pages;
  const right = pages.takePage();
  const from = beginOf(page);
  const to = beginOf(right);
  const aboutLeft = metaOf(page);
  const aboutRight = metaOf(right);
  const following = meta[aboutLeft + FOLLOWING];
  meta[aboutRight + LOW] = cut === CAPACITY ? low : keyNode(pages, level, from + cut);
  meta[aboutRight + PREFIX] = meta[aboutLeft + PREFIX];
  meta[aboutRight + SAMPLE] = meta[aboutLeft + SAMPLE];
  meta[aboutRight + PREVIOUS] = page;
  meta[aboutRight + FOLLOWING] = following;
  meta[aboutLeft + FOLLOWING] = right;
  if (following !== NO_PAGE) {
    meta[metaOf(following) + PREVIOUS] = right;
  } else if (level === 0) {
    pages.lastLeaf = right;
  }

  refs.copyWithin(to, from + cut, from + CAPACITY);
  words.copyWithin(to, from + cut, from + CAPACITY);
  for (let place = to; place < to + CAPACITY - cut; place++) adopt(pages, level, right, refs[place] & NODE);
  words.fill(UNUSED, from + cut, from + CAPACITY);
  meta[aboutLeft + COUNT] = cut;
  meta[aboutRight + COUNT] = CAPACITY - cut;
  renewFirst(pages, level, right);
  if (cut < CAPACITY) {
    // Spans must not lead out of the page.
    renewSpans(pages, level, page);
    renewSpans(pages, level, right);
  }
  pages.keep(page); // The other one is kept when it is adopted.
  renewFence(pages, page);
  renewFence(pages, right);
  addChild(pages, level + 1, page, right, at);
  return slot < cut || (slot === cut && cut < CAPACITY) ? from + slot : to + slot - cut;
}

/**
 * Where to split a full page: near the middle, where neighbours differ most, so that keys which share more come to
 * stand together, and can be told apart by what follows.
 */
function middleOf(pages: PageStore, page: number): number {
  const middle = beginOf(page) + (CAPACITY >> 1);
  const reach = CAPACITY >> 3;
  const { words } = pages;
  const forked = isForks(pages, page);
  let best = middle;
  let most = Infinity;
  for (let place = middle - reach; place <= middle + reach; place++) {
    const same = forked ? sharedAt(words[place]) : Math.clz32(words[place] ^ words[place - 1]);
    if (same < most || (same === most && Math.abs(place - middle) < Math.abs(best - middle))) {
      most = same;
      best = place;
    }
  }
  return slotOf(best);
}

/** Makes `right` the child that follows the one on the path, `left`. */
function addChild(pages: PageStore, level: number, left: number, right: number, at: Position): void {
  if (level === pages.levels) growRoot(pages, left, at);
  const low = pages.meta[metaOf(right) + LOW] as NodeIndex;
  insertAt(pages, level, at.path[level] + 1, right, low, at);
}

function growRoot(pages: PageStore, child: number, at: Position): void {
  const { meta } = pages;
  const root = pages.takePage();
  const begin = beginOf(root);
  pages.refs[begin] = child;
  adopt(pages, pages.levels, root, child);
  at.path[pages.levels++] = begin;
  pages.words[begin] = 0;
  meta[metaOf(root) + COUNT] = 1;
  meta[metaOf(root) + PREFIX] = meta[metaOf(child) + PREFIX];
  meta[metaOf(root) + SAMPLE] = meta[metaOf(child) + SAMPLE];
  pages.root = root;
}

/** After splits, and with the new entry in: brings up to date the pages on the path and those they were split into. */
function finishSplits(pages: PageStore, at: Position): void {
  for (let level = 0; level < pages.levels; level++) {
    const page = pageOf(level === 0 ? at.place : at.path[level]);
    for (const each of [page, pages.meta[metaOf(page) + FOLLOWING]]) {
      if (each === NO_PAGE) continue;
      if (level > 0) countAgain(pages, level, each);
      sharpen(pages, level, each);
    }
  }
}

function countAgain(pages: PageStore, level: number, page: number): void {
  let total = 0;
  for (let place = beginOf(page); place < endOf(pages, page); place++) {
    total += entriesBelow(pages, level - 1, pages.refs[place]);
  }
  pages.meta[metaOf(page) + TOTAL] = total;
}

import type { NodeIndex } from '../../storage/layout.js';
import type { Place, Position } from '../position.js';
import { dropSpansOver, withoutOneBefore } from './forks.js';
import {
  COUNT,
  FOLLOWING,
  LOW,
  NODE,
  NO_PAGE,
  PREVIOUS,
  TOTAL,
  UNUSED,
  adopt,
  beginOf,
  endOf,
  firstOf,
  isForks,
  metaOf,
  nodeAt,
  pageOf,
  slotOf,
  type PageStore,
} from './store.js';
import { entryPlace, nodeOrNone } from './walk.js';
import { renewFence, renewFirst } from './words.js';

/** Removes the entry at a position. */
export function remove(pages: PageStore, at: Position): void {
  removeSlots(pages, at, at.place + 1);
}

/**
 * Removes entries from a position (there must be one) until `end` or the end of the page.
 * @returns the node that follows what was removed
 */
export function removeRun(pages: PageStore, at: Position, end: NodeIndex): NodeIndex {
  const pageEnd = endOf(pages, pageOf(at.place));
  let stop: number = at.place;
  while (stop < pageEnd && (pages.refs[stop] & NODE) !== end) stop++;
  const next = nodeOrNone(pages, entryPlace(pages, stop as Place));
  removeSlots(pages, at, stop);
  return next;
}

function removeSlots(pages: PageStore, at: Position, stop: number): void {
  const leaf = pageOf(at.place);
  for (let level = 1; level < pages.levels; level++) {
    pages.meta[metaOf(pageOf(at.path[level])) + TOTAL] -= stop - at.place;
  }
  for (let place: number = at.place; place < stop; place++) adopt(pages, 0, NO_PAGE, nodeAt(pages, place));
  closeSlots(pages, 0, at.place, stop);
  if (pages.meta[metaOf(leaf) + COUNT] === 0) removeEmpty(pages, leaf, at);
}

/** Takes the slots from `place` to before `stop` out of a page. */
function closeSlots(pages: PageStore, level: number, place: number, stop: number): void {
  const { refs, words } = pages;
  const page = pageOf(place);
  const end = endOf(pages, page);
  if (isForks(pages, page)) {
    const first = firstOf(level, page);
    dropSpansOver(words, first, place);
    if (stop < end) {
      let fork = words[stop];
      for (let i = stop - 1; i >= place; i--) fork = withoutOneBefore(words[i], fork);
      words[stop] = place <= first ? 0 : fork;
    }
  }
  let from = stop;
  let to = place;
  // Several slots a turn: a turn costs as much as two of them.
  for (; from + 4 <= end; from += 4, to += 4) {
    refs[to] = refs[from];
    refs[to + 1] = refs[from + 1];
    refs[to + 2] = refs[from + 2];
    refs[to + 3] = refs[from + 3];
    words[to] = words[from];
    words[to + 1] = words[from + 1];
    words[to + 2] = words[from + 2];
    words[to + 3] = words[from + 3];
  }
  for (; from < end; from++, to++) {
    refs[to] = refs[from];
    words[to] = words[from];
  }
  for (let i = to; i < end; i++) words[i] = UNUSED;
  pages.keep(page);
  pages.meta[metaOf(page) + COUNT] -= stop - place;
}

/** Takes an emptied leaf out of the tree, and with it the pages above that led to nothing else. */
function removeEmpty(pages: PageStore, leaf: number, at: Position): void {
  if (pages.levels === 1) return;
  const { meta } = pages;
  let top = 1;
  while (meta[metaOf(pageOf(at.path[top])) + COUNT] === 1) top++;
  const child = top === 1 ? leaf : pageOf(at.path[top - 1]);
  let place = beginOf(pageOf(at.path[top]));
  while (pages.refs[place] !== child) place++;
  // The keys that led here lead to a neighbour under the same parent from now on: its fences move apart.
  const toPrevious = slotOf(place) !== 0;
  for (let level = 0; level < top; level++) {
    const page = level === 0 ? leaf : pageOf(at.path[level]);
    const previous = meta[metaOf(page) + PREVIOUS];
    const following = meta[metaOf(page) + FOLLOWING];
    if (previous !== NO_PAGE) meta[metaOf(previous) + FOLLOWING] = following;
    if (following !== NO_PAGE) {
      meta[metaOf(following) + PREVIOUS] = previous;
    } else if (level === 0) {
      pages.lastLeaf = previous;
    }
    if (!toPrevious) meta[metaOf(following) + LOW] = meta[metaOf(page) + LOW];
    renewFence(pages, toPrevious ? previous : following);
    pages.freeOne(page);
  }
  closeSlots(pages, top, place, place + 1);
  if (!toPrevious) renewFirst(pages, top, pageOf(place));
  pages.keep(pageOf(place));
  while (pages.levels > 1 && meta[metaOf(pages.root) + COUNT] === 1) {
    const child = pages.refs[beginOf(pages.root)];
    pages.freeOne(pages.root);
    pages.root = child;
    pages.levels--;
  }
}

import { KEY_LENGTH, OFFSET, type NodeIndex } from '../../storage/layout.js';
import { forkOf, setSpans, sharedAt, spanless } from './forks.js';
import {
  COUNT,
  FENCE,
  FOLLOWING,
  FORKS,
  LOW,
  NO_PAGE,
  PREFIX,
  PREVIOUS,
  SAMPLE,
  UNKNOWN_PREFIX,
  beginOf,
  endOf,
  firstOf,
  isForks,
  keyNode,
  metaOf,
  nodeAt,
  pageOf,
  sharedByNodes,
  slotOf,
  type PageStore,
} from './store.js';

/*
 * What the words of a page say of its keys: abbreviations after a prefix, or forks; and when one is taken for the other.
 */

/** Of the four bytes that an abbreviation takes in, these are whole, unless a key has ended before. */
export const WHOLE_BYTES = 3;
/** Fewer entries than this do not show what the keys of a page are like. */
const FEW = 8;

/** Four bytes from `start` on, missing ones as 0, less their last bit: they order as the keys do, or are equal. */
export function abbreviate(bytes: Uint8Array, start: number, end: number): number {
  if (start + 4 <= end) {
    return (
      (bytes[start] << 23) | (bytes[start + 1] << 15) | (bytes[start + 2] << 7) | (bytes[start + 3] >>> 1)
    );
  }
  let abbreviation = 0;
  for (let i = start, shift = 23; i < end; i++, shift -= 8) abbreviation |= bytes[i] << shift;
  return abbreviation;
}

/** `abbreviate` for bytes of kv. */
export function wordOf(kv: Uint8Array, view: DataView, start: number, end: number): number {
  return start + 4 <= end ? view.getInt32(start | 0) >>> 1 : abbreviate(kv, start, end) | 0;
}

/** The abbreviation of a node's key. */
export function abbreviationOf(pages: PageStore, node: NodeIndex, prefix: number): number {
  const { tail } = pages;
  if (tail === undefined) return 0;
  const nodes = pages.storage.nodes.array;
  const start = nodes[node + OFFSET];
  const { array: kv, view } = pages.storage.kv;
  return wordOf(kv, view, start + prefix, start + nodes[node + KEY_LENGTH] - tail);
}

/** The fork of a node that shares so many bytes with the one before it. */
export function forkOfNode(pages: PageStore, node: NodeIndex, shared: number): number {
  const byte = pages.storage.kv.array[pages.storage.nodes.array[node + OFFSET] + shared];
  return forkOf(shared, byte, pages.sharedLimit);
}

/** What the word of an entry must be, by the keys. */
export function wordAt(pages: PageStore, level: number, place: number): number {
  const page = pageOf(place);
  const first = firstOf(level, page);
  const prefix = pages.meta[metaOf(page) + PREFIX];
  if (place < first) return 0;
  const node = keyNode(pages, level, place);
  if (prefix >= 0) return abbreviationOf(pages, node, prefix);
  if (place === first) return 0;
  return forkOfNode(pages, node, sharedByNodes(pages, keyNode(pages, level, place - 1), node));
}

/** Writes the words of a page anew: abbreviations after a prefix, or forks. */
export function rewrite(pages: PageStore, level: number, page: number, prefix: number): void {
  pages.endPrefix = UNKNOWN_PREFIX;
  pages.meta[metaOf(page) + PREFIX] = prefix;
  const end = endOf(pages, page);
  for (let place = firstOf(level, page); place < end; place++) {
    if (prefix === FORKS) {
      if (!setFork(pages, level, place, wordAt(pages, level, place))) return;
    } else {
      pages.words[place] = abbreviationOf(pages, keyNode(pages, level, place), prefix);
    }
  }
  renewSpans(pages, level, page);
  pages.keep(page);
}

/**
 * Writes the fork of an entry, if the page is one of forks and there is an entry: that of the first in a page is 0. Where
 * one can't be written, the page turns to abbreviations. @returns whether the page is one of forks still
 */
export function setFork(pages: PageStore, level: number, place: number, fork: number): boolean {
  const page = pageOf(place);
  const about = metaOf(page);
  if (pages.meta[about + PREFIX] >= 0) return false;
  if (slotOf(place) >= pages.meta[about + COUNT]) return true;
  if (fork < 0) {
    toAbbreviations(pages, level, page);
    return false;
  }
  pages.words[place] = place <= firstOf(level, page) ? 0 : fork;
  return true;
}

/** Writes the fork of an entry from the keys, if there is one at the place. */
export function renewFork(pages: PageStore, level: number, place: number): void {
  const isEntry = place < endOf(pages, pageOf(place));
  setFork(pages, level, place, isEntry ? wordAt(pages, level, place) : 0);
}

/** Gives all forks of a page their spans, if they are forks. */
export function renewSpans(pages: PageStore, level: number, page: number): void {
  if (isForks(pages, page)) setSpans(pages.words, firstOf(level, page), endOf(pages, page));
}

/** Corrects the words of the first slots of a page, after others have become the first. */
export function renewFirst(pages: PageStore, level: number, page: number): void {
  if (level > 0) pages.words[beginOf(page)] = 0;
  if (isForks(pages, page)) setFork(pages, level, firstOf(level, page), 0);
}

/** Makes the words of a page abbreviations, after the prefix of its fences. */
function toAbbreviations(pages: PageStore, level: number, page: number): void {
  const about = metaOf(page);
  const fence = pages.meta[about + FENCE];
  if (fence > 0) pages.meta[about + SAMPLE] = pages.meta[about + LOW];
  rewrite(pages, level, page, fence);
}

/** Where abbreviations tell too little, takes them after a longer prefix, or else replaces them by forks. */
export function sharpen(pages: PageStore, level: number, page: number): void {
  if (pages.tail === undefined) return;
  const { meta } = pages;
  const about = metaOf(page);
  const forked = isForks(pages, page);
  // Few entries tell little: behind forks, they are forks.
  if (meta[about + COUNT] < FEW && isForks(pages, meta[about + PREVIOUS])) {
    if (!forked) rewrite(pages, level, page, FORKS);
    return;
  }
  if (hasManyTies(pages, level, page) === forked) return;
  if (forked || meta[about + FENCE] > meta[about + PREFIX]) {
    toAbbreviations(pages, level, page);
    if (forked || !hasManyTies(pages, level, page)) return;
  }
  if (pages.tail === 0) {
    rewrite(pages, level, page, FORKS);
    return;
  }
  const [first, last] = endsBelow(pages, level, page);
  const prefix = sharedByNodes(pages, first, last);
  if (prefix > meta[about + PREFIX]) {
    meta[about + SAMPLE] = first;
    rewrite(pages, level, page, prefix);
  }
}

/** The first and the last node below a page. */
export function endsBelow(pages: PageStore, level: number, page: number): [NodeIndex, NodeIndex] {
  let first = beginOf(page);
  let last = endOf(pages, page) - 1;
  for (; level > 0; level--) {
    first = beginOf(pages.refs[first]);
    last = endOf(pages, pages.refs[last]) - 1;
  }
  return [nodeAt(pages, first), nodeAt(pages, last)];
}

/** Whether neighbours cannot be told apart by abbreviations: those there are, or instead of forks, there could be. */
function hasManyTies(pages: PageStore, level: number, page: number): boolean {
  const about = metaOf(page);
  const forked = isForks(pages, page);
  const told = pages.meta[about + FENCE] + WHOLE_BYTES;
  const { words } = pages;
  let ties = 0;
  for (let place = firstOf(level, page) + 1; place < endOf(pages, page); place++) {
    if (forked ? sharedAt(words[place]) >= told : words[place] === words[place - 1]) ties++;
  }
  return ties * 4 > pages.meta[about + COUNT];
}

/** What the fences of a page share: nothing for one at an end of its level. */
export function fenceOf(pages: PageStore, page: number): number {
  const about = metaOf(page);
  const following = pages.meta[about + FOLLOWING];
  const isOpen =
    pages.tail === undefined || pages.meta[about + PREVIOUS] === NO_PAGE || following === NO_PAGE;
  if (isOpen) return 0;
  const low = pages.meta[about + LOW] as NodeIndex;
  return sharedByNodes(pages, low, pages.meta[metaOf(following) + LOW] as NodeIndex);
}

export function renewFence(pages: PageStore, page: number): void {
  pages.meta[metaOf(page) + FENCE] = fenceOf(pages, page);
}

/** A fork as the keys say, whatever its span. */
export function wordWithoutSpan(pages: PageStore, place: number): number {
  return isForks(pages, pageOf(place)) ? spanless(pages.words[place]) : pages.words[place];
}

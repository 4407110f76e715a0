import type { Order } from '../../base/order.js';
import { Growable } from '../../storage/growable.js';
import { localGrowth, type Growth } from '../../storage/growth.js';
import { KEY_LENGTH, MEAN_NODE_SLOTS, MIN_NODE_SLOTS, OFFSET, type NodeIndex } from '../../storage/layout.js';
import { makeWords, type Memory } from '../../storage/memory.js';
import type { Storage } from '../../storage/storage.js';
import {
  END_PREFIX,
  FREE_PAGE,
  FREE_PAGES,
  LAST_LEAF,
  LEVELS,
  NODE_LENGTH,
  ROOT,
  USED_PAGES,
  type Header,
} from '../../storage/header.js';
import { sharedInKv } from '../../base/bytes.js';
import { requireLackOfMemory } from '../../base/errors.js';
import type { Place } from '../position.js';
import { MAX_SHARED } from './forks.js';

/*
 * The ordered index beside the skip list: a B+-tree whose leaves refer to nodes. This folder holds it: storage of pages here,
 * search.ts, walk.ts, insert.ts, remove.ts, what the words of a page say in words.ts and forks.ts, and check.ts.
 *
 * Every slot has, beside its reference, a word on its key. Mostly that is an abbreviation: 31 bits that follow a prefix
 * which all keys of the page share. Most comparisons are decided by it alone, without touching node or record. That a key
 * which is searched for shares the prefix as well, mostly follows from where it came: between two separators that share
 * it, the fences of the page. Where the page shares more than its fences do, a sample of its keys is compared; a key
 * without the prefix belongs before or behind all others of the page.
 *
 * Where many entries have the same abbreviation, the words of the page are forks instead, see forks.ts: one key is compared
 * there, whatever the keys are like. (Only where keys are in byte order to their very end.)
 *
 * For a comparer of unknown order every abbreviation is 0, and all is decided by comparing keys.
 *
 * Invariants:
 * 1. Entries stand in ascending order; pages of a level are linked in both directions. Level 0 are the leaves.
 * 2. LOW of a page is a node (it may be deleted by now) whose key is at or below all of the page and above all of
 *    the page before it; HEAD for the first of a level. It is the separator that leads to the page.
 * 3. All keys below a page share PREFIX bytes with that of SAMPLE, a node that may be deleted by now; PREFIX is FORKS in a
 *    page of forks. All keys that are led to a page share FENCE bytes with that of LOW.
 * 4. Slots from COUNT on have the word UNUSED. The first slot of a page above the leaves leads to whatever is below the
 *    second, and has the word 0. A fork tells of a key and the one before it in the page; that of the first key is 0. No
 *    span is too large.
 * 5. TOTAL of a page above the leaves is the number of entries below it, but for the last page of a level: there it means
 *    nothing, so that appending need not go up to the root.
 * 6. `leafOf`, where there is one, has the leaf of every node in the pages, and NO_PAGE for those that were; the PARENT of a page is the one above that
 *    leads to it; `lastLeaf` has no page behind it.
 */

/** Slots of a page. The last is for no entry: its abbreviation is above all others, where a search must end. */
export const PAGE = 64;
export const PAGE_SHIFT = 6;
export const SLOT = PAGE - 1;
export const CAPACITY = PAGE - 1;
/** The slot whose reference is to the page above. */
export const PARENT = PAGE - 1;
export const UNUSED = 0x7fffffff;
/** Entries of a page, where keys come in random order. */
const MEAN_COUNT = 44;

/** What is known of a page, a run of words. */
export const META_SHIFT = 3;
export const COUNT = 0;
export const PREFIX = 1;
export const PREVIOUS = 2;
export const FOLLOWING = 3;
export const LOW = 4;
export const TOTAL = 5;
export const FENCE = 6;
export const SAMPLE = 7;

/** Instead of a PREFIX: the words of the page are not abbreviations, but forks. */
export const FORKS = -1;

/** More than any prefix. */
export const UNKNOWN_PREFIX = 0x7fffffff;

export const NO_PAGE = 0;
const MAX_WORDS = 2 ** 31 - 1;
const FIRST_PAGES = 4;

/** Pages whose references, of 1 MiB, caches near a core do not hold. */
const OUT_OF_CACHE = 1 << 12;

/** What is known of a page is a sixteenth of it, and changed from everywhere. */
const COPIED_AT_ONCE: Growth = {
  nextLengths: (array, needed, foreseen) => localGrowth.nextLengths(array, needed, foreseen),
  isCopiedAtOnce: () => true,
};

/** Marks the reference to a node that has links above level 0. */
const TALL = 0x80000000 | 0;
export const NODE = 0x7fffffff;

/** The pages. Plain fields, which all functions of this folder read and write. */
export class PageStore {
  readonly storage: Storage;
  readonly order: Order;
  /** Bytes at the end of a key that are not part of its byte order; undefined: keys are in no byte order. */
  readonly tail: number | undefined;
  /** Bytes that neighbours in a page of forks may share. */
  readonly sharedLimit: number;
  readonly #words: Growable<Int32Array>;
  readonly #refs: Growable<Int32Array>;
  readonly #meta: Growable<Int32Array>;
  words: Int32Array;
  refs: Int32Array;
  meta: Int32Array;
  /** So many pages may be in use before there is anything to do. */
  #quietUntil = 0;
  /** Pages below this one have been copied ahead: see `keep`. */
  copied = 0;
  /**
   * The leaf of a node, at its index divided by the slots of the smallest node: no two nodes meet there; NO_PAGE of one that
   * was deleted. Only where nodes are found by a hash, too: their places need no search then.
   */
  leaves: Growable<Int32Array> | undefined;
  root = NO_PAGE;
  levels = 1;
  lastLeaf = NO_PAGE;
  /** The longest prefix of a page that leads to the last leaf; UNKNOWN_PREFIX after changes. */
  endPrefix = UNKNOWN_PREFIX;
  /** Pages ever taken; page 0 is none. */
  used = 1;
  /** The first of those that are free, each of which has the next one in FOLLOWING; and their number. */
  freePage = NO_PAGE;
  freePages = 0;
  /** Leaves are mostly out of cache. */
  isLarge = false;

  /** @throws CapacityError when there is no memory */
  constructor(storage: Storage, order: Order, memory: Memory) {
    this.storage = storage;
    this.order = order;
    this.tail = order.byteOrderedTail;
    this.sharedLimit = memory.sharedLimit ?? MAX_SHARED;
    const { shared } = memory;
    const { nodes } = storage;
    // Where there is room for many nodes, they will need pages.
    const foreseen = () => Math.ceil(nodes.array.length / MEAN_NODE_SLOTS / MEAN_COUNT);
    const make = (shift: number, given?: Int32Array, growth = memory.growth) =>
      growableWords(memory, FIRST_PAGES << shift, () => foreseen() << shift, given, growth);
    this.#words = make(PAGE_SHIFT, shared?.words);
    this.#refs = make(PAGE_SHIFT, shared?.refs);
    this.#meta = make(META_SHIFT, shared?.meta, COPIED_AT_ONCE);
    // `#take` does that, too, but the compiler can't know.
    this.words = this.#words.array;
    this.refs = this.#refs.array;
    this.meta = this.#meta.array;
    this.#take();
    if (this.tail === 0) {
      const leaves = () => leafIndex(nodes.array.length);
      this.leaves = growableWords(memory, leaves(), leaves, shared?.leafOf, memory.growth);
    }
    if (shared?.isMade === true) return;
    // Where one is made anew in place of another, nodes that are no more may still have leaves.
    if (shared !== undefined) this.leafOf?.fill(NO_PAGE, 0, leafIndex(storage.nodes.length));
    this.reset();
  }

  /** Back to one empty leaf; what is reserved stays so. */
  reset(): void {
    for (const array of [this.#words, this.#refs, this.#meta, this.leaves]) array?.truncate(0);
    this.#take();
    this.used = 1;
    this.freePage = NO_PAGE;
    this.freePages = 0;
    this.levels = 1;
    this.root = this.lastLeaf = this.takePage();
  }

  /** Bytes of the pages in use, and of what leads to them. */
  get bytes(): number {
    const leaves = this.leafOf === undefined ? 0 : Math.ceil(this.storage.nodes.length / MIN_NODE_SLOTS);
    return (this.inUse * (2 * PAGE + (1 << META_SHIFT)) + leaves) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Pages in use, page 0 among them. */
  get inUse(): number {
    return this.used - this.freePages;
  }

  store(header: Header): void {
    header[ROOT] = this.root;
    header[LEVELS] = this.levels;
    header[LAST_LEAF] = this.lastLeaf;
    header[END_PREFIX] = this.endPrefix;
    header[USED_PAGES] = this.used;
    header[FREE_PAGE] = this.freePage;
    header[FREE_PAGES] = this.freePages;
  }

  /** Takes over scalars, and the arrays that go with them. */
  load(header: Header, words: Int32Array, refs: Int32Array, meta: Int32Array, leafOf: Int32Array): void {
    if (words !== this.words || refs !== this.refs || meta !== this.meta) {
      this.#words.adopt(words, header[USED_PAGES] << PAGE_SHIFT);
      this.#refs.adopt(refs, header[USED_PAGES] << PAGE_SHIFT);
      this.#meta.adopt(meta, header[USED_PAGES] << META_SHIFT);
      this.#take();
    }
    if (leafOf !== this.leafOf) this.leaves?.adopt(leafOf, leafIndex(header[NODE_LENGTH]));
    this.root = header[ROOT];
    this.levels = header[LEVELS];
    this.lastLeaf = header[LAST_LEAF];
    this.endPrefix = header[END_PREFIX];
    this.used = header[USED_PAGES];
    this.freePage = header[FREE_PAGE];
    this.freePages = header[FREE_PAGES];
    this.isLarge = this.used > OUT_OF_CACHE;
  }

  /**
   * Makes sure that one insertion, or so many at the end, find all the pages they may take.
   * @throws CapacityError when there is no memory
   */
  reserve(entries: number): void {
    // One insertion may split a page of each level. Of many at the end, few do.
    const pages = this.levels + 1 + (entries >> (PAGE_SHIFT - 1)) - this.freePages;
    if (this.used + pages <= this.#quietUntil) return;
    this.#words.length = this.#refs.length = this.used << PAGE_SHIFT;
    this.#meta.length = this.used << META_SHIFT;
    try {
      this.#words.reserve(pages << PAGE_SHIFT);
      this.#refs.reserve(pages << PAGE_SHIFT);
      this.#meta.reserve(pages << META_SHIFT);
    } finally {
      this.#take();
    }
  }

  /** Takes over what has grown. */
  #take(): void {
    this.words = this.#words.array;
    this.refs = this.#refs.array;
    this.meta = this.#meta.array;
    this.copied = Math.ceil(Math.max(this.#words.copied, this.#refs.copied) / PAGE);
    const places = Math.min(this.#words.quietUntil, this.#refs.quietUntil);
    this.#quietUntil = Math.min(places >> PAGE_SHIFT, this.#meta.quietUntil >> META_SHIFT);
  }

  /** Has to follow every change of words or references of a page: where it was copied ahead, the copy is brought up to date. */
  keep(page: number): void {
    if (page >= this.copied) return;
    this.#words.renew(beginOf(page), beginOf(page + 1));
    this.#refs.renew(beginOf(page), beginOf(page + 1));
  }

  /** Whether what was copied ahead is what it was copied from. */
  get areCopiesRight(): boolean {
    return this.#words.isCopyRight && this.#refs.isCopyRight && this.leaves?.isCopyRight !== false;
  }

  get leafOf(): Int32Array | undefined {
    return this.leaves?.array;
  }

  /** Makes room for the leaf of every node; without memory for it, goes on without. */
  growLeafOf(): void {
    const { leaves } = this;
    if (leaves === undefined) return;
    leaves.length = leafIndex(this.storage.nodes.length - MIN_NODE_SLOTS);
    if (leaves.fits(1)) return;
    try {
      leaves.reserve(1);
    } catch (error) {
      requireLackOfMemory(error);
      this.leaves = undefined; // Places are searched for by keys then.
    }
  }

  /** An empty page, which `reserve` made room for. */
  takePage(): number {
    let page = this.freePage;
    if (page === NO_PAGE) {
      page = this.used++;
      this.isLarge = page >= OUT_OF_CACHE;
    } else {
      this.freePage = this.meta[metaOf(page) + FOLLOWING];
      this.freePages--;
    }
    this.endPrefix = UNKNOWN_PREFIX;
    this.words.fill(UNUSED, beginOf(page), beginOf(page + 1));
    this.meta.fill(0, metaOf(page), metaOf(page + 1));
    return page;
  }

  freeOne(page: number): void {
    this.endPrefix = UNKNOWN_PREFIX;
    this.meta[metaOf(page) + FOLLOWING] = this.freePage;
    this.freePage = page;
    this.freePages++;
  }
}

/**
 * @param foresee how many there may well be one day
 * @param given an array that is as long as it will ever be, to be used instead
 */
function growableWords(
  memory: Memory,
  length: number,
  foresee: () => number,
  given?: Int32Array,
  growth?: Growth,
): Growable<Int32Array> {
  const extent = { name: 'the index', unit: 'words', limit: given?.length ?? MAX_WORDS };
  const allocate = (words: number) => given ?? makeWords(memory, words);
  return new Growable(extent, length, { allocate, foresee }, growth, 0);
}

// Where things stand.

/** The place of the first slot of a page. */
export function beginOf(page: number): number {
  return page << PAGE_SHIFT;
}

export function pageOf(place: number): number {
  return place >> PAGE_SHIFT;
}

export function slotOf(place: number): number {
  return place & SLOT;
}

/** Where in `meta` the words on a page begin. */
export function metaOf(page: number): number {
  return page << META_SHIFT;
}

/** The place behind the last entry of a page. */
export function endOf(pages: PageStore, page: number): number {
  return beginOf(page) + pages.meta[metaOf(page) + COUNT];
}

/** The first place of a page that stands for a key. */
export function firstOf(level: number, page: number): number {
  return beginOf(page) + (level === 0 ? 0 : 1);
}

export function isForks(pages: PageStore, page: number): boolean {
  return pages.meta[metaOf(page) + PREFIX] < 0;
}

/** The reference to a node. */
export function refTo(node: number, height: number): number {
  return node | (height > 1 ? TALL : 0);
}

/** The node at the place of an entry. */
export function nodeAt(pages: PageStore, place: Place | number): NodeIndex {
  return (pages.refs[place] & NODE) as NodeIndex;
}

/** Where in `leafOf` the leaf of a node is found. */
export function leafIndex(node: number): number {
  return (node / MIN_NODE_SLOTS) | 0;
}

/** Entries below a page. */
export function entriesBelow(pages: PageStore, level: number, page: number): number {
  return pages.meta[metaOf(page) + (level === 0 ? COUNT : TOTAL)];
}

/** The node whose key a slot stands for: its own in a leaf, the lowest of its child above. */
export function keyNode(pages: PageStore, level: number, place: number): NodeIndex {
  const ref = pages.refs[place];
  return (level === 0 ? ref & NODE : pages.meta[metaOf(ref) + LOW]) as NodeIndex;
}

/** How many bytes the keys of two nodes share, of those in byte order. */
export function sharedByNodes(pages: PageStore, a: NodeIndex, b: NodeIndex): number {
  if (pages.tail === undefined) return 0;
  const nodes = pages.storage.nodes.array;
  const end = Math.min(nodes[a + KEY_LENGTH], nodes[b + KEY_LENGTH]) - pages.tail;
  return sharedInKv(pages.storage.kv.view, nodes[a + OFFSET], nodes[b + OFFSET], 0, end);
}

/** Takes down that a page has come to refer to a node, or above the leaves, to a page. */
export function adopt(pages: PageStore, level: number, page: number, to: number): void {
  if (level > 0) {
    pages.refs[beginOf(to) + PARENT] = page;
    pages.keep(to);
  } else if (pages.leaves !== undefined) {
    pages.leaves.write(leafIndex(to), page);
  }
}

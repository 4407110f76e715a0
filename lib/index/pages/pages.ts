import { sharedInKv, sharedLength } from '../../base/bytes.js';
import { expect } from '../../base/errors.js';
import {
  MAX_SHARED,
  beginOfHigher,
  dropSpans,
  endOfLower,
  forkOf,
  nearest,
  setSpans,
  sharedAt,
  spanAt,
  spanless,
  withoutOneBefore,
} from './forks.js';
import { FORESIGHT } from '../../storage/growable.js';
import type { Order } from '../../base/order.js';
import { SETTLED, SORTED_WORDS, STAGED_NODE, STAGED_WORDS, WHERE, WHICH } from '../../table/bulk/sorting.js';
import {
  ENTRY_WORDS,
  HEAD,
  HEIGHT,
  KEY_LENGTH,
  KEY_START,
  MEAN_NODE_SLOTS,
  MIN_NODE_SLOTS,
  NONE,
  OFFSET,
  VALUE_END,
  VALUE_LENGTH,
  VALUE_START,
  type NodeIndex,
} from '../../storage/layout.js';
import { allocateWords, type Memory } from '../../storage/memory.js';
import { type Storage } from '../../storage/storage.js';

/** Words that `readPage` may fill. */
export const RUN_WORDS = ENTRY_WORDS * 63;

/** Slots of a page. The last is for no entry: its abbreviation is above all others, where a search must end. */
const PAGE = 64;
const PAGE_SHIFT = 6;
const SLOT = PAGE - 1;
const CAPACITY = PAGE - 1;
/** The slot whose reference is to the page above. */
const PARENT = PAGE - 1;
const UNUSED = 0x7fffffff;
/** Entries of a page, where keys come in random order. */
const MEAN_COUNT = 44;
/** Fewer entries than this do not show what the keys of a page are like. */
const FEW = 8;
/** Of the four bytes that an abbreviation takes in, these are whole, unless a key has ended before. */
const WHOLE_BYTES = 3;

/** Bytes of references that caches near a core do not hold. */
const OUT_OF_CACHE = 1 << 20;

/** What is known of a page, a run of words. */
const META_SHIFT = 3;
const COUNT = 0;
const PREFIX = 1;
const PREVIOUS = 2;
const FOLLOWING = 3;
const LOW = 4;
const TOTAL = 5;
const FENCE = 6;
const SAMPLE = 7;

/** Instead of a PREFIX, below 0: the words of the page are not abbreviations, but forks; without or with spans. */
const FORKS = -1;
const SPANNED = -2;

const NO_PAGE = 0;
const FIRST_PAGES = 4;
const MAX_LEVELS = 10;
/** How many entries with links above level 0 `nodesBefore` goes back over. */
const MAX_TALL_ONES = 16;

const NOT_ABOVE = -1;

/** Marks the reference to a node that has links above level 0. */
const TALL = 0x80000000 | 0;
const NODE = 0x7fffffff;

/** A position in a page: `page * PAGE + slot`. It may be one past the last entry of the page. */
export type Place = number & { readonly [place]: never };
declare const place: unique symbol;
export const NO_PLACE = -1 as Place;

/** Which entry of its page a place is. */
export function indexInPage(place: Place): number {
  return place & SLOT;
}

/**
 * An ordered index beside the skip list: a B+-tree whose leaves refer to nodes.
 *
 * Every slot has, beside its reference, a word on its key. Mostly that is an abbreviation: 31 bits that follow a prefix
 * which all keys of the page share. Most comparisons are decided by it alone, without touching node or record. That a key
 * which is searched for shares the prefix as well, mostly follows from where it came: between two separators that share
 * it, the fences of the page. Where the page shares more than its fences do, a sample of its keys is compared; a key
 * without the prefix belongs before or behind all others of the page.
 *
 * Where many entries have the same abbreviation, the words of the page are forks instead, see `nearest`: one key is
 * compared there, whatever the keys are like. (Only where keys are in byte order to their very end.)
 *
 * For a comparer of unknown order every abbreviation is 0, and all is decided by comparing keys.
 *
 * Invariants:
 * 1. Entries stand in ascending order; pages of a level are linked in both directions. Level 0 are the leaves.
 * 2. LOW of a page is a node (it may be deleted by now) whose key is at or below all of the page and above all of
 *    the page before it; HEAD for the first of a level. It is the separator that leads to the page.
 * 3. All keys below a page share PREFIX bytes with that of SAMPLE, a node that may be deleted by now; PREFIX is FORKS or
 *    SPANNED in a page of forks. All keys that are led to a page share FENCE bytes with that of LOW.
 * 4. Slots from COUNT on have the word UNUSED. The first slot of a page above the leaves leads to whatever is below the
 *    second, and has the word 0. A fork tells of a key and the one before it in the page; that of the first key is 0. Only
 *    in a page whose PREFIX is SPANNED have forks spans, and none is too large.
 * 5. TOTAL of a page above the leaves is the number of entries below it.
 * 6. `#leafOf`, where there is one, has the leaf of every node in the pages; the PARENT of a page is the one above that leads to it.
 */
export class Pages {
  readonly #storage: Storage;
  readonly #order: Order;
  /** Bytes at the end of a key that are not part of its byte order; undefined: keys are in no byte order. */
  readonly #tail: number | undefined;
  readonly #memory: Memory;
  readonly #sharedLimit: number;
  #abbreviations: Int32Array;
  #refs: Int32Array;
  #meta: Int32Array;
  /**
   * The leaf of a node, at its index divided by the slots of the smallest node: no two nodes meet there. Only where nodes
   * are found by a hash, too: their places need no search then.
   */
  #leafOf: Int32Array | undefined;
  /** Pages ever taken; page 0 is none. */
  #pages = 1;
  #freePage = NO_PAGE;
  #freePages = 0;
  #root = NO_PAGE;
  #levels = 1;
  /**
   * Where the last search ended, in a leaf; and on the way to it, the place in each level above. After `toNode`, only the
   * pages of those are known.
   */
  place = NO_PLACE;
  readonly #path = new Int32Array(MAX_LEVELS);
  /** Leaves are mostly out of cache. */
  #isLarge = false;

  /**
   * Where the last search ended in a leaf of forks: how many bytes the key shares with the nearest one there, and the
   * byte that follows them in that one, if it is above the key; NOT_ABOVE otherwise. #parted is -1 where it did not.
   */
  #parted = -1;
  #partedFrom = NOT_ABOVE;

  /** Where the key that is looked for begins. */
  #start = 0;
  /** Of no use, but that what is touched ahead is not optimised away. */
  touched = 0;
  /**
   * While keys that `searchEach` found are added: the leaf of the last one, and how many were added to it; into which part
   * of it that one belongs, if it was split, and how many entries come before that part.
   */
  #foundLeaf = NO_PAGE;
  #addedToLeaf = 0;
  #part = NO_PAGE;
  #beforePart = 0;
  /** The key of the last search shares `#shared` bytes with the pages on its path up to this level, or more. */
  #outside = -1;
  #shared = 0;

  /** @throws RangeError when there is no memory */
  constructor(storage: Storage, order: Order, memory: Memory) {
    this.#storage = storage;
    this.#order = order;
    this.#memory = memory;
    this.#sharedLimit = memory.sharedLimit ?? MAX_SHARED;
    this.#abbreviations = allocateWords(memory, FIRST_PAGES << PAGE_SHIFT);
    this.#refs = allocateWords(memory, FIRST_PAGES << PAGE_SHIFT);
    this.#meta = allocateWords(memory, FIRST_PAGES << META_SHIFT);
    this.#tail = order.byteOrderedTail;
    if (this.#tail === 0) this.#leafOf = this.#allocateLeafOf();
    this.reset();
  }

  /** Bytes of the pages taken, and of what leads to them. */
  get bytes(): number {
    const pages = this.#pages - this.#freePages;
    const leaves = this.#leafOf === undefined ? 0 : Math.ceil(this.#storage.nodes.length / MIN_NODE_SLOTS);
    return (pages * (2 * PAGE + (1 << META_SHIFT)) + leaves) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Whether the root is a page of forks: searches are dear then. */
  get isForked(): boolean {
    return this.#isForks(this.#root);
  }

  #isForks(page: number): boolean {
    return this.#meta[(page << META_SHIFT) + PREFIX] < 0;
  }

  reset(): void {
    this.#pages = 1;
    this.#freePage = NO_PAGE;
    this.#freePages = 0;
    this.#levels = 1;
    this.#root = this.#takePage();
    this.place = (this.#root << PAGE_SHIFT) as Place;
  }

  /**
   * Finds the place of key[start, start + keyLength): that of the first entry at or above it.
   * @returns the node with exactly that key, or NONE
   */
  search(key: Uint8Array, keyLength: number, start = 0): NodeIndex {
    this.#start = start;
    const end = this.#tail === undefined ? 0 : keyLength - this.#tail;
    // A key that is too short to have a tail is for the order to refuse.
    if (end < 0) this.#order.compare(key, start, keyLength, key, start, keyLength, 0);
    this.#outside = -1;
    this.#parted = -1;
    const abbreviations = this.#abbreviations;
    const meta = this.#meta;
    const { array: kv, view } = this.#storage.kv;
    const inKv = key === kv;
    // `| 0` marks small integers: without it, compiled code would check each sum, and what each call returns.
    let page = this.#root | 0;
    /** How many bytes the key is known to share with all below the page. */
    let shared = 0;
    for (let level = (this.#levels - 1) | 0; ; level = (level - 1) | 0) {
      const base = page << PAGE_SHIFT;
      const about = page << META_SHIFT;
      if (level === 0 && this.#isLarge === true) this.#touch(base);
      const prefix = meta[about + PREFIX];
      if (prefix > shared || prefix < 0) {
        const fence = meta[about + FENCE];
        if (fence > shared) shared = fence;
        if (prefix > shared) {
          const sample = meta[about + SAMPLE] as NodeIndex;
          shared = this.#sharedWith(sample, key, shared, prefix < end ? prefix : end) | 0;
          if (shared < prefix) {
            this.#goOutside(level, page, shared, key, end);
            return NONE;
          }
        }
      }
      if (prefix < 0) {
        if (level === 0) return this.#searchForkedLeaf(page, key, end, shared);
        page = this.#searchForkedInner(level, page, key, end, shared) | 0;
        continue;
      }
      const wanted = inKv
        ? wordOf(kv, view, start + prefix, start + end)
        : abbreviate(key, start + prefix, start + end) | 0;
      if (level === 0) return this.#searchLeaf(base, wanted, key, keyLength);
      let place = lowest(abbreviations, base, wanted);
      if (abbreviations[place] === wanted) place = this.#settleInner(place, wanted, key, keyLength) | 0;
      // The child is the last one that begins at or below the key.
      if (place > base) place = (place - 1) | 0;
      this.#path[level] = place;
      page = this.#refs[place];
    }
  }

  /**
   * `search` for staged keys in ascending order, the first `count` of them. One that is there gets its node and is SETTLED;
   * of the others, WHERE becomes the place, or `~` the place if a page on the path has a prefix that the key does not share.
   * Mostly the leaf of a key is that of the one before, or the next one, and no search from the root is needed.
   * @returns whether the last one was there
   */
  searchEach(staged: Int32Array, sorted: Int32Array, count: number): boolean {
    const { array: kv, view } = this.#storage.kv;
    const abbreviations = this.#abbreviations;
    const meta = this.#meta;
    // Of the leaf where the last key belongs, if its words are abbreviations: its prefix, and the last of them.
    let base = 0;
    let prefix = Infinity;
    let highest = 0;
    /** Bytes that a key shares with one that has this prefix. */
    let shared = 0;
    let node = NONE;
    this.#foundLeaf = NO_PAGE;
    for (let pair = 0; pair < SORTED_WORDS * count; pair += SORTED_WORDS) {
      const own = sorted[pair + WHERE];
      if (own === SETTLED) continue;
      if (own < shared) shared = own;
      const at = STAGED_WORDS * sorted[pair + WHICH];
      const start = staged[at + OFFSET];
      const length = staged[at + KEY_LENGTH];
      let wanted = prefix <= shared ? wordOf(kv, view, start + prefix, start + length) : UNUSED;
      this.#start = start;
      if (wanted < highest) {
        // Between two keys that share all prefixes on the path.
        node = this.#searchLeaf(base, wanted, kv, length);
      } else {
        const isNear = prefix !== Infinity && this.#toNear(length);
        node = isNear ? NONE : this.search(kv, length, start);
        const about = (this.place >> PAGE_SHIFT) << META_SHIFT;
        base = this.place & ~SLOT;
        prefix = meta[about + PREFIX];
        highest = abbreviations[base + Math.max(0, meta[about + COUNT] - 1)];
        shared = length;
        if (isNear) {
          wanted = wordOf(kv, view, start + prefix, start + length);
          node = this.#searchLeaf(base, wanted, kv, length);
        } else if (prefix < 0 || this.#outside >= 0) {
          prefix = Infinity;
        }
      }
      if (node !== NONE) {
        staged[at + STAGED_NODE] = node;
        sorted[pair + WHERE] = SETTLED;
      } else {
        sorted[pair + WHERE] = this.#outside < 0 ? this.place : ~this.place;
      }
    }
    return node !== NONE;
  }

  /**
   * Sets the place to the beginning of the leaf of a key in kv which is above that of the last search, if that is the same leaf
   * or the one behind it, one of abbreviations, and no prefix on the path to it is longer than what its fences share. Tells
   * whether it did.
   */
  #toNear(length: number): boolean {
    const meta = this.#meta;
    let leaf = this.place >> PAGE_SHIFT;
    for (let tried = 0; tried < 2; tried++) {
      const about = leaf << META_SHIFT;
      const following = meta[about + FOLLOWING];
      if (following === NO_PAGE) return false;
      if (!this.#reaches(length, meta[(following << META_SHIFT) + LOW] as NodeIndex)) {
        if (meta[about + PREFIX] < 0 || !this.#shareFence(leaf)) return false;
        this.place = (leaf << PAGE_SHIFT) as Place;
        this.#outside = -1;
        return true;
      }
      leaf = following;
    }
    return false;
  }

  /** Whether keys that are led to a leaf share the prefixes of all pages on the path to it, as its fences do. */
  #shareFence(leaf: number): boolean {
    const meta = this.#meta;
    const fence = meta[(leaf << META_SHIFT) + FENCE];
    let page = leaf;
    for (let level = 0; meta[(page << META_SHIFT) + PREFIX] <= fence; level++) {
      if (level === this.#levels - 1) return true;
      page = this.#refs[(page << PAGE_SHIFT) + PARENT];
    }
    return false;
  }

  /** Whether a key in kv is at or above that of a node. */
  #reaches(length: number, node: NodeIndex): boolean {
    const nodes = this.#storage.nodes.array;
    const kv = this.#storage.kv.array;
    const nodeLength = nodes[node + KEY_LENGTH];
    const shared = this.#sharedWith(node, kv, 0, length < nodeLength ? length : nodeLength);
    return this.#order.compare(kv, nodes[node + OFFSET], nodeLength, kv, this.#start, length, shared) <= 0;
  }

  /**
   * Adds nodes of staged keys at the places that `searchEach` found, from a position in their order on, as many as belong
   * into one leaf of abbreviations and find room there; WHERE are their places then. All keys that were found must be added
   * in their order, by this, or by `toFound` and `insert`.
   * @returns the position after the last of them; `from` if there is none
   */
  merge(staged: Int32Array, sorted: Int32Array, from: number, to: number): number {
    const found = sorted[SORTED_WORDS * from + WHERE];
    if (found < 0) return from;
    const meta = this.#meta;
    const first = this.#resolve(found);
    const page = first >> PAGE_SHIFT;
    const about = page << META_SHIFT;
    const prefix = meta[about + PREFIX];
    const count = meta[about + COUNT];
    if (prefix < 0 || count === 0 || count === CAPACITY) return from;
    /** From a place that was found to what has become of it. */
    const shift = first - found;
    const end = (page << PAGE_SHIFT) + count;
    const leaf = found >> PAGE_SHIFT;
    let stop = from + 1;
    let added = 1;
    for (; stop < to && count + added < CAPACITY; stop++) {
      const place = sorted[SORTED_WORDS * stop + WHERE];
      if (place === SETTLED) continue;
      if (place >> PAGE_SHIFT !== leaf || place + shift > end) break;
      added++;
    }
    this.#growLeafOf();
    const refs = this.#refs;
    const words = this.#abbreviations;
    const leafOf = this.#leafOf;
    const nodes = this.#storage.nodes.array;
    const { array: kv, view } = this.#storage.kv;
    meta[about + COUNT] = count + added;
    this.#addedToLeaf += added;
    let source = end;
    let gap = added;
    for (let pair = SORTED_WORDS * (stop - 1); gap > 0; pair -= SORTED_WORDS) {
      if (sorted[pair + WHERE] === SETTLED) continue;
      const place = (sorted[pair + WHERE] + shift) | 0;
      for (; source - 2 >= place; source -= 2) {
        refs[source + gap - 1] = refs[source - 1];
        refs[source + gap - 2] = refs[source - 2];
        words[source + gap - 1] = words[source - 1];
        words[source + gap - 2] = words[source - 2];
      }
      if (source > place) {
        source--;
        refs[source + gap] = refs[source];
        words[source + gap] = words[source];
      }
      gap--;
      const at = STAGED_WORDS * sorted[pair + WHICH];
      const node = staged[at + STAGED_NODE];
      const start = staged[at + OFFSET];
      const target = place + gap;
      refs[target] = refTo(node, nodes[node + HEIGHT]);
      words[target] = wordOf(kv, view, start + prefix, start + staged[at + KEY_LENGTH]);
      if (leafOf !== undefined) leafOf[leafIndex(node)] = page;
      sorted[pair + WHERE] = target;
    }
    let above = page;
    for (let level = 1; level < this.#levels; level++) {
      above = refs[(above << PAGE_SHIFT) + PARENT];
      meta[(above << META_SHIFT) + TOTAL] += added;
    }
    return stop;
  }

  /** Sets the place to that of a key in kv, which is to be added now, given where it was found. */
  toFound(found: number, start: number, keyLength: number): void {
    const place = this.#resolve(found < 0 ? ~found : found);
    this.#addedToLeaf++;
    let page = place >> PAGE_SHIFT;
    if (found < 0 || this.#meta[(page << META_SHIFT) + COUNT] === CAPACITY) {
      this.search(this.#storage.kv.array, keyLength, start);
      return;
    }
    this.place = place as Place;
    for (let level = 1; level < this.#levels; level++) {
      page = this.#refs[(page << PAGE_SHIFT) + PARENT];
      this.#path[level] = page << PAGE_SHIFT;
    }
    this.#outside = -1;
    this.#parted = -1;
  }

  /** What has become of a place that was found: keys were added before it in its leaf, and may have split that. */
  #resolve(found: number): number {
    const leaf = found >> PAGE_SHIFT;
    if (leaf !== this.#foundLeaf) {
      this.#foundLeaf = leaf;
      this.#part = leaf;
      this.#beforePart = 0;
      this.#addedToLeaf = 0;
    }
    let slot = (found & SLOT) + this.#addedToLeaf - this.#beforePart;
    for (;;) {
      const about = this.#part << META_SHIFT;
      const count = this.#meta[about + COUNT];
      if (slot <= count) return (this.#part << PAGE_SHIFT) + slot;
      slot -= count;
      this.#beforePart += count;
      this.#part = this.#meta[about + FOLLOWING];
    }
  }

  /** Reads words and references of a leaf all over: the misses of the cache overlap, as in a search they would not. */
  #touch(base: number): void {
    const words = this.#abbreviations;
    const refs = this.#refs;
    this.touched =
      words[base] ^
      words[base + 16] ^
      words[base + 32] ^
      words[base + 48] ^
      refs[base] ^
      refs[base + 16] ^
      refs[base + 32] ^
      refs[base + 48];
  }

  /** In a leaf of abbreviations, given where it begins, finds the place of a key, and the node with exactly that key. */
  #searchLeaf(base: number, wanted: number, key: Uint8Array, keyLength: number): NodeIndex {
    const place = lowest(this.#abbreviations, base, wanted);
    this.place = place as Place;
    return this.#abbreviations[place] === wanted ? this.#settleLeaf(place, wanted, key, keyLength) : NONE;
  }

  /** In a leaf of forks, finds the place of a key that shares so many bytes with all of the leaf. */
  #searchForkedLeaf(leaf: number, key: Uint8Array, end: number, shared: number): NodeIndex {
    const forks = this.#abbreviations;
    const first = leaf << PAGE_SHIFT;
    const stop = first + this.#meta[(leaf << META_SHIFT) + COUNT];
    this.place = first as Place;
    if (stop === first) return NONE;
    const near = nearest(forks, first, stop, key, this.#start, end);
    const nodes = this.#storage.nodes.array;
    const kv = this.#storage.kv.array;
    const node = (this.#refs[near] & NODE) as NodeIndex;
    const offset = nodes[node + OFFSET];
    const length = nodes[node + KEY_LENGTH];
    const i = this.#sharedWith(node, key, shared, length < end ? length : end);
    if (i === length && i === end) {
      this.place = near as Place;
      return node;
    }
    this.#parted = i;
    if (i < length && (i === end || key[this.#start + i] < kv[offset + i])) {
      this.#partedFrom = kv[offset + i];
      this.place = beginOfHigher(forks, near, first, i) as Place;
    } else {
      this.#partedFrom = NOT_ABOVE;
      this.place = endOfLower(forks, near, stop, i) as Place;
    }
    return NONE;
  }

  /** The same for a page of forks above the leaves, to find the child. */
  #searchForkedInner(level: number, page: number, key: Uint8Array, end: number, shared: number): number {
    const forks = this.#abbreviations;
    const first = (page << PAGE_SHIFT) + 1;
    const stop = first - 1 + this.#meta[(page << META_SHIFT) + COUNT];
    this.#path[level] = first - 1;
    if (stop === first) return this.#refs[first - 1];
    const near = nearest(forks, first, stop, key, this.#start, end);
    const nodes = this.#storage.nodes.array;
    const kv = this.#storage.kv.array;
    const node = this.#keyNode(level, near);
    const offset = nodes[node + OFFSET];
    const length = nodes[node + KEY_LENGTH];
    const i = this.#sharedWith(node, key, shared, length < end ? length : end);
    const isBelow = i < length && (i === end || key[this.#start + i] < kv[offset + i]);
    const above = isBelow ? beginOfHigher(forks, near, first, i) : endOfLower(forks, near, stop, i);
    this.#path[level] = above - 1;
    return this.#refs[above - 1];
  }

  /** Among entries of one abbreviation, from `place` on, finds the first at or above the key by comparing keys. */
  #settleLeaf(place: number, abbreviation: number, key: Uint8Array, keyLength: number): NodeIndex {
    let exact = NONE;
    let low = place;
    let high = this.#endOfTies(place, abbreviation);
    const prefix = this.#prefixOf(place);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const node = (this.#refs[middle] & NODE) as NodeIndex;
      const result = this.#compareTie(node, key, keyLength, prefix);
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
    this.place = low as Place;
    return exact;
  }

  /** Among separators of one abbreviation, from `place` on, finds the first above the key. */
  #settleInner(place: number, abbreviation: number, key: Uint8Array, keyLength: number): number {
    let low = (place & SLOT) === 0 ? place + 1 : place;
    let high = this.#endOfTies(place, abbreviation);
    const prefix = this.#prefixOf(place);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const node = this.#meta[(this.#refs[middle] << META_SHIFT) + LOW] as NodeIndex;
      if (this.#compareTie(node, key, keyLength, prefix) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  #endOfTies(place: number, abbreviation: number): number {
    const page = place >> PAGE_SHIFT;
    const end = (page << PAGE_SHIFT) + this.#meta[(page << META_SHIFT) + COUNT];
    let high = place;
    while (high < end && this.#abbreviations[high] === abbreviation) high++;
    return high;
  }

  /** Compares the key of a node with one that shares at least `prefix` bytes with it, and the abbreviation after. */
  #compareTie(node: NodeIndex, key: Uint8Array, keyLength: number, prefix: number): number {
    const nodes = this.#storage.nodes.array;
    const length = nodes[node + KEY_LENGTH];
    const enough = prefix + WHOLE_BYTES + (this.#tail ?? Infinity);
    const skip = length >= enough && keyLength >= enough ? prefix + WHOLE_BYTES : prefix;
    return this.#order.compare(
      this.#storage.kv.array,
      nodes[node + OFFSET],
      length,
      key,
      this.#start,
      keyLength,
      skip,
    );
  }

  /** How many bytes below `end` a key shares with that of a node, where they are known to share `from`. */
  #sharedWith(node: NodeIndex, key: Uint8Array, from: number, end: number): number {
    const { kv, nodes } = this.#storage;
    const offset = nodes.array[node + OFFSET];
    return key === kv.array
      ? sharedInKv(kv.view, offset, this.#start, from, end)
      : sharedLength(kv.view, offset, key, this.#start, from, end);
  }

  /** A key without the prefix of a page is below or above all that the page leads to. */
  #goOutside(level: number, page: number, shared: number, key: Uint8Array, end: number): void {
    const sample = this.#meta[(page << META_SHIFT) + SAMPLE];
    const byte = this.#storage.kv.array[this.#storage.nodes.array[sample + OFFSET] + shared];
    if (shared >= end || key[this.#start + shared] < byte) {
      this.#toBegin(level, page);
    } else {
      this.#toEnd(level, page);
    }
    this.#outside = level;
    this.#shared = shared;
  }

  /** Sets the place to that of a node which is in the pages. Of the path to it, only the pages are known then. */
  toNode(node: NodeIndex): void {
    if (this.#leafOf === undefined) {
      const key = this.#storage.keyOf(node);
      this.search(key, key.length);
      return;
    }
    const refs = this.#refs;
    let page = this.#leafOf[leafIndex(node)];
    let place = page << PAGE_SHIFT;
    const end = place + this.#meta[(page << META_SHIFT) + COUNT];
    while (place < end && (refs[place] & NODE) !== node) place++;
    if (place === end) expect(false, `node ${node} is not in its leaf`);
    this.place = place as Place;
    for (let level = 1; level < this.#levels; level++) {
      page = refs[(page << PAGE_SHIFT) + PARENT];
      this.#path[level] = page << PAGE_SHIFT;
    }
  }

  /** Sets the place to the first entry. */
  toBegin(): void {
    this.#toBegin(this.#levels - 1, this.#root);
  }

  #toBegin(level: number, page: number): void {
    for (; level > 0; level--) {
      this.#path[level] = page << PAGE_SHIFT;
      page = this.#refs[page << PAGE_SHIFT];
    }
    this.place = (page << PAGE_SHIFT) as Place;
  }

  /** Sets the place to that behind the last entry. */
  toEnd(): void {
    this.#toEnd(this.#levels - 1, this.#root);
  }

  #toEnd(level: number, page: number): void {
    for (; ; level--) {
      const end = (page << PAGE_SHIFT) + this.#meta[(page << META_SHIFT) + COUNT];
      if (level === 0) {
        this.place = end as Place;
        return;
      }
      this.#path[level] = end - 1;
      page = this.#refs[end - 1];
    }
  }

  /** The place behind the last entry, for a node that is known to be above all others. */
  placeAtEnd(node: NodeIndex): void {
    this.#parted = -1;
    this.toEnd();
    const last = this.nodeBefore(this.place);
    this.#outside = this.#levels - 1;
    this.#shared = last === NONE || this.#tail === undefined ? 0 : this.#sharedByNodes(last, node);
  }

  /** The node at the place of an entry; NONE at NO_PLACE. */
  nodeAt(place: Place): NodeIndex {
    return place === NO_PLACE ? NONE : ((this.#refs[place] & NODE) as NodeIndex);
  }

  /** A place as that of an entry: one behind the last of a page is that of the first of the next. */
  settle(place: Place): Place {
    const meta = (place >> PAGE_SHIFT) << META_SHIFT;
    if ((place & SLOT) < this.#meta[meta + COUNT]) return place;
    const following = this.#meta[meta + FOLLOWING];
    return following === NO_PAGE ? NO_PLACE : ((following << PAGE_SHIFT) as Place);
  }

  /** The node before a place, or NONE before the first entry. */
  nodeBefore(place: Place): NodeIndex {
    return this.nodeAt(this.before(place));
  }

  /** The place behind that of an entry, at an entry again; NO_PLACE behind the last. */
  after(place: Place): Place {
    const page = place >> PAGE_SHIFT;
    const meta = page << META_SHIFT;
    if ((place & SLOT) + 1 < this.#meta[meta + COUNT]) return (place + 1) as Place;
    const following = this.#meta[meta + FOLLOWING];
    return following === NO_PAGE ? NO_PLACE : ((following << PAGE_SHIFT) as Place);
  }

  /** The place of the entry before; NO_PLACE before the first. */
  before(place: Place): Place {
    if ((place & SLOT) !== 0) return (place - 1) as Place;
    const previous = this.#meta[((place >> PAGE_SHIFT) << META_SHIFT) + PREVIOUS];
    return previous === NO_PAGE
      ? NO_PLACE
      : (((previous << PAGE_SHIFT) + this.#meta[(previous << META_SHIFT) + COUNT] - 1) as Place);
  }

  /**
   * Describes all entries of a page, ENTRY_WORDS words each, and touches their records. These loads do not depend on
   * one another: the misses of the cache overlap, as they would not in the steps of a cursor.
   * @returns how many entries there are
   */
  readPage(place: Place, words: Int32Array): number {
    const refs = this.#refs;
    const nodes = this.#storage.nodes.array;
    const begin = place & ~SLOT;
    const count = this.#meta[((place >> PAGE_SHIFT) << META_SHIFT) + COUNT];
    for (let i = 0, at = 0; i < count; i++, at += ENTRY_WORDS) {
      const node = refs[begin + i] & NODE;
      const keyStart = nodes[node + OFFSET];
      const valueStart = keyStart + nodes[node + KEY_LENGTH];
      words[at] = node;
      words[at + KEY_START] = keyStart;
      words[at + VALUE_START] = valueStart;
      words[at + VALUE_END] = valueStart + nodes[node + VALUE_LENGTH];
    }
    const kv = this.#storage.kv.array;
    let touched = 0;
    for (let at = VALUE_START; at < count * ENTRY_WORDS; at += ENTRY_WORDS) touched ^= kv[words[at]];
    this.touched = touched;
    return count;
  }

  /** Number of entries before the place that the last search found. */
  rank(): number {
    let rank = this.place & SLOT;
    for (let level = 1; level < this.#levels; level++) {
      const place = this.#path[level];
      for (let sibling = place & ~SLOT; sibling < place; sibling++) {
        rank += this.#entriesBelow(level - 1, this.#refs[sibling]);
      }
    }
    return rank;
  }

  /**
   * Collects the last nodes before the place on as many levels of the skip list as it takes: `nodes[l]` for levels
   * below `height`. Going back over entries is cheap as long as the levels are low.
   * @returns the level from which on a search must find them
   */
  nodesBefore(before: Int32Array, height: number): number {
    const nodes = this.#storage.nodes.array;
    let level = 0;
    let tallOnes = 0;
    for (let place = this.before(this.place); place !== NO_PLACE; place = this.before(place)) {
      const ref = this.#refs[place];
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
   * Makes sure that one insertion, or so many at the end, find all the pages they may take.
   * @throws RangeError when there is no memory
   */
  reserve(entries: number): void {
    // One insertion may split a page of each level. Of many at the end, few do.
    const pages = this.#pages - this.#freePages + this.#levels + 1 + (entries >> (PAGE_SHIFT - 1));
    const there = this.#refs.length >> PAGE_SHIFT;
    if (there > pages) return;
    // Where there is room for many nodes, they will need pages.
    const foreseen = Math.ceil(this.#storage.nodes.array.length / MEAN_NODE_SLOTS / MEAN_COUNT);
    try {
      this.#resize(Math.max(2 * there, Math.min(FORESIGHT * there, foreseen)));
    } catch {
      this.#resize(2 * there);
    }
  }

  #resize(pages: number): void {
    const abbreviations = allocateWords(this.#memory, pages << PAGE_SHIFT);
    const refs = allocateWords(this.#memory, pages << PAGE_SHIFT);
    const meta = allocateWords(this.#memory, pages << META_SHIFT);
    abbreviations.set(this.#abbreviations);
    refs.set(this.#refs);
    meta.set(this.#meta);
    this.#abbreviations = abbreviations;
    this.#refs = refs;
    this.#meta = meta;
    this.#isLarge = refs.byteLength > OUT_OF_CACHE;
  }

  /** Makes `#leafOf` as long as there is room for nodes; without memory for it, goes on without. */
  #growLeafOf(): void {
    const old = this.#leafOf;
    if (old === undefined || old.length >= leafIndex(this.#storage.nodes.array.length)) return;
    this.#leafOf = undefined;
    try {
      const leafOf = this.#allocateLeafOf();
      leafOf.set(old);
      this.#leafOf = leafOf;
    } catch {
      // Places are searched for by keys then.
    }
  }

  /** For all nodes that there is room for. */
  #allocateLeafOf(): Int32Array {
    return allocateWords(this.#memory, leafIndex(this.#storage.nodes.array.length));
  }

  /** Adds a node at the place that the last search, or `toFound`, found, after `reserve`. */
  insert(node: NodeIndex): void {
    this.#growLeafOf();
    const nodes = this.#storage.nodes.array;
    if (this.#meta[(this.#root << META_SHIFT) + SAMPLE] === NONE) {
      this.#meta[(this.#root << META_SHIFT) + SAMPLE] = node;
      this.#meta[(this.#root << META_SHIFT) + PREFIX] =
        this.#tail === undefined ? 0 : nodes[node + KEY_LENGTH] - this.#tail;
    }
    this.#takeInOutside();
    const pages = this.#pages - this.#freePages;
    this.#insertAt(0, this.place, refTo(node, nodes[node + HEIGHT]), node);
    if (this.#pages - this.#freePages === pages) {
      for (let level = 1; level < this.#levels; level++) this.#meta[this.#totalOnPath(level)]++;
    } else {
      this.#finishSplit();
    }
  }

  /** Shortens the prefix of pages on the path that the key of the last search does not share. */
  #takeInOutside(): void {
    for (let level = this.#outside; level >= 0; level--) {
      const page = (level === 0 ? this.place : this.#path[level]) >> PAGE_SHIFT;
      if (this.#meta[(page << META_SHIFT) + PREFIX] > this.#shared) this.#rewrite(level, page, this.#shared);
    }
  }

  /**
   * Adds the first `count` nodes of a list, after `reserve`: they are in ascending order and above all others.
   * @param shared how many bytes each of them shares with the one before, the first one with the last in the pages
   * @param least the least of these
   */
  append(list: Int32Array, count: number, shared: Int32Array, least: number): void {
    this.#growLeafOf();
    const nodes = this.#storage.nodes.array;
    const meta = this.#meta;
    this.#parted = -1;
    for (let done = 0; done < count;) {
      this.toEnd();
      // All pages on the path lead to the last key.
      this.#outside = this.#levels - 1;
      this.#shared = least;
      this.#takeInOutside();
      const leaf = this.place >> PAGE_SHIFT;
      const about = leaf << META_SHIFT;
      if (meta[about + COUNT] === CAPACITY) {
        this.insert(list[done++] as NodeIndex);
        continue;
      }
      const begin: number = this.place;
      const stop = (leaf << PAGE_SHIFT) + CAPACITY;
      const prefix = meta[about + PREFIX];
      let place = begin;
      for (let next = done; place < stop && next < count; place++, next++) {
        const node = list[next] as NodeIndex;
        this.#refs[place] = refTo(node, nodes[node + HEIGHT]);
        this.#adopt(0, leaf, node);
        if (prefix >= 0) this.#abbreviations[place] = this.#abbreviationOf(node, prefix);
      }
      meta[about + COUNT] += place - begin;
      for (let level = 1; level < this.#levels; level++) meta[this.#totalOnPath(level)] += place - begin;
      for (let at = begin; at < place && meta[about + PREFIX] < 0; at++) {
        this.#setFork(0, at, this.#forkOf(this.#keyNode(0, at), shared[done + at - begin]));
      }
      done += place - begin;
    }
  }

  /** Removes the entry at the place. */
  remove(): void {
    for (let level = 1; level < this.#levels; level++) this.#meta[this.#totalOnPath(level)]--;
    this.#closeSlots(0, this.place, this.place + 1);
    const page = this.place >> PAGE_SHIFT;
    if (this.#meta[(page << META_SHIFT) + COUNT] === 0) this.#removeEmptied(page);
  }

  /**
   * Removes entries from the place (there must be one) until `end` or the end of the page.
   * @returns the node that follows what was removed
   */
  removeRun(end: NodeIndex): NodeIndex {
    const page = this.place >> PAGE_SHIFT;
    const meta = page << META_SHIFT;
    const pageEnd = (page << PAGE_SHIFT) + this.#meta[meta + COUNT];
    let stop: number = this.place;
    while (stop < pageEnd && (this.#refs[stop] & NODE) !== end) stop++;
    const next = this.nodeAt(this.settle(stop as Place));
    for (let level = 1; level < this.#levels; level++) {
      this.#meta[this.#totalOnPath(level)] -= stop - this.place;
    }
    this.#closeSlots(0, this.place, stop);
    if (this.#meta[meta + COUNT] === 0) this.#removeEmptied(page);
    return next;
  }

  /** Adds a reference, whose key is that of a node, at a place of a page. */
  #insertAt(level: number, place: number, ref: number, node: NodeIndex): void {
    const prefix = this.#prefixOf(place);
    if (prefix >= 0) {
      place = this.#makeRoom(level, place, node);
      this.#refs[place] = ref;
      this.#adopt(level, place >> PAGE_SHIFT, ref & NODE);
      this.#abbreviations[place] = level > 0 && (place & SLOT) === 0 ? 0 : this.#abbreviationOf(node, prefix);
      return;
    }
    // Among three keys in order, the outer two share as much as that pair of neighbours that shares less.
    const isFirst = (place & SLOT) === 0;
    const isKnown = level === 0 && this.#parted >= 0;
    const behind = this.#abbreviations[place];
    const isAbove = this.#partedFrom === NOT_ABOVE;
    const shared = isAbove ? this.#parted : sharedAt(behind);
    const forkAt = isKnown && !isFirst ? this.#forkOf(node, shared) : 0;
    const forkBehind = isKnown && !isAbove ? forkOf(this.#parted, this.#partedFrom, this.#sharedLimit) : 0;
    place = this.#makeRoom(level, place, node);
    this.#refs[place] = ref;
    this.#adopt(level, place >> PAGE_SHIFT, ref & NODE);
    if (isKnown) {
      this.#setFork(level, place, forkAt);
      if (!isAbove) this.#setFork(level, place + 1, forkBehind);
    } else {
      this.#fork(level, place);
      this.#fork(level, place + 1);
    }
    // Pages above the leaves are searched far more often than changed.
    if (level > 0) this.#setSpans(level, place >> PAGE_SHIFT);
  }

  /** Gives all forks of a page their spans, if they are forks. */
  #setSpans(level: number, page: number): void {
    const meta = page << META_SHIFT;
    if (this.#meta[meta + PREFIX] >= 0) return;
    this.#meta[meta + PREFIX] = SPANNED;
    const stop = (page << PAGE_SHIFT) + this.#meta[meta + COUNT];
    setSpans(this.#abbreviations, this.#firstOf(level, page), stop);
  }

  /** Takes down that a page has come to refer to a node, or above the leaves, to a page. */
  #adopt(level: number, page: number, to: number): void {
    if (level > 0) {
      this.#refs[(to << PAGE_SHIFT) + PARENT] = page;
    } else if (this.#leafOf !== undefined) {
      this.#leafOf[leafIndex(to)] = page;
    }
  }

  /** Opens the slot at a place, splitting the page if it is full. @returns where the slot is then */
  #makeRoom(level: number, place: number, low: NodeIndex): number {
    const page = place >> PAGE_SHIFT;
    const count = this.#meta[(page << META_SHIFT) + COUNT];
    if (count === CAPACITY) place = this.#split(level, page, place & SLOT, low);
    const meta = (place >> PAGE_SHIFT) << META_SHIFT;
    const end = ((place >> PAGE_SHIFT) << PAGE_SHIFT) + this.#meta[meta + COUNT]++;
    const refs = this.#refs;
    const abbreviations = this.#abbreviations;
    let i = end;
    for (; i - 4 >= place; i -= 4) {
      refs[i] = refs[i - 1];
      refs[i - 1] = refs[i - 2];
      refs[i - 2] = refs[i - 3];
      refs[i - 3] = refs[i - 4];
      abbreviations[i] = abbreviations[i - 1];
      abbreviations[i - 1] = abbreviations[i - 2];
      abbreviations[i - 2] = abbreviations[i - 3];
      abbreviations[i - 3] = abbreviations[i - 4];
    }
    for (; i > place; i--) {
      refs[i] = refs[i - 1];
      abbreviations[i] = abbreviations[i - 1];
    }
    return place;
  }

  /** Takes the slots from `place` to before `stop` out of a page. */
  #closeSlots(level: number, place: number, stop: number): void {
    const meta = (place >> PAGE_SHIFT) << META_SHIFT;
    const end = ((place >> PAGE_SHIFT) << PAGE_SHIFT) + this.#meta[meta + COUNT];
    const refs = this.#refs;
    const abbreviations = this.#abbreviations;
    if (this.#meta[meta + PREFIX] === SPANNED) {
      this.#meta[meta + PREFIX] = FORKS;
      dropSpans(abbreviations, this.#firstOf(level, place >> PAGE_SHIFT), end);
    }
    if (this.#meta[meta + PREFIX] < 0 && stop < end) {
      let fork = abbreviations[stop];
      for (let i = stop - 1; i >= place; i--) fork = withoutOneBefore(abbreviations[i], fork);
      abbreviations[stop] = place <= this.#firstOf(level, place >> PAGE_SHIFT) ? 0 : fork;
    }
    let from = stop;
    let to = place;
    for (; from + 4 <= end; from += 4, to += 4) {
      refs[to] = refs[from];
      refs[to + 1] = refs[from + 1];
      refs[to + 2] = refs[from + 2];
      refs[to + 3] = refs[from + 3];
      abbreviations[to] = abbreviations[from];
      abbreviations[to + 1] = abbreviations[from + 1];
      abbreviations[to + 2] = abbreviations[from + 2];
      abbreviations[to + 3] = abbreviations[from + 3];
    }
    for (; from < end; from++, to++) {
      refs[to] = refs[from];
      abbreviations[to] = abbreviations[from];
    }
    for (let i = to; i < end; i++) abbreviations[i] = UNUSED;
    this.#meta[meta + COUNT] -= stop - place;
  }

  /**
   * Splits a full page: in the middle, or where keys come in ascending or descending order, at the very end.
   * @returns the place that `slot` has then
   */
  #split(level: number, page: number, slot: number, low: NodeIndex): number {
    const at = slot === CAPACITY ? CAPACITY : slot === 0 ? 0 : this.#middle(page);
    const meta = this.#meta;
    const right = this.#takePage();
    const from = page << PAGE_SHIFT;
    const to = right << PAGE_SHIFT;
    const leftMeta = page << META_SHIFT;
    const rightMeta = right << META_SHIFT;
    const following = meta[leftMeta + FOLLOWING];
    meta[rightMeta + LOW] = at === CAPACITY ? low : this.#keyNode(level, from + at);
    meta[rightMeta + PREFIX] = meta[leftMeta + PREFIX];
    meta[rightMeta + SAMPLE] = meta[leftMeta + SAMPLE];
    meta[rightMeta + PREVIOUS] = page;
    meta[rightMeta + FOLLOWING] = following;
    meta[leftMeta + FOLLOWING] = right;
    if (following !== NO_PAGE) meta[(following << META_SHIFT) + PREVIOUS] = right;

    this.#refs.copyWithin(to, from + at, from + CAPACITY);
    this.#abbreviations.copyWithin(to, from + at, from + CAPACITY);
    for (let place = to; place < to + CAPACITY - at; place++) {
      this.#adopt(level, right, this.#refs[place] & NODE);
    }
    this.#abbreviations.fill(UNUSED, from + at, from + CAPACITY);
    meta[leftMeta + COUNT] = at;
    meta[rightMeta + COUNT] = CAPACITY - at;
    this.#beginPage(level, right);
    if (at < CAPACITY) {
      // Spans must not lead out of the page.
      this.#setSpans(level, page);
      this.#setSpans(level, right);
    }
    this.#fence(page);
    this.#fence(right);
    this.#addChild(level + 1, page, right);
    return slot < at || (slot === at && at < CAPACITY) ? from + slot : to + slot - at;
  }

  /**
   * Where to split a full page: near the middle, where neighbours differ most, so that keys which share more come to
   * stand together, and can be told apart by what follows.
   */
  #middle(page: number): number {
    const middle = (page << PAGE_SHIFT) + (CAPACITY >> 1);
    const reach = CAPACITY >> 3;
    const words = this.#abbreviations;
    const forked = this.#isForks(page);
    let best = middle;
    let most = Infinity;
    for (let place = middle - reach; place <= middle + reach; place++) {
      const same = forked ? sharedAt(words[place]) : Math.clz32(words[place] ^ words[place - 1]);
      if (same < most || (same === most && Math.abs(place - middle) < Math.abs(best - middle))) {
        most = same;
        best = place;
      }
    }
    return best & SLOT;
  }

  /** Makes `right` the child that follows the one on the path, `left`. */
  #addChild(level: number, left: number, right: number): void {
    if (level === this.#levels) this.#growRoot(left);
    const low = this.#meta[(right << META_SHIFT) + LOW] as NodeIndex;
    this.#insertAt(level, this.#path[level] + 1, right, low);
  }

  #growRoot(child: number): void {
    const root = this.#takePage();
    this.#refs[root << PAGE_SHIFT] = child;
    this.#adopt(this.#levels, root, child);
    this.#path[this.#levels++] = root << PAGE_SHIFT;
    this.#abbreviations[root << PAGE_SHIFT] = 0;
    this.#meta[(root << META_SHIFT) + COUNT] = 1;
    this.#meta[(root << META_SHIFT) + PREFIX] = this.#meta[(child << META_SHIFT) + PREFIX];
    this.#meta[(root << META_SHIFT) + SAMPLE] = this.#meta[(child << META_SHIFT) + SAMPLE];
    this.#root = root;
  }

  /** After a split, and with the new entry in: brings up to date the pages on the path and those they were split into. */
  #finishSplit(): void {
    for (let level = 0; level < this.#levels; level++) {
      const page = (level === 0 ? this.place : this.#path[level]) >> PAGE_SHIFT;
      for (const each of [page, this.#meta[(page << META_SHIFT) + FOLLOWING]]) {
        if (each === NO_PAGE) continue;
        if (level > 0) this.#countAgain(level, each);
        this.#sharpen(level, each);
      }
    }
  }

  #countAgain(level: number, page: number): void {
    let total = 0;
    const begin = page << PAGE_SHIFT;
    for (let place = begin; place < begin + this.#meta[(page << META_SHIFT) + COUNT]; place++) {
      total += this.#entriesBelow(level - 1, this.#refs[place]);
    }
    this.#meta[(page << META_SHIFT) + TOTAL] = total;
  }

  #entriesBelow(level: number, page: number): number {
    return this.#meta[(page << META_SHIFT) + (level === 0 ? COUNT : TOTAL)];
  }

  #totalOnPath(level: number): number {
    return ((this.#path[level] >> PAGE_SHIFT) << META_SHIFT) + TOTAL;
  }

  /** Takes an emptied leaf out of the tree, and with it the pages above that led to nothing else. */
  #removeEmptied(leaf: number): void {
    if (this.#levels === 1) return;
    const meta = this.#meta;
    let top = 1;
    while (meta[((this.#path[top] >> PAGE_SHIFT) << META_SHIFT) + COUNT] === 1) top++;
    const child = top === 1 ? leaf : this.#path[top - 1] >> PAGE_SHIFT;
    let place = this.#path[top] & ~SLOT;
    while (this.#refs[place] !== child) place++;
    // The keys that led here lead to a neighbour under the same parent from now on: its fences move apart.
    const toPrevious = (place & SLOT) !== 0;
    for (let level = 0; level < top; level++) {
      const page = level === 0 ? leaf : this.#path[level] >> PAGE_SHIFT;
      const previous = meta[(page << META_SHIFT) + PREVIOUS];
      const following = meta[(page << META_SHIFT) + FOLLOWING];
      if (previous !== NO_PAGE) meta[(previous << META_SHIFT) + FOLLOWING] = following;
      if (following !== NO_PAGE) meta[(following << META_SHIFT) + PREVIOUS] = previous;
      if (!toPrevious) meta[(following << META_SHIFT) + LOW] = meta[(page << META_SHIFT) + LOW];
      this.#fence(toPrevious ? previous : following);
      this.#givePage(page);
    }
    this.#closeSlots(top, place, place + 1);
    if (!toPrevious) this.#beginPage(top, place >> PAGE_SHIFT);
    while (this.#levels > 1 && meta[(this.#root << META_SHIFT) + COUNT] === 1) {
      const child = this.#refs[this.#root << PAGE_SHIFT];
      this.#givePage(this.#root);
      this.#root = child;
      this.#levels--;
    }
  }

  /** Where abbreviations tell too little, takes them after a longer prefix, or else replaces them by forks. */
  #sharpen(level: number, page: number): void {
    if (this.#tail === undefined) return;
    const meta = page << META_SHIFT;
    const fence = this.#meta[meta + FENCE];
    const forked = this.#isForks(page);
    // Few entries tell little: behind forks, they are forks.
    if (this.#meta[meta + COUNT] < FEW && this.#isForks(this.#meta[meta + PREVIOUS])) {
      if (!forked) this.#rewrite(level, page, FORKS);
      return;
    }
    if (this.#hasManyTies(level, page) === forked) return;
    if (forked || fence > this.#meta[meta + PREFIX]) {
      this.#abbreviate(level, page);
      if (forked || !this.#hasManyTies(level, page)) return;
    }
    if (this.#tail === 0) {
      this.#rewrite(level, page, FORKS);
      return;
    }
    const [first, last] = this.#endsBelow(level, page);
    const prefix = this.#sharedByNodes(first, last);
    if (prefix > this.#meta[meta + PREFIX]) {
      this.#meta[meta + SAMPLE] = first;
      this.#rewrite(level, page, prefix);
    }
  }

  /** The first and the last node below a page. */
  #endsBelow(level: number, page: number): [NodeIndex, NodeIndex] {
    const begin = page << PAGE_SHIFT;
    let first = begin;
    let last = begin + this.#meta[(page << META_SHIFT) + COUNT] - 1;
    for (; level > 0; level--) {
      const lastPage = this.#refs[last];
      first = this.#refs[first] << PAGE_SHIFT;
      last = (lastPage << PAGE_SHIFT) + this.#meta[(lastPage << META_SHIFT) + COUNT] - 1;
    }
    return [(this.#refs[first] & NODE) as NodeIndex, (this.#refs[last] & NODE) as NodeIndex];
  }

  /** Whether neighbours cannot be told apart by abbreviations: those there are, or instead of forks, there could be. */
  #hasManyTies(level: number, page: number): boolean {
    const meta = page << META_SHIFT;
    const count = this.#meta[meta + COUNT];
    const first = this.#firstOf(level, page);
    const forked = this.#isForks(page);
    const told = this.#meta[meta + FENCE] + WHOLE_BYTES;
    const words = this.#abbreviations;
    let ties = 0;
    for (let place = first + 1; place < (page << PAGE_SHIFT) + count; place++) {
      if (forked ? sharedAt(words[place]) >= told : words[place] === words[place - 1]) ties++;
    }
    return ties * 4 > count;
  }

  /** Finds what the fences of a page share: nothing for one at an end of its level. */
  #fence(page: number): void {
    const meta = page << META_SHIFT;
    const following = this.#meta[meta + FOLLOWING];
    const open = this.#tail === undefined || this.#meta[meta + PREVIOUS] === NO_PAGE || following === NO_PAGE;
    this.#meta[meta + FENCE] = open
      ? 0
      : this.#sharedByNodes(
          this.#meta[meta + LOW] as NodeIndex,
          this.#meta[(following << META_SHIFT) + LOW] as NodeIndex,
        );
  }

  #sharedByNodes(a: NodeIndex, b: NodeIndex): number {
    const nodes = this.#storage.nodes.array;
    const end = Math.min(nodes[a + KEY_LENGTH], nodes[b + KEY_LENGTH]) - this.#tail!;
    return sharedInKv(this.#storage.kv.view, nodes[a + OFFSET], nodes[b + OFFSET], 0, end);
  }

  /** Makes the words of a page abbreviations, after the prefix of its fences. */
  #abbreviate(level: number, page: number): void {
    const meta = page << META_SHIFT;
    const fence = this.#meta[meta + FENCE];
    if (fence > 0) this.#meta[meta + SAMPLE] = this.#meta[meta + LOW];
    this.#rewrite(level, page, fence);
  }

  /** Writes the words of a page anew: abbreviations after a prefix, or forks. */
  #rewrite(level: number, page: number, prefix: number): void {
    this.#meta[(page << META_SHIFT) + PREFIX] = prefix;
    const end = (page << PAGE_SHIFT) + this.#meta[(page << META_SHIFT) + COUNT];
    for (let place = this.#firstOf(level, page); place < end; place++) {
      if (prefix === FORKS) {
        if (!this.#fork(level, place)) return;
      } else {
        this.#abbreviations[place] = this.#abbreviationOf(this.#keyNode(level, place), prefix);
      }
    }
    this.#setSpans(level, page);
  }

  /** The first place of a page that stands for a key. */
  #firstOf(level: number, page: number): number {
    return (page << PAGE_SHIFT) + (level === 0 ? 0 : 1);
  }

  /** Corrects the words of the first slots of a page, after others have become the first. */
  #beginPage(level: number, page: number): void {
    const begin = page << PAGE_SHIFT;
    if (level > 0) this.#abbreviations[begin] = 0;
    if (this.#prefixOf(begin) < 0) this.#setFork(level, this.#firstOf(level, page), 0);
  }

  /** Writes the fork of an entry, if there is one at the place, from the keys. See `#setFork`. */
  #fork(level: number, place: number): boolean {
    const isInside = (place & SLOT) < this.#meta[((place >> PAGE_SHIFT) << META_SHIFT) + COUNT];
    return this.#setFork(level, place, isInside ? this.#wordAt(level, place) : 0);
  }

  /**
   * Writes the fork of an entry, if there is one at the place: that of the first in a page is 0. Where one can't be
   * written, the page turns to abbreviations. @returns whether the page is one of forks still
   */
  #setFork(level: number, place: number, fork: number): boolean {
    const page = place >> PAGE_SHIFT;
    const meta = page << META_SHIFT;
    if (this.#meta[meta + PREFIX] >= 0) return false;
    if ((place & SLOT) >= this.#meta[meta + COUNT]) return true;
    if (fork < 0) {
      this.#abbreviate(level, page);
      return false;
    }
    this.#abbreviations[place] = place <= this.#firstOf(level, page) ? 0 : fork;
    return true;
  }

  /** The word of a node that shares so many bytes with the one before it. */
  #forkOf(node: NodeIndex, shared: number): number {
    const byte = this.#storage.kv.array[this.#storage.nodes.array[node + OFFSET] + shared];
    return forkOf(shared, byte, this.#sharedLimit);
  }

  #abbreviationOf(node: NodeIndex, prefix: number): number {
    if (this.#tail === undefined) return 0;
    const nodes = this.#storage.nodes.array;
    const start = nodes[node + OFFSET];
    const { array: kv, view } = this.#storage.kv;
    return wordOf(kv, view, start + prefix, start + nodes[node + KEY_LENGTH] - this.#tail);
  }

  /** The node whose key a slot stands for: its own in a leaf, the lowest of its child above. */
  #keyNode(level: number, place: number): NodeIndex {
    const ref = this.#refs[place];
    return (level === 0 ? ref & NODE : this.#meta[(ref << META_SHIFT) + LOW]) as NodeIndex;
  }

  #prefixOf(place: number): number {
    return this.#meta[((place >> PAGE_SHIFT) << META_SHIFT) + PREFIX];
  }

  /** Throws at the first thing that is not as it must be, given the nodes in order. */
  check(inOrder: readonly NodeIndex[]): void {
    const pagesInUse = this.#checkPage(this.#root, this.#levels - 1);
    expect(pagesInUse + this.#freePages + 1 === this.#pages, `${pagesInUse} pages in use, of ${this.#pages}`);
    let level: number[] = [this.#root];
    for (let height = this.#levels - 1; ; height--) {
      level.forEach((page, i) => {
        const meta = page << META_SHIFT;
        const before = i === 0 ? NO_PAGE : level[i - 1];
        const behind = i === level.length - 1 ? NO_PAGE : level[i + 1];
        expect(this.#meta[meta + PREVIOUS] === before, `page ${page} is not linked back to ${before}`);
        expect(this.#meta[meta + FOLLOWING] === behind, `page ${page} is not linked to ${behind}`);
        expect((this.#meta[meta + LOW] === HEAD) === (i === 0), `page ${page} has a wrong low fence`);
        const fence = this.#meta[meta + FENCE];
        this.#fence(page);
        expect(
          this.#meta[meta + FENCE] === fence,
          `the fences of page ${page} share another number of bytes`,
        );
      });
      if (height === 0) break;
      level = level.flatMap((page) => {
        const begin = page << PAGE_SHIFT;
        return [...this.#refs.subarray(begin, begin + this.#meta[(page << META_SHIFT) + COUNT])];
      });
    }
    const leaves = level.flatMap((page) => {
      const begin = page << PAGE_SHIFT;
      const end = begin + this.#meta[(page << META_SHIFT) + COUNT];
      return [...this.#refs.subarray(begin, end)];
    });
    expect(leaves.length === inOrder.length, `the pages hold ${leaves.length} entries of ${inOrder.length}`);
    const nodes = this.#storage.nodes.array;
    leaves.forEach((ref, i) => {
      expect(
        (ref & NODE) === inOrder[i],
        `the pages have node ${ref & NODE} where level 0 has ${inOrder[i]}`,
      );
      expect(ref < 0 === nodes[inOrder[i] + HEIGHT] > 1, `node ${inOrder[i]} is marked tall wrongly`);
    });
  }

  /** @returns how many pages there are from this one down */
  #checkPage(page: number, level: number): number {
    const meta = page << META_SHIFT;
    const begin = page << PAGE_SHIFT;
    const count = this.#meta[meta + COUNT];
    const isRoot = page === this.#root;
    expect(count <= CAPACITY && count >= (isRoot ? (level === 0 ? 0 : 2) : 1), `page ${page} holds ${count}`);
    let pages = 1;
    let total = 0;
    const sample = this.#meta[meta + SAMPLE] as NodeIndex;
    for (const node of count === 0 || this.#tail === undefined ? [] : this.#endsBelow(level, page)) {
      const prefix = this.#meta[meta + PREFIX];
      const isShared = prefix < 0 || this.#sharedByNodes(node, sample) >= prefix;
      expect(isShared, `node ${node}, below page ${page}, does not have the prefix of the page`);
    }
    for (let slot = 0; slot < PAGE; slot++) {
      const abbreviation = this.#abbreviations[begin + slot];
      if (slot >= count) {
        expect(abbreviation === UNUSED, `slot ${slot} of page ${page} is unused, but not marked so`);
        continue;
      }
      const word = this.#isForks(page) ? spanless(abbreviation) : abbreviation;
      expect(word === this.#wordAt(level, begin + slot), `slot ${slot} of page ${page} has a wrong word`);
      if (word !== abbreviation) this.#checkSpan(level, begin + slot);
      if (slot > 0 && this.#meta[meta + PREFIX] >= 0) {
        const isAbove = abbreviation >= this.#abbreviations[begin + slot - 1];
        expect(isAbove, `slot ${slot} of page ${page} is below the one before`);
      }
      const ref = this.#refs[begin + slot];
      if (level > 0) {
        expect(this.#refs[(ref << PAGE_SHIFT) + PARENT] === page, `page ${ref} is not below page ${page}`);
        pages += this.#checkPage(ref, level - 1);
        total += this.#entriesBelow(level - 1, ref);
      } else if (this.#leafOf !== undefined) {
        const leaf = this.#leafOf[leafIndex(ref & NODE)];
        expect(leaf === page, `node ${ref & NODE} is in leaf ${page}, and said to be in ${leaf}`);
      }
    }
    expect(level === 0 || this.#meta[meta + TOTAL] === total, `page ${page} counts its entries wrongly`);
    return pages;
  }

  /** What the word of an entry must be. */
  #wordAt(level: number, place: number): number {
    const first = this.#firstOf(level, place >> PAGE_SHIFT);
    const prefix = this.#prefixOf(place);
    if (place < first) return 0;
    const node = this.#keyNode(level, place);
    if (prefix >= 0) return this.#abbreviationOf(node, prefix);
    if (place === first) return 0;
    const shared = this.#sharedByNodes(this.#keyNode(level, place - 1), node);
    return this.#forkOf(node, shared);
  }

  #checkSpan(level: number, place: number): void {
    const words = this.#abbreviations;
    const page = place >> PAGE_SHIFT;
    const end = place + 1 + spanAt(words[place]);
    const isBeyond = end > (page << PAGE_SHIFT) + this.#meta[(page << META_SHIFT) + COUNT];
    const isRight = words.subarray(place, end).every((word) => sharedAt(word) >= sharedAt(words[place]));
    const mayBe = this.#prefixOf(place) === SPANNED && place > this.#firstOf(level, page);
    expect(isRight && mayBe && !isBeyond, `slot ${place & SLOT} of page ${page} has a wrong span`);
  }

  #takePage(): number {
    let page = this.#freePage;
    if (page === NO_PAGE) {
      page = this.#pages++;
    } else {
      this.#freePage = this.#meta[(page << META_SHIFT) + FOLLOWING];
      this.#freePages--;
    }
    this.#abbreviations.fill(UNUSED, page << PAGE_SHIFT, (page + 1) << PAGE_SHIFT);
    this.#meta.fill(0, page << META_SHIFT, (page + 1) << META_SHIFT);
    return page;
  }

  #givePage(page: number): void {
    this.#meta[(page << META_SHIFT) + FOLLOWING] = this.#freePage;
    this.#freePage = page;
    this.#freePages++;
  }
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

/** The reference to a node. */
function refTo(node: number, height: number): number {
  return node | (height > 1 ? TALL : 0);
}

/** Where the leaf of a node is found. */
function leafIndex(node: number): number {
  return (node / MIN_NODE_SLOTS) | 0;
}

/** `abbreviate` for bytes of kv. */
function wordOf(kv: Uint8Array, view: DataView, start: number, end: number): number {
  return start + 4 <= end ? view.getInt32(start | 0) >>> 1 : abbreviate(kv, start, end) | 0;
}

/** Four bytes from `start` on, missing ones as 0, less their last bit: they order as the keys do, or are equal. */
function abbreviate(bytes: Uint8Array, start: number, end: number): number {
  if (start + 4 <= end) {
    return (
      (bytes[start] << 23) | (bytes[start + 1] << 15) | (bytes[start + 2] << 7) | (bytes[start + 3] >>> 1)
    );
  }
  let abbreviation = 0;
  for (let i = start, shift = 23; i < end; i++, shift -= 8) abbreviation |= bytes[i] << shift;
  return abbreviation;
}

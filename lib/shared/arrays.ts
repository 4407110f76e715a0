import { allocateShared } from '../base/sharedmemory.js';
import { PAGE_SHIFT, META_SHIFT } from '../index/pages/store.js';
import { MEAN_NODE_SLOTS, MIN_NODE_SLOTS } from '../storage/layout.js';
import { INTENT_WORDS, localMemory, type Internals, type SharedArrays } from '../storage/memory.js';

/*
 * The memory of a DB that threads share: plain buffers that never grow. There are two halves, each with room for all: one has the
 * entries, and a compaction copies them to the other. What nobody has written to takes no memory, in most systems.
 *
 * Beside the halves stands a header. Its first words are those of storage/header.ts; the others are here.
 */

// Words of the control part of the header.
/** Counts writes: whoever has seen another number must load the header. */
export const VERSION = 0;
/** Which half has the entries: 0 or 1. */
export const ACTIVE = 1;
/** Not 0 while somebody repairs it. */
export const DAMAGED = 2;
/** What is being replaced, see storage/memory.ts. */
export const INTENT = 3;
/** For each half, where in the supply its arrays are. */
const PLACES = INTENT + INTENT_WORDS;
/** Words that are taken from the supply, and that ever were. */
const USED = 0;
const TOUCHED = 1;
/** For each array of the hash index, where it begins and how long it is. */
const FIRST_ARRAY = 2;
const HASH_ARRAYS = 3;
const PLACE_WORDS = FIRST_ARRAY + 2 * HASH_ARRAYS;
export const CONTROL_WORDS = PLACES + 2 * PLACE_WORDS;

/** Bytes of kv that are reserved where nobody says how many. */
export const DEFAULT_MAX_CAPACITY = 256 * 2 ** 20;

/** Bytes of nodes for each byte of kv: entries of 11 bytes or more find room. */
const NODE_BYTES = 2;
const LEAST_SLOTS = 1 << 10;
/** Entries of a page, on average, that there are at least: they come in random order, and may go again. */
const ENTRIES_OF_PAGE = 16;
const LEAST_PAGES = 16;
/** Entries of a bucket of the hash index, words of it, and how often the largest table goes into the supply: it begins small and doubles. */
const ENTRIES_OF_BUCKET = 9;
const WORDS_OF_BUCKET = 16;
const TABLES = 4;
const SPILLED_WORDS = 1 << 14;

const WORD = Int32Array.BYTES_PER_ELEMENT;

const SMALLER =
  'Ask for a smaller maxCapacity: some ten times as much is reserved for each of two halves, though only what is written to is taken';

export interface HalfBuffers {
  readonly kv: SharedArrayBuffer;
  readonly nodes: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  readonly refs: SharedArrayBuffer;
  readonly meta: SharedArrayBuffer;
  readonly leafOf: SharedArrayBuffer;
  readonly hash: SharedArrayBuffer;
}

/** How many there are of a half. */
export const BUFFERS = 7;

/** @throws CapacityError where there is no address space for so much */
export function allocateHalf(maxCapacity: number): HalfBuffers {
  const allocate = (bytes: number) => allocateShared(bytes, SMALLER);
  const slots = slotsFor(maxCapacity);
  const entries = slots / MEAN_NODE_SLOTS;
  const pages = LEAST_PAGES + Math.ceil(entries / ENTRIES_OF_PAGE);
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(4, entries / ENTRIES_OF_BUCKET)));
  return {
    kv: allocate(maxCapacity),
    nodes: allocate(slots * WORD),
    words: allocate((pages << PAGE_SHIFT) * WORD),
    refs: allocate((pages << PAGE_SHIFT) * WORD),
    meta: allocate((pages << META_SHIFT) * WORD),
    leafOf: allocate(Math.ceil(slots / MIN_NODE_SLOTS) * WORD),
    hash: allocate((TABLES * buckets * WORDS_OF_BUCKET + SPILLED_WORDS) * WORD),
  };
}

/** @param nodeBytes bytes of nodes for each byte of kv */
export function slotsFor(maxCapacity: number, nodeBytes = NODE_BYTES): number {
  const slots = Math.ceil((nodeBytes * maxCapacity) / WORD);
  return Math.min(Math.max(slots, LEAST_SLOTS), localMemory.nodeLimit);
}

/** One half. */
export class SharedHalf implements SharedArrays {
  readonly kv: Uint8Array;
  readonly nodes: Int32Array;
  readonly words: Int32Array;
  readonly refs: Int32Array;
  readonly meta: Int32Array;
  readonly leafOf: Int32Array;
  readonly intent: Int32Array;
  readonly isMovable = true;
  isMade: boolean;
  readonly #hash: Int32Array;
  /** Of the header, what is about this half. */
  readonly #places: Int32Array;

  constructor(
    buffers: HalfBuffers,
    control: Int32Array,
    which: number,
    isMade: boolean,
    { seen = asItIs }: Internals,
  ) {
    this.kv = seen(new Uint8Array(buffers.kv));
    this.nodes = seen(new Int32Array(buffers.nodes));
    this.words = seen(new Int32Array(buffers.words));
    this.refs = seen(new Int32Array(buffers.refs));
    this.meta = seen(new Int32Array(buffers.meta));
    this.leafOf = seen(new Int32Array(buffers.leafOf));
    this.#hash = seen(new Int32Array(buffers.hash));
    const begin = PLACES + which * PLACE_WORDS;
    this.#places = control.subarray(begin, begin + PLACE_WORDS);
    this.intent = control.subarray(INTENT, INTENT + INTENT_WORDS);
    this.isMade = isMade;
  }

  takeWords(length: number): Int32Array {
    const begin = this.#places[USED];
    const end = begin + length;
    if (end > this.#hash.length) throw new RangeError('the supply of words is used up');
    const touched = this.#places[TOUCHED];
    if (touched > begin) this.#hash.fill(0, begin, Math.min(end, touched));
    this.#places[USED] = end;
    this.#places[TOUCHED] = Math.max(end, touched);
    return this.#hash.subarray(begin, end);
  }

  /** Gives all back that was taken. */
  forgetTaken(): void {
    this.#places[USED] = 0;
  }

  /** Writes down where the arrays of the hash index are. */
  store(ofHash: readonly Int32Array[]): void {
    ofHash.forEach((array, i) => {
      this.#places[FIRST_ARRAY + 2 * i] = array.length === 0 ? 0 : array.byteOffset / WORD;
      this.#places[FIRST_ARRAY + 2 * i + 1] = array.length;
    });
  }

  /** @param known those that were known before @returns those that are written down, the same where nothing has changed */
  load(known: readonly Int32Array[]): Int32Array[] {
    const arrays: Int32Array[] = [];
    for (let i = 0; i < HASH_ARRAYS; i++) {
      const begin = this.#places[FIRST_ARRAY + 2 * i];
      const length = this.#places[FIRST_ARRAY + 2 * i + 1];
      const array = known[i] as Int32Array | undefined;
      const isSame = array?.length === length && (length === 0 || array.byteOffset === begin * WORD);
      arrays.push(
        isSame && array.buffer === this.#hash.buffer ? array : this.#hash.subarray(begin, begin + length),
      );
    }
    return arrays;
  }
}

export function asItIs<T>(array: T): T {
  return array;
}

/** What a table of a half is made with. @param internals what tests set */
export function internalsFor(half: SharedHalf, seed: number, internals: Internals): Internals {
  return {
    ...internals,
    kvLimit: half.kv.length,
    nodeLimit: half.nodes.length,
    shared: half,
    maintained: false,
    seed,
  };
}

/*
 * What is derived, and how it answers: the package's own search over the pages, run over views that write down what it reads; and the
 * bucket of the hash index, by the package's own hash.
 */
import {
  HashedKey,
  OVERFLOWED,
  Position,
  UNKNOWN,
  headerLayout,
  makeHeader,
  pageLayout,
  search,
  type Order,
  type PageStore,
  type Table,
} from '../../../lib/internals.js';
import { recorded, recordedView } from './record.js';

const { COUNT, FORKS, PREFIX, PAGE_SHIFT, SLOT, metaOf } = pageLayout;
const { HASH_BITS, HASH_REF_BITS } = headerLayout;

/** A page on the way, the root first. */
export interface PageStep {
  level: number;
  page: number;
  /** Which of its entries leads on, or is the answer. */
  slot: number;
  count: number;
  /** Bytes that all its keys begin with; undefined where its words are forks. */
  prefix: number | undefined;
  words: number;
}

export interface PagesPath {
  steps: PageStep[];
  found: number;
  /** Calls of the comparer. */
  comparisons: number;
  /** Words on keys that were read, in all pages. */
  words: number;
  /** Slots of nodeData, and runs of kvData, that were read. */
  slots: number[];
  bytes: [start: number, end: number][];
}

export function pagesPath(table: Table, key: Uint8Array): PagesPath | undefined {
  const { storage, order, index } = table;
  if (index === undefined) return undefined;
  const { pages } = index;
  const wordsOf = new Map<number, number>();
  const slots: number[] = [];
  const bytes: [number, number][] = [];
  let comparisons = 0;
  const view = Object.create(pages, {
    words: {
      value: recorded(pages.words, (i) =>
        wordsOf.set(i >> PAGE_SHIFT, (wordsOf.get(i >> PAGE_SHIFT) ?? 0) + 1),
      ),
    },
    // Large ones are read ahead, which is no part of the search.
    isLarge: { value: false },
    order: {
      value: {
        ...order,
        compare: (...given: Parameters<Order['compare']>) => {
          comparisons++;
          bytes.push([given[1], given[1] + given[2]]);
          return order.compare(...given);
        },
      } satisfies Order,
    },
    storage: {
      value: {
        nodes: { array: recorded(storage.nodes.array, (slot) => slots.push(slot)) },
        kv: {
          array: recorded(storage.kv.array, (i) => bytes.push([i, i + 1])),
          view: recordedView(storage.kv.view, (start, end) => bytes.push([start, end])),
        },
      },
    },
  }) as PageStore;
  const at = new Position();
  const found = search(view, key, 0, key.length, at);
  const steps: PageStep[] = [];
  for (let level = pages.levels - 1; level >= 0; level--) {
    const place = level === 0 ? at.place : at.path[level];
    const page = place >> PAGE_SHIFT;
    const about = metaOf(page);
    const prefix = pages.meta[about + PREFIX];
    steps.push({
      level,
      page,
      slot: place & SLOT,
      count: pages.meta[about + COUNT],
      prefix: prefix === FORKS ? undefined : prefix,
      words: wordsOf.get(page) ?? 0,
    });
  }
  const words = [...wordsOf.values()].reduce((sum, count) => sum + count, 0);
  return { steps, found, comparisons, words, slots, bytes };
}

export interface BucketWord {
  tag: number;
  node: number;
  kind: 'entry' | 'empty' | 'overflowed';
}

export interface HashAnswer {
  hash: number;
  bucket: number;
  buckets: number;
  tag: number;
  words: BucketWord[];
  /** A node; undefined where an ordered search must tell. */
  found: number | undefined;
  /** Slots of nodes that are not entered yet. */
  waiting: number;
}

const BUCKET = 16;

export function hashAnswer(table: Table, key: Uint8Array): HashAnswer | undefined {
  const hashes = table.index?.hashes;
  if (hashes === undefined) return undefined;
  const hashed = new HashedKey();
  hashes.keys.hash(key, key.length, hashed);
  const header = makeHeader();
  hashes.store(header);
  const bits = header[HASH_BITS];
  const refBits = header[HASH_REF_BITS];
  const [all] = hashes.arrays;
  const bucket = hashed.hash >>> (32 - bits);
  const words: BucketWord[] = [];
  for (let i = bucket * BUCKET; i < (bucket + 1) * BUCKET; i++) {
    const word = all[i];
    const kind = word === 0 ? 'empty' : word === OVERFLOWED ? 'overflowed' : 'entry';
    words.push({ tag: word >>> refBits, node: word & ((1 << refBits) - 1), kind });
  }
  const found = hashes.find(key, hashed);
  return {
    hash: hashed.hash >>> 0,
    bucket,
    buckets: 2 ** bits,
    tag: (hashed.hash << bits) >>> refBits,
    words,
    found: found === UNKNOWN ? undefined : found,
    waiting: hashes.isBehind ? hashes.waiting : 0,
  };
}

import { keepOne } from '../../base/kept.js';
import { HeightQueue, SeededHeights } from '../../skiplist/heights.js';
import {
  HEAD,
  KEY_LENGTH,
  NEXT,
  NONE,
  OFFSET,
  VALUE_LENGTH,
  type KVOffset,
  type NodeIndex,
} from '../../storage/layout.js';
import type { Storage } from '../../storage/storage.js';
import { STAGED_NODE, STAGED_WORDS } from './staging.js';

/** What it takes of a storage. */
interface Lengths {
  readonly kv: { readonly length: number };
  readonly nodes: { readonly length: number };
}

/**
 * Entries that are put together: all, or none. While they are put, it is what undoes those that are in. Nodes that are made for them come
 * behind all others, and of a node that is given another record, the one that it had takes the place of the staged one.
 */
export class Batch {
  readonly staged: Int32Array;
  /** Words of all that are staged. */
  readonly end: number;
  /** Those of the entry that is being put. */
  word = 0;
  readonly #kvLength: number;
  readonly #nodeLength: number;
  readonly #heights: HeightQueue;
  readonly #heightsUsed: number;

  constructor({ kv, nodes }: Lengths, heights: HeightQueue, staged: Int32Array, count: number) {
    this.staged = staged;
    this.end = STAGED_WORDS * count;
    this.#kvLength = kv.length;
    this.#nodeLength = nodes.length;
    this.#heights = heights;
    this.#heightsUsed = heights.used;
    keepOne(Batch, oneToKeep);
  }

  /** Keeps the record of a node that is about to be given another one. Nothing is called, so that it is kept or not. */
  keep(node: NodeIndex, nodes: Int32Array): void {
    const { staged, word } = this;
    staged[word + OFFSET] = nodes[node + OFFSET];
    staged[word + KEY_LENGTH] = nodes[node + KEY_LENGTH];
    staged[word + VALUE_LENGTH] = nodes[node + VALUE_LENGTH];
    staged[word + STAGED_NODE] = node;
  }

  /** Back to what level 0 was before, the last one first. Where that is cut off, it can be done again. */
  undo(storage: Storage): void {
    const { staged } = this;
    const { kv, nodes } = storage;
    const first = this.#nodeLength;
    for (let word = this.end - STAGED_WORDS; word >= 0; word -= STAGED_WORDS) {
      const node = staged[word + STAGED_NODE];
      // Others are made for the batch, or none.
      if (node <= NONE || node >= first) continue;
      storage.replaceRecord(
        node as NodeIndex,
        staged[word + OFFSET] as KVOffset,
        staged[word + KEY_LENGTH],
        staged[word + VALUE_LENGTH],
      );
    }
    let before = HEAD;
    for (let node = nodes.array[HEAD + NEXT]; node !== NONE; node = nodes.array[node + NEXT]) {
      if (node >= first) nodes.write(before + NEXT, nodes.array[node + NEXT]);
      else before = node as NodeIndex;
    }
    kv.length = this.#kvLength;
    nodes.length = first;
    this.#heights.used = this.#heightsUsed;
  }
}

function oneToKeep(): unknown {
  const none = new Int32Array(0);
  return new Batch({ kv: none, nodes: none }, new HeightQueue(new SeededHeights()), none, 0);
}

import { noMemory } from '../base/errors.js';
import type { Growth } from './growth.js';

/** The end of a record must be a number that a slot, or a word of `readPage`, can hold: 2 GiB, less one byte. */
const KV_LIMIT = 2 ** 31 - 1;
const NODE_LIMIT = 2 ** 31 - 1;
/**
 * Bytes of kv that are reserved where nobody asks for more or less. Growing fourfold, it will be 6 MiB, in which
 * LevelDB's write buffer of 4 MB fits with room to spare.
 */
export const DEFAULT_CAPACITY = 6144;

/** Where memory comes from and where it ends. A seam for tests, which lower the limits and make allocations fail. */
export interface Memory {
  readonly kvLimit: number;
  readonly nodeLimit: number;
  /** Bytes that neighbours in a page of forks may share; as many as fit in a word by default. */
  readonly sharedLimit?: number;
  /** How the arrays of the pages grow; as all others do by default. */
  readonly growth?: Growth;
  allocate(bytes: number): ArrayBuffer;
  /** What there is instead, where threads share a table. */
  readonly shared?: SharedArrays;
  /** Where they share the two arrays alone, and the index is that of one thread. */
  readonly records?: SharedRecords;
}

// Words of an intent.
/** Not 0 while it is being carried out. */
export const INTENT_STANDS = 0;
export const INTENT_NODE = 1;
export const INTENT_OFFSET = 2;
export const INTENT_KEY_LENGTH = 3;
export const INTENT_VALUE_LENGTH = 4;
export const INTENT_WORDS = 5;

/** The two arrays where threads share them. They are as long as they will ever be: nobody has to hear of a larger one. */
export interface SharedRecords {
  readonly kv: Uint8Array;
  readonly nodes: Int32Array;
  /** A record that takes the place of another one, for who has to repair what a thread left half done: `INTENT_WORDS` words. */
  readonly intent?: Int32Array;
  /** Whether another thread has made a table of them already: then nothing of it may be written to. */
  readonly isMade: boolean;
  /** What is to be done where they are full, if it is not what Growable says. */
  readonly whenFull?: string;
}

/** The arrays of a table that threads share with its index. Only the hash index takes the words that it needs from a supply. */
export interface SharedArrays extends SharedRecords {
  readonly words: Int32Array;
  readonly refs: Int32Array;
  readonly meta: Int32Array;
  readonly leafOf: Int32Array;
  /** Whether what is in them may be moved elsewhere, and written over, while no lock is held. */
  readonly isMovable: boolean;
  /** @throws RangeError when the supply is used up */
  takeWords(length: number): Int32Array;
}

export const localMemory: Memory = {
  kvLimit: KV_LIMIT,
  nodeLimit: NODE_LIMIT,
  allocate: (bytes) => new ArrayBuffer(bytes),
};

/** Words of an index. @throws CapacityError */
export function allocateWords(memory: Memory, length: number): Int32Array {
  try {
    return memory.shared?.takeWords(length) ?? makeWords(memory, length);
  } catch (cause) {
    throw noMemory(`${length} words for an index`, cause);
  }
}

export function makeWords(memory: Memory, length: number): Int32Array {
  return new Int32Array(memory.allocate(length * Int32Array.BYTES_PER_ELEMENT));
}

/** What only tests set. */
export interface Internals extends Memory {
  /** Whether to keep what makes the table fast; without, the skip list is searched. */
  indexed?: boolean;
  /** Keys the hash index. */
  seed?: number;
  /** Whether reads let the index catch up, as they do by default. */
  maintained?: boolean;
  /** Begins a compaction with every write of so many, instead of when it is due, unless that is switched off. */
  compactEvery?: number;
  /** Entries that each write copies at least. */
  compactAtOnce?: number;
  /** Is given each array in shared memory, and gives one that is used in its place. */
  seen?: <T extends Uint8Array | Int32Array>(array: T) => T;
}

/** The name under which options carry them, see lib/internals.ts; programs that use the built package can make it, too. */
export const INTERNALS: unique symbol = Symbol.for('flat-memdb.internals');

export function internalsOf(options: object): Internals {
  return (options as { [INTERNALS]?: Internals })[INTERNALS] ?? localMemory;
}

import { expect } from './errors.js';
import {
  KEY_LENGTH,
  MAX_HEIGHT,
  NEXT,
  NONE,
  OFFSET,
  allocateWords,
  type Memory,
  type NodeIndex,
  type Storage,
} from './storage.js';

/** What `find` says where only an ordered search can tell. */
export const UNKNOWN = -1;

/** Words in a bucket: 64 bytes, a cache line. */
const BUCKET = 16;
const BUCKET_SHIFT = 4;
/** Entries per bucket, on average, at which the number of buckets doubles. */
const GROW_AT = 9;
/** Stands in the last word of a bucket that could not take all its entries. No node has this index. */
const OVERFLOWED = 1;
/** Entries that found no room and are kept for the next, larger table. Beyond, their buckets just stay overflowed. */
const MAX_STASH = 4096;
const FIRST_BITS = 2;
const MAX_BITS = 25;
/** A table of 2^b buckets addresses nodes below 2^(b + 7): 128 slots for each bucket, of about 53 at the fullest. */
const REF_BITS_OVER = 7;
const MAX_REF_BITS = 31;
const MAX_NODE_SLOTS = NEXT + MAX_HEIGHT;

/**
 * Finds the node of a key in about three touches of memory: bucket, node, record.
 *
 * A word is a node index in its low `refBits` bits and, above them, a tag: those bits of the key's hash that follow
 * the `bits` that name the bucket. A table of twice the buckets takes one more bit for the bucket and one less for
 * the tag, so that it can be made from the words alone, without reading any key: and a few buckets at a time, so
 * that nobody waits for it.
 *
 * Chosen keys can't degrade it: the hash is keyed, a bucket is all that is ever probed, and what does not fit in its
 * bucket is left to the ordered search.
 *
 * Invariants:
 * 1. Every entry is in its bucket, or the bucket's last word is OVERFLOWED.
 * 2. A bucket's words stand from its beginning without a gap, but for OVERFLOWED.
 * 3. While buckets move, those of the old table below `#moved` are in the new one, and nothing of them in the old.
 */
export class HashIndex {
  readonly #storage: Storage;
  readonly #seed: number;
  readonly #firstFactor: number;
  readonly #secondFactor: number;
  readonly #memory: Memory;
  #words: Int32Array;
  #bits = FIRST_BITS;
  #refBits = FIRST_BITS + REF_BITS_OVER;
  /** Slots of nodes that it takes. While its buckets move, one with each insertion, it must still take what is added. */
  #refLimit = 0;
  /** Entries at which it grows. */
  #growAt = 0;
  #old: Int32Array | undefined;
  #oldBits = 0;
  #oldRefBits = 0;
  #moved = 0;
  /** Entries of overflowed buckets, by node, with their hash. */
  readonly #stash = new Map<NodeIndex, number>();
  #stashIsWhole = true;
  #count = 0;

  /** @throws RangeError when there is no memory */
  constructor(storage: Storage, memory: Memory, seed: number) {
    this.#storage = storage;
    this.#memory = memory;
    this.#seed = mix(seed | 0);
    this.#firstFactor = mix(this.#seed + 1) | 1;
    this.#secondFactor = mix(this.#seed + 2) | 1;
    this.#words = allocateWords(memory, BUCKET << FIRST_BITS);
    this.#setLimits();
  }

  /** Empties it and keeps the table. */
  reset(): void {
    this.#old = undefined;
    this.#words.fill(0);
    this.#stash.clear();
    this.#stashIsWhole = true;
    this.#count = 0;
  }

  /** Bytes it takes. */
  get bytes(): number {
    return this.#words.byteLength + (this.#old?.byteLength ?? 0);
  }

  /**
   * The hash of bytes[start, start + length). Each word is multiplied by two secret factors, with a rotation between
   * them: by one alone, a difference in the highest bit would stay as it is, and a later word could undo it.
   */
  hash(bytes: Uint8Array, start: number, length: number): number {
    const first = this.#firstFactor;
    const second = this.#secondFactor;
    const end = start + length;
    let h = this.#seed;
    let i = start;
    for (; i + 4 <= end; i += 4) {
      h ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
      h = Math.imul(h, first);
      h = Math.imul((h << 15) | (h >>> 17), second);
    }
    if (i < end) {
      let word = 0;
      for (let shift = 0; i < end; i++, shift += 8) word |= bytes[i] << shift;
      h = Math.imul(h ^ word, first);
      h = Math.imul((h << 15) | (h >>> 17), second);
    }
    return mix(h ^ length);
  }

  /** The hash of a node's key. */
  hashOf(node: NodeIndex): number {
    const nodes = this.#storage.nodes.array;
    return this.hash(this.#storage.kv.array, nodes[node + OFFSET], nodes[node + KEY_LENGTH]);
  }

  /** Reads what `find` of this hash will read first, so that it is in cache by then. */
  touch(hash: number): number {
    return this.#words[(hash >>> (32 - this.#bits)) << BUCKET_SHIFT];
  }

  /** The node of a key whose hash is `hash`; NONE; or UNKNOWN, where an ordered search must tell. */
  find(key: Uint8Array, length: number, hash: number): NodeIndex | typeof UNKNOWN {
    const old = this.#isOld(hash);
    const words = old ? this.#old! : this.#words;
    const bits = old ? this.#oldBits : this.#bits;
    const refBits = old ? this.#oldRefBits : this.#refBits;
    const tag = (hash << bits) >>> refBits;
    const begin = (hash >>> (32 - bits)) << BUCKET_SHIFT;
    const end = begin + BUCKET;
    for (let i = begin; i < end; i++) {
      const word = words[i];
      if (word === 0) break;
      if (word >>> refBits === tag) {
        const node = (word & ((1 << refBits) - 1)) as NodeIndex;
        if (this.#holds(node, key, length)) return node;
      }
    }
    return words[end - 1] === OVERFLOWED ? UNKNOWN : NONE;
  }

  /** A node whose key may have this hash; NONE if there is none; and OVERFLOWED where only an ordered search can tell. */
  guess(hash: number): number {
    const old = this.#isOld(hash);
    const words = old ? this.#old! : this.#words;
    const bits = old ? this.#oldBits : this.#bits;
    const refBits = old ? this.#oldRefBits : this.#refBits;
    const tag = (hash << bits) >>> refBits;
    const begin = (hash >>> (32 - bits)) << BUCKET_SHIFT;
    const end = begin + BUCKET;
    for (let i = begin; i < end; i++) {
      const word = words[i];
      if (word === 0) break;
      if (word >>> refBits === tag) return word & ((1 << refBits) - 1);
    }
    return words[end - 1] === OVERFLOWED ? OVERFLOWED : NONE;
  }

  #holds(node: NodeIndex, key: Uint8Array, length: number): boolean {
    const nodes = this.#storage.nodes.array;
    if (node === OVERFLOWED || nodes[node + KEY_LENGTH] !== length) return false;
    const kv = this.#storage.kv.array;
    const offset = nodes[node + OFFSET];
    for (let i = 0; i < length; i++) {
      if (kv[offset + i] !== key[i]) return false;
    }
    return true;
  }

  /**
   * Makes room for one more node, and for nodes below `end`.
   * @throws RangeError when there is no memory, with nothing changed
   */
  reserve(end: number): void {
    if (this.#old !== undefined) this.#moveBucket();
    if (end > this.#refLimit && this.#refBits < MAX_REF_BITS) {
      this.#rebuild(this.#bits, this.#refBits + 1);
    } else if (this.#count >= this.#growAt && this.#bits < MAX_BITS && this.#refBits < MAX_REF_BITS) {
      this.#rebuild(this.#bits + 1, this.#refBits + 1);
    }
  }

  /** Adds a node whose key is not here, after `reserve`. */
  insert(hash: number, node: NodeIndex): void {
    this.#count++;
    this.#place(hash, node);
  }

  /** Removes a node that may be here. */
  remove(hash: number, node: NodeIndex): void {
    this.#count--;
    if (this.#stash.size > 0 && this.#stash.delete(node)) return;
    const old = this.#isOld(hash);
    const words = old ? this.#old! : this.#words;
    const bits = old ? this.#oldBits : this.#bits;
    const refMask = (1 << (old ? this.#oldRefBits : this.#refBits)) - 1;
    const begin = (hash >>> (32 - bits)) << BUCKET_SHIFT;
    let end = begin;
    while (end < begin + BUCKET && words[end] !== 0 && words[end] !== OVERFLOWED) end++;
    for (let i = begin; i < end; i++) {
      if ((words[i] & refMask) === node) {
        words[i] = words[end - 1];
        words[end - 1] = 0;
        return;
      }
    }
  }

  /** Throws at the first thing that is not as it must be, given all the nodes. */
  check(nodes: readonly NodeIndex[]): void {
    expect(this.#count === nodes.length, `the hash index counts ${this.#count} entries of ${nodes.length}`);
    for (const node of nodes) {
      const start = this.#storage.nodes.array[node + OFFSET];
      const key = this.#storage.kv.array.subarray(
        start,
        start + this.#storage.nodes.array[node + KEY_LENGTH],
      );
      const found = this.find(key, key.length, this.hashOf(node));
      expect(found === node || found === UNKNOWN, `the hash index has ${found} for node ${node}`);
    }
    let words = this.#stash.size;
    const buckets = (table: Int32Array, from: number) => {
      for (let i = from << BUCKET_SHIFT; i < table.length; i++) {
        if (table[i] !== 0 && table[i] !== OVERFLOWED) words++;
      }
    };
    buckets(this.#words, 0);
    if (this.#old !== undefined) buckets(this.#old, this.#moved);
    expect(words === nodes.length || !this.#stashIsWhole, `the hash index holds ${words} of ${nodes.length}`);
  }

  /** Puts a node in its bucket. Of the hash, as many bits must be right as bucket and tag take. */
  #place(hash: number, node: NodeIndex): void {
    const old = this.#isOld(hash);
    const words = old ? this.#old! : this.#words;
    const bits = old ? this.#oldBits : this.#bits;
    const refBits = old ? this.#oldRefBits : this.#refBits;
    const begin = (hash >>> (32 - bits)) << BUCKET_SHIFT;
    const last = begin + BUCKET - 1;
    let i = begin;
    while (i < last && words[i] !== 0) i++;
    if (words[i] === 0) {
      words[i] = (((hash << bits) >>> refBits) << refBits) | node;
    } else {
      this.#overflow(words, last, refBits);
      this.#stashAway(node);
    }
  }

  /** Marks the bucket whose last word is at `last` as overflowed. */
  #overflow(words: Int32Array, last: number, refBits: number): void {
    const word = words[last];
    if (word !== 0 && word !== OVERFLOWED) this.#stashAway((word & ((1 << refBits) - 1)) as NodeIndex);
    words[last] = OVERFLOWED;
  }

  #stashAway(node: NodeIndex): void {
    if (this.#stash.size < MAX_STASH) {
      this.#stash.set(node, this.hashOf(node));
    } else {
      this.#stashIsWhole = false;
    }
  }

  /** Whether the bucket of a hash is still in the old table. */
  #isOld(hash: number): boolean {
    return this.#old !== undefined && hash >>> (32 - this.#oldBits) >= this.#moved;
  }

  /** Begins a table of other dimensions; the buckets move with the insertions that follow. */
  #rebuild(bits: number, refBits: number): void {
    while (this.#old !== undefined) this.#moveBucket();
    const words = allocateWords(this.#memory, BUCKET << bits);
    this.#old = this.#words;
    this.#oldBits = this.#bits;
    this.#oldRefBits = this.#refBits;
    this.#moved = 0;
    this.#words = words;
    this.#bits = bits;
    this.#refBits = refBits;
    this.#setLimits();
  }

  #setLimits(): void {
    this.#refLimit = 2 ** this.#refBits - (MAX_NODE_SLOTS << this.#bits);
    this.#growAt = GROW_AT << this.#bits;
  }

  #moveBucket(): void {
    const from = this.#old!;
    const to = this.#words;
    const bits = this.#oldBits;
    const refBits = this.#oldRefBits;
    const newRefBits = this.#refBits;
    const bucket = this.#moved++;
    const begin = bucket << BUCKET_SHIFT;
    const last = begin + BUCKET - 1;
    // One bit more, if any, says which of two buckets it is; until now nothing was put there.
    const grown = this.#bits - bits;
    let low = begin << grown;
    let high = low + BUCKET;
    for (let i = begin; i <= last && from[i] !== 0 && from[i] !== OVERFLOWED; i++) {
      // Bucket and tag are the upper bits of the hash: all that the new table needs.
      const tag = from[i] >>> refBits;
      const node = from[i] & ((1 << refBits) - 1);
      const hash = (bucket << (32 - bits)) | (tag << (refBits - bits));
      const word = (((hash << this.#bits) >>> newRefBits) << newRefBits) | node;
      if (grown === 1 && (hash >>> (31 - bits)) & 1) {
        to[high++] = word;
      } else {
        to[low++] = word;
      }
    }
    if (from[last] === OVERFLOWED) this.#moveOverflowed(bucket, bits);
    if (this.#moved === 1 << bits) this.#old = undefined;
  }

  #moveOverflowed(bucket: number, bits: number): void {
    if (this.#stashIsWhole) {
      const stashed: NodeIndex[] = [];
      for (const [node, hash] of this.#stash) if (hash >>> (32 - bits) === bucket) stashed.push(node);
      for (const node of stashed) {
        const hash = this.#stash.get(node)!;
        this.#stash.delete(node);
        this.#place(hash, node);
      }
    } else {
      const grown = this.#bits - bits;
      for (let part = bucket << grown; part < (bucket + 1) << grown; part++) {
        this.#overflow(this.#words, (part << BUCKET_SHIFT) + BUCKET - 1, this.#refBits);
      }
    }
  }
}

/** Spreads every bit of h over all bits. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}

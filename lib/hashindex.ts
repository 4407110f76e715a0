import { sharedLength } from './bytes.js';
import { expect } from './errors.js';
import {
  FIRST_NODE,
  HEIGHT,
  KEY_LENGTH,
  MAX_HEIGHT,
  MEAN_NODE_SLOTS,
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
/** Nodes that are entered at once. */
const BATCH = 32;
/** Batches that a search enters, where as many wait. */
const BATCHES_PER_SEARCH = 2;
/** Slots of nodes that may wait: some 50,000 nodes. */
const MAX_WAITING = 1 << 18;
/** Where so few wait, a node that goes is entered sooner than marked: small tables need no ring. */
const FEW_WAITING = 1 << 10;
/** Slots of nodes that a ring of bits, one for every four of them, can tell apart. */
const RING_SLOTS = 2 * MAX_WAITING;
const RING_WORDS = RING_SLOTS / 4 / 32;
const FIRST_BITS = 2;
const MAX_BITS = 25;
/** A table of 2^b buckets addresses nodes below 2^(b + 7): 128 slots for each bucket, of about 53 at the fullest. */
const REF_BITS_OVER = 7;
const MAX_REF_BITS = 31;
const MAX_NODE_SLOTS = NEXT + MAX_HEIGHT;

/** Where there was no memory for a larger table, it is asked for again after so many tries. */
const PAUSE = 1024;

const batchHashes = new Int32Array(BATCH);
const batchNodes = new Int32Array(BATCH);

/**
 * Finds the node of a key in about three touches of memory: bucket, node, record.
 *
 * A word is a node index in its low `refBits` bits and, above them, a tag: those bits of the key's hash that follow
 * the `bits` that name the bucket. A table of twice the buckets takes one more bit for the bucket and one less for
 * the tag, so that it can be made from the words alone, without reading any key: and a few buckets at a time, so
 * that nobody waits for it.
 *
 * New nodes are not entered before somebody looks for keys, some with each search, or before very many wait: a table
 * that is only written to takes no time or memory for it, and in batches the misses of the cache overlap. Until all are
 * in, an ordered search must tell what is not there: as it does where there is no memory for a larger table.
 *
 * Chosen keys can't degrade it: the hash is keyed, a bucket is all that is ever probed, and what does not fit in its
 * bucket is left to the ordered search.
 *
 * Invariants:
 * 1. Every entry whose node is below `#next` is in its bucket, or the bucket's last word is OVERFLOWED.
 * 2. A bucket's words stand from its beginning without a gap, but for OVERFLOWED.
 * 3. While buckets move, those of the old table below `#moved` are in the new one, and nothing of them in the old.
 * 4. Nodes from `#next` on wait for being entered, but for those marked in `#gone`.
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
  /** Slots of nodes that it takes. While its buckets move, one for each node that is passed, it must still take those. */
  #refLimit = 0;
  /** Entries at which it grows. */
  #growAt = 0;
  #old: Int32Array | undefined;
  #oldBits = 0;
  #oldRefBits = 0;
  #moved = 0;
  /** Entries of overflowed buckets, by bucket; and those of the old table. */
  #stash = new Map<number, NodeIndex[]>();
  #oldStash = new Map<number, NodeIndex[]>();
  #stashed = 0;
  #stashIsWhole = true;
  /** Entries in buckets, stash, or left out. */
  #count = 0;
  #next = FIRST_NODE;
  #pause = 0;
  /** Marks nodes that were removed while they waited. */
  #gone: Int32Array | undefined;
  #goneCount = 0;
  /** Removed nodes could not be marked: those that wait can't be entered any more. */
  #abandoned = false;
  /** Of no use, but that what is touched ahead is not optimised away. */
  touched = 0;

  /**
   * For a table that is still empty.
   * @throws RangeError when there is no memory
   */
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
    this.#forgetStash();
    this.#count = 0;
    this.#pause = 0;
    this.#next = FIRST_NODE;
    this.#gone?.fill(0);
    this.#goneCount = 0;
    this.#abandoned = false;
  }

  /** Bytes it takes. */
  get bytes(): number {
    return this.#words.byteLength + (this.#old?.byteLength ?? 0) + (this.#gone?.byteLength ?? 0);
  }

  /**
   * The hash of a key. Each word is multiplied by two secret factors, with a rotation between them: by one alone, a
   * difference in the highest bit would stay as it is, and a later word could undo it.
   */
  hash(key: Uint8Array, length: number): number {
    const first = this.#firstFactor;
    const second = this.#secondFactor;
    let h = this.#seed;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      const word = key[i] | (key[i + 1] << 8) | (key[i + 2] << 16) | (key[i + 3] << 24);
      h = stir(h ^ word, first, second);
    }
    if (i < length) {
      let word = 0;
      for (let shift = 0; i < length; i++, shift += 8) word |= key[i] << shift;
      h = stir(h ^ word, first, second);
    }
    return mix(h ^ length);
  }

  /** The hash of a node's key: the same, but that whole words can be read from kv. */
  hashOf(node: NodeIndex): number {
    const nodes = this.#storage.nodes.array;
    const kv = this.#storage.kv.view;
    const first = this.#firstFactor;
    const second = this.#secondFactor;
    const length = nodes[node + KEY_LENGTH];
    let i = nodes[node + OFFSET];
    const end = i + length;
    let h = this.#seed;
    for (; i + 4 <= end; i += 4) h = stir(h ^ kv.getInt32(i, true), first, second);
    if (i < end) {
      let word = 0;
      for (let shift = 0; i < end; i++, shift += 8) word |= kv.getUint8(i) << shift;
      h = stir(h ^ word, first, second);
    }
    return mix(h ^ length);
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
    return words[end - 1] === OVERFLOWED || this.isBehind ? UNKNOWN : NONE;
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
    return words[end - 1] === OVERFLOWED || this.isBehind ? OVERFLOWED : NONE;
  }

  #holds(node: NodeIndex, key: Uint8Array, length: number): boolean {
    const nodes = this.#storage.nodes.array;
    if (node === OVERFLOWED || nodes[node + KEY_LENGTH] !== length) return false;
    return sharedLength(this.#storage.kv.view, nodes[node + OFFSET], key, 0, length) === length;
  }

  /** Whether nodes wait for being entered. */
  get isBehind(): boolean {
    return this.#next !== this.#storage.nodes.length;
  }

  /** Enters nodes, before a search. */
  catchUp(): void {
    for (let i = 0; i < BATCHES_PER_SEARCH && this.isBehind && this.#makeRoom(); i++) this.#enterBatch();
  }

  /** Enters nodes where too many wait. */
  relieve(): void {
    if (this.#storage.nodes.length - this.#next > MAX_WAITING && this.#makeRoom()) this.#enterBatch();
  }

  /** Enters all nodes, if there is memory for it. */
  settle(): void {
    while (this.isBehind && this.#makeRoom()) this.#enterBatch();
  }

  /** Makes room for a batch. @returns whether there is */
  #makeRoom(): boolean {
    if (this.#abandoned) return false;
    const end = this.#storage.nodes.length;
    if (this.#count === 0) {
      // Nothing has to move: at once as large as what waits will make it.
      const waiting = (end - this.#next) / MEAN_NODE_SLOTS - this.#goneCount;
      let bits = this.#bits;
      while (GROW_AT << bits < waiting && bits < MAX_BITS) bits++;
      if (bits > this.#bits) this.#rebuild(bits, bits + REF_BITS_OVER);
    }
    while (end > this.#refLimit && this.#refBits < MAX_REF_BITS) {
      if (!this.#rebuild(this.#bits, this.#refBits + 1)) return false;
    }
    if (this.#count + BATCH > this.#growAt && this.#bits < MAX_BITS && this.#refBits < MAX_REF_BITS) {
      this.#rebuild(this.#bits + 1, this.#refBits + 1); // Or else, buckets overflow.
    }
    return true;
  }

  #enterBatch(): void {
    const { array: nodes, length } = this.#storage.nodes;
    let node = this.#next;
    let count = 0;
    let touched = 0;
    for (let passed = 0; passed < BATCH && node < length; passed++) {
      if (this.#old !== undefined) this.#moveBucket();
      if (this.#goneCount === 0 || !this.#unmark(node)) {
        batchHashes[count] = this.hashOf(node);
        batchNodes[count] = node;
        touched ^= this.touch(batchHashes[count]);
        count++;
      }
      node = (node + NEXT + nodes[node + HEIGHT]) as NodeIndex;
    }
    this.touched ^= touched;
    this.#next = node;
    this.#count += count;
    for (let i = 0; i < count; i++) this.#place(batchHashes[i], batchNodes[i] as NodeIndex);
  }

  /** Removes a node that is in the table. @param knownHash that of its key, if it is known */
  remove(node: NodeIndex, knownHash?: number): void {
    if (node >= this.#next && this.#storage.nodes.length - this.#next <= FEW_WAITING) this.settle();
    if (node >= this.#next) {
      this.#mark(node);
      return;
    }
    const hash = knownHash ?? this.hashOf(node);
    this.#count--;
    const old = this.#isOld(hash);
    if (this.#stashed > 0 && this.#unstash(old, hash, node)) return;
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

  /** Marks a node that waits as gone. */
  #mark(node: NodeIndex): void {
    if (this.#storage.nodes.length - this.#next > RING_SLOTS) this.#abandoned = true;
    try {
      this.#gone ??= allocateWords(this.#memory, RING_WORDS);
    } catch {
      this.#abandoned = true;
    }
    if (this.#abandoned) return;
    const bit = (node % RING_SLOTS) >> 2;
    this.#gone![bit >> 5] |= 1 << (bit & 31);
    this.#goneCount++;
  }

  /** Takes the mark off a node. @returns whether it had one */
  #unmark(node: NodeIndex): boolean {
    const bit = (node % RING_SLOTS) >> 2;
    if ((this.#gone![bit >> 5] & (1 << (bit & 31))) === 0) return false;
    this.#gone![bit >> 5] &= ~(1 << (bit & 31));
    this.#goneCount--;
    return true;
  }

  /** Throws at the first thing that is not as it must be, given all the nodes. */
  check(nodes: readonly NodeIndex[]): void {
    this.settle();
    if (this.isBehind) return;
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
    let words = this.#stashed;
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
      const stash = old ? this.#oldStash : this.#stash;
      this.#overflow(words, last, refBits, stash);
      this.#stashAway(stash, hash >>> (32 - bits), node);
    }
  }

  /** Marks the bucket whose last word is at `last` as overflowed. */
  #overflow(words: Int32Array, last: number, refBits: number, stash: Map<number, NodeIndex[]>): void {
    const word = words[last];
    if (word === OVERFLOWED) return;
    words[last] = OVERFLOWED;
    if (word !== 0) this.#stashAway(stash, last >> BUCKET_SHIFT, (word & ((1 << refBits) - 1)) as NodeIndex);
  }

  #stashAway(stash: Map<number, NodeIndex[]>, bucket: number, node: NodeIndex): void {
    if (this.#stashed === MAX_STASH) {
      this.#stashIsWhole = false;
      return;
    }
    const nodes = stash.get(bucket);
    if (nodes === undefined) {
      stash.set(bucket, [node]);
    } else {
      nodes.push(node);
    }
    this.#stashed++;
  }

  /** Takes a node out of the stash. @returns whether it was there */
  #unstash(old: boolean, hash: number, node: NodeIndex): boolean {
    const stash = old ? this.#oldStash : this.#stash;
    const bucket = hash >>> (32 - (old ? this.#oldBits : this.#bits));
    const nodes = stash.get(bucket);
    const i = nodes === undefined ? -1 : nodes.indexOf(node);
    if (i < 0) return false;
    nodes!.splice(i, 1);
    if (nodes!.length === 0) stash.delete(bucket);
    this.#stashed--;
    return true;
  }

  /** Whether the bucket of a hash is still in the old table. */
  #isOld(hash: number): boolean {
    return this.#old !== undefined && hash >>> (32 - this.#oldBits) >= this.#moved;
  }

  /**
   * Begins a table of other dimensions; the buckets move with the nodes that are entered later.
   * @returns whether there was memory for it
   */
  #rebuild(bits: number, refBits: number): boolean {
    if (this.#pause > 0) {
      this.#pause--;
      return false;
    }
    let words: Int32Array;
    try {
      words = allocateWords(this.#memory, BUCKET << bits);
    } catch {
      this.#pause = PAUSE;
      return false;
    }
    if (this.#count > 0) {
      while (this.#old !== undefined) this.#moveBucket();
      this.#old = this.#words;
      this.#oldBits = this.#bits;
      this.#oldRefBits = this.#refBits;
      this.#oldStash = this.#stash;
      this.#stash = new Map();
      this.#moved = 0;
    } else {
      this.#old = undefined;
      this.#forgetStash();
    }
    this.#words = words;
    this.#bits = bits;
    this.#refBits = refBits;
    this.#setLimits();
    return true;
  }

  #forgetStash(): void {
    this.#stash.clear();
    this.#oldStash.clear();
    this.#stashed = 0;
    this.#stashIsWhole = true;
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
    if (from[last] === OVERFLOWED) this.#moveOverflowed(bucket, grown);
    if (this.#moved === 1 << bits) this.#old = undefined;
  }

  #moveOverflowed(bucket: number, grown: number): void {
    const nodes = this.#oldStash.get(bucket) ?? [];
    this.#oldStash.delete(bucket);
    this.#stashed -= nodes.length;
    for (const node of nodes) this.#place(this.hashOf(node), node);
    if (this.#stashIsWhole) return;
    for (let part = bucket << grown; part < (bucket + 1) << grown; part++) {
      this.#overflow(this.#words, (part << BUCKET_SHIFT) + BUCKET - 1, this.#refBits, this.#stash);
    }
  }
}

function stir(h: number, first: number, second: number): number {
  const product = Math.imul(h, first);
  return Math.imul((product << 15) | (product >>> 17), second);
}

/** Spreads every bit of h over all bits. */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}

import {
  HASH_BITS,
  HASH_COUNT,
  HASH_MOVED,
  HASH_NEXT,
  HASH_OLD_BITS,
  HASH_OLD_REF_BITS,
  HASH_REF_BITS,
  HASH_SPILLED,
  HASH_UNTRIED,
  type Header,
} from '../../storage/header.js';
import {
  FIRST_NODE,
  HEIGHT,
  KEY_LENGTH,
  MEAN_NODE_SLOTS,
  NEXT,
  NONE,
  OFFSET,
  type NodeIndex,
} from '../../storage/layout.js';
import { sharedInKv } from '../../base/bytes.js';
import { requireLackOfMemory } from '../../base/errors.js';
import type { Order } from '../../base/order.js';
import { allocateWords, type Memory } from '../../storage/memory.js';
import type { Storage } from '../../storage/storage.js';
import { NO_PAGE, leafIndex } from '../pages/store.js';
import { KeyHash, isSameKey, type HashedKey } from './keyhash.js';

/** What `find` says where only an ordered search can tell. */
export const UNKNOWN = -1;

/** Words in a bucket: 64 bytes, a cache line. */
const BUCKET = 16;
const BUCKET_SHIFT = 4;
/** Entries per bucket, on average, at which the number of buckets doubles. */
const GROW_AT = 9;
/** Stands in the last word of a bucket that could not take all its entries. No node has this index. */
export const OVERFLOWED = 1;
/** Nodes that are entered at once: their misses of the cache overlap. */
const BATCH = 32;
/** Slots of nodes that may wait, some 50,000 nodes, before single writes enter them, too; a load leaves all of its own to them. */
const MAX_WAITING = 1 << 18;
/** Slots of nodes that may wait where the hash index should stay of use while entries come and go. */
const FEW_WAITING = 1 << 10;
/** Batches that a write enters, where as many wait. */
const BATCHES_AT_ONCE = 2;
/** Nodes that a read enters: more would be done sooner, but the first reads after a load would take several times as long. */
const READ_BATCH = 16;
const FIRST_BITS = 2;
const MAX_BITS = 25;
/** A table of 2^b buckets addresses nodes below 2^(b + 7): 128 slots for each bucket, of about 53 at the fullest. */
const REF_BITS_OVER = 7;
const MAX_REF_BITS = 31;
/** Nodes that are passed for each bucket that moves, where keys have to be read for it. */
const NODES_PER_REHASH = 4;
/** Entries that found no room in their bucket and are kept in a list, at most; what is beyond is left to ordered searches. */
const MAX_SPILLED = 4096;
/** Where there was no memory for a larger table, it is asked for again after so many batches. */
const PAUSE = 1024;

/** Instead of the first node that waits: nodes are being entered, or were, when a call was cut off. */
const CUT_OFF = NONE;

const batchHashes = new Int32Array(BATCH);
const batchNodes = new Int32Array(BATCH);

/** A table of buckets. */
interface Buckets {
  readonly words: Int32Array;
  /** Their number is 2^bits. */
  readonly bits: number;
  readonly refBits: number;
}

/** Until those that another thread has made are known. */
const NO_BUCKETS: Buckets = {
  words: new Int32Array(BUCKET << FIRST_BITS),
  bits: FIRST_BITS,
  refBits: FIRST_BITS + REF_BITS_OVER,
};

/** What a hash index says that it holds. */
export interface Census {
  /** The first node that waits. */
  readonly next: NodeIndex;
  readonly count: number;
  /** Words of the buckets, and of those that have not moved yet. */
  readonly words: Int32Array;
  readonly old: Int32Array | undefined;
  /** Entries that found no room in their bucket; undefined where nobody knows all. */
  readonly spilled: number | undefined;
  /** Bytes at the end of a key that say which version it is. */
  readonly tail: number;
}

/**
 * Finds the node of a key in about three touches of memory: bucket, node, record.
 *
 * A word is a node index in its low `refBits` bits and, above them, a tag: those bits of the key's hash that follow
 * the `bits` that name the bucket. A table of twice the buckets takes one more bit for the bucket and one less for
 * the tag, and so on, so that it can be made from the words alone, without reading any key. Only if the nodes of a small
 * table are far up, behind many that are gone, its tags lack bits for a larger one: then keys are read again. Buckets move
 * with the nodes that are entered, one for each, so that nobody waits for them.
 *
 * New nodes wait for being entered until somebody looks for keys, who enters some with each call, or until very many wait: a
 * table that is only written to, or only loaded in order, takes no time or memory for it. Where far more wait than there is
 * room for, it grows to their size at once. Until all are in, an ordered search must tell what is not there.
 *
 * Chosen keys can't degrade it: the hash is keyed, a bucket or, while buckets move, two are all that is ever probed,
 * and what does not fit in its bucket is left to the ordered search.
 *
 * Invariants:
 * 1. Every entry whose node is below `#next` is in its bucket, or the bucket's last word is OVERFLOWED.
 * 2. A bucket's words stand from its beginning without a gap, but for OVERFLOWED.
 * 3. While buckets move, those of the old table below `#moved` are in the new one, and nothing of them in the old. New
 *    entries are in the new table only.
 * 4. Nodes from `#next` on wait. Those of them that were deleted meanwhile have no leaf. Where `#next` is CUT_OFF, 1 to 3 may not
 *    hold, but what is in a bucket is an entry; whoever wants to change anything empties it before.
 * 5. Where a key has several versions (its last bytes say which), the first in the order stands for all.
 * 6. The list of what found no room has only entries of overflowed buckets of the newer table, and all of them, if it is
 *    whole; but for the first `#untried`, which are of the old one.
 */
export class HashIndex {
  readonly keys: KeyHash;
  readonly #storage: Storage;
  readonly #order: Order;
  /** Bytes at the end of a key that say which version it is. */
  readonly #tail: number;
  readonly #memory: Memory;
  #table: Buckets;
  #old: Buckets | undefined;
  #moved = 0;
  #spilled: Int32Array = new Int32Array(0);
  #spilledCount = 0;
  /** So many, at the beginning of the list, have not been tried in the newer table: no bucket moves before they have. */
  #untried = 0;
  #isSpilledWhole = true;
  /** Entries in buckets, in the list, or left out. */
  #count = 0;
  #next = FIRST_NODE;
  #pause = 0;
  /** Counts how often the arrays became others. */
  moves = 0;
  /** Of no use, but that what is touched ahead is not optimised away. */
  touched = 0;

  /**
   * For a table that is still empty.
   * @throws CapacityError when there is no memory
   */
  constructor(storage: Storage, order: Order, memory: Memory, seed: number) {
    this.#storage = storage;
    this.#order = order;
    this.#tail = order.byteOrderedTail ?? 0;
    this.#memory = memory;
    this.keys = new KeyHash(seed);
    this.#table =
      memory.shared?.isMade === true ? NO_BUCKETS : this.#makeBuckets(FIRST_BITS, FIRST_BITS + REF_BITS_OVER);
  }

  /** Empties it and keeps the table. */
  reset(): void {
    this.#next = CUT_OFF;
    this.#old = undefined;
    this.moves++;
    this.#moved = 0;
    this.#table.words.fill(0);
    this.#forgetSpilled();
    this.#count = 0;
    this.#pause = 0;
    this.#next = FIRST_NODE;
  }

  /** Bytes of the words that all nodes take once they are entered; that there is room for more does not count. */
  get usedBytes(): number {
    return Math.ceil(this.#storage.nodes.length / MEAN_NODE_SLOTS) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Bytes it takes. */
  get bytes(): number {
    return this.#table.words.byteLength + (this.#old?.words.byteLength ?? 0) + this.#spilled.byteLength;
  }

  /** The arrays it is made of. */
  get arrays(): Int32Array[] {
    return [this.#table.words, this.#old?.words ?? new Int32Array(0), this.#spilled];
  }

  /** What the structure check looks at. */
  get census(): Census {
    return {
      next: this.#next,
      count: this.#count,
      words: this.#table.words,
      old: this.#old?.words.subarray(this.#moved << BUCKET_SHIFT),
      spilled: this.#isSpilledWhole ? this.#spilledCount : undefined,
      tail: this.#tail,
    };
  }

  store(header: Header): void {
    header[HASH_NEXT] = this.#next;
    header[HASH_COUNT] = this.#count;
    header[HASH_BITS] = this.#table.bits;
    header[HASH_REF_BITS] = this.#table.refBits;
    header[HASH_OLD_BITS] = this.#old?.bits ?? -1;
    header[HASH_OLD_REF_BITS] = this.#old?.refBits ?? -1;
    header[HASH_MOVED] = this.#moved;
    header[HASH_UNTRIED] = this.#untried;
    header[HASH_SPILLED] = this.#isSpilledWhole ? this.#spilledCount : ~this.#spilledCount;
  }

  /** @param arrays those that `arrays` gave */
  load(header: Header, [words, oldWords, spilled]: Int32Array[]): void {
    this.#next = header[HASH_NEXT] as NodeIndex;
    this.#count = header[HASH_COUNT];
    this.#table = { words, bits: header[HASH_BITS], refBits: header[HASH_REF_BITS] };
    const bits = header[HASH_OLD_BITS];
    this.#old = bits < 0 ? undefined : { words: oldWords, bits, refBits: header[HASH_OLD_REF_BITS] };
    this.#moved = header[HASH_MOVED];
    this.#untried = header[HASH_UNTRIED];
    this.#isSpilledWhole = header[HASH_SPILLED] >= 0;
    this.#spilledCount = this.#isSpilledWhole ? header[HASH_SPILLED] : ~header[HASH_SPILLED];
    this.#spilled = spilled;
  }

  /** The hash of a node's key. */
  hashOf(node: NodeIndex): number {
    const { kv, nodes } = this.#storage;
    return this.keys.hashInKv(
      kv.view,
      nodes.array[node + OFFSET],
      nodes.array[node + KEY_LENGTH] - this.#tail,
    );
  }

  /** The node of a key that was hashed; NONE; or UNKNOWN, where an ordered search must tell. */
  find(key: Uint8Array, hashed: HashedKey): NodeIndex | typeof UNKNOWN {
    if (this.#tail > 0) return this.#findFirst(key, hashed);
    // The old table first: while it only doubles, it has most of them.
    let found = this.#isOld(hashed.hash) ? this.#probe(this.#old!, key, hashed) : NONE;
    if (found <= NONE) {
      const newer = this.#probe(this.#table, key, hashed);
      if (newer !== NONE) found = newer;
    }
    return found === NONE && this.isBehind ? UNKNOWN : found;
  }

  /** The same of the first of several versions: both tables may have one, and one that waits may come before. */
  #findFirst(key: Uint8Array, hashed: HashedKey): NodeIndex | typeof UNKNOWN {
    const { hash } = hashed;
    if (this.isBehind || this.#isLeftOut(this.#table, hash)) return UNKNOWN;
    const found = this.#probe(this.#table, key, hashed);
    if (!this.#isOld(hash)) return found;
    if (this.#isLeftOut(this.#old!, hash)) return UNKNOWN;
    const older = this.#probe(this.#old!, key, hashed);
    if (found === UNKNOWN || older === UNKNOWN) return UNKNOWN;
    return older === NONE || (found !== NONE && this.#isBefore(found, older)) ? found : older;
  }

  /** Whether an entry of this hash may be in no bucket and not in the list: of several versions, the first may be such a one. */
  #isLeftOut({ words, bits }: Buckets, hash: number): boolean {
    if (this.#isSpilledWhole) return false;
    return words[((hash >>> (32 - bits)) << BUCKET_SHIFT) + BUCKET - 1] === OVERFLOWED;
  }

  /** Whether a node is before another in the order. */
  #isBefore(a: NodeIndex, b: NodeIndex): boolean {
    const { kv, nodes } = this.#storage;
    const { array } = nodes;
    const key = kv.array;
    const lengthA = array[a + KEY_LENGTH];
    const lengthB = array[b + KEY_LENGTH];
    return this.#order.compare(key, array[a + OFFSET], lengthA, key, array[b + OFFSET], lengthB, 0) < 0;
  }

  /** What `find` says by one table alone. */
  #probe({ words, bits, refBits }: Buckets, key: Uint8Array, hashed: HashedKey): NodeIndex | typeof UNKNOWN {
    const { hash, length } = hashed;
    const nodes = this.#storage.nodes.array;
    const keyLength = (length + this.#tail) | 0;
    const tag = (hash << bits) >>> refBits;
    const begin = (hash >>> (32 - bits)) << BUCKET_SHIFT;
    const end = begin + BUCKET;
    for (let i = begin; i < end; i++) {
      const word = words[i];
      if (word === 0) break;
      if (word >>> refBits === tag) {
        const node = (word & ((1 << refBits) - 1)) as NodeIndex;
        const isCandidate = node !== OVERFLOWED && nodes[node + KEY_LENGTH] === keyLength;
        if (isCandidate && isSameKey(this.#storage.kv.view, nodes[node + OFFSET], key, hashed)) return node;
      }
    }
    return words[end - 1] === OVERFLOWED ? UNKNOWN : NONE;
  }

  /** Reads the bucket of a hash. @returns something of it */
  touch(hash: number): number {
    const { words, bits } = this.#isOld(hash) ? this.#old! : this.#table;
    return words[(hash >>> (32 - bits)) << BUCKET_SHIFT];
  }

  /** A node whose key may have this hash, or NONE: the first that the tags in its bucket allow. */
  guess(hash: number): number {
    const { words, bits, refBits } = this.#isOld(hash) ? this.#old! : this.#table;
    const tag = (hash << bits) >>> refBits;
    const begin = (hash >>> (32 - bits)) << BUCKET_SHIFT;
    for (let i = begin; i < begin + BUCKET && words[i] !== 0; i++) {
      if (words[i] >>> refBits === tag && words[i] !== OVERFLOWED) return words[i] & ((1 << refBits) - 1);
    }
    return NONE;
  }

  /** Whether nodes wait for being entered. */
  get isBehind(): boolean {
    return this.#next !== this.#storage.nodes.length;
  }

  /** Slots of the nodes that wait. */
  get waiting(): number {
    return this.#storage.nodes.length - this.#next;
  }

  /** Whether so few wait that it pays to enter them. */
  get isNear(): boolean {
    return this.waiting <= FEW_WAITING;
  }

  /** Whether so many wait that writes should enter some. */
  get isFarBehind(): boolean {
    return this.waiting > MAX_WAITING;
  }

  /**
   * Enters some nodes that wait, or all.
   * @param leafOf tells which are still entries, see `PageStore.leafOf`; all are where no entry is ever removed
   * @returns whether it could: without memory, there may be no room for their indexes
   */
  catchUp(leafOf: Int32Array | undefined, batches = BATCHES_AT_ONCE, batch = BATCH): boolean {
    if (this.#next === CUT_OFF) this.reset();
    const { length } = this.#storage.nodes;
    let next = this.#next;
    this.#next = CUT_OFF;
    let hasRoom = true;
    for (let i = 0; i < batches && next !== length && hasRoom; i++) {
      hasRoom = this.#makeRoom(next);
      if (hasRoom) next = this.#enterBatch(next, leafOf, batch);
    }
    this.#next = next;
    return hasRoom;
  }

  /** The same for a read, which should not take long. */
  catchUpForRead(leafOf: Int32Array | undefined): boolean {
    return this.catchUp(leafOf, 1, READ_BATCH);
  }

  /** Makes room for a batch; where more wait than twice the buckets take, for all that wait. @returns whether there is room */
  #makeRoom(next: NodeIndex): boolean {
    const { bits, refBits } = this.#table;
    const end = this.#storage.nodes.length;
    const total = this.#count + (end - next) / MEAN_NODE_SLOTS;
    const neededRefBits = 32 - Math.clz32(end - 1);
    let larger = bits;
    if (this.#count + BATCH > GROW_AT << bits) larger++;
    if (total > 2 * (GROW_AT << bits)) while (GROW_AT << larger < total) larger++;
    larger = Math.min(larger, MAX_BITS);
    if (larger === bits && neededRefBits <= refBits) return true;
    const largerRefBits = Math.min(Math.max(neededRefBits, larger + REF_BITS_OVER), MAX_REF_BITS);
    // Without memory for more buckets, those there are overflow.
    return this.#rebuild(larger, largerRefBits) || neededRefBits <= refBits;
  }

  /** @returns the first node that waits then */
  #enterBatch(next: NodeIndex, leafOf: Int32Array | undefined, batch: number): NodeIndex {
    const { array: nodes, length } = this.#storage.nodes;
    const { words, bits } = this.#table;
    let node = next;
    let count = 0;
    let touched = 0;
    for (let passed = 0; passed < batch && node < length; passed++) {
      if (this.#old !== undefined && (this.#isDerivable || passed % NODES_PER_REHASH === 0)) {
        this.#moveOn();
      }
      if (leafOf?.[leafIndex(node)] !== NO_PAGE) {
        const hash = this.hashOf(node);
        batchHashes[count] = hash;
        batchNodes[count] = node;
        touched ^= words[(hash >>> (32 - bits)) << BUCKET_SHIFT];
        count++;
      }
      node = (node + NEXT + nodes[node + HEIGHT]) as NodeIndex;
    }
    this.touched ^= touched;
    this.#count += count;
    for (let i = 0; i < count; i++) this.#place(batchHashes[i], batchNodes[i] as NodeIndex);
    return node;
  }

  /** Removes a node; one that waits just loses its leaf, which is for the pages to do. @param hash that of its key, if it is known */
  remove(node: NodeIndex, knownHash?: number): void {
    // Where an entering was cut off, all wait: CUT_OFF is below any of them.
    if (node >= this.#next) return;
    const hash = knownHash ?? this.hashOf(node);
    this.#count--;
    if (this.#isOld(hash) && this.#removeFrom(this.#old!, hash, node)) return;
    this.#removeFrom(this.#table, hash, node);
  }

  /** @returns whether the node was there */
  #removeFrom({ words, bits, refBits }: Buckets, hash: number, node: NodeIndex): boolean {
    const refMask = (1 << refBits) - 1;
    const begin = (hash >>> (32 - bits)) << BUCKET_SHIFT;
    const last = begin + BUCKET - 1;
    let end = begin;
    while (end <= last && words[end] !== 0 && words[end] !== OVERFLOWED) end++;
    for (let i = begin; i < end; i++) {
      if ((words[i] & refMask) === node) {
        words[i] = words[end - 1];
        words[end - 1] = 0;
        return true;
      }
    }
    return words[last] === OVERFLOWED && this.#unspill(node);
  }

  /**
   * Puts a node in its bucket, of several versions the first. Of the hash, as many bits must be right as bucket and tag
   * take.
   */
  #place(hash: number, node: NodeIndex): void {
    if (this.#tail > 0 && this.#placeFirst(hash, node)) return;
    const { words, bits, refBits } = this.#table;
    const bucket = hash >>> (32 - bits);
    const last = (bucket << BUCKET_SHIFT) + BUCKET - 1;
    let i = bucket << BUCKET_SHIFT;
    while (i < last && words[i] !== 0) i++;
    if (words[i] === 0) {
      words[i] = (((hash << bits) >>> refBits) << refBits) | node;
    } else {
      this.#markOverflowed(bucket);
      this.#spill(node);
    }
  }

  /** Puts the first of two versions where one is already. @returns whether there is one */
  #placeFirst(hash: number, node: NodeIndex): boolean {
    const { words, bits, refBits } = this.#table;
    const { kv, nodes } = this.#storage;
    const refMask = (1 << refBits) - 1;
    const tag = (hash << bits) >>> refBits;
    const begin = (hash >>> (32 - bits)) << BUCKET_SHIFT;
    const length = nodes.array[node + KEY_LENGTH];
    const start = nodes.array[node + OFFSET];
    for (let i = begin; i < begin + BUCKET && words[i] !== 0; i++) {
      const other = (words[i] & refMask) as NodeIndex;
      if (words[i] >>> refBits !== tag || other === OVERFLOWED) continue;
      const end = length - this.#tail;
      if (nodes.array[other + KEY_LENGTH] !== length) continue;
      if (sharedInKv(kv.view, nodes.array[other + OFFSET], start, 0, end) !== end) continue;
      if (this.#isBefore(node, other)) words[i] = (tag << refBits) | node;
      this.#count--;
      return true;
    }
    return false;
  }

  #markOverflowed(bucket: number): void {
    const { words, refBits } = this.#table;
    const last = (bucket << BUCKET_SHIFT) + BUCKET - 1;
    const word = words[last];
    words[last] = OVERFLOWED;
    if (word !== 0 && word !== OVERFLOWED) this.#spill((word & ((1 << refBits) - 1)) as NodeIndex);
  }

  /** Takes a node into the list of those that found no room. */
  #spill(node: NodeIndex): void {
    if (this.#spilledCount === this.#spilled.length && !this.#growSpilled()) {
      this.#isSpilledWhole = false;
      return;
    }
    this.#spilled[this.#spilledCount++] = node;
  }

  #growSpilled(): boolean {
    const { length } = this.#spilled;
    if (length === MAX_SPILLED) return false;
    try {
      const larger = allocateWords(this.#memory, Math.max(64, 2 * length));
      larger.set(this.#spilled);
      this.#spilled = larger;
      this.moves++;
      return true;
    } catch (error) {
      requireLackOfMemory(error);
      return false;
    }
  }

  /** Takes a node off the list. @returns whether it was there */
  #unspill(node: NodeIndex): boolean {
    const count = this.#spilledCount;
    let i = this.#spilled.subarray(0, count).indexOf(node);
    if (i < 0) return false;
    if (i < this.#untried) {
      this.#spilled[i] = this.#spilled[--this.#untried];
      i = this.#untried;
    }
    this.#spilled[i] = this.#spilled[count - 1];
    this.#spilledCount--;
    return true;
  }

  #forgetSpilled(): void {
    this.#spilledCount = 0;
    this.#untried = 0;
    this.#isSpilledWhole = true;
  }

  /** Whether entries of this hash may still be in the old table. */
  #isOld(hash: number): boolean {
    return this.#old !== undefined && hash >>> (32 - this.#old.bits) >= this.#moved;
  }

  /** Whether words of the newer table can be made from those of the old one: bits that no longer name a node suffice. */
  get #isDerivable(): boolean {
    return this.#table.bits - this.#old!.bits <= this.#table.refBits - this.#old!.refBits;
  }

  /** Begins a table of other dimensions; buckets move with the nodes that are entered later. @returns whether there is memory */
  #rebuild(bits: number, refBits: number): boolean {
    if (this.#pause > 0) {
      this.#pause--;
      return false;
    }
    let table: Buckets;
    try {
      table = this.#makeBuckets(bits, refBits);
    } catch (error) {
      requireLackOfMemory(error);
      this.#pause = PAUSE;
      return false;
    }
    while (this.#old !== undefined) this.#moveOn(); // Mostly all has moved by now.
    this.#old = this.#table;
    this.#moved = 0;
    this.#table = table;
    this.moves++;
    this.#untried = this.#spilledCount;
    return true;
  }

  /**
   * Takes one from the list to its bucket in the newer table, or else moves a bucket. What found no room finds it there,
   * mostly. If some were left out, nobody knows which: moving buckets see to that.
   */
  #moveOn(): void {
    if (this.#untried === 0) {
      this.#moveBucket();
      return;
    }
    const node = this.#spilled[--this.#untried] as NodeIndex;
    this.#spilled[this.#untried] = this.#spilled[--this.#spilledCount];
    this.#place(this.hashOf(node), node);
  }

  #moveBucket(): void {
    const { words, bits, refBits } = this.#old!;
    const isDerivable = this.#isDerivable;
    const bucket = this.#moved++;
    const begin = bucket << BUCKET_SHIFT;
    const last = begin + BUCKET - 1;
    for (let i = begin; i <= last && words[i] !== 0 && words[i] !== OVERFLOWED; i++) {
      const node = (words[i] & ((1 << refBits) - 1)) as NodeIndex;
      // Bucket and tag are the upper bits of the hash.
      const known = (bucket << (32 - bits)) | ((words[i] >>> refBits) << (refBits - bits));
      this.#place(isDerivable ? known : this.hashOf(node), node);
    }
    // What was left out may belong to any of those that it becomes.
    if (words[last] === OVERFLOWED && !this.#isSpilledWhole) {
      const grown = this.#table.bits - bits;
      for (let part = bucket << grown; part < (bucket + 1) << grown; part++) this.#markOverflowed(part);
    }
    if (this.#moved !== 1 << bits) return;
    this.#old = undefined;
    this.moves++;
  }

  #makeBuckets(bits: number, refBits: number): Buckets {
    return { words: allocateWords(this.#memory, BUCKET << bits), bits, refBits };
  }
}

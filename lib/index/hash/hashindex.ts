import { sharedInKv, sharedLength, wordAt } from '../../base/bytes.js';
import { expect } from '../../base/errors.js';
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
import { allocateWords, type Memory } from '../../storage/memory.js';
import { type Storage } from '../../storage/storage.js';

/** What `find` says where only an ordered search can tell. */
export const UNKNOWN = -1;
export const NOT_IN_KV = -1;

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
/** Slots of nodes that may wait, some 50,000 nodes, before a put that is not in order enters some. */
const MAX_WAITING = 1 << 18;
/** Where so few wait, a node that goes is entered sooner than marked: small tables need no marks. */
const FEW_WAITING = 1 << 10;
const FIRST_BITS = 2;
const MAX_BITS = 25;
/** A table of 2^b buckets addresses nodes below 2^(b + 7): 128 slots for each bucket, of about 53 at the fullest. */
const REF_BITS_OVER = 7;
const MAX_REF_BITS = 31;
/** Nodes that are passed for each bucket that moves, where keys have to be read for it. */
const NODES_PER_REHASH = 4;

/** Words of a key that are kept once it has been hashed, to compare stored keys with. */
const KEPT_WORDS = 32;

/** Where there was no memory for a larger table, it is asked for again after so many tries. */
const PAUSE = 1024;

const batchHashes = new Int32Array(BATCH);
const batchNodes = new Int32Array(BATCH);

/** A table of buckets. */
interface Buckets {
  readonly words: Int32Array;
  /** Their number is 2^bits. */
  readonly bits: number;
  readonly refBits: number;
  /** Entries of overflowed buckets, by bucket. */
  readonly stash: Map<number, NodeIndex[]>;
}

/**
 * Finds the node of a key in about three touches of memory: bucket, node, record.
 *
 * A word is a node index in its low `refBits` bits and, above them, a tag: those bits of the key's hash that follow
 * the `bits` that name the bucket. A table of twice the buckets takes one more bit for the bucket and one less for
 * the tag, and so on, so that it can be made from the words alone, without reading any key. Where far more nodes wait
 * than it has room for, it grows to their size at once. Only if the nodes of a small table are far up, behind many that
 * are gone, its tags lack bits for a larger one: then keys are read again.
 *
 * A few buckets move at a time, so that nobody waits for them, and it grows again when all have moved. Mostly they have
 * by then, as some 9 nodes come for each bucket of the old table; otherwise the next searches move them, and until then
 * buckets get fuller, or where nodes are too far up for the table, they wait.
 *
 * New nodes are not entered before somebody looks for keys, some with each search, or before very many wait that were
 * put in no order: a table that is only written to, or only loaded in order, takes no time or memory for it, and in
 * batches the misses of the cache overlap. Until all are in, an ordered search must tell what is not there: as it does
 * where there is no memory for a larger table.
 *
 * Chosen keys can't degrade it: the hash is keyed, a bucket or, while buckets move, two are all that is ever probed,
 * and what does not fit in its bucket is left to the ordered search.
 *
 * Invariants:
 * 1. Every entry whose node is below `#next` is in its bucket, or the bucket's last word is OVERFLOWED. Only
 *    such buckets have entries in the stash.
 * 2. A bucket's words stand from its beginning without a gap, but for OVERFLOWED.
 * 3. While buckets move, those of the old table below `#moved` are in the new one, and nothing of them in the old. New
 *    entries are in the new table only: the bucket of an entry is that of the new table, or one of the old from
 *    `#moved` on.
 * 4. Nodes from `#next` on wait for being entered, but for those marked in `#gone`: of the node n, bit
 *    (n - `#goneFrom`) / 4. No other bits are set.
 */
export class HashIndex {
  readonly #storage: Storage;
  readonly #seed: number;
  readonly #firstFactor: number;
  readonly #secondFactor: number;
  readonly #memory: Memory;
  #table: Buckets;
  #old: Buckets | undefined;
  #moved = 0;
  /** Whether words of the new table can be made from those of the old one alone. */
  #derivable = true;
  /** Entries in the stashes of both. */
  #stashed = 0;
  #stashIsWhole = true;
  /** Entries in buckets, stash, or left out. */
  #count = 0;
  #next = FIRST_NODE;
  #pause = 0;
  /** Marks nodes that were removed while they waited: a bit for every 4 slots from `#goneFrom` on, 1/128 of theirs. */
  #gone: Int32Array = new Int32Array(0);
  #goneFrom = FIRST_NODE;
  #goneCount = 0;
  /** Removed nodes could not be marked: those that wait can't be entered any more. */
  #abandoned = false;
  /** Of the key that was looked for last. */
  hashSought = 0;
  /** Where in kv it stands, or NOT_IN_KV. */
  #inKv = NOT_IN_KV;
  /** The first words of the key that was hashed last: to put them together takes longer than all else does. */
  readonly #keyWords = new Int32Array(KEPT_WORDS);
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
    this.#table = makeBuckets(memory, FIRST_BITS, FIRST_BITS + REF_BITS_OVER);
  }

  /** Empties it and keeps the table. */
  reset(): void {
    this.#old = undefined;
    this.#table.words.fill(0);
    this.#forgetStash();
    this.#count = 0;
    this.#pause = 0;
    this.#next = FIRST_NODE;
    this.#gone.fill(0);
    this.#goneCount = 0;
    this.#abandoned = false;
  }

  /** Bytes it takes. */
  get bytes(): number {
    return this.#table.words.byteLength + (this.#old?.words.byteLength ?? 0) + this.#gone.byteLength;
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
    const kept = this.#keyWords;
    for (; i + 8 <= length; i += 8) {
      const low = wordAt(key, i);
      const high = wordAt(key, i + 4);
      h = stir(stir(h ^ low, first, second) ^ high, first, second);
      if (i < 4 * KEPT_WORDS) {
        kept[i >> 2] = low;
        kept[(i >> 2) + 1] = high;
      }
    }
    if (i + 4 <= length) {
      h = stir(h ^ wordAt(key, i), first, second);
      i += 4;
    }
    if (i < length) {
      let word = 0;
      for (let shift = 0; i < length; i++, shift += 8) word |= key[i] << shift;
      h = stir(h ^ word, first, second);
    }
    return mix(h ^ length);
  }

  /** The hash of a node's key: the same. */
  hashOf(node: NodeIndex): number {
    const nodes = this.#storage.nodes.array;
    return this.#hashAt(nodes[node + OFFSET], nodes[node + KEY_LENGTH]);
  }

  /** The hash of a key in kv, where whole words can be read. */
  #hashAt(start: number, length: number): number {
    const kv = this.#storage.kv.view;
    const first = this.#firstFactor;
    const second = this.#secondFactor;
    let i = start;
    const end = start + length;
    let h = this.#seed;
    for (; i + 8 <= end; i += 8) {
      h = stir(h ^ kv.getInt32(i, true), first, second);
      h = stir(h ^ kv.getInt32(i + 4, true), first, second);
    }
    if (i + 4 <= end) {
      h = stir(h ^ kv.getInt32(i, true), first, second);
      i += 4;
    }
    if (i < end) {
      let word = 0;
      for (let shift = 0; i < end; i++, shift += 8) word |= kv.getUint8(i) << shift;
      h = stir(h ^ word, first, second);
    }
    return mix(h ^ length);
  }

  /** Reads what `find` of this hash will read first, so that it is in cache by then. */
  touch(hash: number): number {
    const { words, bits } = this.#isOld(hash) ? this.#old! : this.#table;
    return words[(hash >>> (32 - bits)) << BUCKET_SHIFT];
  }

  /**
   * The node of a key; NONE; or UNKNOWN, where an ordered search must tell.
   * @param inKv where the key stands, if that is in kv
   */
  find(key: Uint8Array, length: number, inKv = NOT_IN_KV): NodeIndex | typeof UNKNOWN {
    this.#inKv = inKv;
    this.hashSought = inKv >= 0 ? this.#hashAt(inKv, length) : this.hash(key, length);
    return this.#find(this.hashSought, key, length);
  }

  /** `find` for the key that was hashed last, or without one, for any that the hash allows. */
  #find(hash: number, key: Uint8Array | undefined, length: number): NodeIndex | typeof UNKNOWN {
    // The old table first: while it only doubles, it has most of them.
    let found: NodeIndex | typeof UNKNOWN = this.#isOld(hash)
      ? this.#probe(this.#old!, hash, key, length)
      : NONE;
    if (found <= NONE) {
      const newer = this.#probe(this.#table, hash, key, length);
      if (newer !== NONE) found = newer;
    }
    return found === NONE && this.isBehind ? UNKNOWN : found;
  }

  /** A node whose key may have this hash; NONE if there is none; and OVERFLOWED where only an ordered search can tell. */
  guess(hash: number): number {
    const node = this.#find(hash, undefined, 0);
    return node === UNKNOWN ? OVERFLOWED : node;
  }

  /** What `find` says, given what `guess` said. */
  confirm(guessed: number, key: Uint8Array, length: number): NodeIndex | typeof UNKNOWN {
    const isRight = guessed === NONE || this.#holds(guessed as NodeIndex, key, length);
    return isRight ? (guessed as NodeIndex) : this.find(key, length);
  }

  /** What `find` says by one table alone. */
  #probe(
    { words, bits, refBits }: Buckets,
    hash: number,
    key: Uint8Array | undefined,
    length: number,
  ): NodeIndex | typeof UNKNOWN {
    const tag = (hash << bits) >>> refBits;
    const begin = (hash >>> (32 - bits)) << BUCKET_SHIFT;
    const end = begin + BUCKET;
    for (let i = begin; i < end; i++) {
      const word = words[i];
      if (word === 0) break;
      if (word >>> refBits === tag) {
        const node = (word & ((1 << refBits) - 1)) as NodeIndex;
        if (key === undefined || this.#holdsHashed(node, key, length)) return node;
      }
    }
    return words[end - 1] === OVERFLOWED ? UNKNOWN : NONE;
  }

  /** Whether a node has the key that was hashed last. */
  #holdsHashed(node: NodeIndex, key: Uint8Array, length: number): boolean {
    const nodes = this.#storage.nodes.array;
    if (node === OVERFLOWED || nodes[node + KEY_LENGTH] !== length) return false;
    const kept = this.#keyWords;
    const kv = this.#storage.kv.view;
    const start = nodes[node + OFFSET];
    if (this.#inKv >= 0) return sharedInKv(kv, start, this.#inKv, 0, length) === length;
    const end = length < 4 * KEPT_WORDS ? length & -8 : 4 * KEPT_WORDS;
    for (let i = 0; i < end; i += 8) {
      if (kv.getInt32(start + i, true) !== kept[i >> 2]) return false;
      if (kv.getInt32(start + i + 4, true) !== kept[(i >> 2) + 1]) return false;
    }
    return end === length || sharedLength(kv, start, key, 0, end, length) === length;
  }

  #holds(node: NodeIndex, key: Uint8Array, length: number): boolean {
    const nodes = this.#storage.nodes.array;
    if (node === OVERFLOWED || nodes[node + KEY_LENGTH] !== length) return false;
    return sharedLength(this.#storage.kv.view, nodes[node + OFFSET], key, 0, 0, length) === length;
  }

  /** Whether nodes wait for being entered. */
  get isBehind(): boolean {
    return this.#next !== this.#storage.nodes.length;
  }

  /** Enters nodes, before a search. */
  catchUp(): void {
    for (let i = 0; i < BATCHES_PER_SEARCH && this.isBehind && this.#makeRoom(); i++) this.#enterBatch();
  }

  /** Enters nodes where too many wait; tells whether it did. */
  relieve(): boolean {
    if (this.#storage.nodes.length - this.#next <= MAX_WAITING || !this.#makeRoom()) return false;
    this.#enterBatch();
    return true;
  }

  /** Enters all nodes, if there is memory for it. */
  settle(): void {
    while (this.isBehind) {
      const moved = this.#moved;
      if (this.#makeRoom()) {
        this.#enterBatch();
      } else if (this.#moved === moved) {
        return;
      }
    }
  }

  /**
   * Makes room for a batch. Where more wait than twice the buckets would take, all get their room at once, unless
   * buckets still move.
   * @returns whether there is room
   */
  #makeRoom(): boolean {
    if (this.#abandoned) return false;
    const end = this.#storage.nodes.length;
    const total = this.#count + (end - this.#next) / MEAN_NODE_SLOTS - this.#goneCount;
    const growAt = GROW_AT << this.#table.bits;
    const leastRefBits = 32 - Math.clz32(end - 1);
    const beyond = leastRefBits > this.#table.refBits;
    let { bits } = this.#table;
    if (this.#count + BATCH > growAt) bits++;
    if (total > 2 * growAt && (beyond || this.#old === undefined)) while (GROW_AT << bits < total) bits++;
    bits = Math.min(bits, MAX_BITS);
    if (bits === this.#table.bits && !beyond) return true;
    const refBits = Math.min(Math.max(leastRefBits, bits + REF_BITS_OVER), MAX_REF_BITS);
    // Without memory for more buckets, those there are overflow.
    return this.#rebuild(bits, refBits) || !beyond;
  }

  #enterBatch(): void {
    const { array: nodes, length } = this.#storage.nodes;
    const { words, bits } = this.#table;
    let node = this.#next;
    let count = 0;
    let touched = 0;
    for (let passed = 0; passed < BATCH && node < length; passed++) {
      if (this.#old !== undefined && (this.#derivable || passed % NODES_PER_REHASH === 0)) this.#moveBucket();
      if (this.#goneCount === 0 || !this.#unmark(node)) {
        batchHashes[count] = this.hashOf(node);
        batchNodes[count] = node;
        touched ^= words[(batchHashes[count] >>> (32 - bits)) << BUCKET_SHIFT];
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
    if (this.#isOld(hash) && this.#removeFrom(this.#old!, hash, node)) return;
    this.#removeFrom(this.#table, hash, node);
  }

  /** @returns whether the node was there */
  #removeFrom({ words, bits, refBits, stash }: Buckets, hash: number, node: NodeIndex): boolean {
    const bucket = hash >>> (32 - bits);
    const refMask = (1 << refBits) - 1;
    const begin = bucket << BUCKET_SHIFT;
    if (words[begin + BUCKET - 1] === OVERFLOWED && this.#unstash(stash, bucket, node)) return true;
    let end = begin;
    while (end < begin + BUCKET && words[end] !== 0 && words[end] !== OVERFLOWED) end++;
    for (let i = begin; i < end; i++) {
      if ((words[i] & refMask) === node) {
        words[i] = words[end - 1];
        words[end - 1] = 0;
        return true;
      }
    }
    return false;
  }

  /** Marks a node that waits as gone. */
  #mark(node: NodeIndex): void {
    if (this.#abandoned) return;
    if (this.#goneCount === 0) this.#goneFrom = this.#next;
    const bit = (node - this.#goneFrom) >> 2;
    if (bit >> 5 >= this.#gone.length) {
      const needed = ((this.#storage.nodes.length - this.#goneFrom) >> 7) + 1;
      try {
        const larger = allocateWords(this.#memory, 2 * needed);
        larger.set(this.#gone);
        this.#gone = larger;
      } catch {
        this.#abandoned = true;
        return;
      }
    }
    this.#gone[bit >> 5] |= 1 << (bit & 31);
    this.#goneCount++;
  }

  /** Takes the mark off a node. @returns whether it had one */
  #unmark(node: NodeIndex): boolean {
    const bit = (node - this.#goneFrom) >> 2;
    if (bit >> 5 >= this.#gone.length || (this.#gone[bit >> 5] & (1 << (bit & 31))) === 0) return false;
    this.#gone[bit >> 5] &= ~(1 << (bit & 31));
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
      expect(this.hash(key, key.length) === this.hashOf(node), `node ${node} has two hashes`);
      const found = this.find(key, key.length);
      expect(found === node || found === UNKNOWN, `the hash index has ${found} for node ${node}`);
    }
    let held = this.#stashed;
    const take = ({ words, stash }: Buckets, from: number) => {
      for (let i = from << BUCKET_SHIFT; i < words.length; i++) {
        if (words[i] !== 0 && words[i] !== OVERFLOWED) held++;
      }
      for (const bucket of stash.keys()) {
        const last = words[(bucket << BUCKET_SHIFT) + BUCKET - 1];
        expect(bucket < from || last === OVERFLOWED, `bucket ${bucket} has a stash and has not overflowed`);
      }
    };
    take(this.#table, 0);
    if (this.#old !== undefined) take(this.#old, this.#moved);
    expect(held === nodes.length || !this.#stashIsWhole, `the hash index holds ${held} of ${nodes.length}`);
  }

  /** Puts a node in its bucket. Of the hash, as many bits must be right as bucket and tag take. */
  #place(hash: number, node: NodeIndex): void {
    const { words, bits, refBits } = this.#table;
    const bucket = hash >>> (32 - bits);
    const last = (bucket << BUCKET_SHIFT) + BUCKET - 1;
    let i = bucket << BUCKET_SHIFT;
    while (i < last && words[i] !== 0) i++;
    if (words[i] === 0) {
      words[i] = (((hash << bits) >>> refBits) << refBits) | node;
    } else {
      this.#overflow(bucket);
      this.#stashAway(bucket, node);
    }
  }

  /** Marks a bucket as overflowed. */
  #overflow(bucket: number): void {
    const { words, refBits } = this.#table;
    const last = (bucket << BUCKET_SHIFT) + BUCKET - 1;
    const word = words[last];
    if (word === OVERFLOWED) return;
    words[last] = OVERFLOWED;
    if (word !== 0) this.#stashAway(bucket, (word & ((1 << refBits) - 1)) as NodeIndex);
  }

  #stashAway(bucket: number, node: NodeIndex): void {
    if (this.#stashed === MAX_STASH) {
      this.#stashIsWhole = false;
      return;
    }
    const { stash } = this.#table;
    const nodes = stash.get(bucket);
    if (nodes === undefined) {
      stash.set(bucket, [node]);
    } else {
      nodes.push(node);
    }
    this.#stashed++;
  }

  /** Takes a node out of a stash. @returns whether it was there */
  #unstash(stash: Map<number, NodeIndex[]>, bucket: number, node: NodeIndex): boolean {
    const nodes = stash.get(bucket);
    const i = nodes === undefined ? -1 : nodes.indexOf(node);
    if (i < 0) return false;
    nodes!.splice(i, 1);
    if (nodes!.length === 0) stash.delete(bucket);
    this.#stashed--;
    return true;
  }

  /** Whether there are entries in the old table. */
  get #isMoving(): boolean {
    return this.#old !== undefined && this.#count > 0;
  }

  /** Whether entries of this hash may still be in the old table. */
  #isOld(hash: number): boolean {
    return this.#old !== undefined && hash >>> (32 - this.#old.bits) >= this.#moved;
  }

  /**
   * Begins a table of other dimensions; the buckets move with the nodes that are entered later.
   * @returns whether it could: not while many buckets of the one before still have to move, or without memory for it
   */
  #rebuild(bits: number, refBits: number): boolean {
    if (this.#pause > 0) {
      this.#pause--;
      return false;
    }
    for (let i = 0; i < BATCH && this.#isMoving; i++) this.#moveBucket();
    if (this.#isMoving) return false;
    let table: Buckets;
    try {
      table = makeBuckets(this.#memory, bits, refBits);
    } catch {
      this.#pause = PAUSE;
      return false;
    }
    if (this.#count > 0) {
      this.#old = this.#table;
      this.#moved = 0;
      // Bits that no longer name a node are left for the bucket.
      this.#derivable = bits - this.#old.bits <= refBits - this.#old.refBits;
    } else {
      this.#old = undefined;
      this.#forgetStash();
    }
    this.#table = table;
    return true;
  }

  #forgetStash(): void {
    this.#table.stash.clear();
    this.#stashed = 0;
    this.#stashIsWhole = true;
  }

  #moveBucket(): void {
    const { words, bits, refBits, stash } = this.#old!;
    const bucket = this.#moved++;
    const begin = bucket << BUCKET_SHIFT;
    const last = begin + BUCKET - 1;
    for (let i = begin; i <= last && words[i] !== 0 && words[i] !== OVERFLOWED; i++) {
      const node = (words[i] & ((1 << refBits) - 1)) as NodeIndex;
      // Bucket and tag are the upper bits of the hash.
      const known = (bucket << (32 - bits)) | ((words[i] >>> refBits) << (refBits - bits));
      this.#place(this.#derivable ? known : this.hashOf(node), node);
    }
    if (words[last] === OVERFLOWED) this.#moveOverflowed(bucket, stash.get(bucket) ?? []);
    if (this.#moved === 1 << bits) this.#old = undefined;
  }

  /** Moves what an old bucket has in its stash. What was left out may belong to any of those that it becomes. */
  #moveOverflowed(bucket: number, nodes: readonly NodeIndex[]): void {
    this.#stashed -= nodes.length;
    for (const node of nodes) this.#place(this.hashOf(node), node);
    if (this.#stashIsWhole) return;
    const grown = this.#table.bits - this.#old!.bits;
    for (let part = bucket << grown; part < (bucket + 1) << grown; part++) this.#overflow(part);
  }
}

function makeBuckets(memory: Memory, bits: number, refBits: number): Buckets {
  return { words: allocateWords(memory, BUCKET << bits), bits, refBits, stash: new Map() };
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

import { Buffer } from 'node:buffer';
import {
  checkHashes,
  HashedKey,
  HashIndex,
  KeyHash,
  localMemory,
  makeHeader,
  type Memory,
  MIN_NODE_SLOTS,
  type NodeIndex,
  NONE,
  sharedInKv,
  sharedLength,
  Storage,
  UNKNOWN,
  byteOrder,
} from '../../../lib/internals.js';
import { show } from '../../support/bytes.js';
import { FaultyMemory } from '../../support/faults.js';
import { must } from '../../support/must.js';
import { Prng, mix } from '../../support/prng.js';
import { addKey } from '../../support/storage.js';

/*
 * The hash index alone: nodes that wait, are entered, and are deleted before or after that; buckets that overflow, and the
 * list of what found no room in them; buckets that move to a larger table; and memory that fails. Whatever it is asked, it
 * may leave the answer to an ordered search, but never be wrong.
 */

const SEED = 0x5eed;
/** What `leafOf` has for a node that was deleted, and for one that is in the table: any leaf. */
const GONE = 0;
const THERE = 1;
/** Entries that found no room in their bucket and are kept in the list, at most. */
const MAX_SPILLED = 4096;

const latin1 = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

function word(n: number): Uint8Array {
  const bytes = new Uint8Array(4);
  bytes[0] = n >>> 24;
  bytes[1] = n >>> 16;
  bytes[2] = n >>> 8;
  bytes[3] = n;
  return bytes;
}

const keyHash = new KeyHash(SEED);
const hashed = new HashedKey();

function hashOf(key: Uint8Array): number {
  keyHash.hash(key, key.length, hashed);
  return hashed.hash;
}

/** A hash index alone, over keys in a storage of their own, and what of them it must hold. */
class Flood {
  readonly storage = new Storage(1 << 20, localMemory);
  readonly index: HashIndex;
  readonly nodes = new Map<string, NodeIndex>();
  leafOf = new Int32Array(1 << 10);
  /** Entries that were compared with a key. */
  candidates = 0;
  #removals = 0;

  constructor(memory: Memory = localMemory) {
    const { storage } = this;
    const count = () => this.candidates++;
    const counting = {
      nodes: storage.nodes,
      get kv() {
        count();
        return storage.kv;
      },
      keyOf: (node: NodeIndex) => storage.keyOf(node),
    };
    this.index = new HashIndex(counting as unknown as Storage, byteOrder, memory, SEED);
  }

  add(key: Uint8Array): NodeIndex {
    const node = addKey(this.storage, key);
    this.nodes.set(latin1(key), node);
    const leaf = (node / MIN_NODE_SLOTS) | 0;
    if (leaf >= this.leafOf.length) {
      const { leafOf } = this;
      this.leafOf = new Int32Array(4 * leaf);
      this.leafOf.set(leafOf);
    }
    this.leafOf[leaf] = THERE;
    return node;
  }

  has(key: Uint8Array): boolean {
    return this.nodes.has(latin1(key));
  }

  remove(key: Uint8Array): void {
    const node = this.nodes.get(latin1(key))!;
    // Sometimes the hash is known, and sometimes not.
    this.index.remove(node, this.#removals++ % 2 === 0 ? hashOf(key) : undefined);
    this.leafOf[(node / MIN_NODE_SLOTS) | 0] = GONE;
    this.nodes.delete(latin1(key));
  }

  /** As `TableIndex` does. @returns whether there was memory */
  catchUp(): boolean {
    return this.index.catchUp(this.leafOf);
  }

  /** Enters all that waits. */
  settle(): void {
    must(this.index.catchUp(this.leafOf, Infinity), () => 'there was no memory');
    must(!this.index.isBehind, () => 'some still wait');
  }

  /** @returns whether the hash index knew */
  look(key: Uint8Array): boolean {
    hashOf(key);
    this.candidates = 0;
    const found = this.index.find(key, hashed);
    const node = this.nodes.get(latin1(key)) ?? NONE;
    if (found !== node && found !== UNKNOWN) {
      throw new Error(`${show(key)} is at ${found}, not at ${node}`);
    }
    return found !== UNKNOWN;
  }

  /** @returns how many of these it did not know */
  unknown(keys: readonly Uint8Array[]): number {
    let count = 0;
    for (const key of keys) if (!this.look(key)) count++;
    return count;
  }

  reset(): void {
    this.storage.reset();
    this.index.reset();
    this.nodes.clear();
  }

  /** Nodes that the list of what found no room has space for; it takes none before there is one. */
  get listSize(): number {
    return this.index.arrays[2].length;
  }

  check(): void {
    checkHashes(this.index, this.storage, [...this.nodes.values()]);
  }
}

/** Most fall into 8 buckets of 256. */
function crowded(count: number): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let n = 0; keys.length < count; n++) {
    const key = word(n);
    if ((hashOf(key) >>> 24) % 32 === 5 || n % 160 === 0) keys.push(key);
  }
  return keys;
}

/** Keys of which no two hashes part in their first 8 bits, and hardly any are the same in the first 16. */
function ofOneBucket(count: number): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let n = 0x20000000; keys.length < count; n++) {
    const key = word(n);
    if (hashOf(key) >>> 24 === 0x5a) keys.push(key);
  }
  return keys;
}

const other = (n: number) => word(0x40000000 + n);

it.each([0, 1, SEED, -1])(
  'a key and a stored key of the same bytes have the same hash, at lengths of every kind: seed %d',
  (seed) => {
    const storage = new Storage(1 << 10, localMemory);
    const index = new HashIndex(storage, byteOrder, localMemory, seed);
    const prng = new Prng(1);
    const longerHashed = new HashedKey();
    const lengths = [
      ...Array(71).keys(),
      ...[512, 520, 1000],
      ...Array.from({ length: 40 }, (_, i) => 1520 + i),
      5001,
    ];
    for (const length of lengths) {
      for (const byte of [0, 0x7f, 0x80, 0xff, undefined]) {
        const key = new Uint8Array(length).map(() => byte ?? prng.below(256));
        const node = addKey(storage, key);
        index.keys.hash(key, length, hashed);
        must(index.hashOf(node) === hashed.hash, () => `of ${show(key)}`);
        // Of a key that is only the beginning of its array, too.
        const longer = new Uint8Array(length + 5).fill(0xa5);
        longer.set(key);
        index.keys.hash(longer, length, longerHashed);
        must(index.hashOf(node) === longerHashed.hash, () => `of the beginning of ${show(key)}`);
        const start = storage.kv.length - length;
        must(
          index.keys.hashInKv(storage.kv.view, start, length) === hashed.hash,
          () => `in kv, of ${show(key)}`,
        );
      }
    }
  },
);

it('finds a key that stands in kv, and none that parts from it in any byte, at lengths of every kind', () => {
  const flood = new Flood();
  const { storage, index } = flood;
  const prng = new Prng(3);
  for (const length of [
    1, 3, 4, 7, 8, 9, 15, 16, 17, 64, 120, 127, 128, 129, 135, 136, 137, 160, 300, 530, 1600,
  ]) {
    const key = new Uint8Array(length).map(() => prng.below(256));
    const node = flood.add(key);
    flood.settle();
    // A second time, where a key that is put stands before it is found to be there.
    storage.kv.reserve(2 * length);
    const start = storage.kv.length;
    storage.kv.array.set(key, start);
    hashOf(key);
    must(index.find(key, hashed) === node, () => `${show(key)} is not found`);
    const { hash } = hashed;
    const find = (from: number) => {
      hashed.inKv = from;
      return index.find(storage.kv.array, hashed);
    };
    must(find(start) === node, () => `${show(key)} is not found in kv`);
    for (let i = 0; i < length; i++) {
      // With the same hash, which is as likely as not to be met.
      const odd = key.slice();
      odd[i] ^= 1 + prng.below(255);
      hashOf(odd);
      hashed.hash = hash;
      must(index.find(odd, hashed) === NONE, () => `${show(odd)} is taken for ${show(key)}`);
      storage.kv.array.set(odd, start);
      must(find(start) === NONE, () => `${show(odd)} in kv is taken for ${show(key)}`);
    }
  }
});

it('sharedLength and sharedInKv tell where bytes differ first, as a loop over them does', () => {
  const prng = new Prng(2);
  for (let length = 0; length <= 20; length++) {
    for (let start = 0; start < 4; start++) {
      for (let from = 0; from <= length; from++) {
        for (let differs = from; differs <= length; differs++) {
          const kv = new Uint8Array(40).map(() => prng.below(256));
          const key = kv.slice(start, start + length + 3);
          // Behind the first difference all is chance; behind the end, too.
          for (let i = differs; i < key.length; i++) if (prng.below(2) === 0) key[i] = prng.below(256);
          if (differs < length) key[differs] = kv[start + differs] ^ prng.pick([1, 0x80, 0xff]);
          const view = new DataView(kv.buffer);
          const shared = [0, 1, 5].map((at) => {
            const longer = Uint8Array.of(...kv.subarray(0, at), ...key);
            return sharedLength(view, start, longer, at, from, length);
          });
          // The same, where the key stands in kv as well.
          const both = new DataView(Uint8Array.of(...kv, ...key).buffer);
          shared.push(sharedInKv(both, start, kv.length, from, length));
          must(
            shared.every((each) => each === differs),
            () => `${shared.join()} of ${length} bytes from ${from} on, not ${differs}`,
          );
        }
      }
    }
  }
});

describe('nodes that are deleted while they wait', () => {
  it.each([1, 2, 3])('are never entered; put again with the same key, they are (%d)', (seed) => {
    const prng = new Prng(seed);
    const flood = new Flood();
    const keys = Array.from({ length: 3000 }, (_, n) => word(mix(n)));
    for (const key of keys) flood.add(key);
    for (let round = 0; round < 12; round++) {
      // One here and there, and a run: of what waits, of what is in, and across.
      for (let i = 0; i < 100; i++) {
        const key = prng.pick(keys);
        if (flood.has(key)) flood.remove(key);
      }
      const from = prng.below(keys.length);
      for (const key of keys.slice(from, from + 300)) if (flood.has(key)) flood.remove(key);
      flood.check();
      for (const key of keys.slice(from + 100, from + 200)) flood.add(key);
      for (const key of keys.slice(from + 150, from + 170)) flood.remove(key);
      for (const key of keys.slice(from + 150, from + 160)) flood.add(key);
      for (let i = prng.below(8); i >= 0; i--) {
        flood.catchUp();
        for (let k = 0; k < 20; k++) flood.look(prng.pick(keys));
      }
      for (const key of keys) flood.look(key);
    }
    flood.settle();
    flood.check();
    expect(flood.unknown(keys)).toBeLessThan(0.04 * keys.length);
  });

  it('need no room: where all are, nothing is hashed', () => {
    const flood = new Flood();
    for (let n = 0; n < 3000; n++) flood.add(word(n));
    for (let n = 0; n < 3000; n++) flood.remove(word(n));
    const hashes = jest.spyOn(HashIndex.prototype, 'hashOf');
    flood.settle();
    expect(hashes).not.toHaveBeenCalled();
    hashes.mockRestore();
    flood.check();
    expect(flood.unknown(Array.from({ length: 3000 }, (_, n) => word(n)))).toBe(0);
  });

  it('are passed in batches of 32, two at a time, gone or not', () => {
    const flood = new Flood();
    const hashes = jest.spyOn(HashIndex.prototype, 'hashOf');
    for (let n = 0; n < 640; n++) flood.add(word(n));
    for (let n = 0; n < 640; n += 4) flood.remove(word(n));
    for (let call = 0; call < 10; call++) {
      must(flood.index.isBehind, () => `none waits after ${call} calls`);
      hashes.mockClear();
      flood.catchUp();
      // More only where buckets overflow, of which there are few.
      must(hashes.mock.calls.length >= 48, () => `${hashes.mock.calls.length} nodes were hashed`);
      must(hashes.mock.calls.length < 64, () => `${hashes.mock.calls.length} nodes were hashed`);
    }
    hashes.mockRestore();
    expect(flood.index.isBehind).toBe(false);
    flood.check();
  });
});

describe('buckets that overflow', () => {
  it.each([
    ['all are in the list', 4000],
    ['some are left out', 9000],
  ])('while it grows and entries are removed: %s', (_, count) => {
    const flood = new Flood();
    const keys = crowded(count);
    const prng = new Prng(6);
    let last = 0;
    for (let i = 0; i < keys.length; i++) {
      flood.add(keys[i]);
      if (prng.below(3) === 0) flood.catchUp();
      if (prng.below(4) === 0) {
        const key = keys[prng.below(i + 1)];
        if (flood.has(key)) flood.remove(key);
      }
      flood.look(keys[prng.below(keys.length)]);
      if (i - last < 400) continue;
      last = i;
      for (const key of keys) flood.look(key);
      flood.check();
    }
    flood.check();
    // Others come, all over: the buckets that were crowded part, and are known again.
    for (let n = 0; n < 30_000; n++) {
      flood.add(other(n));
      if (n % 40 === 0) {
        flood.settle();
        const key = keys[prng.below(keys.length)];
        if (flood.has(key)) flood.remove(key);
        flood.look(keys[prng.below(keys.length)]);
      }
      if (n % 5000 === 0) flood.check();
    }
    flood.check();
    for (const key of keys) flood.look(key);
    for (const key of keys) if (flood.has(key)) flood.remove(key);
    flood.check();
    for (const key of keys) flood.look(key);
  });

  it('remember nothing after a reset', () => {
    const flood = new Flood();
    const keys = crowded(2500);
    for (let round = 0; round < 3; round++) {
      for (const key of keys.slice(0, 2500 - round * 900)) flood.add(key);
      if (round < 2) flood.settle();
      // Some move still, and some wait.
      for (const key of keys.slice(0, 300)) flood.remove(key);
      flood.check();
      flood.reset();
      for (const key of keys) must(flood.look(key), () => `${show(key)} is not known to be gone`);
    }
    for (const key of keys) flood.add(key);
    flood.check();
    for (let n = 0; n < 12_000; n++) flood.add(other(n));
    flood.check();
    for (const key of keys) flood.remove(key);
    for (const key of keys) flood.look(key);
  });

  /** All of one bucket of the table that `enough` others make, of 256 buckets or less. */
  function spilling(count: number): { flood: Flood; keys: Uint8Array[] } {
    const flood = new Flood();
    const keys = ofOneBucket(count);
    for (const key of keys) flood.add(key);
    while (flood.index.isBehind) {
      // Batch by batch it only doubles; in one call it would have the size of all.
      flood.catchUp();
    }
    return { flood, keys };
  }

  /** Entered one by one, so that it grows no further than it must; the last of them leave it with 256 buckets. */
  function crammed(count: number): { flood: Flood; keys: Uint8Array[] } {
    const flood = new Flood();
    const keys = ofOneBucket(count);
    for (const key of keys) {
      flood.add(key);
      flood.catchUp();
    }
    return { flood, keys };
  }

  it('are known again where it has grown: the list finds room then', () => {
    const { flood, keys } = crammed(2000);
    flood.check();
    expect(flood.unknown(keys)).toBeGreaterThan(1900);
    expect(flood.listSize).toBeGreaterThanOrEqual(2000 - 15);
    const more = Array.from({ length: 150_000 }, (_, n) => other(n));
    let i = 0;
    for (const key of more) {
      flood.add(key);
      if (++i % 64 === 0) flood.catchUp();
      if (i % 30_000 === 0) for (const key of keys) flood.look(key);
    }
    flood.settle();
    flood.check();
    // No bucket has many any more; and what was in the list must be found, not only left open.
    expect(flood.unknown(keys)).toBeLessThan(100);
    expect(flood.unknown(more)).toBeLessThan(0.06 * more.length);
    for (const key of keys) flood.remove(key);
    flood.check();
    for (const key of keys) flood.look(key);
  });

  /** Of one bucket, and others until the table has grown: what is in the list has not been tried there. */
  function justGrown(): { flood: Flood; keys: Uint8Array[] } {
    const { flood, keys } = crammed(1500);
    const size = flood.index.census.words.length;
    for (let n = 0; flood.index.census.words.length === size; n++) {
      flood.add(other(n));
      flood.catchUp();
    }
    expect(flood.index.census.spilled).toBeGreaterThan(1400);
    return { flood, keys };
  }

  it('are of no more concern once it was reset', () => {
    const { flood, keys } = justGrown();
    flood.reset();
    for (const key of keys) {
      flood.add(key);
      flood.catchUp();
    }
    for (const key of keys) {
      flood.remove(key);
      flood.look(key);
    }
    flood.check();
    expect(flood.index.census.spilled).toBe(0);
  });

  it('are tried in the larger table by whoever takes over, too', () => {
    const { flood } = justGrown();
    const twin = new HashIndex(flood.storage, byteOrder, localMemory, SEED);
    const header = makeHeader();
    flood.index.store(header);
    twin.load(
      header,
      flood.index.arrays.map((array) => array.slice()),
    );
    // All buckets move, and it does not grow again.
    for (let n = 0; n < 1900; n++) {
      flood.add(other(10_000 + n));
      must(twin.catchUp(flood.leafOf), () => 'there was no memory');
    }
    expect(twin.census.old).toBeUndefined();
    checkHashes(twin, flood.storage, [...flood.nodes.values()]);
  });

  it.each(['first to last', 'last to first', 'at random'])('forget what is removed, %s', (order) => {
    const { flood, keys } = crammed(1500);
    const prng = new Prng(1);
    const left = keys.slice();
    for (let n = 0; left.length > 0; n++) {
      const i =
        order === 'first to last' ? 0 : order === 'last to first' ? left.length - 1 : prng.below(left.length);
      const [key] = left.splice(i, 1);
      flood.remove(key);
      must(!flood.look(key) || n > 0, () => `${show(key)} is still there`);
      if (n % 100 === 0) {
        flood.check();
        for (const key of keys) flood.look(key);
      }
    }
    flood.check();
    // The place in the list is free again, more often than it has places.
    for (let round = 0; round < 4; round++) {
      for (const key of keys) {
        flood.add(key);
        flood.catchUp();
      }
      flood.check();
      expect(flood.listSize).toBeLessThanOrEqual(2048);
      for (const key of keys) flood.remove(key);
      flood.check();
    }
    // Nothing was left out: once it grows, it knows all that was ever in that bucket to be gone, and what comes to be there.
    for (const key of keys.slice(0, 100)) flood.add(key);
    for (let n = 0; n < 120_000; n++) flood.add(other(n));
    flood.settle();
    flood.check();
    expect(flood.unknown(keys)).toBeLessThan(0.2 * keys.length);
  });

  it('stay marked for good where more found no room than the list takes', () => {
    const { flood, keys } = crammed(MAX_SPILLED + 1500);
    flood.check();
    expect(flood.listSize).toBe(MAX_SPILLED);
    for (const key of keys) flood.look(key);
    // All that can be in the list go: those that are left were left out, and nothing of them stands anywhere.
    const prng = new Prng(4);
    for (const key of keys) if (prng.below(8) > 0) flood.remove(key);
    for (const key of keys) flood.look(key);
    flood.check();
    for (let n = 0; n < 100_000; n++) {
      flood.add(other(n));
      if (n % 50 > 0) continue;
      flood.catchUp();
      for (let i = 0; i < 20; i++) flood.look(prng.pick(keys));
    }
    flood.settle();
    for (const key of keys) flood.look(key);
    flood.check();
    // Others are known as ever.
    const more = Array.from({ length: 100_000 }, (_, n) => other(n));
    expect(flood.unknown(more)).toBeLessThan(0.08 * more.length);
  });

  it('know nothing of what was left out before a reset', () => {
    const { flood, keys } = crammed(MAX_SPILLED + 1500);
    flood.reset();
    expect(flood.unknown(keys)).toBe(0);
    for (const key of keys.slice(0, 200)) {
      flood.add(key);
      flood.catchUp();
    }
    // The bucket overflows again, and this time all are in the list.
    expect(flood.unknown(keys)).toBeGreaterThan(keys.length / 2);
    for (let n = 0; n < 160_000; n++) flood.add(other(n));
    flood.settle();
    flood.check();
    expect(flood.unknown(keys)).toBeLessThan(0.2 * keys.length);
  });

  it('are entered all at once as they are one by one', () => {
    const { flood, keys } = spilling(2500);
    flood.check();
    for (const key of keys) flood.look(key);
    for (const key of keys.slice(0, 1200)) flood.remove(key);
    flood.check();
    for (const key of keys) flood.look(key);
  });
});

describe('the hash index, behind far more than it has room for', () => {
  const key = (n: number) => word(mix(n));
  const absent = (n: number) => word(mix(0x40000000 + n));

  /** Slots of nodes that are gone again: a table that is small addresses nodes far up then, and has few bits for tags. */
  function bury(flood: Flood, count: number): void {
    for (let n = 0; n < count; n++) {
      flood.add(word(n));
      if (n % 20 === 0) flood.settle();
      flood.remove(word(n));
    }
  }

  /** A hash index up to date with `few` keys, entered one by one, that then waits with `many` more. */
  function outgrown(few: number, many: number, buried = 0): Flood {
    const flood = new Flood();
    bury(flood, buried);
    for (let n = 0; n < few; n++) {
      flood.add(key(n));
      flood.settle();
    }
    for (let n = 0; n < many; n++) flood.add(key(few + n));
    return flood;
  }

  /** Fails unless it decides by itself what is there, and by the hash alone what is not, but for a few keys. */
  function mustDecide(flood: Flood, keys: readonly Uint8Array[]): void {
    let unknown = flood.unknown(keys);
    let taken = 0;
    for (let n = 0; n < 5000; n++) {
      if (!flood.look(absent(n))) unknown++;
      if (flood.candidates > 0) taken++;
    }
    expect(unknown).toBeLessThan(0.04 * (keys.length + 5000));
    expect(taken).toBeLessThan(0.06 * 5000);
  }

  const sizes = [
    [1, 20_000, 0],
    [5, 100_000, 0],
    [3000, 20_000, 0],
    // Buckets still move, and are moved first.
    [4700, 18_000, 0],
    [4700, 60_000, 0],
    // The keys have to be read again.
    [5, 40_000, 60_000],
    [3000, 40_000, 60_000],
    [4700, 60_000, 30_000],
  ] as const;

  it.each(sizes)(
    'has a table of their size at once, of %d keys and %d more, behind %d',
    (few, many, buried) => {
      const flood = outgrown(few, many, buried);
      const prng = new Prng(few + many);
      const early = Array.from({ length: few }, (_, n) => key(n));
      const size = 64 * 2 ** Math.ceil(Math.log2((few + many) / 9));
      let unknown = 0;
      for (let step = 0; flood.index.isBehind; step++) {
        flood.catchUp();
        must(flood.index.arrays[0].byteLength === size, () => `it has another size after ${step + 1} steps`);
        // What is in it is found while it moves; only what is not can't be told.
        for (let i = 0; step < 5 && i < 200; i++) if (!flood.look(prng.pick(early))) unknown++;
        flood.look(key(prng.below(few + many)));
        flood.look(absent(prng.below(1000)));
      }
      expect(unknown).toBeLessThan(40);
      expect(flood.index.arrays[1].length).toBe(0);
      expect(flood.index.bytes).toBe(size + flood.index.arrays[2].byteLength);
      flood.check();
      mustDecide(
        flood,
        Array.from({ length: few + many }, (_, n) => key(n)),
      );
    },
  );

  it.each([
    ['not at all', 0],
    ['a few at a time, where nodes are far up', 80_000],
  ])('reads keys again %s', (_, buried) => {
    const hashes = jest.spyOn(HashIndex.prototype, 'hashOf');
    const times = () => {
      const count = hashes.mock.calls.length;
      hashes.mockClear();
      return count;
    };
    try {
      const flood = outgrown(0, 0, buried);
      times();
      for (let n = 0; n < 9000; n++) flood.add(key(n));
      flood.settle();
      // But for those of overflowed buckets.
      expect(times()).toBeLessThan(9300);
      for (let n = 9000; n < 70_000; n++) flood.add(key(n));
      let most = 0;
      let all = 0;
      while (flood.index.isBehind) {
        flood.catchUp();
        const count = times();
        most = Math.max(most, count);
        all += count;
      }
      expect(most).toBeLessThan(64 + (64 / 4) * 16);
      const again = buried > 0 ? 9000 : 0;
      expect(all).toBeGreaterThanOrEqual(61_000 + again);
      expect(all).toBeLessThan(62_000 + again);
    } finally {
      hashes.mockRestore();
    }
  });

  it('keeps its tags when it grows step by step behind many that were deleted', () => {
    const flood = outgrown(5, 0, 120_000);
    for (let n = 5; n < 40_000; n++) {
      flood.add(key(n));
      if (n % 40 > 0) continue;
      flood.settle();
      flood.look(key(n >>> 1));
    }
    flood.check();
    flood.settle();
    mustDecide(
      flood,
      Array.from({ length: 40_000 }, (_, n) => key(n)),
    );
  });

  it.each([1, 2, 3, 4])('knows all, put in bursts, removed and put again meanwhile (%d)', (seed) => {
    const prng = new Prng(seed);
    const flood = new Flood();
    if (seed % 2 === 0) bury(flood, seed * 10_000);
    let end = 0;
    const add = (n: number) => {
      if (!flood.has(key(n))) flood.add(key(n));
    };
    const some = () => prng.below(end + 10);
    while (end < 80_000) {
      const burst = prng.pick([10, 300, 2000, 10_000, 40_000]);
      for (let i = 0; i < burst; i++) add(end++);
      for (let i = prng.below(700); i > 0; i--) {
        const r = prng.below(8);
        if (r < 4) flood.catchUp();
        const n = r === 7 ? end - 1 - prng.below(Math.min(end, 300)) : some();
        if (r > 3 && flood.has(key(n))) flood.remove(key(n));
        if (r === 4) add(n);
        flood.look(key(n));
        for (let k = 0; k < 5; k++) flood.look(key(some()));
      }
    }
    const keys = Array.from({ length: end }, (_, n) => key(n));
    for (const key of keys) flood.look(key);
    flood.check();
    flood.settle();
    mustDecide(flood, keys);
  });

  it.each([
    ['all are in the list', 4000],
    ['some are left out', 9000],
  ])('knows what does not fit in its bucket: %s', (_, count) => {
    const flood = new Flood();
    const keys = crowded(count);
    for (const key of keys) flood.add(key);
    flood.check();
    for (let n = 0; n < 60_000; n++) flood.add(other(n));
    const prng = new Prng(count);
    while (flood.index.isBehind) {
      flood.catchUp();
      const key = prng.pick(keys);
      if (prng.below(3) === 0 && flood.has(key)) flood.remove(key);
      for (let i = 0; i < 10; i++) flood.look(prng.pick(keys));
    }
    for (const key of keys) flood.look(key);
    flood.check();
    expect(flood.unknown(Array.from({ length: 60_000 }, (_, n) => other(n)))).toBeLessThan(4800);
  });

  it('settles wholly though buckets of the table before still have to move', () => {
    const flood = outgrown(4700, 60_000);
    flood.settle();
    expect(flood.index.isBehind).toBe(false);
    flood.check();
  });
});

describe('where memory fails', () => {
  /** Growth, spilling, growth while buckets move, removals; never wrong, whatever fails. @returns whether it went on to the end */
  function live(memory: FaultyMemory): boolean {
    let flood: Flood;
    try {
      flood = new Flood(memory);
    } catch (error) {
      must((error as Error).cause === memory.fault, () => `it threw ${String(error)}`);
      return false;
    }
    const prng = new Prng(5);
    const keys = crowd;
    let end = 0;
    while (end < keys.length) {
      for (let i = prng.pick([5, 40, 700]); i > 0 && end < keys.length; i--) flood.add(keys[end++]);
      for (let i = prng.below(30); i > 0; i--) {
        // Without room for indexes it is given up.
        if (!flood.catchUp()) return false;
        const key = keys[prng.below(end)];
        if (prng.below(4) === 0 && flood.has(key)) flood.remove(key);
        flood.look(key);
        flood.look(keys[prng.below(keys.length)]);
      }
    }
    flood.check();
    for (const key of keys) flood.look(key);
    while (flood.index.isBehind) if (!flood.catchUp()) return false;
    flood.check();
    for (const key of keys) flood.look(key);
    return true;
  }

  const crowd = [...ofOneBucket(500), ...crowded(1500), ...Array.from({ length: 3000 }, (_, n) => other(n))];

  it('goes on at every allocation that fails, or says that it can not', () => {
    const sound = new FaultyMemory();
    expect(live(sound)).toBe(true);
    expect(sound.allocations).toBeGreaterThanOrEqual(12);
    let survived = 0;
    for (let failing = 1; failing <= sound.allocations; failing++) {
      if (live(new FaultyMemory({}, (n) => n === failing))) survived++;
      live(new FaultyMemory({}, (n) => n >= failing));
    }
    expect(survived).toBeGreaterThan(2);
  });

  it('says so only where indexes of nodes have no room: more entries than buckets take just overflow', () => {
    let fails = false;
    const flood = new Flood(new FaultyMemory({}, () => fails));
    const key = (n: number) => word(mix(n));
    for (let n = 0; n < 3000; n++) {
      flood.add(key(n));
      flood.settle();
    }
    fails = true;
    // 512 buckets, whose indexes reach up to 2^16.
    expect(flood.index.arrays[0].length).toBe(512 * 16);
    let end = 3000;
    for (; flood.storage.nodes.length + MIN_NODE_SLOTS <= 2 ** 16; end++) {
      flood.add(key(end));
      must(flood.catchUp(), () => `it gave up at key ${end}`);
    }
    for (let n = 0; n < end; n++) flood.look(key(n));
    flood.check();
    flood.add(key(end));
    expect(flood.catchUp()).toBe(false);
    // It may be asked again: none was entered, none is lost.
    expect(flood.catchUp()).toBe(false);
    flood.check();
  });

  it('asks again for a larger table 1024 batches later, and knows all then', () => {
    let fails = false;
    const memory = new FaultyMemory({}, () => fails);
    const flood = new Flood(memory);
    const key = (n: number) => word(mix(n));
    const keys = Array.from({ length: 7000 }, (_, n) => key(n));
    let end = 0;
    const enter = (to: number) => {
      for (; end < to; end++) {
        flood.add(keys[end]);
        must(flood.catchUp(), () => `it gave up at key ${end}`);
      }
    };
    // As many as 512 buckets take before there is a larger table; then two times for no larger one.
    enter(9 * 512 - 32);
    expect(flood.index.arrays[0].length).toBe(512 * 16);
    fails = true;
    const { allocations } = memory;
    enter(end + 2);
    expect(memory.allocations).toBeGreaterThan(allocations);
    const asked = memory.allocations;
    fails = false;
    const size = flood.index.arrays[0].length;
    enter(end + 1000);
    expect(flood.index.arrays[0].length).toBe(size);
    // But for the list.
    expect(memory.allocations - asked).toBeLessThan(6);
    enter(end + 1000);
    expect(flood.index.arrays[0].length).toBe(2 * size);
    flood.settle();
    flood.check();
    expect(flood.unknown(keys)).toBeLessThan(0.06 * keys.length);
  });

  it('does without a list of what found no room', () => {
    const wanted = 64 * Int32Array.BYTES_PER_ELEMENT;
    const memory: Memory = {
      ...localMemory,
      allocate: (bytes) => {
        // The first table has as many, and is there already.
        if (isMade && bytes === wanted) throw new RangeError('Array buffer allocation failed');
        return new ArrayBuffer(bytes);
      },
    };
    let isMade = false;
    const flood = new Flood(memory);
    isMade = true;
    const keys = ofOneBucket(400);
    for (const key of keys) {
      flood.add(key);
      flood.catchUp();
      flood.look(key);
    }
    expect(flood.listSize).toBe(0);
    flood.check();
    for (const key of keys) flood.look(key);
    for (let n = 0; n < 30_000; n++) flood.add(other(n));
    while (flood.index.isBehind) {
      flood.catchUp();
      for (let i = 0; i < 5; i++) flood.look(keys[i * 31]);
    }
    for (const key of keys) flood.look(key);
    flood.check();
    for (const key of keys) flood.remove(key);
    for (const key of keys) flood.look(key);
    flood.check();
  });
});

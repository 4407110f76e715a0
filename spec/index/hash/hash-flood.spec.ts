import { Buffer } from 'node:buffer';
import { DB, checkStructure } from '../../../lib/index.js';
import {
  HashedKey,
  HashIndex,
  KeyHash,
  localMemory,
  NONE,
  Storage,
  tableOf,
  UNKNOWN,
  withInternals,
  byteOrder,
} from '../../../lib/internals.js';
import { Prng } from '../../support/prng.js';
import { addKey } from '../../support/storage.js';

/*
 * Keys that somebody chose who knows the seed, which nobody should: all of one hash, or all of one bucket. They may
 * cost the hash index its use, but not more than the ordered search that would be there without it.
 */

const SEED = 0x5eed;
const OTHER_SEED = 0x9d2c5681;
/** Words of a bucket, all that may be looked at for a key. */
const BUCKET = 16;
/** Entries that found no room in their bucket and are kept in a list, at most. */
const MAX_SPILLED = 4096;

const NOTHING = new Uint8Array(0);

const hashed = new HashedKey();

function hashOf(keys: KeyHash, key: Uint8Array): number {
  keys.hash(key, key.length, hashed);
  return hashed.hash;
}

/** For a hash index whose nodes are all in the table. */
const ALL_THERE = new Int32Array(0);

/** The hash under a known seed, part by part: how it begins, and what each word does. */
function mixing(seed: number) {
  const secret = finish(seed);
  const first = finish(secret + 1) | 1;
  const second = finish(secret + 2) | 1;
  return {
    begin: secret,
    add: (h: number, word: number) => {
      const product = Math.imul(h ^ word, first);
      return Math.imul((product << 15) | (product >>> 17), second);
    },
  };
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return h ^ (h >>> 15);
}

const KNOWN = mixing(SEED);
/** Of the chosen keys. It is mixed in at the end. */
const KEY_LENGTH = 8;

/**
 * A key of eight bytes. Its second word undoes what the first did to the hash, so that all keys of one `state` have
 * the same hash under SEED, all 32 bits of it.
 */
function chosen(n: number, state: number): Uint8Array {
  const first = Math.imul(n + 1, 0x9e3779b1);
  const key = new Uint8Array(KEY_LENGTH);
  const view = new DataView(key.buffer);
  view.setInt32(0, first, true);
  view.setInt32(4, KNOWN.add(KNOWN.begin, first) ^ state, true);
  return key;
}

function keysOfOneHash(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => chosen(n, 0x1234567));
}

/** Keys whose hashes share their first 8 bits and nothing else: a bucket's until there are more than 256. */
function keysOfOneBeginning(count: number): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let n = 0; keys.length < count; n++) {
    const state = Math.imul(n, 0x85ebca6b);
    // Only a fitting state, the last but for this step, is worth a key.
    if (finish(KNOWN.add(state, 0) ^ KEY_LENGTH) >>> 24 === 0xa5) keys.push(chosen(n, state));
  }
  return keys;
}

/**
 * Keys that know no seed: in every eight bytes either both words are as they are, or three bits are flipped that
 * cancel out, under every seed, where words are mixed by one multiplication and a shift of 15.
 */
function keysOfBitsThatCancelOut(count: number): Uint8Array[] {
  const blocks = Math.ceil(Math.log2(count));
  return Array.from({ length: count }, (_, n) => {
    const key = new Uint8Array(8 * blocks).fill(0x61);
    for (let block = 0; block < blocks; block++) {
      if (((n >>> block) & 1) === 0) continue;
      key[8 * block + 3] ^= 0x80;
      key[8 * block + 7] ^= 0x80;
      key[8 * block + 6] ^= 0x01;
    }
    return key;
  });
}

function ordinaryKeys(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => Buffer.from(`ordinary ${n}`));
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const prng = new Prng(seed);
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** A hash index of its own over some keys. `candidates` counts the entries that it compared with a key. */
function indexOf(keys: readonly Uint8Array[], seed: number) {
  const storage = new Storage(1 << 20, localMemory);
  const counter = { candidates: 0 };
  const counting = {
    nodes: storage.nodes,
    get kv() {
      counter.candidates++;
      return storage.kv;
    },
  } as unknown as Storage;
  const index = new HashIndex(counting, byteOrder, localMemory, seed);
  const nodes = keys.map((key) => {
    const node = addKey(storage, key);
    index.catchUp(ALL_THERE);
    return node;
  });
  const find = (key: Uint8Array) => {
    hashOf(index.keys, key);
    counter.candidates = 0;
    const found = index.find(key, hashed);
    return { found, candidates: counter.candidates };
  };
  return { storage, index, nodes, find };
}

class Model {
  readonly entries = new Map<string, Uint8Array>();
  readonly db: DB;

  constructor(seed = SEED) {
    this.db = new DB(withInternals({}, { ...localMemory, seed }));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.db.put(key, value);
    this.entries.set(latin1(key), value);
  }

  delete(key: Uint8Array): void {
    const was = this.entries.delete(latin1(key));
    if (this.db.delete(key) !== was) throw new Error(`the delete of ${hex(key)} should tell ${was}`);
  }

  /** What the DB says of each of these keys, and all it holds, in order. */
  check(keys: readonly Uint8Array[]): void {
    checkStructure(this.db);
    const values = this.db.getMany(keys);
    keys.forEach((key, i) => {
      const expected = this.entries.get(latin1(key));
      for (const value of [this.db.get(key), values[i]]) {
        const same = value === expected || (value && expected && Buffer.compare(value, expected) === 0);
        if (!same || this.db.has(key) !== (expected !== undefined)) {
          throw new Error(`wrong answer for ${hex(key)}`);
        }
      }
    });
    const keysInOrder = [...this.entries.keys()].sort((a, b) => (a < b ? -1 : 1));
    let i = 0;
    for (const key of this.db.keys()) {
      if (latin1(key) !== keysInOrder[i++]) throw new Error(`${hex(key)} is where another should be`);
    }
    expect(i).toBe(keysInOrder.length);
    expect(this.db.length).toBe(this.entries.size);
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('keys chosen for one seed', () => {
  it('have one hash under it, and spread under another', () => {
    const keys = keysOfOneHash(20_000);
    expect(new Set(keys.map(latin1)).size).toBe(20_000);
    const hashes = (seed: number) => {
      const keyHash = new KeyHash(seed);
      return keys.map((key) => hashOf(keyHash, key) >>> 0);
    };
    expect(new Set(hashes(SEED)).size).toBe(1);
    const others = hashes(OTHER_SEED);
    expect(new Set(others).size).toBeGreaterThan(19_900);
    const buckets = new Map<number, number>();
    for (const hash of others) buckets.set(hash >>> 21, (buckets.get(hash >>> 21) ?? 0) + 1);
    // 2048 buckets, of 10 on average.
    expect(Math.max(...buckets.values())).toBeLessThan(40);
    const { nodes, find } = indexOf(keys, OTHER_SEED);
    const known = keys.filter((key, i) => find(key).found === nodes[i]);
    expect(known.length).toBeGreaterThan(19_000);
  });

  it('are told by another seed in each DB', () => {
    const random = jest.spyOn(Math, 'random');
    const hash = jest.spyOn(KeyHash.prototype, 'hash');
    try {
      const seen = [0.25, 0.75, 0.25].map((value) => {
        random.mockReturnValueOnce(value);
        new DB().get(Buffer.from('key'));
        return hash.mock.calls.at(-1)![2].hash;
      });
      expect(seen[0]).not.toBe(seen[1]);
      expect(seen[2]).toBe(seen[0]);
    } finally {
      random.mockRestore();
      hash.mockRestore();
    }
  });
});

describe('keys chosen for one bucket', () => {
  it('have hashes of one beginning, and of different ends', () => {
    const keyHash = new KeyHash(SEED);
    const hashes = keysOfOneBeginning(1000).map((key) => hashOf(keyHash, key) >>> 0);
    expect(new Set(hashes.map((hash) => hash >>> 24)).size).toBe(1);
    expect(new Set(hashes).size).toBeGreaterThan(990);
  });
});

describe('keys chosen for no seed', () => {
  const keys = keysOfBitsThatCancelOut(8000);

  it('are keys of their own', () => {
    expect(new Set(keys.map(latin1)).size).toBe(keys.length);
  });

  it.each([0, 1, -1, SEED, OTHER_SEED])(
    'have hashes of their own under seed %d, of bits that would cancel out',
    (seed) => {
      const keyHash = new KeyHash(seed);
      const hashes = new Set(keys.map((key) => hashOf(keyHash, key)));
      // By chance, two of 8000 share one under one seed of 130.
      expect(hashes.size).toBeGreaterThan(7990);
      const buckets = new Map<number, number>();
      for (const hash of hashes) buckets.set(hash >>> 21, (buckets.get(hash >>> 21) ?? 0) + 1);
      // 2048 buckets, of 4 on average.
      expect(Math.max(...buckets.values())).toBeLessThan(25);
    },
  );
});

describe('the work for a key', () => {
  it.each([10, 100, 2000, 20_000])(
    'is at most a bucket of the hash index, or two while they move, of %d keys of one hash',
    (count) => {
      const keys = keysOfOneHash(count + 100);
      const { index, nodes, find } = indexOf(keys.slice(0, count), SEED);
      const limit = index.census.old === undefined ? BUCKET : 2 * BUCKET;
      let most = 0;
      keys.forEach((key, i) => {
        const { found, candidates } = find(key);
        most = Math.max(most, candidates);
        // Right, or left to the ordered search.
        if (found !== UNKNOWN && found !== (i < count ? nodes[i] : NONE)) {
          throw new Error(`${hex(key)} is at ${found}`);
        }
      });
      // The last word may be none that is compared.
      expect(most).toBeLessThanOrEqual(limit);
      expect(most).toBeGreaterThanOrEqual(Math.min(count, BUCKET - 1));
      expect(find(Buffer.from('another')).candidates).toBeLessThanOrEqual(limit);
    },
  );

  it('is one look at the hash index and one ordered search at most', () => {
    const { db, put } = bound(new Model());
    const keys = keysOfOneHash(2500);
    for (const key of keys.slice(0, 2000)) put(key, key);
    const find = jest.spyOn(HashIndex.prototype, 'find');
    let searches = 0;
    // Every search begins with this; nothing else does it.
    const { at } = tableOf(db);
    let { outside } = at;
    Object.defineProperty(at, 'outside', {
      get: () => outside,
      set: (level: number) => {
        if (level === -1) searches++;
        outside = level;
      },
    });
    try {
      for (const call of [
        (key: Uint8Array) => db.get(key),
        (key: Uint8Array) => db.has(key),
        (key: Uint8Array) => db.put(key, NOTHING),
        (key: Uint8Array) => db.delete(key),
      ]) {
        let mostFinds = 0;
        let mostSearches = 0;
        for (const key of keys) {
          find.mockClear();
          searches = 0;
          call(key);
          mostFinds = Math.max(mostFinds, find.mock.calls.length);
          mostSearches = Math.max(mostSearches, searches);
        }
        expect(mostFinds).toBeLessThanOrEqual(1);
        // What the hash index leaves open needs one.
        expect(mostSearches).toBe(1);
      }
      expect(db.length).toBe(0);
    } finally {
      find.mockRestore();
    }
  });
});

function bound(model: Model) {
  return { db: model.db, put: (key: Uint8Array, value: Uint8Array) => model.put(key, value) };
}

describe.each([
  ['one hash, fewer than are remembered', keysOfOneHash, 2000],
  ['one hash, more than are remembered', keysOfOneHash, MAX_SPILLED + 500],
  ['one bucket at first, fewer than are remembered', keysOfOneBeginning, 2500],
  ['one bucket at first, more than are remembered', keysOfOneBeginning, MAX_SPILLED + 500],
] as const)('a DB flooded with keys of %s', (_, make, count) => {
  const flood = make(count + 200);
  const ordinary = ordinaryKeys(count + 200);
  const put = [...flood.slice(0, count), ...ordinary.slice(0, count)];
  const all = [...flood, ...ordinary];

  it('answers rightly while it grows, when all is overwritten, and while it shrinks', () => {
    const model = new Model();
    let next = 64;
    shuffled(put, 1).forEach((key, i) => {
      model.put(key, key.subarray(0, i % 8));
      if (i === next) {
        model.check(all.filter((_, n) => n % 16 === 0));
        next *= 2;
      }
    });
    model.check(all);
    shuffled(put, 2).forEach((key, i) => model.put(key, key.subarray(i % 8)));
    model.check(all);
    const order = shuffled(all, 3);
    order.forEach((key, i) => {
      model.delete(key);
      if (i % (order.length >> 1) === 0) model.check(all);
    });
    expect(model.db.length).toBe(0);
    for (const key of shuffled(put, 4).slice(0, 3000)) model.put(key, key);
    model.check(all);
  });

  it('answers rightly when the flood is gone and others come, so that it grows', () => {
    const model = new Model();
    for (const key of put) model.put(key, key);
    model.check(all); // What is looked for is in the hash index.
    for (const key of flood.slice(0, count)) model.delete(key);
    model.check(all);
    for (let n = 0; n < 12_000; n++) model.put(Buffer.from(`later ${n}`), NOTHING);
    model.check(all);
    for (const key of flood) model.put(key, NOTHING);
    model.check(all);
  });

  it('knows nothing more of it after a reset', () => {
    const { storage, index, find } = indexOf(put, SEED);
    expect(find(flood[count]).found).toBe(UNKNOWN);
    storage.reset();
    index.reset();
    for (const key of [...flood.slice(count), ...ordinary.slice(count)]) {
      if (find(key).found !== NONE) throw new Error(`${hex(key)} is not known to be gone`);
    }
    const model = new Model();
    for (const key of put) model.put(key, key);
    model.db.reset();
    model.entries.clear();
    model.check(all);
    for (const key of ordinary) model.put(key, key);
    for (const key of flood.slice(0, 500)) model.put(key, key);
    model.check(all);
  });
});

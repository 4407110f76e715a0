import { sharedInKv, sharedLength, wordAt } from '../../base/bytes.js';

/** Of a longer key, so many bytes at its beginning and at its end are hashed: what is between takes longer than a comparison. */
const HASHED_BYTES = 512;

/** Words of a key that are kept once it has been hashed, to compare stored keys with. */
const KEPT_WORDS = 32;

/** What hashing a key gives: the caller's, who hands it on with the key. */
export class HashedKey {
  length = 0;
  hash = 0;
  /** Where it stands in kv, if it does; otherwise -1. */
  inKv = -1;
  /** The first words of one that does not: to put them together takes longer than all else does. */
  readonly words: Int32Array = new Int32Array(KEPT_WORDS);
}

/**
 * Hashes keys under a secret seed. Each word is multiplied by two secret factors, with a rotation between them: by one alone,
 * a difference in the highest bit would stay as it is, and a later word could undo it.
 *
 * Keys that differ in the middle only, behind many bytes and before many, have the same hash: few of them find room in their
 * bucket, and the others are left to the ordered search.
 */
export class KeyHash {
  readonly #seed: number;
  readonly #firstFactor: number;
  readonly #secondFactor: number;

  constructor(seed: number) {
    this.#seed = mix(seed | 0);
    this.#firstFactor = mix(this.#seed + 1) | 1;
    this.#secondFactor = mix(this.#seed + 2) | 1;
  }

  /** Hashes key[0, length). */
  hash(key: Uint8Array, length: number, into: HashedKey): void {
    const first = this.#firstFactor;
    const second = this.#secondFactor;
    const { words } = into;
    let h = this.#seed;
    let i = 0;
    for (; i + 8 <= length; i += 8) {
      const low = wordAt(key, i);
      const high = wordAt(key, i + 4);
      h = stir(stir(h ^ low, first, second) ^ high, first, second);
      if (i < 4 * KEPT_WORDS) {
        words[i >> 2] = low;
        words[(i >> 2) + 1] = high;
      }
      if (i === HASHED_BYTES && length > 3 * HASHED_BYTES) i = (length - HASHED_BYTES) & -8;
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
    into.length = length;
    into.inKv = -1;
    into.hash = mix(h ^ length);
  }

  /** Hashes a key in kv, where whole words can be read. The result is the same. */
  hashInKv(kv: DataView, start: number, length: number): number {
    const first = this.#firstFactor;
    const second = this.#secondFactor;
    let i = start;
    const end = start + length;
    let h = this.#seed;
    for (; i + 8 <= end; i += 8) {
      h = stir(h ^ kv.getInt32(i, true), first, second);
      h = stir(h ^ kv.getInt32(i + 4, true), first, second);
      if (i - start === HASHED_BYTES && length > 3 * HASHED_BYTES) i = start + ((length - HASHED_BYTES) & -8);
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
}

/** Whether the bytes of kv at `start` are those of a key that was hashed, of the same length. */
export function isSameKey(kv: DataView, start: number, key: Uint8Array, hashed: HashedKey): boolean {
  const { length, words } = hashed;
  if (hashed.inKv >= 0) return sharedInKv(kv, start, hashed.inKv, 0, length) === length;
  const end = length < 4 * KEPT_WORDS ? length & -8 : 4 * KEPT_WORDS;
  for (let i = 0; i < end; i += 8) {
    if (kv.getInt32(start + i, true) !== words[i >> 2]) return false;
    if (kv.getInt32(start + i + 4, true) !== words[(i >> 2) + 1]) return false;
  }
  return end === length || sharedLength(kv, start, key, 0, end, length) === length;
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

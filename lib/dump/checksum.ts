import { keepOne } from '../base/kept.js';

const LANES = 4;
/** 2^32 divided by the golden ratio: odd, so that to multiply by it loses nothing. */
const FACTOR = 0x9e3779b1 | 0;
/** Of all numbers of 32 bits, its powers are as many different ones as can be. */
const STEP = 0x2c1b3c6d;
const SEED = 0x85ebca6b | 0;

/** Before the first section there is none. */
export const NO_SECTION: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

/**
 * A checksum of 64 bits over words of 32, that come in any portions. Words go to four lanes by turns, so that a processor works on
 * four at a time. A lane has two sums: what a word changes in the first stays changed, unless the words that follow undo it; and the
 * second takes in all that the first ever was, each with a factor of its own. So a change within one word is always seen, as are changes
 * of two words that follow one another in a lane; others are missed with a probability of about 2^-64. It is none against an attacker.
 */
export class Checksum {
  /** Of each lane, the first sum; then of each, the second. */
  readonly #sums: Int32Array = new Int32Array(2 * LANES).fill(SEED);
  /** That of the next word. */
  #lane = 0;

  constructor() {
    keepOne(Checksum, () => new Checksum());
  }

  add(words: Int32Array): void {
    const sums = this.#sums;
    const length = words.length | 0;
    let i = 0;
    while (this.#lane > 0 && i < length) this.addWord(words[i++]);
    // Said to be integers, or else it takes twice as long.
    let a = sums[0] | 0;
    let b = sums[1] | 0;
    let c = sums[2] | 0;
    let d = sums[3] | 0;
    let allA = sums[4] | 0;
    let allB = sums[5] | 0;
    let allC = sums[6] | 0;
    let allD = sums[7] | 0;
    for (const end = (length - LANES) | 0; i <= end; i = (i + LANES) | 0) {
      a = Math.imul(a ^ words[i], FACTOR);
      a = (a << 15) | (a >>> 17);
      allA = (Math.imul(allA, STEP) + a) | 0;
      b = Math.imul(b ^ words[i + 1], FACTOR);
      b = (b << 15) | (b >>> 17);
      allB = (Math.imul(allB, STEP) + b) | 0;
      c = Math.imul(c ^ words[i + 2], FACTOR);
      c = (c << 15) | (c >>> 17);
      allC = (Math.imul(allC, STEP) + c) | 0;
      d = Math.imul(d ^ words[i + 3], FACTOR);
      d = (d << 15) | (d >>> 17);
      allD = (Math.imul(allD, STEP) + d) | 0;
    }
    sums.set([a, b, c, d, allA, allB, allC, allD]);
    while (i < length) this.addWord(words[i++]);
  }

  addWord(word: number): void {
    const sums = this.#sums;
    const lane = this.#lane;
    sums[lane] = mixed(sums[lane], word);
    sums[LANES + lane] = Math.imul(sums[LANES + lane], STEP) + sums[lane];
    this.#lane = (lane + 1) % LANES;
  }

  /**
   * The words of bytes that begin at a whole word, the last one filled up with zeros. @returns how many bytes of these were taken
   * @param isLast whether no other follow: otherwise, those of a word that is not whole are left for the next time
   */
  addBytes(bytes: Uint8Array, isLast = true): number {
    const whole = bytes.length & -4;
    this.add(new Int32Array(bytes.buffer, bytes.byteOffset, whole / 4));
    if (whole === bytes.length || !isLast) return whole;
    let last = 0;
    for (let i = bytes.length - 1; i >= whole; i--) last = (last << 8) | bytes[i];
    this.addWord(last);
    return bytes.length;
  }

  /**
   * The checksum of all words so far, and of the section before: so, no section can stand for another of the same length.
   * @param before that of the section before @returns 8 bytes
   */
  end(before: Uint8Array): Uint8Array {
    this.addBytes(before);
    const both = new Int32Array(2);
    for (let i = 0; i < 2 * LANES; i++) both[i >> 2] = mixed(both[i >> 2], this.#sums[i]);
    return new Uint8Array(both.buffer);
  }
}

function mixed(sum: number, word: number): number {
  const product = Math.imul(sum ^ word, FACTOR);
  return (product << 15) | (product >>> 17);
}

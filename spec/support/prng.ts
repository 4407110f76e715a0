/**
 * The generator that makes a trace from its seed. perf/go/prng.go is the same, draw for draw: all of it is arithmetic on
 * unsigned 32-bit integers, modulo 2^32.
 *
 *     state starts as the seed
 *     next: state += 0x9e3779b9, and the draw is mix(state)
 *     below(n): next modulo n (the tiny bias towards small numbers does not matter here)
 */
export class Prng {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return mix(this.#state);
  }

  below(n: number): number {
    return this.next() % n;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}

// A global costs a look-up each time under jest, and this is called for every byte.
const { imul } = Math;

/** Spreads every bit of z over the whole word (the finalizer of MurmurHash3). */
export function mix(z: number): number {
  z = imul(z ^ (z >>> 16), 0x85ebca6b);
  z = imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

export const FNV_START = 0x811c9dc5;

/** Carries a running FNV-1a hash, 32 bits wide, over more bytes, or over the characters of a text in ASCII. */
export function fnv(hash: number, more: Uint8Array | string): number {
  if (typeof more === 'string') {
    for (let i = 0; i < more.length; i++) hash = imul(hash ^ more.charCodeAt(i), 0x01000193);
  } else {
    for (let i = 0; i < more.length; i++) hash = imul(hash ^ more[i], 0x01000193);
  }
  return hash >>> 0;
}

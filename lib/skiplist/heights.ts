import { MAX_HEIGHT } from '../storage/layout.js';

const BRANCHING_BITS = 2;
const SEED = 0xdeadbeef;

/** Where the heights of new nodes come from. */
export interface Heights {
  next(): number;
}

/** One node in four reaches the next level. The same every time, so that runs repeat. */
export class SeededHeights implements Heights {
  #state = SEED;

  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    let height = 1;
    for (let bits = state; height < MAX_HEIGHT && (bits & ((1 << BRANCHING_BITS) - 1)) === 0; height++) {
      bits >>>= BRANCHING_BITS;
    }
    return height;
  }
}

/** A caller's. */
export class GivenHeights implements Heights {
  readonly #source: () => number;
  /** Whether it is being asked: what it calls meanwhile is called from inside. */
  isAsked = false;

  constructor(source: () => number) {
    this.#source = source;
  }

  next(): number {
    const source = this.#source; // Called as a function: it is nobody's method.
    this.isAsked = true;
    try {
      return source();
    } finally {
      this.isAsked = false;
    }
  }
}

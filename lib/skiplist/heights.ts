import { describe } from '../base/arguments.js';
import { MAX_HEIGHT, NEXT } from '../storage/layout.js';

const BRANCHING_BITS = 2;
const SEED = 0xdeadbeef;

/** Where the heights of new nodes come from. */
export interface Heights {
  next(): number;
  /** Begins anew, where it can. */
  reset(): void;
  /** What the next height depends on, as an integer of 32 bits. */
  state: number;
}

/** One node in four reaches the next level. The same every time, so that runs repeat. */
export class SeededHeights implements Heights {
  state = SEED | 0;

  reset(): void {
    this.state = SEED | 0;
  }

  next(): number {
    let { state } = this;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
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
  /** Nothing is known of it: this is for threads that share the table and have no source. */
  state = SEED | 0;

  constructor(source: () => number) {
    this.#source = source;
  }

  reset(): void {
    // It goes on as it likes.
  }

  /** @throws RangeError for what is no height, and what the source throws */
  next(): number {
    const source = this.#source; // Called as a function: it is nobody's method.
    this.isAsked = true;
    let height: number;
    try {
      height = source();
    } finally {
      this.isAsked = false;
    }
    if (!Number.isInteger(height) || height < 1 || height > MAX_HEIGHT) {
      throw new RangeError(
        `randHeight must return an integer from 1 to ${MAX_HEIGHT}, but gave ${describe(height)}`,
      );
    }
    return height;
  }
}

/** Heights that can be drawn ahead: those that are left over go to the next new nodes. */
export class HeightQueue {
  readonly source: Heights;
  #drawn = new Uint8Array(0);
  /** So many of them were used. */
  used = 0;
  #end = 0;

  constructor(source: Heights) {
    this.source = source;
  }

  next(): number {
    return this.used < this.#end ? this.#drawn[this.used++] : this.source.next();
  }

  /** Draws the heights of the next `count` new nodes. @returns slots that these will take */
  drawAhead(count: number): number {
    const left = this.#end - this.used;
    if (left < count) {
      // Made anew for each batch, it would call the collector more often than all else does.
      const drawn = this.#drawn.length >= count ? this.#drawn : new Uint8Array(count);
      drawn.set(this.#drawn.subarray(this.used, this.#end));
      this.#drawn = drawn;
      this.used = 0;
      this.#end = left;
      for (let i = left; i < count; i++) drawn[i] = this.source.next();
      this.#end = count;
    }
    let slots = NEXT * count;
    for (let i = this.used; i < this.used + count; i++) slots += this.#drawn[i];
    return slots;
  }

  /** Begins anew, if the source can; a caller's heights that were drawn are kept. */
  reset(): void {
    this.source.reset();
    if (!(this.source instanceof GivenHeights)) this.#end = this.used;
  }
}

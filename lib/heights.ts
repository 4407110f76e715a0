import { MAX_HEIGHT } from './storage.js';

const BRANCHING_BITS = 2;
const SEED = 0xdeadbeef;

/** Heights of new nodes: one node in four reaches the next level. The same every time, so that runs repeat. */
export function seededHeights(): () => number {
  let state = SEED;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    let height = 1;
    for (let bits = state; height < MAX_HEIGHT && (bits & ((1 << BRANCHING_BITS) - 1)) === 0; height++) {
      bits >>>= BRANCHING_BITS;
    }
    return height;
  };
}

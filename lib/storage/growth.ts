/** How much larger an array becomes when it is full, and from when on it is copied ahead. */
export interface Growth {
  /** Lengths to be tried, the largest first, for an array that is to hold `needed` elements. */
  nextLengths(array: ArraySize, needed: number, foreseen: number): number[];
  /** Whether an array is copied all at once when it is full. */
  isCopiedAtOnce(array: ArraySize): boolean;
}

export interface ArraySize {
  readonly length: number;
  readonly bytesPerElement: number;
  /** The most elements that it may have. */
  readonly limit: number;
}

/**
 * An array that is full is replaced by one of so many times its length. Memory that nobody has written to yet costs
 * next to nothing: it is touching it, and copying, that takes time.
 */
const FACTOR = 4;
/**
 * Allocators keep blocks below some size (32 MiB in glibc) for the next who asks, and have to clear all of what they give
 * again, touched or not. Where that counts, above the first and below the second of these sizes, an array grows by less,
 * unless more is foreseen or needed.
 */
const CLEARED_ABOVE = 8 * 2 ** 20;
const CLEARED_BELOW = 32 * 2 ** 20;
const SMALL_FACTOR = 2;
/** Above this size, more than a half of an array should not be empty: it grows by less, too. */
const LARGE = 128 * 2 ** 20;
/** How many times its length, at most, an array becomes where more elements are foreseen. */
export const FORESIGHT = 16;
/** More than needed where there is memory for little. */
const LITTLE = 1.125;
/** Below this many bytes, copying everything at once takes no time that anybody would notice. */
const COPY_AT_ONCE = 1 << 19;

export const localGrowth: Growth = {
  nextLengths({ length, bytesPerElement, limit }, needed, foreseen) {
    const little = Math.min(Math.ceil(needed * LITTLE), limit);
    const bytes = FACTOR * length * bytesPerElement;
    const isSmallStep = (bytes > CLEARED_ABOVE && bytes < CLEARED_BELOW) || bytes > LARGE;
    const factor = isSmallStep ? SMALL_FACTOR : FACTOR;
    const usual = Math.min(Math.max(factor * length, little), limit);
    const much = Math.min(Math.max(Math.min(foreseen, FORESIGHT * length), usual), limit);
    return [...new Set([much, usual, little])];
  },
  isCopiedAtOnce: ({ length, bytesPerElement, limit }) =>
    length * bytesPerElement <= COPY_AT_ONCE || length >= limit,
};

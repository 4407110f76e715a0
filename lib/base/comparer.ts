import { describe, requireBytes } from './arguments.js';
import { compareBytes, lengthOf, partOf, sharedPrefixLength } from './bytes.js';

/**
 * A total order of keys. It must be the same for as long as a DB lives, must not change the arrays it is given,
 * nor keep them, nor call the DB (such a call is refused).
 * @example
 * const byLength = {
 *   name: 'by length, then by bytes',
 *   compare: (a, b) => a.length - b.length || bytewise.compare(a, b),
 * };
 * console.log(byLength.compare(bytes('b'), bytes('aa')) < 0); // -> true
 */
export interface Comparer {
  /** Names the order, as LevelDB stores it in its files. */
  readonly name: string;
  /** Below 0 where a comes first, 0 where they are equal, above 0 where b comes first. Never NaN. */
  compare(a: Uint8Array, b: Uint8Array): number;
  /** A short key in [a, b); `undefined`: a itself. */
  separator?(a: Uint8Array, b: Uint8Array): Uint8Array | undefined;
  /** A short key >= b; `undefined`: b itself. */
  successor?(b: Uint8Array): Uint8Array | undefined;
}

/**
 * Lexicographic order of unsigned bytes: LevelDB's and goleveldb's default.
 * @example
 * console.log(bytewise.compare(bytes('a'), bytes('b')) < 0); // -> true
 * console.log(text(bytewise.separator(bytes('abcd'), bytes('axyz')))); // -> ac
 */
export const bytewise: Comparer = Object.freeze({
  name: 'leveldb.BytewiseComparator',

  compare(a: Uint8Array, b: Uint8Array): number {
    requireBytes(a, 'a');
    requireBytes(b, 'b');
    return compareBytes(a, 0, lengthOf(a), b, 0, lengthOf(b), 0);
  },

  separator(a: Uint8Array, b: Uint8Array): Uint8Array | undefined {
    requireBytes(a, 'a');
    requireBytes(b, 'b');
    const shared = sharedPrefixLength(a, b);
    if (shared === lengthOf(a) || shared === lengthOf(b)) return undefined;
    return a[shared] < 0xff && a[shared] + 1 < b[shared] ? raisedAt(a, shared) : undefined;
  },

  successor(b: Uint8Array): Uint8Array | undefined {
    requireBytes(b, 'b');
    const length = lengthOf(b);
    let raisable = 0;
    while (raisable < length && b[raisable] === 0xff) raisable++;
    return raisable === length ? undefined : raisedAt(b, raisable);
  },
});

/** A copy of the bytes up to and including `position`, the last one raised by one. */
export function raisedAt(bytes: Uint8Array, position: number): Uint8Array {
  const raised = new Uint8Array(partOf(bytes, position + 1));
  raised[position]++;
  return raised;
}

export function requireComparer(comparer: unknown): asserts comparer is Comparer {
  const { name, compare } = (comparer ?? {}) as Partial<Comparer>;
  if (typeof name !== 'string' || typeof compare !== 'function') {
    throw new TypeError(
      `comparer must be an object with a name and a compare(a, b) function, but got ${describe(comparer)}`,
    );
  }
}

/**
 * Where one key parts from the one before it in a sorted run: how many bytes they share, and the byte that follows
 * them in the later key, in one word.
 *
 * A run of these words is a trie of its keys in flat form. A key is looked up in it without touching the others: the
 * bytes at the places where they part lead to one that shares as much with it as any does, and comparing with that
 * one tells the rest. (Ferragina and Grossi's String B-tree searches its nodes in this way.)
 */
const BYTE_BITS = 8;
const BYTE = 0xff;
/** Shared bytes that fit in a word. */
export const MAX_SHARED = 2 ** 23 - 2;
/** More than any key shares with another. */
const ENDLESS = 2 ** 23 - 1;

/** A word; -1 where more than `limit` bytes, at most MAX_SHARED, are shared. */
export function forkOf(shared: number, byte: number, limit: number): number {
  return shared > limit ? -1 : (shared << BYTE_BITS) | byte;
}

/** Bytes that a key shares with the one before. */
export function sharedAt(fork: number): number {
  return fork >> BYTE_BITS;
}

/** The word of a key once the one before it is gone, given both their words. */
export function withoutOneBefore(gone: number, fork: number): number {
  return sharedAt(gone) < sharedAt(fork) ? gone : fork;
}

/**
 * The place of a key, among those at [first, stop), with which key[0, end) shares as much as with any. If there is a
 * choice, it is not above the key as long as one of them is not. The word at `first` means nothing.
 */
export function nearest(
  forks: Int32Array,
  first: number,
  stop: number,
  key: Uint8Array,
  end: number,
): number {
  let near = first;
  /** The key was below one that shares so much with its neighbours: so it is below all that follow and do, too. */
  let below = ENDLESS;
  for (let place = first + 1; place < stop; place++) {
    const fork = forks[place];
    const shared = fork >> BYTE_BITS;
    if (shared >= below) continue;
    if (shared < end && key[shared] >= (fork & BYTE)) {
      near = place;
      below = ENDLESS;
    } else {
      below = shared;
    }
  }
  return near;
}

/** The first place behind one that `nearest` found whose key is above a key that is above that one. */
export function endOfLower(forks: Int32Array, near: number, stop: number, shared: number): number {
  let place = near + 1;
  while (place < stop && forks[place] >> BYTE_BITS > shared) place++;
  return place;
}

/** The first place, at or before one that `nearest` found, whose key is above a key that is below that one. */
export function beginOfHigher(forks: Int32Array, near: number, first: number, shared: number): number {
  let place = near;
  while (place > first && forks[place] >> BYTE_BITS >= shared) place--;
  return place;
}

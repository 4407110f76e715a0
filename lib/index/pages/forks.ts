/**
 * Where one key parts from the one before it in a sorted run: how many bytes they share, and the byte that follows
 * them in the later key, in one word. Between the two it may have a span: so many keys follow, or more, that share as much
 * with the one before them as this one does.
 *
 * A run of these words is a trie of its keys in flat form. A key is looked up in it without touching the others: the
 * bytes at the places where they part lead to one that shares as much with it as any does, and comparing with that
 * one tells the rest. (Ferragina and Grossi's String B-tree searches its nodes in this way.) A span leads past what its
 * word rules out. None is needed, and keys that are added may leave it too small; but removing a key would make it too
 * large, so spans that reach the key go before.
 */
const SPAN_SHIFT = 8;
const SHARED_SHIFT = 14;
const BYTE = 0xff;
const SPAN = 0x3f;
const WITHOUT_SPAN = ~(SPAN << SPAN_SHIFT);
/** Shared bytes that fit in a word. */
export const MAX_SHARED = 2 ** 17 - 2;
/** More than any key shares with another. */
const ENDLESS = 2 ** 17 - 1;

/** A word, with no span yet; -1 where more than `limit` bytes, at most MAX_SHARED, are shared. */
export function forkOf(shared: number, byte: number, limit: number): number {
  return shared > limit ? -1 : (shared << SHARED_SHIFT) | byte;
}

/** Bytes that a key shares with the one before. */
export function sharedAt(fork: number): number {
  return fork >> SHARED_SHIFT;
}

/** How many keys are known to follow that share as much with the one before them as this one does. */
export function spanAt(fork: number): number {
  return (fork >> SPAN_SHIFT) & SPAN;
}

/** A word without its span. */
export function spanless(fork: number): number {
  return fork & WITHOUT_SPAN;
}

/** Gives all words of a run their spans. */
export function setSpans(forks: Int32Array, first: number, stop: number): void {
  for (let place = stop - 1; place > first; place--) {
    const fork = spanless(forks[place]);
    const shared = sharedAt(fork);
    let next = place + 1;
    while (next < stop && sharedAt(forks[next]) >= shared) next += spanAt(forks[next]) + 1;
    forks[place] = fork | ((next - place - 1) << SPAN_SHIFT);
  }
}

/** Takes the spans off the words of a run, up to a place, that reach it: the entry there is about to go. */
export function dropSpansOver(forks: Int32Array, first: number, place: number): void {
  for (let i = first + 1; i < place; i++) if (i + spanAt(forks[i]) >= place) forks[i] = spanless(forks[i]);
}

/** The word of a key once the one before it is gone, given both their words. */
export function withoutOneBefore(gone: number, fork: number): number {
  return sharedAt(gone) < sharedAt(fork) ? spanless(gone) : fork;
}

/**
 * The place of a key, among those at [first, stop), with which key[start, start + end) shares as much as with any. If
 * there is a choice, it is not above the key as long as one of them is not. The word at `first` means nothing.
 */
export function nearest(
  forks: Int32Array,
  first: number,
  stop: number,
  key: Uint8Array,
  start: number,
  end: number,
): number {
  let near = first;
  /** The key was below one that shares so much with its neighbours: so it is below all that follow and do, too. */
  let below = ENDLESS;
  for (let place = first + 1; place < stop;) {
    const fork = forks[place];
    const shared = fork >> SHARED_SHIFT;
    if (shared < below) {
      if (shared < end && key[start + shared] >= (fork & BYTE)) {
        near = place++;
        below = ENDLESS;
        continue;
      }
      below = shared;
    }
    place += ((fork >> SPAN_SHIFT) & SPAN) + 1;
  }
  return near;
}

/** The first place behind one that `nearest` found whose key is above a key that is above that one. */
export function endOfLower(forks: Int32Array, near: number, stop: number, shared: number): number {
  let place = near + 1;
  while (place < stop && sharedAt(forks[place]) > shared) place += spanAt(forks[place]) + 1;
  return place;
}

/** The first place, at or before one that `nearest` found, whose key is above a key that is below that one. */
export function beginOfHigher(forks: Int32Array, near: number, first: number, shared: number): number {
  let place = near;
  while (place > first && sharedAt(forks[place]) >= shared) place--;
  return place;
}

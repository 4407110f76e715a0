/** So many single revisions are remembered; of others, etcd is asked again. */
const MOST = 1000;

/**
 * At which revisions it is known what the range was.
 *
 * Where etcd has as many entries as the mirror, and none that is newer, all that is there is the same. Keys that came and went since are not:
 * the watch tells of them, and may do so later. So a read like that tells of one revision, and the watch of all up to its own.
 */
export class Known {
  /** Every change up to this revision is known. */
  followed = 0;
  /** Revisions above at which the range was the same as at `followed`, rising. */
  #same: number[] = [];
  /** Between these two, changes were missed for good; rising. */
  #gaps: { readonly from: number; readonly to: number }[] = [];

  /** Every change up to a revision is known now. */
  follow(revision: number): void {
    this.followed = Math.max(this.followed, revision);
    let passed = 0;
    while (passed < this.#same.length && this.#same[passed] <= this.followed + 1) {
      // Nothing happened at the one that comes next.
      this.followed = Math.max(this.followed, this.#same[passed++]);
    }
    if (passed > 0) this.#same = this.#same.slice(passed);
  }

  /** At a revision, the range was the same as at `followed`. */
  confirm(revision: number): void {
    if (revision <= this.followed || this.#isSame(revision)) return;
    this.#same.splice(this.#placeOf(revision), 0, revision);
    // The lowest but this one, for which somebody asked just now.
    if (this.#same.length > MOST) this.#same.splice(this.#same[0] === revision ? 1 : 0, 1);
    this.follow(this.followed);
  }

  /** What happened after `followed` and before a revision can't be known any more. */
  miss(to: number): void {
    const last = this.#gaps.at(-1);
    const from = last !== undefined && last.to >= this.followed ? last.from : this.followed;
    if (from === last?.from) this.#gaps.pop();
    this.#gaps.push({ from, to: Math.max(to, last?.to ?? 0) });
  }

  /** Nobody will ask for what was before a revision. */
  forget(before: number): void {
    if (this.#gaps.length > 0) this.#gaps = this.#gaps.filter(({ to }) => to > before);
  }

  has(revision: number): boolean {
    return (revision <= this.followed || this.#isSame(revision)) && !this.isMissed(revision);
  }

  isMissed(revision: number): boolean {
    return this.#gaps.some(({ from, to }) => revision > from && revision < to);
  }

  #isSame(revision: number): boolean {
    return this.#same[this.#placeOf(revision)] === revision;
  }

  /** How many of `#same` are below a revision. */
  #placeOf(revision: number): number {
    let low = 0;
    let high = this.#same.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#same[middle] < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

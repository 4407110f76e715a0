/**
 * The sequence numbers at which somebody reads: open snapshots and iterators, oldest first. One that comes is never older than those
 * that are there.
 */
export class Readers {
  readonly #sequences: number[] = [];
  readonly #counts: number[] = [];

  /** That of the newest reader; -1 where there is none. */
  get newest(): number {
    return this.#sequences[this.#sequences.length - 1] ?? -1;
  }

  get isEmpty(): boolean {
    return this.#sequences.length === 0;
  }

  /** The same without one of the readers at a sequence number. */
  newestBut(sequence: number): number {
    const last = this.#sequences.length - 1;
    if (this.#sequences[last] !== sequence || this.#counts[last] > 1) return this.newest;
    return this.#sequences[last - 1] ?? -1;
  }

  add(sequence: number): void {
    const last = this.#sequences.length - 1;
    if (this.#sequences[last] === sequence) {
      this.#counts[last]++;
    } else {
      this.#sequences.push(sequence);
      this.#counts.push(1);
    }
  }

  remove(sequence: number): void {
    const place = this.#firstAt(sequence);
    if (--this.#counts[place] > 0) return;
    this.#sequences.splice(place, 1);
    this.#counts.splice(place, 1);
  }

  /** Whether there is one in [from, to). */
  hasWithin(from: number, to: number): boolean {
    return (this.#sequences[this.#firstAt(from)] ?? Infinity) < to;
  }

  /** The place of the first at or above. */
  #firstAt(sequence: number): number {
    let from = 0;
    for (let to = this.#sequences.length; from < to;) {
      const middle = (from + to) >>> 1;
      if (this.#sequences[middle] < sequence) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

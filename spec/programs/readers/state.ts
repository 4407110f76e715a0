import { GROUPS } from './lists.js';

/** What the threads tell each other: the newest generation of each group that is in for certain, and who is where. */
export class State {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer = new SharedArrayBuffer((GROUPS + 2) * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  newest(group: number): number {
    return Atomics.load(this.#words, group);
  }

  added(group: number, generation: number): void {
    Atomics.store(this.#words, group, generation);
  }

  /** Of all groups, as they are now. */
  snapshot(into: Int32Array): Int32Array {
    for (let group = 0; group < GROUPS; group++) into[group] = this.newest(group);
    return into;
  }

  get total(): number {
    let total = 0;
    for (let group = 0; group < GROUPS; group++) total += this.newest(group);
    return total;
  }

  /** Whether the writer is to go on. */
  get isOver(): boolean {
    return Atomics.load(this.#words, GROUPS) !== 0;
  }

  end(): void {
    Atomics.store(this.#words, GROUPS, 1);
  }
}

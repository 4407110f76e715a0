import { describe } from '../base/arguments.js';
import type { Entry } from '../index.js';
import { requireEnd, type Codec } from './codec.js';
import { Memory } from './scratch.js';

/** Makes the bytes of many entries, one behind the other. */
export class Packer<K, V> {
  readonly #key: Codec<K>;
  readonly #value: Codec<V>;
  readonly #memory = new Memory();
  /** Of each key and value, where it ends. */
  #ends: number[] = [];
  /** Entries that were added before those that are here. */
  #before = 0;

  constructor(key: Codec<K>, value: Codec<V>) {
    this.#key = key;
    this.#value = value;
  }

  /** Number of entries that `take` would give. */
  get count(): number {
    return this.#ends.length / 2;
  }

  /** @throws TypeError for what is no pair */
  add(entry: readonly [K, V]): void {
    if (typeof entry !== 'object' || entry === null) {
      throw new TypeError(
        `entries[${this.#before + this.count}] must be a pair [key, value], but got ${describe(entry)}`,
      );
    }
    const keyEnd = this.#write(this.#key, entry[0], this.#ends.at(-1) ?? 0);
    this.#ends.push(keyEnd, this.#write(this.#value, entry[1], keyEnd));
  }

  #write<T>(codec: Codec<T>, value: T, at: number): number {
    const end = codec.write(value, this.#memory, at);
    requireEnd(end, at, this.#memory, codec);
    return end;
  }

  /** The entries so far, whose bytes hold until the next one is added. Then it begins anew. */
  take(): Entry[] {
    const { buffer } = this.#memory.bytes;
    let start = 0;
    const upTo = (end: number) => {
      const part = new Uint8Array(buffer, start, end - start);
      start = end;
      return part;
    };
    const entries: Entry[] = [];
    for (let i = 0; i < this.#ends.length; i += 2) {
      entries.push([upTo(this.#ends[i]), upTo(this.#ends[i + 1])]);
    }
    this.#before += entries.length;
    this.#ends = [];
    return entries;
  }
}

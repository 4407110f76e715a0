// The keys of one measurement, which both sides use: written to a folder once, read by every process.
import { readKeyList } from '../key-files.js';
import { generateKeys, type KeyLists, type KeyShape } from '../keys.js';
import { Random } from '../random.js';

export function keyLists(shape: KeyShape, n: number, seed: number): KeyLists {
  const random = new Random(seed);
  const { present, absent } = generateKeys(shape, n, n, random);
  return {
    random: present,
    sorted: present.slice().sort(),
    shuffled: random.shuffled(present),
    misses: absent,
  };
}

/**
 * The lists, each read when it is first asked for. Its keys lie in memory in the order of their use, so that the loops
 * add no cache misses of their own.
 */
export class Data {
  readonly #folder: string;
  readonly #lists = new Map<string, Uint8Array[]>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** All keys, in the order in which tables are filled. */
  get random(): Uint8Array[] {
    return this.#list('random');
  }

  get sorted(): Uint8Array[] {
    return this.#list('sorted');
  }

  /** All keys, in another random order. */
  get shuffled(): Uint8Array[] {
    return this.#list('shuffled');
  }

  /** As many keys that are absent. */
  get misses(): Uint8Array[] {
    return this.#list('misses');
  }

  #list(name: string): Uint8Array[] {
    let keys = this.#lists.get(name);
    if (keys === undefined) {
      const list = readKeyList(this.#folder, name);
      keys = Array.from({ length: list.count }, (_, i) => list.view(i));
      this.#lists.set(name, keys);
    }
    return keys;
  }
}

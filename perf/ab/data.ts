// The keys of one measurement, which both sides use: written to a folder once, read by every process.
import { readKeyList } from '../key-files.js';
import { generateKeys, type KeyLists, type KeyShape } from '../keys.js';
import { Random } from '../random.js';

const LISTS = ['random', 'sorted', 'shuffled', 'misses'] as const;

/** Keys in ascending order, and twice in random order; and as many that are absent. */
export type Data = Record<(typeof LISTS)[number], Uint8Array[]>;

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

/** The keys lie in memory in the order of their use, so that the loops add no cache misses of their own. */
export function readData(folder: string): Data {
  const lists = LISTS.map((name): [string, Uint8Array[]] => {
    const list = readKeyList(folder, name);
    return [name, Array.from({ length: list.count }, (_, i) => list.view(i))];
  });
  return Object.fromEntries(lists) as Data;
}

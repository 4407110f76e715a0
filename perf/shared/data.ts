// Entries: keys of 16 bytes in random order, values of 100.
import { Random } from '../random.js';

export const KEY_BYTES = 16;
export const VALUE_BYTES = 100;

export const VALUE = new Uint8Array(VALUE_BYTES).fill(118);

/** The same ones for every thread. */
export function makeKeys(n: number): Uint8Array[] {
  const random = new Random(20240229);
  return Array.from({ length: n }, () => {
    const key = new Uint8Array(KEY_BYTES);
    const words = new DataView(key.buffer);
    for (let i = 0; i < KEY_BYTES; i += 4) words.setUint32(i, random.next());
    return key;
  });
}

/** Keys that are not there, each beside one that is. */
export function makeMisses(keys: readonly Uint8Array[]): Uint8Array[] {
  return keys.map((key) => {
    const miss = key.slice();
    miss[miss.length - 1] ^= 0x55;
    return miss;
  });
}

/** For a Map, which compares no bytes. Strings are what is posted and cloned the fastest, as values too. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

export function makeMap(keys: readonly Uint8Array[]): Map<string, string> {
  return new Map(keys.map((key) => [textOf(key), textOf(VALUE)]));
}

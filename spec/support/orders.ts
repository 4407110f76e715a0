import { fromHex, toHex, type ShortenedKeys } from './recordings.js';

interface Shortener {
  separator?(a: Uint8Array, b: Uint8Array): Uint8Array | undefined;
  successor?(b: Uint8Array): Uint8Array | undefined;
}

/** Tells where an order shortens keys otherwise than goleveldb did; nothing if it never does. */
export function checkShortening({ separators, successors }: ShortenedKeys, order: Shortener): string[] {
  const differences: string[] = [];
  const check = (call: string, theirs: string | null, ours: string | null) => {
    if (theirs !== ours) differences.push(`${call}: goleveldb gives ${theirs}, we give ${ours}`);
  };
  for (const { a, b, separator } of separators) {
    check(`separator(${a}, ${b})`, separator, toHex(order.separator?.(fromHex(a), fromHex(b))));
  }
  for (const { b, successor } of successors) {
    check(`successor(${b})`, successor, toHex(order.successor?.(fromHex(b))));
  }
  return differences;
}

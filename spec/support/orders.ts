import { fromHex, toHex, type InternalRecording, type ShortenedKeys } from './recordings.js';

interface Order {
  compare(a: Uint8Array, b: Uint8Array): number;
  separator?(a: Uint8Array, b: Uint8Array): Uint8Array | undefined;
  successor?(b: Uint8Array): Uint8Array | undefined;
}

/** Tells where an order shortens keys otherwise than goleveldb did; nothing if it never does. */
export function checkShortening({ separators, successors }: ShortenedKeys, order: Order): string[] {
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

/** Tells where an order of internal keys is not goleveldb's. */
export function checkInternalOrder({ keys, comparisons }: InternalRecording, order: Order): string[] {
  const differences: string[] = [];
  const check = (a: string, b: string, theirs: number) => {
    const ours = Math.sign(order.compare(fromHex(a), fromHex(b)));
    if (theirs !== ours) differences.push(`compare(${a}, ${b}): goleveldb gives ${theirs}, we give ${ours}`);
  };
  for (const { a, b, sign } of comparisons) check(a, b, sign);
  for (let i = 1; i < keys.length; i++) check(keys[i - 1].key, keys[i].key, -1);
  return differences;
}

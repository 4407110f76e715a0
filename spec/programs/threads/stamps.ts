import { FNV_START, fnv, mix } from '../../support/prng.js';

/*
 * Values that speak for themselves: the number of the write that they come from, bytes that follow from it, and a checksum over
 * all of that and the key. Of a value that is half written, or another key's, it is wrong.
 */

/** Checksum, number, length of the bytes. */
const STAMP_BYTES = 12;

/** @param length of the bytes that follow */
export function stamped(key: Uint8Array, number: number, length: number): Uint8Array {
  const value = new Uint8Array(STAMP_BYTES + length);
  const view = new DataView(value.buffer);
  view.setUint32(4, number);
  view.setUint32(8, length);
  for (let i = 0; i < length; i++) value[STAMP_BYTES + i] = mix(number + i);
  view.setUint32(0, checksum(key, value));
  return value;
}

/** The number of a value. @throws Error where it is not whole */
export function numberOf(key: Uint8Array, value: Uint8Array): number {
  if (value.length < STAMP_BYTES) throw torn(key, value);
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  if (view.getUint32(8) !== value.length - STAMP_BYTES || view.getUint32(0) !== checksum(key, value)) {
    throw torn(key, value);
  }
  return view.getUint32(4);
}

function checksum(key: Uint8Array, value: Uint8Array): number {
  return fnv(fnv(FNV_START, key), value.subarray(4));
}

function torn(key: Uint8Array, value: Uint8Array): Error {
  const shown = Array.from(value.subarray(0, 24), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return new Error(
    `a value that is not whole, or another key's: ${value.length} bytes, ${shown}..., under ${new TextDecoder().decode(key)}`,
  );
}

import { Buffer } from 'node:buffer';

const encoder = new TextEncoder();

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text of some UTF-8 bytes; `undefined` stays so. */
export function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

export function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

export function run(byte: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let length = 0;
  for (const part of parts) {
    whole.set(part, length);
    length += part.length;
  }
  return whole;
}

/** For messages: all of a short array, and enough of a long one. */
export function show(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return 'undefined';
  const hex = Buffer.from(bytes.subarray(0, 24)).toString('hex');
  return bytes.length <= 24 ? `<${hex}>` : `<${hex}... ${bytes.length} bytes>`;
}

export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

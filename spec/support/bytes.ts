const encoder = new TextEncoder();
/** Where there is one, it compares long values many times as fast as a loop does. Browsers have none. */
const { Buffer: nodeBuffer } = globalThis as { Buffer?: typeof Buffer };

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
  const hex = Array.from(bytes.subarray(0, 24), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length <= 24 ? `<${hex}>` : `<${hex}... ${bytes.length} bytes>`;
}

export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (nodeBuffer !== undefined) return nodeBuffer.compare(a, b) === 0;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

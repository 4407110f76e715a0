/** Bytes that `writeVarint32` takes for a value: 1 to 5. */
export function varint32Length(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) length++;
  return length;
}

/** Writes an unsigned 32-bit number, seven bits to a byte, the low ones first; all bytes but the last have bit 7 set. */
export function writeVarint32(target: Uint8Array, offset: number, value: number): void {
  let rest = value >>> 0;
  for (; rest >= 0x80; rest >>>= 7) target[offset++] = rest | 0x80;
  target[offset] = rest;
}

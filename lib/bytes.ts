/**
 * Lexicographic order of a[aStart, aEnd) and b[bStart, bEnd): below, at or above 0, as memcmp, then by length.
 * @param skip how many bytes at the beginning are known to be the same
 */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
  skip: number,
): number {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const shorter = aLength < bLength ? aLength : bLength;
  for (let i = skip; i < shorter; i++) {
    const difference = a[aStart + i] - b[bStart + i];
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/**
 * How many bytes below `end` of kv from `offset` on, and of `key` from `start` on, are the same, if the first `from` are. In
 * kv, where it is cheap, it goes word by word.
 */
export function sharedLength(
  kv: DataView,
  offset: number,
  key: Uint8Array,
  start: number,
  from: number,
  end: number,
): number {
  let i = from;
  for (; i + 8 <= end; i += 8) {
    const inLow = kv.getInt32(offset + i, true) ^ wordAt(key, start + i);
    if (inLow !== 0) return i + lowestByte(inLow);
    const inHigh = kv.getInt32(offset + i + 4, true) ^ wordAt(key, start + i + 4);
    if (inHigh !== 0) return i + 4 + lowestByte(inHigh);
  }
  if (i + 4 <= end) {
    const difference = kv.getInt32(offset + i, true) ^ wordAt(key, start + i);
    if (difference !== 0) return i + lowestByte(difference);
    i += 4;
  }
  while (i < end && kv.getUint8(offset + i) === key[start + i]) i++;
  return i;
}

/** Four bytes, the first of them lowest. */
export function wordAt(key: Uint8Array, i: number): number {
  return key[i] | (key[i + 1] << 8) | (key[i + 2] << 16) | (key[i + 3] << 24);
}

/** How many bytes below `end` are the same in two places of kv, if the first `from` are. */
export function sharedInKv(kv: DataView, a: number, b: number, from: number, end: number): number {
  let i = from;
  for (; i + 8 <= end; i += 8) {
    const inLow = kv.getInt32(a + i, true) ^ kv.getInt32(b + i, true);
    if (inLow !== 0) return i + lowestByte(inLow);
    const inHigh = kv.getInt32(a + i + 4, true) ^ kv.getInt32(b + i + 4, true);
    if (inHigh !== 0) return i + 4 + lowestByte(inHigh);
  }
  if (i + 4 <= end) {
    const difference = kv.getInt32(a + i, true) ^ kv.getInt32(b + i, true);
    if (difference !== 0) return i + lowestByte(difference);
    i += 4;
  }
  while (i < end && kv.getUint8(a + i) === kv.getUint8(b + i)) i++;
  return i;
}

/** Which byte of a word is the lowest that is not 0. */
function lowestByte(word: number): number {
  return (31 - Math.clz32(word & -word)) >> 3;
}

/** Number of leading bytes that a and b share. */
export function sharedPrefixLength(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  let i = 0;
  while (i < shorter && a[i] === b[i]) i++;
  return i;
}

/** From about this many bytes up, `set` beats a loop. */
const SET_FROM = 32;

/** Copies source[0, length) to target[offset, offset + length). */
export function copyBytes(source: Uint8Array, length: number, target: Uint8Array, offset: number): void {
  if (length >= SET_FROM) {
    target.set(length === source.length ? source : source.subarray(0, length), offset);
    return;
  }
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    const at = offset + i;
    target[at] = source[i];
    target[at + 1] = source[i + 1];
    target[at + 2] = source[i + 2];
    target[at + 3] = source[i + 3];
    target[at + 4] = source[i + 4];
    target[at + 5] = source[i + 5];
    target[at + 6] = source[i + 6];
    target[at + 7] = source[i + 7];
  }
  for (; i < length; i++) target[offset + i] = source[i];
}

/**
 * The same for an array that `view` shows from its first byte on: a short source is written by words, which takes fewer
 * instructions.
 */
export function copyByWords(
  source: Uint8Array,
  length: number,
  target: Uint8Array,
  view: DataView,
  offset: number,
): void {
  if (length >= SET_FROM) {
    copyBytes(source, length, target, offset);
    return;
  }
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    view.setInt32(offset + i, wordAt(source, i), true);
    view.setInt32(offset + i + 4, wordAt(source, i + 4), true);
  }
  if (i + 4 <= length) {
    view.setInt32(offset + i, wordAt(source, i), true);
    i += 4;
  }
  for (; i < length; i++) target[offset + i] = source[i];
}

/** Throws a TypeError, saying what was given and how to encode it, unless `value` is a usable Uint8Array. */
export function requireBytes(value: unknown, what: string): asserts value is Uint8Array {
  if (!isFilledBytes(value)) requireOddBytes(value, what);
}

/** @throws TypeError unless `value`, the entry of that index, is an array of two */
export function requirePair(value: unknown, index: number): asserts value is [unknown, unknown] {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new TypeError(`entries[${index}] must be a pair [key, value], but got ${describe(value)}`);
  }
}

/** Whether `value` is a Uint8Array at first glance. Others may be one, too. */
export function isFilledBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length > 0;
}

/**
 * The last array that was found to be empty for good: nothing can ever be in it, so that it has nothing to lose, even
 * if it is transferred later. To ask takes a tenth of a put.
 */
let knownEmpty: Uint8Array = new Uint8Array(0);

function requireOddBytes(value: unknown, what: string): asserts value is Uint8Array {
  if (value === knownEmpty) return;
  if (!(value instanceof Uint8Array) && !isForeignUint8Array(value)) {
    throw new TypeError(`${what} must be a Uint8Array, but got ${describe(value)}${howToEncode(value)}`);
  }
  // One that is lost begins at 0, whatever it began at before.
  if (value.length === 0 && value.byteOffset === 0) {
    if (isLost(value)) {
      throw new TypeError(
        `${what} is a Uint8Array whose buffer is detached (it was transferred elsewhere) or was shrunk: pass a copy made before`,
      );
    }
    // One of another realm would keep that alive.
    if (value instanceof Uint8Array && isEmptyForGood(value.buffer)) knownEmpty = value;
  }
}

/** Whether nothing can ever be in a buffer that is not detached. */
function isEmptyForGood(buffer: ArrayBufferLike & { maxByteLength?: number }): boolean {
  return (buffer.maxByteLength ?? buffer.byteLength) === 0;
}

/** A Uint8Array of another realm (an iframe, a vm context) is no `instanceof` ours. */
function isForeignUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';
}

/** Whether an array reads as empty since its bytes are gone. Methods of arrays refuse those. */
function isLost(bytes: Uint8Array): boolean {
  try {
    Uint8Array.prototype.fill.call(bytes, 0);
    return false;
  } catch {
    return true;
  }
}

export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length} elements`;
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    return name === undefined || name === '' || name === 'Object' ? 'an object' : `an instance of ${name}`;
  }
  if (typeof value === 'function') return 'a function';
  const text = String(value);
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return `the ${typeof value} ${typeof value === 'string' ? JSON.stringify(shown) : shown}`;
}

function howToEncode(value: unknown): string {
  if (typeof value === 'string') return '; encode it with new TextEncoder().encode(text)';
  if (typeof value === 'number' || typeof value === 'bigint') {
    return '; encode it in a fixed number of bytes, most significant first, for example with DataView';
  }
  if (Array.isArray(value)) return '; encode it with Uint8Array.from(array)';
  if (ArrayBuffer.isView(value)) {
    return '; view its bytes with new Uint8Array(view.buffer, view.byteOffset, view.byteLength)';
  }
  if (value !== null && typeof value === 'object' && 'byteLength' in value) {
    return '; view its bytes with new Uint8Array(buffer)';
  }
  if (value === null || value === undefined) return '; an empty one is new Uint8Array(0)';
  return '';
}

/*
 * What a typed array says of itself can be overridden: by its own properties, or in a class of its own. These are the getters that it was born
 * with, and what they say is true. They throw a TypeError for what is no typed array.
 */

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

function getter(name: PropertyKey): (of: unknown) => unknown {
  const descriptor = Object.getOwnPropertyDescriptor(typedArray, name)!;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- what it is called on comes later
  return Function.prototype.call.bind(descriptor.get!);
}

export const lengthOf = /* @__PURE__ */ getter('length') as (array: Uint8Array) => number;
export const byteLengthOf = /* @__PURE__ */ getter('byteLength') as (array: Uint8Array) => number;
const bufferOf = /* @__PURE__ */ getter('buffer') as (array: Uint8Array) => ArrayBuffer;
const byteOffsetOf = /* @__PURE__ */ getter('byteOffset') as (array: Uint8Array) => number;
/** What kind of typed array it is; `undefined` for what is none, and never an error. */
export const kindOf = /* @__PURE__ */ getter(Symbol.toStringTag) as (value: unknown) => string | undefined;

/** A plain view of array[0, length). */
export function partOf(array: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(bufferOf(array), byteOffsetOf(array), length);
}

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
  if (end - from >= VIEW_FROM) return sharedInLong(kv, offset, key, start, from, end);
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

/** For so many bytes, it pays to make a view by which to read words of them. */
const VIEW_FROM = 512;

function sharedInLong(
  kv: DataView,
  offset: number,
  key: Uint8Array,
  start: number,
  from: number,
  end: number,
): number {
  const words = new DataView(bufferOf(key), byteOffsetOf(key) + start, end);
  let i = from;
  while (
    i + 16 <= end &&
    ((kv.getInt32(offset + i) ^ words.getInt32(i)) |
      (kv.getInt32(offset + i + 4) ^ words.getInt32(i + 4)) |
      (kv.getInt32(offset + i + 8) ^ words.getInt32(i + 8)) |
      (kv.getInt32(offset + i + 12) ^ words.getInt32(i + 12))) ===
      0
  ) {
    i += 16;
  }
  while (i < end && kv.getUint8(offset + i) === words.getUint8(i)) i++;
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
  const shorter = Math.min(lengthOf(a), lengthOf(b));
  let i = 0;
  while (i < shorter && a[i] === b[i]) i++;
  return i;
}

/** An array, all of which `view` shows, too. */
export interface Viewed {
  readonly array: Uint8Array;
  readonly view: DataView;
}

/** From about this many bytes up, `set` beats a loop that copies words, by what a view of the source takes to make. */
const SET_WORDS_FROM = 256;

/** Copies source[start, start + length) to target[offset, offset + length). */
export function copyBetween(
  source: Viewed,
  start: number,
  length: number,
  target: Viewed,
  offset: number,
): void {
  if (length >= SET_WORDS_FROM) {
    target.array.set(source.array.subarray(start, start + length), offset);
    return;
  }
  // Four words a turn, of views at hand: two thirds of the time of two words.
  const from = source.view;
  const to = target.view;
  let i = 0;
  for (; i + 16 <= length; i += 16) {
    to.setInt32(offset + i, from.getInt32(start + i, true), true);
    to.setInt32(offset + i + 4, from.getInt32(start + i + 4, true), true);
    to.setInt32(offset + i + 8, from.getInt32(start + i + 8, true), true);
    to.setInt32(offset + i + 12, from.getInt32(start + i + 12, true), true);
  }
  for (; i + 4 <= length; i += 4) to.setInt32(offset + i, from.getInt32(start + i, true), true);
  for (; i < length; i++) target.array[offset + i] = source.array[start + i];
}

/** From about this many bytes up, `set` beats a loop. */
const SET_FROM = 32;

/** Copies source[0, length) to target[offset, offset + length). */
export function copyBytes(source: Uint8Array, length: number, target: Uint8Array, offset: number): void {
  if (length >= SET_FROM) {
    target.set(length === lengthOf(source) ? source : partOf(source, length), offset);
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

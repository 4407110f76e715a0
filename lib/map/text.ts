/*
 * Text as UTF-8, whose bytes sort by code points. Surrogates without their other half, for which UTF-8 has no bytes, are written
 * in three bytes as any code point of their size would be (WTF-8): every string comes back as it was, and in its place.
 */
import { refuse, type Codec, type Scratch } from './codec.js';

/** From so many units up, the engine's own encoder beats a loop. */
const NATIVE_FROM = 20;
/** Of a text as long as this, the bytes are counted before there is room made for them. */
const COUNT_FROM = 1 << 12;
/** Up to so many bytes, a loop beats a decoder that takes a view. */
const SHORT = 16;
/** Code points that are made text of at once. */
const CHUNK = 1024;

// What engines have beside the language, whose types are all that the library knows.
declare const TextEncoder: new () => {
  encodeInto(text: string, into: Uint8Array): { written: number };
};
declare const TextDecoder: new (
  encoding: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
type Slice = (this: Uint8Array, start: number, end: number) => string;
declare interface Engine {
  Buffer?: { prototype?: { utf8Slice?: Slice } };
}
declare interface NewString {
  isWellFormed?(): boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Where there is Node's own way to read text, it takes half as long, and no view. */
const utf8Slice = (globalThis as Engine).Buffer?.prototype?.utf8Slice;

/** What decoders put for bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';

export const string: Codec<string> = {
  name: 'codecs.string',
  write(value, scratch, at) {
    if (typeof value !== 'string') refuse('string', 'strings', value);
    return writeText(value, scratch, at);
  },
  read: readText,
  writePrefix(prefix, scratch, at) {
    if (typeof prefix !== 'string') refuse('string', 'strings as prefixes', prefix);
    return writeText(prefix, scratch, at);
  },
};

/** @returns where the bytes end */
export function writeText(text: string, scratch: Scratch, at: number): number {
  const { length } = text;
  if (length >= NATIVE_FROM) return writeLong(text, scratch, at);
  const bytes = scratch.reserve(at + 3 * length);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return writeUnits(text, i, bytes, at + i);
    bytes[at + i] = unit;
  }
  return at + length;
}

function writeLong(text: string, scratch: Scratch, at: number): number {
  const { length } = text;
  scratch.reserve(at + (length < COUNT_FROM ? 3 * length : bytesOf(text)));
  const { written } = encoder.encodeInto(text, scratch.from(at));
  return written === length || isWellFormed(text) ? at + written : writeUnits(text, 0, scratch.bytes, at);
}

/** Whether every surrogate has its other half. Where the engine can't tell, it is taken for no. */
function isWellFormed(text: string): boolean {
  return (text as NewString).isWellFormed?.() === true;
}

function bytesOf(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit < 0x800 ? 1 : 2; // Of a pair, that is two more than it takes.
  }
  return bytes;
}

/** Writes the text from unit `i` on, at `at`. */
function writeUnits(text: string, i: number, bytes: Uint8Array, at: number): number {
  for (; i < text.length; i++) {
    const point = text.codePointAt(i)!;
    if (point < 0x80) {
      bytes[at++] = point;
    } else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else {
      i++;
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    }
  }
  return at;
}

export function readText(bytes: Uint8Array, start: number, end: number): string {
  if (utf8Slice !== undefined) {
    const text = utf8Slice.call(bytes, start, end);
    return text.includes(REPLACEMENT) ? readPoints(bytes, start, end) : text;
  }
  return end - start <= SHORT ? readShort(bytes, start, end) : readLong(bytes, start, end);
}

function readShort(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) {
    if (bytes[i] >= 0x80) return readPoints(bytes, start, end);
    text += String.fromCharCode(bytes[i]);
  }
  return text;
}

function readLong(bytes: Uint8Array, start: number, end: number): string {
  try {
    return decoder.decode(bytes.subarray(start, end));
  } catch {
    return readPoints(bytes, start, end);
  }
}

/** Reads what `writeUnits` writes. */
function readPoints(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  const points: number[] = [];
  for (let i = start; i < end;) {
    const first = bytes[i++];
    if (first < 0x80) {
      points.push(first);
    } else if (first < 0xe0) {
      points.push(((first & 0x1f) << 6) | (bytes[i++] & 0x3f));
    } else if (first < 0xf0) {
      points.push(((first & 0x0f) << 12) | ((bytes[i++] & 0x3f) << 6) | (bytes[i++] & 0x3f));
    } else {
      const high = ((first & 0x07) << 18) | ((bytes[i++] & 0x3f) << 12);
      points.push(high | ((bytes[i++] & 0x3f) << 6) | (bytes[i++] & 0x3f));
    }
    if (points.length === CHUNK) text += String.fromCodePoint(...points.splice(0));
  }
  return text + String.fromCodePoint(...points);
}

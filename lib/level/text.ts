/*
 * Text as bytes. Keys of a store of strings sort as JavaScript compares strings, by UTF-16 units: what is no surrogate is written as
 * in UTF-8, and each surrogate in three bytes, which sort as units do (CESU-8). Values are UTF-8, but where a surrogate lacks its
 * other half. Either way, every string comes back as it was.
 */

// What engines have beside the language, whose types are all that the library knows.
declare const TextEncoder: new () => {
  encodeInto(text: string, into: Uint8Array): { written: number };
};
declare const TextDecoder: new (
  encoding: string,
  options: { ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
type Slice = (this: Uint8Array, start: number, end: number) => string;
type NativeWrite = (this: Uint8Array, text: string, at: number, most: number) => number;
declare interface Engine {
  Buffer?: { prototype?: { utf8Slice?: Slice; utf8Write?: NativeWrite } };
}
declare interface NewString {
  isWellFormed?(): boolean;
}

const SURROGATES = /[\ud800-\udfff]/;
/** What decoders put for bytes that are no UTF-8. */
const REPLACEMENT = '\ufffd';
/** Code units that are made text of at once. */
const CHUNK = 1024;
/** From so many units up, the engine's own encoder beats a loop. */
const NATIVE_FROM = 20;
/** No unit takes more. */
export const MOST_BYTES = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** Node's own ways to read and write text take half as long, and no views. */
const { utf8Slice, utf8Write } = (globalThis as Engine).Buffer?.prototype ?? {};

/** Writes a text to where there is room for it. @returns where it ends */
export type Write = (text: string, bytes: Uint8Array, at: number) => number;

/** As UTF-8, in which what is no text becomes U+FFFD. */
export function writeUTF8(text: string, bytes: Uint8Array, at: number): number {
  const { length } = text;
  if (length >= NATIVE_FROM) return writeNative(text, bytes, at);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return writeNative(text, bytes, at);
    bytes[at + i] = unit;
  }
  return at + length;
}

function writeNative(text: string, bytes: Uint8Array, at: number): number {
  if (utf8Write !== undefined) return at + utf8Write.call(bytes, text, at, MOST_BYTES * text.length);
  return at + encoder.encodeInto(text, bytes.subarray(at)).written;
}

/** So that keys sort as JavaScript compares strings. */
export function writeKey(text: string, bytes: Uint8Array, at: number): number {
  return SURROGATES.test(text) ? writeUnits(text, bytes, at) : writeUTF8(text, bytes, at);
}

/** So that any string comes back as it was. */
export function writeValue(text: string, bytes: Uint8Array, at: number): number {
  return isWellFormed(text) ? writeUTF8(text, bytes, at) : writeUnits(text, bytes, at);
}

/** Whether every surrogate has its other half. */
function isWellFormed(text: string): boolean {
  return (text as NewString).isWellFormed?.() ?? !SURROGATES.test(text);
}

function writeUnits(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[at++] = unit;
    } else if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 0x3f);
    } else {
      bytes[at++] = 0xe0 | (unit >> 12);
      bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

export function readUTF8(bytes: Uint8Array, start: number, end: number): string {
  return utf8Slice !== undefined
    ? utf8Slice.call(bytes, start, end)
    : decoder.decode(bytes.subarray(start, end));
}

/** Reads what `writeKey` and `writeValue` write. */
export function readLossless(bytes: Uint8Array, start: number, end: number): string {
  const text = readUTF8(bytes, start, end);
  return text.includes(REPLACEMENT) ? readUnits(bytes, start, end) : text;
}

function readUnits(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  const units: number[] = [];
  for (let i = start; i < end;) {
    const first = bytes[i++];
    if (first < 0x80) {
      units.push(first);
    } else if (first < 0xe0) {
      units.push(((first & 0x1f) << 6) | (bytes[i++] & 0x3f));
    } else if (first < 0xf0) {
      units.push(((first & 0x0f) << 12) | ((bytes[i++] & 0x3f) << 6) | (bytes[i++] & 0x3f));
    } else {
      const high = ((first & 0x07) << 18) | ((bytes[i++] & 0x3f) << 12);
      const point = (high | ((bytes[i++] & 0x3f) << 6) | (bytes[i++] & 0x3f)) - 0x10000;
      units.push(0xd800 | (point >> 10), 0xdc00 | (point & 0x3ff));
    }
    if (units.length >= CHUNK) text += String.fromCharCode(...units.splice(0));
  }
  return text + String.fromCharCode(...units);
}

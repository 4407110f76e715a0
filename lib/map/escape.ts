/*
 * Bytes within other bytes. A 0 ends them; a 0 of their own is written as 1 1, and a 1 as 1 2. That keeps the order: what is
 * shorter meets its 0 first.
 */
import { requireEnd, type Codec, type Scratch } from './codec.js';

const END = 0;
const ESCAPE = 1;

/** Escapes scratch.bytes[at, end), and ends them. @returns where they end then */
export function escape(scratch: Scratch, at: number, end: number): number {
  let { bytes } = scratch;
  let more = 0;
  for (let i = at; i < end; i++) if (bytes[i] <= ESCAPE) more++;
  bytes = scratch.reserve(end + more + 1);
  const escapedEnd = end + more;
  let to = escapedEnd;
  for (let from = end; to > from;) {
    const byte = bytes[--from];
    bytes[--to] = byte <= ESCAPE ? byte + 1 : byte;
    if (byte <= ESCAPE) bytes[--to] = ESCAPE;
  }
  bytes[escapedEnd] = END;
  return escapedEnd + 1;
}

/** Where escaped bytes end that begin at `start`, with their 0. */
export function endOfEscaped(bytes: Uint8Array, start: number): number {
  let i = start;
  while (i < bytes.length && bytes[i] !== END) i++;
  return i + 1;
}

/** What a codec reads of bytes[start, end), which are escaped. */
export function readEscaped<T>(
  read: (bytes: Uint8Array, start: number, end: number) => T,
  bytes: Uint8Array,
  start: number,
  end: number,
): T {
  let i = start;
  while (i < end && bytes[i] !== ESCAPE) i++;
  if (i === end) return read(bytes, start, end - 1);
  const plain = new Uint8Array(end - start);
  let to = 0;
  for (i = start; i < end - 1; i++) plain[to++] = bytes[i] === ESCAPE ? bytes[++i] - 1 : bytes[i];
  return read(plain, 0, to);
}

/** Any codec, as part of a tuple. */
class Escaped<T> implements Codec<T> {
  readonly name: string;
  readonly #codec: Codec<T>;
  readonly #read: Codec<T>['read'];

  constructor(codec: Codec<T>) {
    this.name = codec.name;
    this.#codec = codec;
    this.#read = (bytes, start, end) => codec.read(bytes, start, end);
  }

  write(value: T, scratch: Scratch, at: number): number {
    const end = this.#codec.write(value, scratch, at);
    requireEnd(end, at, scratch, this);
    return escape(scratch, at, end);
  }

  read(bytes: Uint8Array, start: number, end: number): T {
    return readEscaped(this.#read, bytes, start, end);
  }

  endOf(bytes: Uint8Array, start: number): number {
    return endOfEscaped(bytes, start);
  }
}

/** A codec whose bytes tell where they end. */
export type Part<T> = Codec<T> & Required<Pick<Codec<T>, 'endOf'>>;

export function partOf<T>(codec: Codec<T>): Part<T> {
  if (codec.part !== undefined) return partOf(codec.part);
  return codec.endOf !== undefined ? (codec as Part<T>) : new Escaped(codec);
}

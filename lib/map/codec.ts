/*
 * What a codec is: values to bytes and back. Codecs write straight into memory that the map uses again for each call, and read
 * straight from where the DB keeps its bytes, so that nothing is allocated on the way.
 */
import { describe, isBytes } from '../base/arguments.js';
import { lengthOf } from '../base/bytes.js';

/** Memory to write into, that grows as needed. */
export interface Scratch {
  /** Another array after `reserve`: take it anew. */
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;
  /** Makes room for bytes[0, end). What was written stays. @returns `bytes` */
  reserve(end: number): Uint8Array;
  /** The bytes from `at` on: a view. */
  from(at: number): Uint8Array;
}

/**
 * Makes bytes of values, and values of bytes. Of a map's keys, the order of the bytes is the order of the map: they are compared
 * byte by byte, each as a number from 0 to 255, and a shorter one comes before all that begin with it.
 *
 * What throws while it writes, throws from the call of the map, which then has changed nothing. Neither may change the map.
 * @example
 * // A key of four bytes, the largest first.
 * const descending = {
 *   name: 'descending',
 *   write(value, scratch, at) {
 *     if (typeof value !== 'number') throw new TypeError(`descending takes numbers, but got ${value}`);
 *     scratch.reserve(at + 4);
 *     scratch.view.setUint32(at, 0xffffffff - value);
 *     return at + 4;
 *   },
 *   read: (bytes, start) => 0xffffffff - new DataView(bytes.buffer, bytes.byteOffset).getUint32(start),
 *   endOf: (bytes, start) => start + 4, // for tuples
 * };
 * const scores = new OrderedMap({ key: descending, value: codecs.string });
 * scores.set(10, 'ten').set(300, 'many');
 * console.log([...scores.keys()]); // -> [ 300, 10 ]
 */
export interface Codec<T> {
  /** What errors call it. */
  readonly name: string;
  /**
   * Writes a value to scratch.bytes[at, end), for which `scratch.reserve` makes room. Bytes before `at` are not its own.
   * @returns end
   * @throws TypeError for a value of the wrong kind
   */
  write(value: T, scratch: Scratch, at: number): number;
  /**
   * The value of bytes[start, end). The array is lent, and far larger than that: it must not be changed, and what the value
   * keeps must be copied out of it.
   */
  read(bytes: Uint8Array, start: number, end: number): T;
  /**
   * Where bytes end that begin at `start`, for codecs whose bytes say so themselves, whatever comes behind them. Within a tuple,
   * the bytes of codecs that have none are escaped and end with a 0.
   */
  endOf?(bytes: Uint8Array, start: number): number;
  /** The codec that stands for this one within a tuple, and that has `endOf`. */
  readonly part?: Codec<T>;
  /**
   * Writes what all keys begin with that begin with `prefix`, as `write` does. There is no `prefix(...)` without.
   */
  writePrefix?(prefix: unknown, scratch: Scratch, at: number): number;
  /** Writes a bound of a range, where that may be more than a value. */
  writeBound?(bound: unknown, scratch: Scratch, at: number): number;
}

/**
 * A codec in two plain functions. It costs an array for each call: `encode` gives one, whose bytes are copied, and `decode` is
 * given one of its own.
 * @example
 * const hex = {
 *   encode: (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16)),
 *   decode: (array) => Array.from(array, (byte) => byte.toString(16).padStart(2, '0')).join(''),
 * };
 * const map = new OrderedMap({ key: codecs.string, value: hex });
 * console.log(map.set('a', 'c0ffee').get('a')); // -> c0ffee
 */
export interface SimpleCodec<T> {
  /** What errors call it. */
  readonly name?: string | undefined;
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** @throws TypeError for what is neither */
export function codecOf<T>(codec: Codec<T> | SimpleCodec<T>, what: string): Codec<T> {
  const { write, read, encode, decode } = (codec ?? {}) as Partial<Codec<T> & SimpleCodec<T>>;
  if (typeof write === 'function' && typeof read === 'function') return codec as Codec<T>;
  if (typeof encode === 'function' && typeof decode === 'function') {
    return new Simple(codec as SimpleCodec<T>, what);
  }
  throw new TypeError(
    `${what} must be a codec: one of codecs, or an object with write and read, or with encode and decode; but got ${describe(codec)}`,
  );
}

class Simple<T> implements Codec<T> {
  readonly name: string;
  readonly #codec: SimpleCodec<T>;

  constructor(codec: SimpleCodec<T>, what: string) {
    this.#codec = codec;
    this.name = codec.name ?? `the ${what} codec`;
  }

  write(value: T, scratch: Scratch, at: number): number {
    const encoded: unknown = this.#codec.encode(value);
    if (!isBytes(encoded)) {
      throw new TypeError(`${this.name} must encode to a Uint8Array, but gave ${describe(encoded)}`);
    }
    const end = at + lengthOf(encoded);
    scratch.reserve(end).set(encoded, at);
    return end;
  }

  read(bytes: Uint8Array, start: number, end: number): T {
    return this.#codec.decode(copyOf(bytes, start, end));
  }
}

/** A plain Uint8Array, also where `bytes` is a Buffer, with a buffer of its own. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  if (copy.length < SET_FROM) {
    for (let i = 0; i < copy.length; i++) copy[i] = bytes[start + i];
  } else {
    copy.set(bytes.subarray(start, end));
  }
  return copy;
}

/** From about so many bytes up, `set` beats a loop. */
const SET_FROM = 48;

/** @throws TypeError where a codec gave anything but where the bytes end that it wrote from `at` on */
export function requireEnd(end: unknown, at: number, scratch: Scratch, codec: { name: string }): void {
  if (Number.isInteger(end) && (end as number) >= at && (end as number) <= scratch.bytes.length) return;
  throw new TypeError(
    `${codec.name}: write must give where the bytes end that it wrote, from ${at} on, but gave ${describe(end)}`,
  );
}

/** @throws TypeError */
export function refuse(codec: string, takes: string, value: unknown): never {
  throw new TypeError(`codecs.${codec} takes ${takes}, but got ${describe(value)}`);
}

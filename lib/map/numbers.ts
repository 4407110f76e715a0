/*
 * Numbers, bigints, dates and booleans in bytes that sort as they do.
 */
import { refuse, type Codec, type Scratch } from './codec.js';

export const NUMBER_BYTES = 8;
const SIGN = 0x8000_0000 | 0;
const HIGH_OF_NAN = 0x7ff8_0000;

/** What is read is put together here: there is no view of where it lies. */
const word = new DataView(new ArrayBuffer(NUMBER_BYTES));

/**
 * All doubles, in the order of numbers: the bits of a double sort like an integer's, but for the sign, and those below 0 the
 * other way round. -0 is written as 0, and each NaN as one that comes after Infinity.
 */
export function writeDouble(value: number, scratch: Scratch, at: number): number {
  scratch.reserve(at + NUMBER_BYTES);
  const { view } = scratch;
  view.setFloat64(at, value + 0);
  const high = Number.isNaN(value) ? HIGH_OF_NAN : view.getInt32(at);
  if (high < 0) {
    view.setInt32(at, ~high);
    view.setInt32(at + 4, ~view.getInt32(at + 4));
  } else {
    view.setInt32(at, high ^ SIGN);
    if (high === HIGH_OF_NAN) view.setInt32(at + 4, 0);
  }
  return at + NUMBER_BYTES;
}

export function readDouble(bytes: Uint8Array, start: number): number {
  const high = bigEndian(bytes, start);
  const low = bigEndian(bytes, start + 4);
  if (high < 0) {
    word.setInt32(0, high ^ SIGN);
    word.setInt32(4, low);
  } else {
    word.setInt32(0, ~high);
    word.setInt32(4, ~low);
  }
  return word.getFloat64(0);
}

function bigEndian(bytes: Uint8Array, i: number): number {
  return (bytes[i] << 24) | (bytes[i + 1] << 16) | (bytes[i + 2] << 8) | bytes[i + 3];
}

export const number: Codec<number> = {
  name: 'codecs.number',
  write(value, scratch, at) {
    if (typeof value !== 'number') refuse('number', 'numbers', value);
    return writeDouble(value, scratch, at);
  },
  read: readDouble,
  endOf: (_bytes, start) => start + NUMBER_BYTES,
};

export const date: Codec<Date> = {
  name: 'codecs.date',
  write: (value, scratch, at) => writeDouble(timeOf(value, 'date', 'dates'), scratch, at),
  read: (bytes, start) => new Date(readDouble(bytes, start)),
  endOf: (_bytes, start) => start + NUMBER_BYTES,
};

/** @throws RangeError for one that is no time; TypeError for what is no date. One of another realm is one. */
export function timeOf(value: unknown, codec: string, takes: string): number {
  let time;
  try {
    time = Date.prototype.getTime.call(value as Date);
  } catch {
    refuse(codec, takes, value);
  }
  if (Number.isNaN(time)) throw new RangeError(`codecs.${codec} takes dates, but got an invalid one`);
  return time;
}

export const boolean: Codec<boolean> = {
  name: 'codecs.boolean',
  write(value, scratch, at) {
    if (typeof value !== 'boolean') refuse('boolean', 'true and false', value);
    scratch.reserve(at + 1)[at] = value ? 1 : 0;
    return at + 1;
  },
  read: (bytes, start) => bytes[start] === 1,
  endOf: (_bytes, start) => start + 1,
};

/**
 * A bigint is its number of bytes and then these, most significant first. The number is added to ZERO, or taken from it where
 * the bigint is below 0, whose bytes are flipped. From LONG bytes on, the number stands in four bytes of its own.
 */
const ZERO = 0x80;
const LONG = 0x7f;
const LENGTH_BYTES = 4;
const BYTES_OF_WORD = 8;
const WORD_LIMIT = 2n ** 64n;

export const bigint: Codec<bigint> = {
  name: 'codecs.bigint',
  write(value, scratch, at) {
    if (typeof value !== 'bigint') refuse('bigint', 'bigints', value);
    return writeBigInt(value, scratch, at);
  },
  read: readBigInt,
  endOf: endOfBigInt,
};

export function writeBigInt(value: bigint, scratch: Scratch, at: number): number {
  const flip = value < 0n ? 0xff : 0;
  const magnitude = value < 0n ? -value : value;
  if (magnitude < WORD_LIMIT) {
    word.setBigUint64(0, magnitude);
    let zeros = 0;
    while (zeros < BYTES_OF_WORD && word.getUint8(zeros) === 0) zeros++;
    const from = writeLength(BYTES_OF_WORD - zeros, flip, scratch, at) - zeros;
    for (let i = zeros; i < BYTES_OF_WORD; i++) scratch.bytes[from + i] = word.getUint8(i) ^ flip;
    return from + BYTES_OF_WORD;
  }
  const digits = magnitude.toString(16);
  const length = (digits.length + 1) >> 1;
  const from = writeLength(length, flip, scratch, at);
  const { bytes } = scratch;
  // Of an odd number of digits, the first stands alone.
  let digit = digits.length - 2 * length;
  for (let i = 0; i < length; i++, digit += 2) {
    const high = digit < 0 ? 0 : digitOf(digits.charCodeAt(digit));
    bytes[from + i] = ((high << 4) | digitOf(digits.charCodeAt(digit + 1))) ^ flip;
  }
  return from + length;
}

/** @returns where the bytes begin, for which there is room then */
function writeLength(length: number, flip: number, scratch: Scratch, at: number): number {
  const bytes = scratch.reserve(at + 1 + LENGTH_BYTES + length);
  const isLong = length >= LONG;
  const shown = isLong ? LONG : length;
  bytes[at] = flip === 0 ? ZERO + shown : ZERO - shown;
  if (!isLong) return at + 1;
  scratch.view.setUint32(at + 1, flip === 0 ? length : ~length);
  return at + 1 + LENGTH_BYTES;
}

/** Of '0' to '9' and 'a' to 'f'. */
function digitOf(unit: number): number {
  return unit < 0x3a ? unit - 0x30 : unit - 0x57;
}

export function endOfBigInt(bytes: Uint8Array, start: number): number {
  const shown = Math.abs(bytes[start] - ZERO);
  if (shown < LONG) return start + 1 + shown;
  const length = bigEndian(bytes, start + 1);
  return start + 1 + LENGTH_BYTES + ((bytes[start] > ZERO ? length : ~length) >>> 0);
}

export function readBigInt(bytes: Uint8Array, start: number, end: number): bigint {
  const isNegative = bytes[start] < ZERO;
  const flip = isNegative ? 0xff : 0;
  const from = start + 1 + (Math.abs(bytes[start] - ZERO) < LONG ? 0 : LENGTH_BYTES);
  const magnitude =
    end - from <= BYTES_OF_WORD ? readWord(bytes, from, end, flip) : readDigits(bytes, from, end, flip);
  return isNegative ? -magnitude : magnitude;
}

function readWord(bytes: Uint8Array, from: number, end: number, flip: number): bigint {
  word.setInt32(0, 0);
  word.setInt32(4, 0);
  for (let i = from; i < end; i++) word.setUint8(BYTES_OF_WORD - end + i, bytes[i] ^ flip);
  return word.getBigUint64(0);
}

function readDigits(bytes: Uint8Array, from: number, end: number, flip: number): bigint {
  let digits = '0x';
  for (let i = from; i < end; i++) digits += (bytes[i] ^ flip).toString(16).padStart(2, '0');
  return BigInt(digits);
}

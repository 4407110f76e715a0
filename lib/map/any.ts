import { isBytes } from '../base/arguments.js';
/*
 * Keys of many types in one map. A tag says of which type a key is, and sorts those of different types; what follows sorts those
 * of one type.
 */
import { writeBytes } from './bytes.js';
import { copyOf, refuse, type Codec, type Scratch } from './codec.js';
import { endOfEscaped, escape, readEscaped } from './escape.js';
import {
  endOfBigInt,
  NUMBER_BYTES,
  readBigInt,
  readDouble,
  timeOf,
  writeBigInt,
  writeDouble,
} from './numbers.js';
import { readText, writeText } from './text.js';

/** What `codecs.any` takes. */
export type AnyKey =
  undefined | null | boolean | number | bigint | Date | string | Uint8Array | readonly AnyKey[];

const END_OF_ARRAY = 0;
// In the order of keys. From 2 up, so that none needs an escape.
const UNDEFINED = 2;
const NULL = 3;
const FALSE = 4;
const TRUE = 5;
const NUMBER = 6;
const BIGINT = 7;
const DATE = 8;
const STRING = 9;
const BYTES = 10;
const ARRAY = 11;

/** An array that holds itself has no end. */
const DEEPEST = 1000;

const TAKES = 'undefined, null, booleans, numbers, bigints, dates, strings, Uint8Arrays, and arrays of these';

/** Within an array, where a string ends must be seen. */
const part: Codec<AnyKey> = {
  name: 'codecs.any',
  write: (value, scratch, at) => write(value, scratch, at, true, 0),
  read: (bytes, start, end) => read(bytes, start, end, true),
  endOf,
};

export const any: Codec<AnyKey> = {
  name: 'codecs.any',
  write: (value, scratch, at) => write(value, scratch, at, false, 0),
  read: (bytes, start, end) => read(bytes, start, end, false),
  part,
  writePrefix(prefix, scratch, at) {
    const isArray = Array.isArray(prefix);
    if (!isArray && typeof prefix !== 'string' && !isBytes(prefix)) {
      refuse('any', 'strings, Uint8Arrays and arrays as prefixes', prefix);
    }
    return isArray ? writeElements(prefix, scratch, at, 0) : write(prefix, scratch, at, false, 0);
  },
};

function write(value: unknown, scratch: Scratch, at: number, isPart: boolean, depth: number): number {
  switch (typeof value) {
    case 'string': {
      tag(STRING, scratch, at);
      const end = writeText(value, scratch, at + 1);
      return isPart ? escape(scratch, at + 1, end) : end;
    }
    case 'number':
      return writeDouble(value, scratch, tag(NUMBER, scratch, at));
    case 'bigint':
      return writeBigInt(value, scratch, tag(BIGINT, scratch, at));
    case 'boolean':
      return tag(value ? TRUE : FALSE, scratch, at);
    case 'undefined':
      return tag(UNDEFINED, scratch, at);
    case 'object':
      return writeObject(value, scratch, at, isPart, depth);
    default:
      return refuse('any', TAKES, value);
  }
}

function writeObject(
  value: object | null,
  scratch: Scratch,
  at: number,
  isPart: boolean,
  depth: number,
): number {
  if (value === null) return tag(NULL, scratch, at);
  if (Array.isArray(value)) {
    return tag(END_OF_ARRAY, scratch, writeElements(value, scratch, at, depth));
  }
  if (isBytes(value)) {
    const end = writeBytes(value, scratch, tag(BYTES, scratch, at), 'any');
    return isPart ? escape(scratch, at + 1, end) : end;
  }
  return writeDouble(timeOf(value, 'any', TAKES), scratch, tag(DATE, scratch, at));
}

function writeElements(array: readonly unknown[], scratch: Scratch, at: number, depth: number): number {
  if (depth === DEEPEST) {
    throw new TypeError(
      `codecs.any: this array is in an array that is in an array, and so on, ${DEEPEST} deep`,
    );
  }
  let end = tag(ARRAY, scratch, at);
  for (let i = 0; i < array.length; i++) end = write(array[i], scratch, end, true, depth + 1);
  return end;
}

function tag(type: number, scratch: Scratch, at: number): number {
  scratch.reserve(at + 1)[at] = type;
  return at + 1;
}

function read(bytes: Uint8Array, start: number, end: number, isPart: boolean): AnyKey {
  const from = start + 1;
  switch (bytes[start]) {
    case STRING:
      return isPart ? readEscaped(readText, bytes, from, end) : readText(bytes, from, end);
    case NUMBER:
      return readDouble(bytes, from);
    case BIGINT:
      return readBigInt(bytes, from, end);
    case DATE:
      return new Date(readDouble(bytes, from));
    case BYTES:
      return isPart ? readEscaped(copyOf, bytes, from, end) : copyOf(bytes, from, end);
    case ARRAY:
      return readElements(bytes, from, end);
    case FALSE:
      return false;
    case TRUE:
      return true;
    case NULL:
      return null;
    default:
      return undefined;
  }
}

function readElements(bytes: Uint8Array, from: number, end: number): AnyKey[] {
  const array: AnyKey[] = [];
  for (let at = from; at < end - 1;) {
    const next = endOf(bytes, at);
    array.push(read(bytes, at, next, true));
    at = next;
  }
  return array;
}

function endOf(bytes: Uint8Array, start: number): number {
  const from = start + 1;
  switch (bytes[start]) {
    case STRING:
    case BYTES:
      return endOfEscaped(bytes, from);
    case NUMBER:
    case DATE:
      return from + NUMBER_BYTES;
    case BIGINT:
      return endOfBigInt(bytes, from);
    case ARRAY:
      return endOfElements(bytes, from);
    default:
      return from;
  }
}

function endOfElements(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== END_OF_ARRAY) at = endOf(bytes, at);
  return at + 1;
}

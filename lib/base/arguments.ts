import { byteLengthOf, kindOf, lengthOf } from './bytes.js';

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
  return (
    value instanceof Uint8Array &&
    ArrayBuffer.isView(value) &&
    // Engines find out by that what kind of array it is, and then the getters take no time.
    value.length > 0 &&
    byteLengthOf(value) > 0 &&
    byteLengthOf(value) === lengthOf(value)
  );
}

/**
 * The last array that was found to be empty for good: nothing can ever be in it, so that it has nothing to lose, even
 * if it is transferred later. To ask takes a tenth of a put.
 */
let knownEmpty: Uint8Array = new Uint8Array(0);

function requireOddBytes(value: unknown, what: string): asserts value is Uint8Array {
  if (value === knownEmpty) return;
  // One of another realm (an iframe, a vm context) is no `instanceof` ours.
  if (!isBytes(value)) {
    throw new TypeError(`${what} must be a Uint8Array, but got ${describe(value)}${howToEncode(value)}`);
  }
  // One that is lost begins at 0, whatever it began at before.
  if (lengthOf(value) === 0 && value.byteOffset === 0) {
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

export function isBytes(value: unknown): value is Uint8Array {
  return kindOf(value) === 'Uint8Array';
}

/** Whether an array reads as empty since its bytes are gone. Methods of arrays refuse those. */
export function isLost(bytes: Uint8Array): boolean {
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
  const text = (value as string | number | bigint | boolean | symbol).toString();
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return `the ${typeof value} ${typeof value === 'string' ? JSON.stringify(shown) : shown}`;
}

function howToEncode(value: unknown): string {
  if (typeof value === 'string') return '; encode it with new TextEncoder().encode(text)';
  if (typeof value === 'number' || typeof value === 'bigint') {
    return '; encode it in a fixed number of bytes, most significant first, for example with DataView';
  }
  if (Array.isArray(value)) return '; encode it with Uint8Array.from(array)';
  if (value instanceof Uint8Array) return ', which only looks like one: a Proxy, or with its prototype';
  if (ArrayBuffer.isView(value)) {
    return '; view its bytes with new Uint8Array(view.buffer, view.byteOffset, view.byteLength)';
  }
  if (value !== null && typeof value === 'object' && 'byteLength' in value) {
    return '; view its bytes with new Uint8Array(buffer)';
  }
  if (value === null || value === undefined) return '; an empty one is new Uint8Array(0)';
  return '';
}

/** Refuses what is no plain object, and options that there are not, which would silently do nothing. @throws TypeError */
export function requireOptions(options: unknown, of: string, names: readonly string[]): void {
  if (!isPlainObject(options)) {
    throw new TypeError(`${of} takes a plain object of options, but got ${describe(options)}`);
  }
  for (const name in options) {
    if (!names.includes(name)) {
      throw new TypeError(`${of} has no option '${name}': it has ${names.join(', ')}`);
    }
  }
}

/** One of another realm is one, too. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The place in a sequence, from the end where it is below 0. @throws TypeError, RangeError */
export function requireIndex(index: unknown): asserts index is number {
  if (typeof index !== 'number') throw new TypeError(`index must be a number, but got ${describe(index)}`);
  if (!Number.isInteger(index)) throw new RangeError(`index must be a whole number, but got ${index}`);
}

/** @throws TypeError */
export function requireFunction(value: unknown, what: string): void {
  if (typeof value !== 'function')
    throw new TypeError(`${what} must be a function, but got ${describe(value)}`);
}

export function requireBoolean(value: unknown, what: string): asserts value is boolean {
  if (typeof value !== 'boolean')
    throw new TypeError(`${what} must be true or false, but got ${describe(value)}`);
}

/** Bytes to reserve at first. @throws TypeError, RangeError */
export function requireCapacity(
  capacity: unknown,
  limit: number,
  name = 'capacity',
): asserts capacity is number {
  if (typeof capacity !== 'number') {
    throw new TypeError(`${name} must be a number of bytes, but got ${describe(capacity)}`);
  }
  if (!Number.isInteger(capacity) || capacity < 0 || capacity > limit) {
    throw new RangeError(`${name} must be a whole number of bytes from 0 to ${limit}, but got ${capacity}`);
  }
}

export function requireIterable(items: unknown, what: string): void {
  if (typeof (items as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function') {
    throw new TypeError(`${what} must be iterable, such as an array, but got ${describe(items)}`);
  }
}

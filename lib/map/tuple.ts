import { describe } from '../base/arguments.js';
import { codecOf, refuse, requireEnd, type Codec, type Scratch, type SimpleCodec } from './codec.js';
import { partOf, type Part } from './escape.js';

/** Codecs of the elements of a tuple. */
export type CodecsOf<T extends readonly unknown[]> = { [I in keyof T]: Codec<T[I]> | SimpleCodec<T[I]> };

/**
 * Arrays of a fixed length, each element with a codec of its own. They sort by their first elements, where these are equal by
 * the second ones, and so on. Fewer of them, from the first on, make a prefix, or a bound.
 */
export function tuple<T extends readonly unknown[]>(...elements: CodecsOf<T>): Codec<T> {
  return new Tuple<T>(
    elements.map((codec) => partOf(codecOf(codec as Codec<unknown>, 'an element of codecs.tuple'))),
  );
}

class Tuple<T extends readonly unknown[]> implements Codec<T> {
  readonly name = 'codecs.tuple';
  readonly #parts: readonly Part<unknown>[];

  constructor(parts: readonly Part<unknown>[]) {
    this.#parts = parts;
  }

  write(value: T, scratch: Scratch, at: number): number {
    const { length } = this.#parts;
    if (!Array.isArray(value)) refuse('tuple', `arrays of ${length} elements`, value);
    if (value.length !== length) {
      throw new TypeError(`codecs.tuple takes arrays of ${length} elements, but got ${describe(value)}`);
    }
    return this.#write(value, scratch, at);
  }

  writePrefix(prefix: unknown, scratch: Scratch, at: number): number {
    const { length } = this.#parts;
    if (!Array.isArray(prefix) || prefix.length > length) {
      refuse('tuple', `arrays of at most ${length} elements as prefixes and bounds`, prefix);
    }
    return this.#write(prefix, scratch, at);
  }

  writeBound(bound: unknown, scratch: Scratch, at: number): number {
    return this.writePrefix(bound, scratch, at);
  }

  #write(elements: readonly unknown[], scratch: Scratch, at: number): number {
    for (let i = 0; i < elements.length; i++) {
      const part = this.#parts[i];
      const end = part.write(elements[i], scratch, at);
      requireEnd(end, at, scratch, part);
      at = end;
    }
    return at;
  }

  read(bytes: Uint8Array, start: number): T {
    const elements: unknown[] = [];
    let at = start;
    for (const part of this.#parts) {
      const end = part.endOf(bytes, at);
      elements.push(part.read(bytes, at, end));
      at = end;
    }
    return elements as readonly unknown[] as T;
  }

  endOf(bytes: Uint8Array, start: number): number {
    let at = start;
    for (const part of this.#parts) at = part.endOf(bytes, at);
    return at;
  }
}

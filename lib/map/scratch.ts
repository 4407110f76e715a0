import { LockMisuseError } from '../index.js';
import { requireEnd, type Codec, type Scratch } from './codec.js';

const FIRST_BYTES = 1024;
/** Memory beyond this is given back after the call that needed it. */
const KEPT_BYTES = 1 << 20;

export class Memory implements Scratch {
  bytes = new Uint8Array(FIRST_BYTES);
  view = new DataView(this.bytes.buffer);
  #tail = this.bytes;
  #tailAt = 0;

  reserve(end: number): Uint8Array {
    if (end > this.bytes.length) this.#grow(end);
    return this.bytes;
  }

  /** The bytes from `at` on. Mostly that is the same as for the last call. */
  from(at: number): Uint8Array {
    if (at === 0) return this.bytes;
    if (this.#tailAt !== at) {
      this.#tail = this.bytes.subarray(at);
      this.#tailAt = at;
    }
    return this.#tail;
  }

  #grow(end: number): void {
    const { bytes } = this;
    this.bytes = new Uint8Array(Math.max(end, Math.min(2 * bytes.length, 2 ** 31 - 1)));
    this.bytes.set(bytes);
    this.view = new DataView(this.bytes.buffer);
    this.#tailAt = 0;
  }
}

/** Views of so many bytes are kept for the next value of the same length: to make one takes half as long as a lookup. */
const KEPT_VIEWS = 256;
/** Of length 0, there is one for all: nothing can be in it, so a DB need not look whether its bytes are still there. */
const NO_BYTES = new Uint8Array(0);

/** Makes the bytes of values with one codec, in memory that is used again. */
export class Encoder<T> {
  readonly codec: Codec<T>;
  #memory = new Memory();
  #views: Uint8Array[] = [];
  #viewsOf = this.#memory.bytes;
  /** Counts values that were begun. */
  turn = 0;

  constructor(codec: Codec<T>) {
    this.codec = codec;
  }

  /** The bytes of a value: a view that holds until the next call. */
  encode(value: T): Uint8Array {
    const turn = ++this.turn;
    const end = this.codec.write(value, this.#memory, 0);
    this.requireTurn(turn);
    return this.#written(end);
  }

  /** The bytes of a bound, as `encode`; or of what comes right behind it. */
  encodeBound(bound: unknown, isBehind: boolean): Uint8Array {
    const { codec } = this;
    if (isBehind === false && codec.writeBound === undefined) return this.encode(bound as T);
    const turn = ++this.turn;
    const memory = this.#memory;
    let end =
      codec.writeBound === undefined
        ? codec.write(bound as T, memory, 0)
        : codec.writeBound(bound, memory, 0);
    this.requireTurn(turn);
    if (isBehind) {
      requireEnd(end, 0, memory, codec);
      memory.reserve(end + 1)[end++] = 0;
    }
    return this.#written(end);
  }

  /** The bytes that all keys begin with that begin with `prefix`, as `encode`. */
  encodePrefix(prefix: unknown): Uint8Array {
    const { codec } = this;
    if (codec.writePrefix === undefined) throw new TypeError(`keys of ${codec.name} have no prefixes`);
    const turn = ++this.turn;
    const end = codec.writePrefix(prefix, this.#memory, 0);
    this.requireTurn(turn);
    return this.#written(end);
  }

  /** @throws LockMisuseError where another value was begun meanwhile, in the same memory */
  requireTurn(turn: number): void {
    if (this.turn !== turn) {
      throw new LockMisuseError(
        `${this.codec.name}: a codec, and what it calls, such as toJSON, must not use the map that it encodes for`,
      );
    }
  }

  #written(end: number): Uint8Array {
    if (end === 0) return NO_BYTES;
    const { bytes } = this.#memory;
    requireEnd(end, 0, this.#memory, this.codec);
    if (bytes.length > KEPT_BYTES) this.#memory = new Memory();
    else if (end <= KEPT_VIEWS) return this.#viewOf(bytes, end);
    return new Uint8Array(bytes.buffer, 0, end);
  }

  #viewOf(bytes: Memory['bytes'], end: number): Uint8Array {
    if (this.#viewsOf !== bytes) {
      this.#viewsOf = bytes;
      this.#views = [];
    }
    return (this.#views[end] ??= new Uint8Array(bytes.buffer, 0, end));
  }
}

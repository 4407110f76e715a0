import type { Encoded, StoreEncoding } from './abstractlevel.js';
import { MOST_BYTES, readText, writeKey, writeValue } from './text.js';

/** How keys and values come in and go out. */
export interface Format {
  /** The bytes of a key: those given, or others that hold until `forget`. */
  key(key: Encoded): Uint8Array;
  /** The same of a value. */
  value(value: Encoded): Uint8Array;
  /** The memory of what was made so far is used again. */
  forget(): void;
  /** A copy of kv[start, end), the caller's own. */
  readKey(kv: Uint8Array, start: number, end: number): Encoded;
  readValue(kv: Uint8Array, start: number, end: number): Encoded;
}

/** `Buffer`, of Node or of a package. */
declare interface BufferClass {
  allocUnsafe(length: number): Uint8Array;
}

/** @param emptyBuffer gives a `Buffer`: of the class that encodings know */
export function formatOf(storeEncoding: StoreEncoding, emptyBuffer: () => Uint8Array): Format {
  if (storeEncoding === 'utf8') return new TextFormat();
  if (storeEncoding === 'view') return bytesFormat((length) => new Uint8Array(length));
  const Buffer = emptyBuffer().constructor as unknown as BufferClass;
  return bytesFormat((length) => Buffer.allocUnsafe(length));
}

function bytesFormat(allocate: (length: number) => Uint8Array): Format {
  const read = (kv: Uint8Array, start: number, end: number) => {
    const copy = allocate(end - start);
    if (copy.length >= SET_FROM) copy.set(kv.subarray(start, end));
    else for (let i = start; i < end; i++) copy[i - start] = kv[i];
    return copy;
  };
  return { key: bytesOf, value: bytesOf, forget() {}, readKey: read, readValue: read };
}

/** From about so many bytes up, `set` beats a loop. */
const SET_FROM = 64;

/** The bytes of any view. */
function bytesOf(given: Encoded): Uint8Array {
  if (given instanceof Uint8Array || !ArrayBuffer.isView(given)) return given as Uint8Array;
  const { buffer, byteOffset, byteLength } = given as ArrayBufferView;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const SLAB_BYTES = 1 << 14;

class TextFormat implements Format {
  #slab = new Uint8Array(SLAB_BYTES);
  #used = 0;

  key(key: Encoded): Uint8Array {
    return this.#write(key as string, writeKey);
  }

  value(value: Encoded): Uint8Array {
    return this.#write(value as string, writeValue);
  }

  forget(): void {
    this.#used = 0;
  }

  readKey(kv: Uint8Array, start: number, end: number): string {
    return readText(kv, start, end);
  }

  readValue(kv: Uint8Array, start: number, end: number): string {
    return readText(kv, start, end);
  }

  #write(text: string, write: typeof writeKey): Uint8Array {
    const most = MOST_BYTES * text.length;
    if (this.#used + most > this.#slab.length) {
      // What was made before keeps the slab that it is in.
      this.#slab = new Uint8Array(Math.max(most, SLAB_BYTES));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = write(text, this.#slab, start);
    return this.#slab.subarray(start, this.#used);
  }
}

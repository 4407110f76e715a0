import type { Encoded, StoreEncoding } from './abstractlevel.js';
import { Copier, type BufferClass } from './copier.js';
import { MOST_BYTES, readLossless, readUTF8, writeKey, writeUTF8, writeValue, type Write } from './text.js';

/** Gives keys or values in one of the encodings. */
export interface PartReader {
  /** kv[start, end): text, or a copy, the caller's own. */
  read(kv: Uint8Array, start: number, end: number): Encoded;
}

const UTF8: PartReader = { read: readUTF8 };
const LOSSLESS: PartReader = { read: readLossless };

/** How keys and values come in and go out. Text goes in and comes out as it is, in stores of bytes, too. */
export class Format {
  readonly #isText: boolean;
  /** Of the class that encodings know. */
  readonly #emptyBuffer: () => Uint8Array;
  #known: BufferClass | undefined;
  readonly #keys: TextBytes;
  readonly #values: TextBytes;

  /** @param emptyBuffer gives a `Buffer` */
  constructor(storeEncoding: StoreEncoding, emptyBuffer: () => Uint8Array) {
    this.#isText = storeEncoding === 'utf8';
    this.#emptyBuffer = emptyBuffer;
    this.#keys = new TextBytes(this.#isText ? writeKey : writeUTF8);
    this.#values = new TextBytes(this.#isText ? writeValue : writeUTF8);
  }

  /** The bytes of a key: those given, or others that hold until the next key. */
  key(key: Encoded): Uint8Array {
    return typeof key === 'string' ? this.#keys.one(key) : bytesOf(key);
  }

  /** The same of a value. */
  value(value: Encoded): Uint8Array {
    return typeof value === 'string' ? this.#values.one(value) : bytesOf(value);
  }

  /** The bytes of a key: those given, or others that hold for good. */
  lastingKey(key: Encoded): Uint8Array {
    return typeof key === 'string' ? this.#keys.lasting(key) : bytesOf(key);
  }

  /** The same of a value. */
  lastingValue(value: Encoded): Uint8Array {
    return typeof value === 'string' ? this.#values.lasting(value) : bytesOf(value);
  }

  /** All of an array in one of the encodings. */
  read(bytes: Uint8Array, encoding: StoreEncoding): Encoded {
    if (encoding === 'buffer') return this.#Buffer.from(bytes);
    if (encoding === 'view') return bytes.slice();
    return this.reader(encoding).read(bytes, 0, bytes.length);
  }

  get #Buffer(): BufferClass {
    return (this.#known ??= this.#emptyBuffer().constructor as unknown as BufferClass);
  }

  /** What reads keys or values of an encoding: arrays of bytes that it gives may share a buffer. */
  reader(encoding: StoreEncoding): PartReader {
    if (encoding === 'utf8') return this.#isText ? LOSSLESS : UTF8;
    return this.copier(encoding);
  }

  /** What copies to arrays of an encoding, 'buffer' or 'view'. */
  copier(encoding: StoreEncoding): Copier {
    return new Copier(encoding === 'buffer' ? this.#Buffer : undefined);
  }
}

/** The bytes of any view. */
export function bytesOf(given: Uint8Array): Uint8Array {
  if (given instanceof Uint8Array || !ArrayBuffer.isView(given)) return given;
  const { buffer, byteOffset, byteLength } = given as ArrayBufferView;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const SLAB_BYTES = 1 << 14;
/** Views of so many bytes are kept for the next text of the same length. */
const KEPT_VIEWS = 256;

/** Makes bytes of texts. */
class TextBytes {
  readonly #write: Write;
  readonly #scratch = new Uint8Array(SLAB_BYTES);
  readonly #views: Uint8Array[] = [];
  #slab: Uint8Array | undefined;
  #used = 0;

  constructor(write: Write) {
    this.#write = write;
  }

  /** They hold until the next call. */
  one(text: string): Uint8Array {
    const most = MOST_BYTES * text.length;
    if (most > SLAB_BYTES) return this.#own(text, most);
    const end = this.#write(text, this.#scratch, 0);
    if (end > KEPT_VIEWS) return this.#scratch.subarray(0, end);
    return (this.#views[end] ??= this.#scratch.subarray(0, end));
  }

  lasting(text: string): Uint8Array {
    const most = MOST_BYTES * text.length;
    if (most > SLAB_BYTES / 4) return this.#own(text, most);
    if (this.#slab === undefined || this.#used + most > SLAB_BYTES) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = this.#write(text, this.#slab, start);
    return new Uint8Array(this.#slab.buffer, start, this.#used - start);
  }

  #own(text: string, most: number): Uint8Array {
    const bytes = new Uint8Array(most);
    return bytes.subarray(0, this.#write(text, bytes, 0));
  }
}

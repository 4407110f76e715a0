/** Most bytes that copies share. One that is kept keeps so many. */
const SLAB_BYTES = 1 << 13;
/** Bytes that the first ones share: each of the next has room for twice as many. */
const FIRST_BYTES = 1 << 9;
/** Copies of more have a buffer of their own: to make one takes ten times as long as a view, and less than the copy then. */
const LARGE = SLAB_BYTES / 8;

/** `Buffer`, of Node or of a package. */
export declare interface BufferClass {
  from(buffer: ArrayBuffer, byteOffset: number, length: number): Uint8Array;
  /** Copies. */
  from(bytes: Uint8Array): Uint8Array;
}

/** Copies bytes that are the caller's own: several small ones share a buffer, as Node's do. Nothing is written there again. */
export class Copier {
  readonly #Buffer: BufferClass | undefined;
  #slab = new ArrayBuffer(0);
  #view: DataView = new DataView(this.#slab);
  #bytes = FIRST_BYTES;
  #used = 0;
  #source: Uint8Array | undefined;
  #sourceView: DataView = this.#view;

  constructor(Buffer?: BufferClass) {
    this.#Buffer = Buffer;
  }

  /** A copy of kv[start, end). */
  read(kv: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start;
    if (length > LARGE) return this.#viewOf(kv.slice(start, end).buffer, 0, length);
    const at = this.#take(kv, start, length);
    return this.#viewOf(this.#slab, at, length);
  }

  /** A copy of kv[start, middle), and one of kv[middle, end). */
  readBoth(kv: Uint8Array, start: number, middle: number, end: number): [Uint8Array, Uint8Array] {
    const length = end - start;
    if (length > LARGE) return [this.read(kv, start, middle), this.read(kv, middle, end)];
    const at = this.#take(kv, start, length);
    const slab = this.#slab;
    const keyLength = middle - start;
    return [this.#viewOf(slab, at, keyLength), this.#viewOf(slab, at + keyLength, end - middle)];
  }

  /** Copies to the slab. @returns where it is there */
  #take(kv: Uint8Array, start: number, length: number): number {
    // It is also empty when somebody has transferred one of the copies.
    if (this.#used + length > this.#slab.byteLength) this.#begin(length);
    if (this.#source !== kv) {
      this.#source = kv;
      this.#sourceView = new DataView(kv.buffer, kv.byteOffset, kv.byteLength);
    }
    const at = this.#used;
    this.#used = at + length;
    copyWords(this.#sourceView, start, length, this.#view, at);
    return at;
  }

  #begin(length: number): void {
    this.#slab = new ArrayBuffer(Math.max(this.#bytes, length));
    this.#view = new DataView(this.#slab);
    this.#used = 0;
    this.#bytes = Math.min(2 * this.#bytes, SLAB_BYTES);
  }

  #viewOf(buffer: ArrayBuffer, start: number, length: number): Uint8Array {
    return this.#Buffer === undefined
      ? new Uint8Array(buffer, start, length)
      : this.#Buffer.from(buffer, start, length);
  }
}

function copyWords(source: DataView, start: number, length: number, target: DataView, at: number): void {
  let i = 0;
  for (; i + 8 <= length; i += 8) {
    target.setInt32(at + i, source.getInt32(start + i, true), true);
    target.setInt32(at + i + 4, source.getInt32(start + i + 4, true), true);
  }
  for (; i < length; i++) target.setUint8(at + i, source.getUint8(start + i));
}

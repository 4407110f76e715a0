// Key lists travel to the measuring processes as files, so that all competitors, Go's included, use the same
// keys in the same order without generating (and sorting) them again.
//
//   count: uint32 | count + 1 offsets: uint32 | the keys' bytes, one after the other | 0 to 3 bytes of padding
//
// Numbers are little-endian. The padding makes the length a multiple of four, which the checksum needs.
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyLists } from './keys.js';
import type { Random } from './random.js';

/** Bytes of the pool that values are cut from, as in db_bench. */
export const VALUE_POOL_BYTES = 1 << 20;

export class KeyList {
  readonly count: number;
  /** A checksum over the whole file (FNV-1a over 32-bit words). */
  readonly hash: number;
  readonly #offsets: Uint32Array;
  readonly #bytes: Buffer;

  constructor(file: Uint8Array) {
    const words = new Uint32Array(file.buffer, file.byteOffset, file.byteLength / 4);
    this.count = words[0];
    this.#offsets = words.subarray(1, this.count + 2);
    this.#bytes = Buffer.from(file.buffer, file.byteOffset + 4 * (this.count + 2));
    let hash = 0x811c9dc5;
    for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
    this.hash = hash >>> 0;
  }

  /** Bytes of all keys together. */
  get bytes(): number {
    return this.#offsets[this.count];
  }

  /** Key `i` as a view into the list. */
  view(i: number): Uint8Array {
    const start = this.#offsets[i];
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, this.#offsets[i + 1] - start);
  }

  /** Key `i` as a string with one character per byte, which sorts as the bytes do. */
  string(i: number): string {
    return this.#bytes.toString('latin1', this.#offsets[i], this.#offsets[i + 1]);
  }
}

export function encodeKeyList(keys: readonly string[]): Uint8Array {
  const header = 4 * (keys.length + 2);
  let bytes = 0;
  for (const key of keys) bytes += key.length;
  const file = Buffer.alloc(Math.ceil((header + bytes) / 4) * 4);
  file.writeUInt32LE(keys.length, 0);
  let offset = 0;
  keys.forEach((key, i) => {
    file.writeUInt32LE(offset, 4 * (i + 1));
    offset += file.write(key, header + offset, 'latin1');
  });
  file.writeUInt32LE(offset, 4 * (keys.length + 1));
  return file;
}

/** Writes the lists, and the pool of value bytes, into `folder`. */
export function writeKeyFolder(folder: string, lists: KeyLists, random: Random): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, keys] of Object.entries(lists))
    writeWhole(join(folder, name + '.keys'), encodeKeyList(keys));
  const pool = new Uint32Array(VALUE_POOL_BYTES / 4).map(() => random.next());
  writeWhole(join(folder, 'values'), new Uint8Array(pool.buffer));
}

export function readKeyList(folder: string, name: string): KeyList {
  return new KeyList(aligned(readFileSync(join(folder, name + '.keys'))));
}

/**
 * The value of the i-th put of a row: a slice of the pool. `shift` sets values apart that are put for the same
 * key, as an overwrite must bring something new.
 */
export function valueMaker(folder: string, valueBytes: number, shift = 0): (i: number) => Uint8Array {
  const pool = aligned(readFileSync(join(folder, 'values')));
  const places = VALUE_POOL_BYTES - valueBytes;
  return (i) => {
    const start = (i * 100 + shift) % places;
    return new Uint8Array(pool.buffer, start, valueBytes);
  };
}

/** A small file is read into Node's buffer pool, anywhere; a Uint32Array must begin at a multiple of four. */
function aligned(file: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(file);
}

function writeWhole(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, 'w');
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
  } finally {
    closeSync(fd);
  }
}

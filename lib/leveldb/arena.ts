import { describe } from '../base/arguments.js';
import { CapacityError } from '../base/errors.js';

const BLOCK_BYTES = 4096;
/** Enough for a pointer, a double or a 64-bit integer. */
const ALIGNMENT = 8;
const DEFAULT_LIMIT = 2 ** 31;

export interface ArenaOptions {
  /** Bytes at which the arena is full; by default 2 GiB. They are only set aside as addresses: memory is taken as needed. */
  limit?: number | undefined;
}

/**
 * LevelDB's arena: memory that is handed out piece by piece and given back all at once, when nothing refers to the
 * arena or to any piece any more.
 *
 * LevelDB takes memory in blocks, since a block that is full can't grow where it stands: a large request gets a block
 * of its own, so that the rest of the current one is not lost. Here one buffer plays that part. It grows where it
 * stands, so pieces lie end to end, whatever their size, and stay where they are; blocks are only the steps in which
 * it grows and in which usage is counted. DB, MemTable and SkipList lay their records out in the same way, in `kvData`.
 *
 * A piece is a view: its `byteOffset` is its place in the arena's buffer, as a pointer is in LevelDB, and remains so.
 * @example
 * const arena = new Arena();
 * arena.allocate(3).set(bytes('abc'));
 * console.log(arena.allocate(1).byteOffset, arena.memoryUsage); // -> 3 4096
 */
export class Arena {
  readonly #buffer: ArrayBuffer;
  /** Everything before is handed out. */
  #end = 0;

  /**
   * @throws TypeError, RangeError when `limit` is no size; CapacityError when so many addresses can't be had
   * @example
   * const arena = new Arena({ limit: 100 });
   * try { arena.allocate(101); } catch (error) { console.log(error.code); } // -> MEMDB_CAPACITY
   */
  constructor({ limit = DEFAULT_LIMIT }: ArenaOptions = {}) {
    requireSize(limit, 'limit');
    try {
      this.#buffer = new ArrayBuffer(0, { maxByteLength: limit });
    } catch (cause) {
      throw new CapacityError(`could not set aside ${limit} bytes for an arena`, { cause });
    }
  }

  /**
   * Hands out `bytes` bytes, all 0.
   * @throws CapacityError when they do not fit; nothing was changed
   * @example
   * const piece = new Arena().allocate(10);
   * console.log(piece.length, piece[0]); // -> 10 0
   */
  allocate(bytes: number): Uint8Array {
    requireSize(bytes, 'bytes');
    return this.#take(this.#end, bytes);
  }

  /**
   * The same, beginning at a multiple of 8, so that numbers of any kind can be kept there:
   * `new Float64Array(piece.buffer, piece.byteOffset, 1)`.
   * @example
   * const arena = new Arena();
   * arena.allocate(3);
   * const piece = arena.allocateAligned(8);
   * new Float64Array(piece.buffer, piece.byteOffset, 1)[0] = Math.PI;
   * console.log(piece.byteOffset); // -> 8
   */
  allocateAligned(bytes: number): Uint8Array {
    requireSize(bytes, 'bytes');
    return this.#take(Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT, bytes);
  }

  /** Bytes taken so far, in whole blocks of 4 KiB: at least what was handed out. */
  get memoryUsage(): number {
    return this.#buffer.byteLength;
  }

  #take(start: number, bytes: number): Uint8Array {
    const end = start + bytes;
    if (end > this.#buffer.byteLength) this.#grow(end);
    this.#end = end;
    return new Uint8Array(this.#buffer, start, bytes);
  }

  #grow(needed: number): void {
    const limit = this.#buffer.maxByteLength;
    if (needed > limit) {
      throw new CapacityError(
        `the arena would need ${needed} bytes, and its limit is ${limit}; nothing was changed`,
      );
    }
    try {
      this.#buffer.resize(Math.min(Math.ceil(needed / BLOCK_BYTES) * BLOCK_BYTES, limit));
    } catch (cause) {
      throw new CapacityError(`could not allocate ${needed} bytes for an arena; nothing was changed`, {
        cause,
      });
    }
  }
}

function requireSize(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') {
    throw new TypeError(`${name} must be a number of bytes, but got ${describe(value)}`);
  }
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${name} must be a whole number of bytes, at least 0, but got ${value}`);
  }
}

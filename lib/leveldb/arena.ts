import { describe, requireOptions } from '../base/arguments.js';
import { CapacityError, noMemory } from '../base/errors.js';

const BLOCK_BYTES = 4096;
/** What is larger and does not fit gets a block of its own, so that no more than this is lost at the end of one. */
const LARGEST_SHARED = BLOCK_BYTES / 4;
/** Enough for a pointer, a double or a 64-bit integer. */
const ALIGNMENT = 8;
const DEFAULT_LIMIT = 2 ** 31;

export interface ArenaOptions {
  /** Bytes that all blocks together may take, by default 2 GiB. Nothing is set aside: memory is taken as needed. */
  limit?: number | undefined;
}

/**
 * LevelDB's arena: memory that is handed out piece by piece and given back all at once, when nothing refers to the
 * arena or to any piece any more.
 *
 * As in LevelDB, memory is taken in blocks of 4 KiB, from which pieces are cut one after the other. What no longer
 * fits begins a new block, and what was left of the old one is lost; only more than a quarter of a block gets a block
 * of just its size, and the current one stays in use. Each block is an ArrayBuffer of fixed length: browsers refuse
 * views of one that can grow, wherever bytes leave JavaScript (TextDecoder, Blob, Response, digests).
 *
 * A piece is a view that stays where it is: its `buffer` and `byteOffset` are its place, as a pointer is in LevelDB.
 * The buffer holds other pieces as well, so don't transfer it; and two pieces may have the same `byteOffset`, in
 * different buffers.
 * @example
 * const arena = new Arena();
 * arena.allocate(3).set(bytes('abc'));
 * console.log(arena.allocate(1).byteOffset, arena.memoryUsage); // -> 3 4096
 */
export class Arena {
  readonly #limit: number;
  #memoryUsage = 0;
  /** What pieces are cut from. */
  #block = new ArrayBuffer(0);
  /** Everything of it before is handed out. */
  #end = 0;

  /**
   * @throws TypeError, RangeError when `limit` is no size
   * @example
   * const arena = new Arena({ limit: 100 });
   * try { arena.allocate(101); } catch (error) { console.log(error.code); } // -> MEMDB_CAPACITY
   */
  constructor(options: ArenaOptions = {}) {
    requireOptions(options, 'Arena', ['limit']);
    const { limit = DEFAULT_LIMIT } = options;
    requireSize(limit, 'limit');
    this.#limit = limit;
  }

  /**
   * Hands out `bytes` bytes, all 0.
   * @throws CapacityError when a block for them would pass the limit, or can't be had; nothing was changed
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

  /**
   * Bytes taken so far, in whole blocks of 4 KiB and in those of their own size: at least what was handed out.
   * Only where less is left to the limit, a block is shorter.
   */
  get memoryUsage(): number {
    return this.#memoryUsage;
  }

  #take(start: number, bytes: number): Uint8Array {
    if (start + bytes <= this.#block.byteLength) {
      this.#end = start + bytes;
      return new Uint8Array(this.#block, start, bytes);
    }
    if (bytes > LARGEST_SHARED) return new Uint8Array(this.#newBlock(bytes, bytes));
    this.#block = this.#newBlock(bytes, BLOCK_BYTES);
    this.#end = bytes;
    return new Uint8Array(this.#block, 0, bytes);
  }

  /** A block of `wished` bytes, or of what is left to the limit, as long as `needed` fit. */
  #newBlock(needed: number, wished: number): ArrayBuffer {
    const left = this.#limit - this.#memoryUsage;
    if (needed > left) {
      throw new CapacityError(
        `the arena would need a block of ${needed} bytes, but has taken ${this.#memoryUsage} and its limit is ` +
          `${this.#limit}; nothing was changed. Begin another arena, or make it with a larger limit`,
      );
    }
    const length = Math.min(wished, left);
    let block;
    try {
      block = new ArrayBuffer(length);
    } catch (cause) {
      throw noMemory(`${length} bytes for an arena`, cause);
    }
    this.#memoryUsage += length;
    return block;
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

import { Arena, CapacityError } from '../../lib/index.js';
import { Prng } from '../support/prng.js';

const BLOCK = 4096;

describe('Arena', () => {
  test('holds nothing until something is asked for, then whole blocks', () => {
    const arena = new Arena();
    expect(arena.memoryUsage).toBe(0);
    arena.allocate(1);
    expect(arena.memoryUsage).toBe(BLOCK);
    arena.allocate(BLOCK - 1);
    expect(arena.memoryUsage).toBe(BLOCK);
    arena.allocate(1);
    expect(arena.memoryUsage).toBe(2 * BLOCK);
    arena.allocate(10 * BLOCK + 1);
    expect(arena.memoryUsage).toBe(12 * BLOCK + 1);
  });

  test('hands out views of buffers that can not be resized, of 4 KiB or of their own', () => {
    const arena = new Arena();
    const pieces = [1, 100, 5000, 1024, 1025, 3000].map((bytes) => arena.allocate(bytes));
    // TextDecoder, Blob and others refuse those of resizable ones in browsers.
    expect(pieces.map(({ buffer }) => (buffer as ArrayBuffer).resizable)).toEqual(pieces.map(() => false));
    expect(pieces.map(({ buffer }) => buffer.byteLength)).toEqual([BLOCK, BLOCK, 5000, BLOCK, BLOCK, 3000]);
  });

  test('keeps every piece where it is and as it was filled, while usage stays near what was asked for', () => {
    const arena = new Arena();
    const draw = new Prng(1);
    const pieces: { piece: Uint8Array; buffer: ArrayBufferLike; offset: number }[] = [];
    let asked = 0;
    for (let i = 0; i < 20_000; i++) {
      const length =
        draw.below(4000) === 0 ? draw.below(100_000) : draw.pick([draw.below(20), draw.below(400)]);
      const aligned = draw.below(3) === 0;
      const piece = aligned ? arena.allocateAligned(length) : arena.allocate(length);
      asked += length;
      const asItShould =
        piece.length === length &&
        (!aligned || piece.byteOffset % 8 === 0) &&
        piece.every((byte) => byte === 0) &&
        arena.memoryUsage >= asked;
      if (!asItShould)
        throw new Error(`piece ${i}, of ${length} bytes at ${piece.byteOffset}, is not as it should be`);
      pieces.push({ piece: piece.fill(i % 256), buffer: piece.buffer, offset: piece.byteOffset });
    }
    expect(arena.memoryUsage).toBeLessThan(asked * 1.1);
    pieces.forEach(({ piece, buffer, offset }, i) => {
      const untouched = piece.every((byte) => byte === i % 256);
      if (!untouched || piece.buffer !== buffer || piece.byteOffset !== offset)
        throw new Error(`piece ${i} was overwritten or moved`);
    });
    const blocks = new Set(pieces.map(({ buffer }) => buffer));
    const held = [...blocks].reduce((bytes, { byteLength }) => bytes + byteLength, 0);
    expect(arena.memoryUsage).toBe(held);
  });

  test('wastes nothing between pieces of a block but for alignment', () => {
    const arena = new Arena();
    const first = arena.allocate(3);
    expect(first.byteOffset).toBe(0);
    expect(arena.allocate(2000).byteOffset).toBe(3);
    expect(arena.allocateAligned(1).byteOffset).toBe(2008);
    expect(arena.allocateAligned(1).byteOffset).toBe(2016);
    const last = arena.allocate(BLOCK - 2017);
    expect(last.byteOffset).toBe(2017);
    expect(last.buffer).toBe(first.buffer);
    expect(arena.memoryUsage).toBe(BLOCK);
  });

  test('goes on in the same block after a piece with a block of its own', () => {
    const arena = new Arena();
    const before = arena.allocate(3);
    const large = arena.allocate(BLOCK);
    expect(large.byteOffset).toBe(0);
    expect(large.buffer).not.toBe(before.buffer);
    const after = arena.allocate(1);
    expect(after.buffer).toBe(before.buffer);
    expect(after.byteOffset).toBe(3);
  });

  test('loses no more than a quarter of a block at its end', () => {
    const arena = new Arena();
    const first = arena.allocate(1024);
    arena.allocate(BLOCK - 1024 - 1000);
    // More than a quarter does not fit: the block stays in use.
    expect(arena.allocate(1025).buffer).not.toBe(first.buffer);
    expect(arena.allocate(1).buffer).toBe(first.buffer);
    // A quarter does not fit: a new one is begun.
    const next = arena.allocate(1024);
    expect(next.byteOffset).toBe(0);
    expect(arena.allocate(1).buffer).toBe(next.buffer);
    expect(arena.memoryUsage).toBe(2 * BLOCK + 1025);
  });

  test('gives memory that numbers can be kept in', () => {
    const arena = new Arena();
    arena.allocate(1);
    for (const bytes of [16, 16, 10 * BLOCK]) {
      const piece = arena.allocateAligned(bytes);
      const numbers = new Float64Array(piece.buffer, piece.byteOffset, 2);
      numbers[1] = Math.PI;
      arena.allocate(10 * BLOCK + 1);
      expect(numbers[1]).toBe(Math.PI);
    }
  });

  test('gives an empty piece for no bytes', () => {
    const arena = new Arena({ limit: 0 });
    expect(arena.allocate(0).length).toBe(0);
    expect(arena.allocateAligned(0).length).toBe(0);
    expect(() => arena.allocate(1)).toThrow(CapacityError);
  });

  test('is full at its limit, says so, and is still usable', () => {
    const arena = new Arena({ limit: 5000 });
    arena.allocate(1024);
    arena.allocate(3000);
    // All that is left to the limit is one shorter block.
    const last = arena.allocate(890);
    expect(last.buffer.byteLength).toBe(5000 - BLOCK);
    expect(arena.memoryUsage).toBe(5000);
    expect(() => arena.allocate(15)).toThrow(CapacityError);
    expect(() => arena.allocateAligned(9)).toThrow(CapacityError);
    expect(arena.allocate(14).byteOffset).toBe(890);
    expect(() => arena.allocate(1)).toThrow(
      /has taken 5000 and its limit is 5000; nothing was changed. Begin another arena, or make it/,
    );
    expect(() => arena.allocateAligned(1)).toThrow(CapacityError);
    expect(arena.memoryUsage).toBe(5000);
  });

  test('what is refused has changed nothing', () => {
    const arena = new Arena({ limit: 5000 });
    const first = arena.allocate(1000);
    expect(() => arena.allocate(4001)).toThrow(CapacityError);
    expect(arena.memoryUsage).toBe(BLOCK);
    const next = arena.allocate(3000);
    expect(next.buffer).toBe(first.buffer);
    expect(next.byteOffset).toBe(1000);
  });

  test('is not hurt by a block that was transferred away: the next piece begins another', () => {
    const arena = new Arena();
    const gone = arena.allocate(10);
    structuredClone(gone, { transfer: [gone.buffer as ArrayBuffer] });
    expect(gone.length).toBe(0);
    expect(arena.allocate(10).length).toBe(10);
    expect(arena.memoryUsage).toBe(2 * BLOCK);
  });

  test.each([-1, 1.5, NaN, Infinity])('%p bytes are a RangeError, and so is such a limit', (bytes) => {
    expect(() => new Arena().allocate(bytes)).toThrow(RangeError);
    expect(() => new Arena().allocateAligned(bytes)).toThrow(RangeError);
    expect(() => new Arena({ limit: bytes })).toThrow(RangeError);
  });

  test.each([undefined, null, '5', 5n, {}])('%p bytes are a TypeError', (bytes) => {
    expect(() => new Arena().allocate(bytes as number)).toThrow(TypeError);
    expect(() => new Arena().allocateAligned(bytes as number)).toThrow(TypeError);
  });

  test('more than any machine has is a CapacityError, whatever the limit', () => {
    const arena = new Arena({ limit: Number.MAX_SAFE_INTEGER });
    expect(() => arena.allocate(Number.MAX_SAFE_INTEGER)).toThrow(CapacityError);
    expect(arena.memoryUsage).toBe(0);
    arena.allocate(1);
    expect(() => arena.allocate(Number.MAX_SAFE_INTEGER)).toThrow(/limit is/);
  });
});

test.each<[unknown, string]>([
  [{ cap: 5 }, "Arena has no option 'cap': it has limit"],
  [100, 'Arena takes a plain object of options, but got the number 100'],
  [null, 'Arena takes a plain object of options, but got null'],
])('an Arena of %p is a TypeError that says why', (options, message) => {
  expect(() => new Arena(options as never)).toThrow(new TypeError(message));
});

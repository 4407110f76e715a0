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
    arena.allocate(10 * BLOCK);
    expect(arena.memoryUsage).toBe(12 * BLOCK);
  });

  test('keeps every piece where it is and as it was filled, while usage stays near what was asked for', () => {
    const arena = new Arena();
    const draw = new Prng(1);
    const pieces: Uint8Array[] = [];
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
        arena.memoryUsage >= asked &&
        arena.memoryUsage % BLOCK === 0;
      if (!asItShould)
        throw new Error(`piece ${i}, of ${length} bytes at ${piece.byteOffset}, is not as it should be`);
      pieces.push(piece.fill(i % 256));
    }
    expect(arena.memoryUsage).toBeLessThan(asked * 1.1);
    pieces.forEach((piece, i) => {
      if (!piece.every((byte) => byte === i % 256)) throw new Error(`piece ${i} was overwritten`);
    });
  });

  test('wastes nothing between pieces but for alignment', () => {
    const arena = new Arena();
    expect(arena.allocate(3).byteOffset).toBe(0);
    expect(arena.allocate(5000).byteOffset).toBe(3);
    expect(arena.allocateAligned(1).byteOffset).toBe(5008);
    expect(arena.allocateAligned(1).byteOffset).toBe(5016);
    expect(arena.allocate(1).byteOffset).toBe(5017);
  });

  test('gives memory that numbers can be kept in', () => {
    const arena = new Arena();
    arena.allocate(1);
    const piece = arena.allocateAligned(16);
    const numbers = new Float64Array(piece.buffer, piece.byteOffset, 2);
    numbers[1] = Math.PI;
    arena.allocate(10 * BLOCK);
    expect(numbers[1]).toBe(Math.PI);
  });

  test('gives an empty piece for no bytes', () => {
    expect(new Arena().allocate(0).length).toBe(0);
  });

  test('is full at its limit, says so, and is still usable', () => {
    const arena = new Arena({ limit: 5000 });
    arena.allocate(4990).fill(7);
    expect(arena.memoryUsage).toBe(5000);
    expect(() => arena.allocate(11)).toThrow(CapacityError);
    expect(() => arena.allocateAligned(9)).toThrow(CapacityError);
    expect(arena.allocate(10).byteOffset).toBe(4990);
    expect(() => arena.allocate(1)).toThrow(/limit is 5000/);
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

  test('a limit that no machine has addresses for is a CapacityError', () => {
    expect(() => new Arena({ limit: Number.MAX_SAFE_INTEGER })).toThrow(CapacityError);
  });
});

import { Arena, DB } from 'flat-memdb';
import { sameBytes, show } from '../../support/bytes.js';

const TEXT = 'Ada, Grače, Edsger 🐢';
/** In the middle of a block, at its end, over a quarter of a block, and over one. */
const LENGTHS = [40, 1000, 1025, 3000, 5000, 100_000];

/** Bytes of an Arena go wherever bytes can leave JavaScript: some of that refuses views of buffers that can grow. */
export async function checkArena(): Promise<string> {
  const arena = new Arena();
  const ways = new Set<string>();
  const db = new DB();
  for (const length of LENGTHS) {
    for (const piece of [arena.allocate(length), arena.allocateAligned(length)]) {
      const { written } = new TextEncoder().encodeInto(TEXT, piece);
      const copy = new Uint8Array(length);
      copy.set(new TextEncoder().encode(TEXT));
      await leavesUnharmed(piece, copy, written, ways);
      // What is stored came out of an arena, and leaves the store in the same ways.
      db.put(piece, piece);
      await leavesUnharmed(db.get(piece)!, copy, written, ways);
    }
  }
  if (arena.memoryUsage < 2 * LENGTHS.reduce((sum, length) => sum + length, 0)) {
    throw new Error(`memoryUsage of the arena is ${arena.memoryUsage}, less than was handed out`);
  }
  return `bytes of an Arena and of a DB through ${[...ways].join(', ')}`;
}

async function leavesUnharmed(
  piece: Uint8Array,
  copy: Uint8Array,
  textLength: number,
  ways: Set<string>,
): Promise<void> {
  const same = (way: string, actual: Uint8Array, expected: Uint8Array) => {
    ways.add(way);
    if (!sameBytes(actual, expected)) {
      throw new Error(`${way}, ${piece.length} bytes: expected ${show(expected)}, got ${show(actual)}`);
    }
  };
  same('encodeInto', piece, copy);
  const decoded = new TextDecoder('utf-8', { fatal: true }).decode(piece.subarray(0, textLength));
  same('TextDecoder', new TextEncoder().encode(decoded), new TextEncoder().encode(TEXT));
  // Of any buffer, says the type of a view; the parts of a Blob may not be of a shared one.
  const part = piece as Uint8Array<ArrayBuffer>;
  same('Blob', new Uint8Array(await new Blob([part]).arrayBuffer()), copy);
  same('Response', new Uint8Array(await new Response(part).arrayBuffer()), copy);
  same('structuredClone', structuredClone(piece), copy);
  const { crypto } = globalThis as Partial<Pick<typeof globalThis, 'crypto'>>;
  // Node 18 has none.
  if (crypto === undefined) return;
  const digest = async (bytes: Uint8Array) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  same('digest', await digest(piece), await digest(copy));
}

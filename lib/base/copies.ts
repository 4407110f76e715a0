import { copyBetween, type Viewed } from './bytes.js';

/** Bytes of a block that copies are cut from: to make an array with a buffer of its own takes longer than all else. */
const BLOCK = 1 << 14;
/** Longer copies have a buffer of their own, so that few bytes never keep many alive. */
const LONGEST = 1 << 10;
/** Copies begin at whole words. */
const WORD = 8;

class Block implements Viewed {
  readonly buffer = new ArrayBuffer(BLOCK);
  readonly array = new Uint8Array(this.buffer);
  readonly view = new DataView(this.buffer);
  used = 0;
}

let block: Block | undefined;

/** A copy of source[start, start + length). A short one shares its buffer with others. */
export function copyOut(source: Viewed, start: number, length: number): Uint8Array {
  if (length > LONGEST) return source.array.slice(start, start + length);
  if (block === undefined || block.used + length > BLOCK) block = new Block();
  const { buffer, used } = block;
  const copy = new Uint8Array(buffer, used, length);
  copyBetween(source, start, length, block, used);
  block.used = (used + length + WORD - 1) & -WORD;
  return copy;
}

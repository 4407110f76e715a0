import { copyBetween, type Viewed } from './bytes.js';

/** Bytes of a block that small copies are cut from: to make an array with a buffer of its own takes longer than all else. */
const BLOCK = 1 << 14;
/** Longer copies have buffers of their own, so that few bytes never keep many alive. */
const LONGEST = 1 << 10;
/** Copies begin at whole words. */
const WORD = 8;

let block: Viewed & { buffer: ArrayBuffer } = {
  array: new Uint8Array(0),
  view: new DataView(new ArrayBuffer(0)),
  buffer: new ArrayBuffer(0),
};
let used = 0;

/** A copy of source[start, start + length). A short one shares its buffer with others. */
export function copyOut(source: Viewed, start: number, length: number): Uint8Array {
  if (length > LONGEST) return source.array.slice(start, start + length);
  if (used + length > block.array.length) takeBlock();
  const copy = new Uint8Array(block.buffer, used, length);
  copyBetween(source, start, length, block, used);
  used = (used + length + WORD - 1) & -WORD;
  return copy;
}

function takeBlock(): void {
  const buffer = new ArrayBuffer(BLOCK);
  block = { array: new Uint8Array(buffer), view: new DataView(buffer), buffer };
  used = 0;
}

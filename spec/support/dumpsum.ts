/*
 * The checksum of dumps once more, as its description says it, word by word: whoever makes wrong dumps needs right checksums.
 */

const { imul } = Math;

function fold(sum: number, word: number): number {
  const product = imul(sum ^ word, 0x9e3779b1);
  return (product << 15) | (product >>> 17);
}

/** @param bytes of a section @param before the checksum before it, or none */
export function sumOfSection(bytes: Uint8Array, before: Uint8Array = new Uint8Array(0)): Uint8Array {
  const padded = new Uint8Array(4 * Math.ceil(bytes.length / 4) + before.length);
  padded.set(bytes);
  padded.set(before, padded.length - before.length);
  const view = new DataView(padded.buffer);
  const firsts = new Array<number>(4).fill(0x85ebca6b | 0);
  const seconds = [...firsts];
  for (let at = 0; at < padded.length; at += 4) {
    const lane = (at / 4) % 4;
    firsts[lane] = fold(firsts[lane], view.getInt32(at, true));
    seconds[lane] = (imul(seconds[lane], 0x2c1b3c6d) + firsts[lane]) | 0;
  }
  const sum = new Uint8Array(8);
  new DataView(sum.buffer).setInt32(0, firsts.reduce(fold, 0), true);
  new DataView(sum.buffer).setInt32(4, seconds.reduce(fold, 0), true);
  return sum;
}

/** Where the parts of a dump are, by what its header says. */
export function partsOf(dumped: Uint8Array) {
  const view = new DataView(dumped.buffer, dumped.byteOffset, dumped.length);
  const headerEnd = view.getUint32(16, true);
  const size = view.getUint32(28, true);
  const slots = view.getUint32(32, true);
  const kvEnd = headerEnd + 4 * Math.ceil(size / 4);
  const nodesStart = kvEnd + 8;
  return {
    view,
    headerEnd,
    size,
    slots,
    kvStart: headerEnd,
    kvEnd,
    nodesStart,
    nodesEnd: nodesStart + 4 * slots,
  };
}

/** Makes all checksums of a dump anew, where they are by its header, as far as they are in it. */
export function seal(dumped: Uint8Array): void {
  if (dumped.length < 40) return;
  const { headerEnd, kvStart, kvEnd, nodesStart, nodesEnd } = partsOf(dumped);
  let before: Uint8Array | undefined;
  for (const [from, to] of [
    [0, headerEnd - 8],
    [kvStart, kvEnd],
    [nodesStart, nodesEnd],
  ]) {
    if (!(to >= from && to + 8 <= dumped.length)) return;
    before = sumOfSection(dumped.subarray(from, to), before);
    dumped.set(before, to);
  }
}

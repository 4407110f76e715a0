import { copyByWords, copyBytes } from '../../lib/internals.js';

const SIZE = 120;
const byteAt = (i: number) => (150 + 11 * i) & 0xff;
const pattern = () => Uint8Array.from({ length: SIZE }, (_, i) => byteAt(i));

const byWords: typeof copyBytes = (source, length, target, offset) =>
  copyByWords(source, length, target, new DataView(target.buffer), offset);

describe.each([
  ['copyBytes', copyBytes],
  ['copyByWords', byWords],
])('%s', (_, copy) => {
  it('copies so many bytes to where it should, and nothing else', () => {
    for (let length = 0; length <= 40; length++) {
      for (let offset = 0; offset < 10; offset++) {
        for (const longer of [0, 5]) {
          const source = pattern().subarray(7, 7 + length + longer);
          const target = new Uint8Array(SIZE).fill(0xee);
          copy(source, length, target, offset);
          const expected = new Uint8Array(SIZE).fill(0xee);
          for (let i = 0; i < length; i++) expected[offset + i] = byteAt(7 + i);
          expect(target).toEqual(expected);
        }
      }
    }
  });
});

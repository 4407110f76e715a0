import { copyByWords, copyBytes, sharedLength } from '../../lib/internals.js';
import { must } from '../support/must.js';
import { Prng } from '../support/prng.js';

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

describe('sharedLength', () => {
  // Above and below the length from which words are read through a view of the key.
  test.each([0, 1, 7, 8, 60, 511, 512, 513, 530, 1601])(
    'finds where %d bytes part, wherever they stand',
    (length) => {
      const draw = new Prng(length);
      const bytes = Uint8Array.from({ length }, () => draw.below(256));
      const positions = [
        ...new Set([...Array(40).keys(), ...Array.from({ length: 40 }, (_, i) => length - 40 + i)]),
      ];
      for (const offset of [0, 3]) {
        for (const start of [0, 5]) {
          const kv = new Uint8Array(offset + length + 4);
          kv.set(bytes, offset);
          const view = new DataView(kv.buffer);
          // A key is a part of an array, which is a part of a buffer.
          const key = new Uint8Array(new ArrayBuffer(start + length + 20), 9, start + length + 2);
          key.set(bytes, start);
          for (const end of [length, Math.max(0, length - 3)]) {
            expect(sharedLength(view, offset, key, start, 0, end)).toBe(end);
            for (const from of [0, Math.min(2, end)]) {
              for (const parted of positions.filter((i) => i >= from && i < end)) {
                key[start + parted] ^= 0x40;
                must(
                  sharedLength(view, offset, key, start, from, end) === parted,
                  () => `${length} bytes, parted at ${parted}, from ${from} to ${end}`,
                );
                key[start + parted] ^= 0x40;
              }
            }
          }
        }
      }
    },
  );
});

import { DB } from '../../lib/index.js';
import { HEIGHT, MAX_HEIGHT, SeededHeights } from '../../lib/internals.js';
import { utf8 } from '../support/bytes.js';

describe('the default heights', () => {
  it('are the same in every DB: the same calls give the same arrays', () => {
    const fill = (db: DB) => {
      for (let i = 0; i < 1000; i++) db.put(utf8(`key ${(i * 7919) % 1000}`), utf8(`${i}`));
      for (let i = 0; i < 1000; i += 3) db.delete(utf8(`key ${i}`));
      return {
        nodes: [...db.nodeData.subarray(0, db.nodeLength)],
        kv: [...db.kvData.subarray(0, db.kvLength)],
      };
    };
    const first = new DB();
    const second = new DB({ capacity: 1 });
    expect(fill(first)).toEqual(fill(second));
  });

  it('are not all the same', () => {
    const heights = new SeededHeights();
    const next = () => heights.next();
    const some = Array.from({ length: 1000 }, next);
    expect(new Set(some).size).toBeGreaterThan(3);
  });

  it('reach each level a quarter as often as the one below, up to 12', () => {
    const heights = new SeededHeights();
    const next = () => heights.next();
    const draws = 1 << 20;
    const reached = new Array<number>(MAX_HEIGHT + 1).fill(0);
    const strange: number[] = [];
    for (let i = 0; i < draws; i++) {
      const height = next();
      if (!Number.isInteger(height) || height < 1 || height > MAX_HEIGHT) strange.push(height);
      for (let level = 1; level <= height; level++) reached[level]++;
    }
    expect(strange).toEqual([]);
    for (let level = 2; level <= 7; level++) {
      const expected = draws / 4 ** (level - 1);
      // Six standard deviations: the seed is fixed, so this passes always or never.
      expect(Math.abs(reached[level] - expected)).toBeLessThan(6 * Math.sqrt(expected));
    }
    expect(reached[8]).toBeLessThan(draws / 4 ** 7 + 60);
  });

  it('do not depend on the height before', () => {
    const heights = new SeededHeights();
    const next = () => heights.next();
    const draws = 1 << 18;
    let tallAfterTall = 0;
    let tall = 0;
    let before = false;
    for (let i = 0; i < draws; i++) {
      const isTall = next() > 1;
      if (before && isTall) tallAfterTall++;
      if (isTall) tall++;
      before = isTall;
    }
    expect(tallAfterTall / tall).toBeGreaterThan(0.24);
    expect(tallAfterTall / tall).toBeLessThan(0.26);
  });
});

describe('a height source of the caller', () => {
  it('decides the height of every node', () => {
    const heights = [1, 12, 3, 7];
    const db = new DB({ randHeight: () => heights.shift()! });
    for (const key of 'abcd') db.put(utf8(key), utf8(key));
    const found: number[] = [];
    for (let node = db.nodeData[4]; node !== 0; node = db.nodeData[node + 4])
      found.push(db.nodeData[node + HEIGHT]);
    expect(found).toEqual([1, 12, 3, 7]);
  });
});

import fc from 'fast-check';
import { bytewise } from '../../lib/index.js';
import { bytes, run, show, utf8 } from '../support/bytes.js';
import { must } from '../support/must.js';
import { keys } from '../support/programs.js';

const { compare } = bytewise;
const separator = bytewise.separator!;
const successor = bytewise.successor!;

describe('bytewise', () => {
  it("has LevelDB's name, and can not be changed", () => {
    expect(bytewise.name).toBe('leveldb.BytewiseComparator');
    expect(Object.isFrozen(bytewise)).toBe(true);
  });

  it('orders as Buffer.compare does', () => {
    fc.assert(
      fc.property(keys(), keys(), (a, b) => {
        must(Object.is(Math.sign(compare(a, b)), Buffer.compare(a, b)), () => `it is ${compare(a, b)}`);
        must(Object.is(compare(a, a.slice()), 0), () => 'a key is not equal to itself');
      }),
      { seed: 11, numRuns: 2000 },
    );
  });

  it('compares bytes without a sign, and a prefix before what it begins', () => {
    expect(compare(bytes(0x7f), bytes(0x80))).toBeLessThan(0);
    expect(compare(bytes(0xff), bytes(0x00))).toBeGreaterThan(0);
    expect(compare(utf8('ab'), utf8('abc'))).toBeLessThan(0);
    expect(compare(utf8('abc'), utf8('ab'))).toBeGreaterThan(0);
    expect(compare(bytes(), bytes())).toBe(0);
    expect(compare(bytes(), bytes(0))).toBeLessThan(0);
  });
});

describe('the separator of bytewise', () => {
  it.each<[string, Uint8Array, Uint8Array, Uint8Array | undefined]>([
    ['the first differing byte is raised, and the rest cut', utf8('abcdefg'), utf8('abzzz'), utf8('abd')],
    ['at the first byte', utf8('abc'), utf8('z'), utf8('b')],
    ['0x00 is raised too', bytes(0x61, 0x00, 0x05), bytes(0x61, 0x02), bytes(0x61, 0x01)],
    ['0xfe below 0xff stays: it would reach the limit', bytes(0xfe, 1), bytes(0xff), undefined],
    ['bytes that follow each other: unchanged', utf8('abc'), utf8('abd'), undefined],
    ['bytes that follow each other, though the limit goes on', utf8('abcx'), utf8('abdx'), undefined],
    ['a prefix of the limit: unchanged', utf8('ab'), utf8('abc'), undefined],
    ['the limit a prefix: unchanged', utf8('abc'), utf8('ab'), undefined],
    ['equal: unchanged', utf8('abc'), utf8('abc'), undefined],
    ['a above b: unchanged', utf8('z'), utf8('a'), undefined],
    ['a above b at 0xff: unchanged', bytes(0xff), bytes(0x01), undefined],
    ['an empty key: unchanged', bytes(), utf8('abc'), undefined],
    ['both empty: unchanged', bytes(), bytes(), undefined],
    [
      'after a shared run of 0xff',
      bytes(0xff, 0xff, 0x01, 9),
      bytes(0xff, 0xff, 0x09),
      bytes(0xff, 0xff, 0x02),
    ],
  ])('%s', (_, a, b, expected) => {
    const before = [a.slice(), b.slice()];
    expect(separator(a, b)).toEqual(expected);
    expect([a, b]).toEqual(before);
  });

  it('is in [a, b) and no longer than a', () => {
    fc.assert(
      fc.property(keys(), keys(), (one, other) => {
        fc.pre(compare(one, other) !== 0);
        const [a, b] = compare(one, other) < 0 ? [one, other] : [other, one];
        const between = separator(a, b) ?? a;
        must(compare(a, between) <= 0, () => `${show(between)} is below`);
        must(compare(between, b) < 0, () => `${show(between)} is not below the limit`);
        must(between.length <= a.length, () => `${show(between)} is longer`);
        must(
          separator(b, a) === undefined,
          () => `of the keys the other way round it is ${show(separator(b, a))}`,
        );
      }),
      { seed: 12, numRuns: 2000 },
    );
  });
});

describe('the successor of bytewise', () => {
  it.each<[string, Uint8Array, Uint8Array | undefined]>([
    ['the first byte is raised, and the rest cut', utf8('abc'), utf8('b')],
    ['a leading 0xff is passed over', bytes(0xff, 0x61, 0x62), bytes(0xff, 0x62)],
    ['0xfe becomes 0xff', bytes(0xfe, 1), bytes(0xff)],
    ['0x00 becomes 0x01', bytes(0x00), bytes(0x01)],
    ['a run of 0xff: unchanged', run(0xff, 4), undefined],
    ['the empty key: unchanged', bytes(), undefined],
  ])('%s', (_, key, expected) => {
    const before = key.slice();
    expect(successor(key)).toEqual(expected);
    expect(key).toEqual(before);
  });

  it('is at or above the key, and no longer', () => {
    fc.assert(
      fc.property(keys(), (key) => {
        const above = successor(key) ?? key;
        must(compare(key, above) <= 0, () => `${show(above)} is below`);
        must(above.length <= key.length, () => `${show(above)} is longer`);
      }),
      { seed: 13, numRuns: 1000 },
    );
  });

  it('gives copies, of a Buffer too', () => {
    const key = Buffer.from('abc');
    const above = successor(key)!;
    key.fill(0);
    expect([...above]).toEqual([...utf8('b')]);
  });
});

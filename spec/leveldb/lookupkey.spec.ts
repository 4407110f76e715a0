import { LookupKey, makeInternalKey, ValueType } from '../../lib/index.js';
import { varint32Length, writeVarint32 } from '../../lib/internals.js';
import { bytes, run, utf8 } from '../support/bytes.js';

describe('LookupKey', () => {
  test('is the bytes of the layout', () => {
    const key = new LookupKey(utf8('key'), 0x0123456789abcdn);
    expect(key.memtableKey).toEqual(
      // 11 bytes follow: the user key, the type Value, and the sequence number, least significant byte first
      bytes(11, 0x6b, 0x65, 0x79, 1, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01),
    );
    expect(key.internalKey).toEqual(key.memtableKey.subarray(1));
    expect(key.userKey).toEqual(utf8('key'));
  });

  // 7 bits to a byte, the low ones first, bit 7 in all but the last; each case is at an edge of that
  test.each([
    [0, [0x08]],
    [119, [0x7f]],
    [120, [0x80, 0x01]],
    [247, [0xff, 0x01]],
    [248, [0x80, 0x02]],
    [16375, [0xff, 0x7f]],
    [16376, [0x80, 0x80, 0x01]],
    [2097143, [0xff, 0xff, 0x7f]],
    [2097144, [0x80, 0x80, 0x80, 0x01]],
  ])('of a user key of %i bytes begins with the varint32 of 8 more', (length, prefix) => {
    const userKey = run(0x61, length);
    const key = new LookupKey(userKey, 2n ** 56n - 1n);
    const tag = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    expect(Buffer.compare(key.memtableKey, Buffer.concat([bytes(...prefix), userKey, bytes(...tag)]))).toBe(
      0,
    );
    expect(Buffer.compare(key.internalKey, Buffer.concat([userKey, bytes(...tag)]))).toBe(0);
    expect(Buffer.compare(key.userKey, userKey)).toBe(0);
  });

  test.each([0, 2 ** 8 - 1, 2 ** 16 + 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2n ** 53n, 2n ** 56n - 1n])(
    'at sequence number %s holds the internal key to look for',
    (sequence) => {
      const { internalKey } = new LookupKey(utf8('some key'), sequence);
      expect(internalKey).toEqual(makeInternalKey(utf8('some key'), sequence, ValueType.Value));
    },
  );

  test('has three views of one buffer, which is a copy', () => {
    const given = utf8('key');
    const key = new LookupKey(given, 1);
    given.fill(0);
    expect(key.userKey).toEqual(utf8('key'));
    expect(key.internalKey.buffer).toBe(key.memtableKey.buffer);
    expect(key.userKey.buffer).toBe(key.memtableKey.buffer);
    expect(key.memtableKey.buffer.byteLength).toBe(key.memtableKey.length);
  });

  test('refuses what is no user key and no sequence number', () => {
    expect(() => new LookupKey('key' as unknown as Uint8Array, 1)).toThrow(TypeError);
    expect(() => new LookupKey(utf8('key'), '1' as unknown as number)).toThrow(TypeError);
    expect(() => new LookupKey(utf8('key'), -1)).toThrow(RangeError);
    expect(() => new LookupKey(utf8('key'), 2n ** 56n)).toThrow(RangeError);
  });
});

describe('a varint32', () => {
  test.each([
    [0, [0x00]],
    [0x7f, [0x7f]],
    [0x80, [0x80, 0x01]],
    [2 ** 28 - 1, [0xff, 0xff, 0xff, 0x7f]],
    [2 ** 28, [0x80, 0x80, 0x80, 0x80, 0x01]],
    [2 ** 31, [0x80, 0x80, 0x80, 0x80, 0x08]],
    [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('of %i takes as many bytes as it has groups of 7 bits', (value, encoded) => {
    const target = run(0xee, 7);
    writeVarint32(target, 1, value);
    expect([...target]).toEqual([0xee, ...encoded, ...run(0xee, 6 - encoded.length)]);
    expect(varint32Length(value)).toBe(encoded.length);
  });
});

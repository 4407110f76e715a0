import { CorruptionError, DB, MemTable, ValueType } from '../../lib/index.js';
import { Checksum, NO_SECTION, withInternals } from '../../lib/internals.js';
import { utf8 } from '../support/bytes.js';
import { sumOfSection } from '../support/dumpsum.js';
import { given, partsOf, rejectionOf, resealed } from '../support/dumps.js';
import { FaultyMemory, thrownBy } from '../support/faults.js';
import { Prng } from '../support/prng.js';

/** Five entries with towers of these heights: their nodes begin at 16, 21, 28, 33 and 40. */
const HEIGHTS = [1, 3, 1, 3, 1];
const NODES = [16, 21, 28, 33, 38 + 2];

function small(): Uint8Array {
  const heights = [...HEIGHTS];
  const db = new DB({ randHeight: () => heights.shift()! });
  for (const key of 'abcde') db.put(utf8(key), utf8(`value of ${key}`));
  return db.dump();
}

function corruptionOf(dumped: Uint8Array): Error & { position?: number } {
  const error = thrownBy(() => DB.load(dumped));
  expect(error).toBeInstanceOf(CorruptionError);
  return error;
}

it('every bit that is flipped is found', () => {
  const dumped = small();
  const { kvStart, kvEnd, nodesStart, nodesEnd, size } = partsOf(dumped);
  for (let bit = 0; bit < 8 * dumped.length; bit++) {
    const at = bit >> 3;
    dumped[at] ^= 1 << (bit & 7);
    const { position } = corruptionOf(dumped);
    dumped[at] ^= 1 << (bit & 7);
    const section = at < kvStart ? 0 : at < kvEnd + 8 ? kvStart : nodesStart;
    const isFilling = at >= kvStart + size && at < kvEnd;
    // A header that is said to be longer may be longer than all that there is.
    if (at >= 16 && at < 20) expect([0, dumped.length]).toContain(position);
    else expect(position).toBe(isFilling ? kvStart + size : section);
  }
  expect(nodesEnd + 8).toBe(dumped.length);
  DB.load(dumped);
});

it('every two words that change places are found', () => {
  const dumped = small();
  const words = new Int32Array(dumped.buffer);
  for (let a = 0; a < words.length; a++) {
    for (let b = a + 1; b < words.length; b++) {
      if (words[a] === words[b]) continue;
      [words[a], words[b]] = [words[b], words[a]];
      corruptionOf(dumped);
      [words[a], words[b]] = [words[b], words[a]];
    }
  }
});

it('room for what a dump says is not made before it is known to be there', () => {
  const dumped = small();
  const memory = new FaultyMemory({}, () => false);
  const options = withInternals({}, memory);
  expect(thrownBy(() => DB.load(dumped.subarray(0, dumped.length - 1), options)).message).toMatch('cut off');
  expect(memory.allocations).toBe(0);
  DB.load(dumped, options);
  expect(memory.allocations).toBeGreaterThan(0);
});

it('wherever it is cut off, it says so', async () => {
  const dumped = small();
  for (let length = 0; length < dumped.length; length++) {
    const cut = dumped.slice(0, length);
    expect(corruptionOf(cut)).toMatchObject({
      message: `the dump is cut off (at byte ${length} of the dump)`,
      position: length,
    });
    expect(await rejectionOf(DB.loadFrom(given(cut, 50)))).toMatchObject({
      name: 'CorruptionError',
      position: length,
    });
  }
});

it('what follows it is found', async () => {
  const dumped = small();
  const longer = Buffer.concat([dumped, Buffer.from([0])]);
  expect(corruptionOf(longer)).toMatchObject({ position: dumped.length });
  expect(await rejectionOf(DB.loadFrom(given(longer, 50)))).toMatchObject({ position: dumped.length });
  expect(await rejectionOf(DB.loadFrom(given(longer, dumped.length)))).toMatchObject({
    position: dumped.length,
    message: `something follows the end (at byte ${dumped.length} of the dump)`,
  });
});

it('what is no dump is called so', () => {
  for (const bytes of ['', 'text', 'a text that is longer than what every dump begins with']) {
    const error = corruptionOf(utf8(bytes));
    expect(error.position).toBe(bytes.length < 20 ? bytes.length : 0);
  }
  const asText = small();
  asText[4] = 0x0a; // As a transfer of CR LF as text does it.
  expect(corruptionOf(asText).message).toBe(
    'this is no dump of flat-memdb, or its first bytes are damaged (at byte 0 of the dump)',
  );
});

it('a section of another dump is found', () => {
  const a = new DB();
  const b = new DB();
  a.put(utf8('key'), utf8('12345'));
  b.put(utf8('key'), utf8('54321'));
  const [ofA, ofB] = [a.dump(), b.dump()];
  const { kvStart, kvEnd, nodesStart } = partsOf(ofA);
  // The same header: only by what the checksums take in of one another can it be told which nodes belong to it.
  ofA.set(ofB.subarray(kvStart, kvEnd + 8), kvStart);
  expect(corruptionOf(ofA).position).toBe(nodesStart);
});

describe('with checksums that are right, it finds', () => {
  const slot = (index: number, value: number) => (view: DataView) => {
    const { nodesStart } = partsOf(new Uint8Array(view.buffer));
    view.setInt32(nodesStart + 4 * index, value, true);
  };
  const number = (at: number, value: number) => (view: DataView) => view.setUint32(at, value, true);
  const key = (entry: number, byte: number) => (view: DataView) => {
    const { kvStart } = partsOf(new Uint8Array(view.buffer));
    view.setUint8(kvStart + 11 * entry, byte);
  };
  const lengths = /^the lengths in the header contradict one another/;
  const damages: [string, (view: DataView) => void, RegExp, number | undefined][] = [
    ['a name that is longer', number(36, 40), lengths, 24],
    ['a name that is endless', number(36, 2 ** 32 - 1), lengths, 24],
    ['more bytes than there can be', number(28, 2 ** 31), lengths, 24],
    ['fewer slots than entries need', number(32, 16 + 24), lengths, 24],
    ['more slots than entries can have', number(32, 16 + 81), lengths, 24],
    ['more entries than slots are for', number(24, 9), lengths, 24],
    ['no entries', number(24, 0), lengths, 24],
    ['fewer entries', number(24, 4), /^there are 5 nodes, and the header says 4/, 45],
    ['more entries', number(24, 5 + 0), /./, undefined],
    ['a record of the head', slot(0, 1), /^the head is not as it must be/, 0],
    ['a key of the head', slot(1, 1), /^the head is not as it must be/, 1],
    ['a height of the head', slot(3, 11), /^the head is not as it must be/, 3],
    ['a height of 0', slot(NODES[0] + 3, 0), /^a node has height 0/, NODES[0] + 3],
    ['a height of 13', slot(NODES[0] + 3, 13), /^a node has height 13/, NODES[0] + 3],
    ['a height that goes beyond the end', slot(NODES[4] + 3, 2), /^a node has height 2/, NODES[4] + 3],
    ['a height below 0', slot(NODES[0] + 3, -1), /^a node has height -1/, NODES[0] + 3],
    ['an offset', slot(NODES[1], 12), /^a record does not begin where the one before ends/, NODES[1]],
    ['an offset below 0', slot(NODES[0], -1), /^a record does not begin/, NODES[0]],
    ['a key length below 0', slot(NODES[0] + 1, -1), /^a record is not inside kvData/, NODES[0] + 1],
    ['a key that is too long', slot(NODES[0] + 1, 56), /^a record is not inside kvData/, NODES[0] + 1],
    ['a value length below 0', slot(NODES[0] + 2, -1), /^a record is not inside kvData/, NODES[0] + 2],
    ['a value that is too long', slot(NODES[4] + 2, 11), /^a record is not inside kvData/, NODES[4] + 2],
    ['a value that is too short', slot(NODES[4] + 2, 9), /^kvData goes on behind the last record/, 45],
    [
      'a link to itself',
      slot(NODES[0] + 4, NODES[0]),
      /^level 0 does not lead to the next node/,
      NODES[0] + 4,
    ],
    [
      'a link backwards',
      slot(NODES[3] + 4, NODES[0]),
      /^level 0 does not lead to the next node/,
      NODES[3] + 4,
    ],
    [
      'a link into a node',
      slot(NODES[0] + 4, NODES[1] + 1),
      /^level 0 does not lead to the next/,
      NODES[0] + 4,
    ],
    ['a link beyond', slot(NODES[0] + 4, 1 << 30), /^level 0 does not lead to the next/, NODES[0] + 4],
    ['a first link', slot(4, NODES[1]), /^level 0 does not lead to the next/, 4],
    ['a level that leaves one out', slot(5, NODES[3]), /^level 1 does not lead to the next/, 5],
    [
      'a level that ends too early',
      slot(NODES[1] + 6, 0),
      /^level 2 does not lead to the next/,
      NODES[1] + 6,
    ],
    [
      'a level that ends nowhere',
      slot(NODES[3] + 6, NODES[4]),
      /^level 2 does not end with the last/,
      NODES[3] + 6,
    ],
    ['a circle', slot(NODES[4] + 4, NODES[0]), /^level 0 does not end with the last/, NODES[4] + 4],
    ['a level that nobody is on', slot(4 + 7, NODES[0]), /^level 7 does not end with the last/, 4 + 7],
  ];

  test.each(damages.filter(([name]) => name !== 'more entries'))('%s', async (_, change, message, where) => {
    const dumped = resealed(small(), change);
    const error = corruptionOf(dumped);
    expect(error.message).toMatch(message);
    const { nodesStart } = partsOf(small());
    expect(error.position).toBe(where === 24 ? 24 : nodesStart + 4 * where!);
    const ofStream = await rejectionOf(DB.loadFrom(given(dumped, 30)));
    expect([ofStream.message, ofStream.position]).toEqual([error.message, error.position]);
  });

  test.each([
    ['keys in another order', key(2, 'a'.charCodeAt(0)), 2],
    ['equal keys', key(3, 'c'.charCodeAt(0)), 3],
  ])('%s', (_, change, entry) => {
    const error = corruptionOf(resealed(small(), change));
    expect(error.message).toMatch(/^a key is not above the one before it, in the order of the comparer/);
    expect(error.position).toBe(partsOf(small()).kvStart + 11 * entry);
  });

  it('a header that ends before it says all', () => {
    const short = small().slice(0, 28);
    new DataView(short.buffer).setUint32(16, 28, true);
    short.set(sumOfSection(short.subarray(0, 20)), 20);
    expect(corruptionOf(short).message).toMatch(lengths);
  });

  it('what fills kvData up, if that is something', () => {
    const dumped = small();
    const { kvStart, size } = partsOf(dumped);
    expect(size % 4).not.toBe(0);
    const error = corruptionOf(resealed(dumped, (view) => view.setUint8(kvStart + size, 1)));
    expect(error.message).toMatch(/is damaged|must be zeros/);
  });

  it('what fills the name up, if that is something', () => {
    const comparer = { name: 'odd', compare: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) };
    const dumped = resealed(new DB({ comparer }).dump(), (view) => view.setUint8(46, 1));
    expect(thrownBy(() => DB.load(dumped, { comparer })).message).toBe(
      'what fills up a section must be zeros (at byte 46 of the dump)',
    );
  });

  it('keys of a MemTable that are none', () => {
    const table = new MemTable();
    table.add(1, ValueType.Value, utf8('a'), utf8('1'));
    const dumped = table.dump();
    const { kvStart, nodesStart } = partsOf(dumped);
    const type = resealed(dumped, (view) => view.setUint8(kvStart + 1, 2));
    const length = resealed(dumped, (view) => {
      view.setInt32(nodesStart + 4 * 17, 7, true);
      view.setInt32(nodesStart + 4 * 18, 3, true);
    });
    for (const damaged of [type, length]) {
      const error = thrownBy(() => MemTable.load(damaged));
      expect(error).toBeInstanceOf(CorruptionError);
      expect(error).toMatchObject({
        message: `a key has no sequence number and type at its end (at byte ${kvStart} of the dump)`,
      });
    }
  });
});

describe('the checksum', () => {
  const sumOf = (words: Int32Array, cuts: readonly number[] = []) => {
    const checksum = new Checksum();
    let from = 0;
    for (const to of [...cuts, words.length]) {
      checksum.add(words.subarray(from, to));
      from = to;
    }
    return Buffer.from(checksum.end(NO_SECTION)).toString('hex');
  };
  const random = (length: number, seed: number) => {
    const prng = new Prng(seed);
    return Int32Array.from({ length }, () => prng.next());
  };

  it('is the same, however the words come', () => {
    for (let length = 0; length < 40; length++) {
      const words = random(length, length);
      const prng = new Prng(length);
      for (let i = 0; i < 20; i++) {
        const cuts = Array.from({ length: 3 }, () => prng.below(length + 1)).sort((a, b) => a - b);
        expect(sumOf(words, cuts)).toBe(sumOf(words));
      }
      const bytes = new Uint8Array(words.buffer);
      const checksum = new Checksum();
      let taken = 0;
      for (const to of [bytes.length >> 1, bytes.length])
        taken += checksum.addBytes(bytes.subarray(taken, to), false);
      expect(Buffer.from(checksum.end(NO_SECTION)).toString('hex')).toBe(sumOf(words));
    }
  });

  it('changes with each word, and with two that follow one another in a lane', () => {
    const words = random(64, 1);
    const sum = sumOf(words);
    const seen = new Set([sum]);
    let missed = 0;
    for (let at = 0; at < words.length; at++) {
      for (let bit = 0; bit < 32; bit++) {
        words[at] ^= 1 << bit;
        seen.add(sumOf(words));
        for (let other = 0; other < 32 && at + 4 < words.length; other++) {
          words[at + 4] ^= 1 << other;
          if (sumOf(words) === sum) missed++;
          words[at + 4] ^= 1 << other;
        }
        words[at] ^= 1 << bit;
      }
    }
    expect(missed).toBe(0);
    expect(seen.size).toBe(1 + 64 * 32);
  });

  it('changes where what one word changes in a lane, the next one undoes, twice over', () => {
    const words = random(400, 2);
    const sum = sumOf(words);
    const flip = (at: number) => {
      words[at] ^= 1 << 31;
      words[at + 4] ^= 1 << 14;
    };
    for (let a = 0; a < 390; a++) {
      for (let b = a + 1; b < 390; b++) {
        flip(a);
        flip(b);
        if (sumOf(words) === sum) throw new Error(`not seen at ${a} and ${b}`);
        flip(b);
        flip(a);
      }
    }
  });

  it('changes with the number of words, if they are zeros', () => {
    const sums = Array.from({ length: 200 }, (_, length) => sumOf(new Int32Array(length)));
    expect(new Set(sums).size).toBe(200);
  });

  it('is what it always was', () => {
    expect(sumOf(new Int32Array(0))).toMatchInlineSnapshot(`"26aa6f4026aa6f40"`);
    expect(sumOf(Int32Array.of(1, 2, 3, 4, 5, 6, 7))).toMatchInlineSnapshot(`"d3e965e8ce015712"`);
  });
});

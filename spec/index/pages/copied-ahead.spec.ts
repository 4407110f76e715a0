import { Buffer } from 'node:buffer';
import { DB, checkStructure } from '../../../lib/index.js';
import { localGrowth, localMemory, tableOf, withInternals, type Growth } from '../../../lib/internals.js';
import { must } from '../../support/must.js';
import { Prng, mix } from '../../support/prng.js';

/*
 * Pages are copied ahead while the last of them are taken. Whatever changes one that has been copied, has to change the copy,
 * too: the structure check sees to it that it does.
 */

const EMPTY = new Uint8Array(0);

/** Copies ahead from the first page on: with large pages alone, nobody could afford to look after each change. */
const growth: Growth = { ...localGrowth, isCopiedAtOnce: ({ length, limit }) => length >= limit };

const KEYS = {
  decimals: (n: number) => Buffer.from(String(mix(n) % 1_000_000).padStart(16, '0'), 'latin1'),
  'random bytes': (n: number) => Uint32Array.of(mix(n), mix(n + 1)),
  paths: (n: number) =>
    Buffer.from(`/home/user/projects/${mix(n) % 60}/src/${mix(n) % 700}/component-${mix(n + 7)}`),
  // With every few keys another prefix.
  nested: (n: number) => Buffer.from('a'.repeat(mix(n) % 40) + String(mix(n + 1) % 3000)),
};

const bytes = (key: Uint8Array | Uint32Array): Uint8Array =>
  new Uint8Array(key.buffer, key.byteOffset, key.byteLength);

describe.each(Object.entries(KEYS))('pages of %s that are copied ahead', (_, make) => {
  const key = (n: number) => bytes(make(n));

  function open(): { db: DB; pages: () => { copied: number; words: Int32Array } } {
    const db = new DB(withInternals({ autoCompact: false }, { ...localMemory, seed: 0x5eed, growth }));
    return { db, pages: () => tableOf(db).index!.pages };
  }

  it.each([1, 2, 3])('change with their copies, by puts and deletes, seed %d', (seed) => {
    const prng = new Prng(seed);
    const { db, pages } = open();
    const there: number[] = [];
    let swaps = 0;
    let changes = 0;
    for (let n = 0; n < 12_000; n++) {
      const { words } = pages();
      db.put(key(n), EMPTY);
      there.push(n);
      if (pages().words !== words) {
        swaps++;
        checkStructure(db);
      }
      // For as long as there is a copy, entries come and go.
      if (pages().copied === 0 || n % 5 !== 0) continue;
      for (let i = 0; i < 3; i++) {
        const other = prng.below(there.length);
        db.delete(key(there[other]));
        there[other] = there[there.length - 1];
        there.pop();
      }
      if (n % 30 === 0 && db.length > 1000) {
        const from = prng.below(db.length - 200);
        db.deleteRange({ start: db.at(from)![0].slice(), limit: db.at(from + prng.below(150))![0].slice() });
      }
      if (changes++ % 4 === 0) checkStructure(db);
    }
    must(swaps >= 2, () => `the pages grew ${swaps} times`);
    must(changes > 40, () => `only ${changes} changes met a copy`);
    checkStructure(db);
  });

  it('change with their copies, by keys behind all others, and by batches', () => {
    const { db, pages } = open();
    const keys = Array.from({ length: 12_000 }, (_, n) => key(n)).sort((a, b) => Buffer.compare(a, b));
    let met = 0;
    for (let n = 0; n < keys.length; n++) {
      if (n % 1000 < 100) {
        db.putMany(keys.slice(n, n + 100).map((each) => [each, EMPTY] as const));
        n += 99;
      } else {
        db.put(keys[n], EMPTY);
      }
      if (pages().copied === 0 || met++ % 16 !== 0) continue;
      // What ends in a page that has been copied is appended to there.
      const last = Array.from({ length: 40 }, (_, i) => db.at(-1 - i)![0].slice());
      for (const each of last) db.delete(each);
      checkStructure(db);
      last.reverse().forEach((each, i) => {
        db.put(each, EMPTY);
        if (i % 10 === 0) checkStructure(db);
      });
    }
    must(met > 100, () => `only ${met} changes met a copy`);
    checkStructure(db);
  });

  it('are forgotten by a reset, copies and all', () => {
    const { db, pages } = open();
    for (let n = 0; pages().copied === 0 || n < 3000; n++) db.put(key(n), EMPTY);
    db.reset();
    must(pages().copied === 0, () => 'there is still a copy');
    for (let n = 0; n < 5000; n++) {
      db.put(key(n + 7000), EMPTY);
      if (n % 500 === 0) checkStructure(db);
    }
    checkStructure(db);
  });
});

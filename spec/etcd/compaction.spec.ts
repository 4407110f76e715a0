import fc from 'fast-check';
import { Compaction } from '../../lib/etcd/internals.js';
import { MemTable, ValueType, parseInternalKey } from '../../lib/index.js';

/* Versions dropped step by step are those that `MemTable.compact` drops at once. */

const bytes = (text: string) => Buffer.from(text, 'latin1');
const versionsOf = (table: MemTable) =>
  [...table].map(([key, value]) => {
    const { userKey, sequence, type } = parseInternalKey(key);
    return `${Buffer.from(userKey).toString('latin1')} ${sequence} ${type} ${Buffer.from(value).toString('latin1')}`;
  });

const edit = fc.tuple(fc.constantFrom('a', 'aa', 'b', 'c'), fc.option(fc.constantFrom('', 'x'), { freq: 2 }));

it('keeps what somebody may see, and no more', () => {
  const property = fc.property(
    fc.array(edit, { maxLength: 30 }),
    fc.array(edit, { maxLength: 10 }),
    fc.nat(30),
    fc.array(fc.nat(30), { maxLength: 3 }),
    fc.integer({ min: 1, max: 4 }),
    (before, meanwhile, oldest, pinned, atOnce) => {
      const table = new MemTable();
      const expected = new MemTable();
      let sequence = 0;
      const add = ([key, value]: readonly [string, string | null], tables: readonly MemTable[]) => {
        sequence++;
        for (const each of tables) {
          if (value === null) each.add(sequence, ValueType.Deletion, bytes(key));
          else each.add(sequence, ValueType.Value, bytes(key), bytes(value));
        }
      };
      for (const each of before) add(each, [table, expected]);
      const least = Math.min(oldest, sequence);
      expected.compact(least, { snapshots: pinned.filter((one) => one < least), bottom: true });
      const compaction = new Compaction(table, least, pinned);
      const had = table.length;
      let isDone = compaction.step(atOnce);
      for (const each of meanwhile) {
        if (isDone) break;
        add(each, [table, expected]);
        const [key, value] = each;
        const type = value === null ? ValueType.Deletion : ValueType.Value;
        compaction.added(sequence, type, bytes(key), bytes(value ?? ''));
        isDone = compaction.step(atOnce);
      }
      const added = table.length - had;
      while (!isDone) isDone = compaction.step(atOnce);
      expect(versionsOf(compaction.copy)).toEqual(versionsOf(expected));
      expect(compaction.dropped).toBe(had + added - expected.length);
    },
  );
  fc.assert(property, { numRuns: 500, seed: 33 });
});

it('looks at no more versions in a step than it is told to', () => {
  const table = new MemTable();
  for (let i = 1; i <= 1000; i++) table.add(i, ValueType.Value, bytes(String(i)), bytes('x'));
  const compaction = new Compaction(table, 1000, []);
  let steps = 0;
  for (let isDone = false; !isDone; steps++) {
    isDone = compaction.step(10);
    expect(compaction.copy.length).toBeLessThanOrEqual(10 * (steps + 1));
  }
  expect([steps, compaction.copy.length]).toEqual([101, 1000]);
});

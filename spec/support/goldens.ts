import { DB, InternalKeyComparer, MemTable, ValueType, bytewise, type Comparer } from '../../lib/index.js';
import { utf8 } from './bytes.js';

/** What the files in spec/golden hold, by their names. */

export const reverse: Comparer = { name: 'test.Reverse', compare: (a, b) => bytewise.compare(b, a) };

export const goldenDBs: Record<string, () => { db: DB; options: { comparer?: Comparer } }> = {
  'v1-empty': () => ({ db: new DB(), options: {} }),
  'v1-words': () => ({ db: words(new DB()), options: {} }),
  'v1-reverse': () => ({ db: words(new DB({ comparer: reverse })), options: { comparer: reverse } }),
};

export const goldenTables: Record<string, () => { table: MemTable; options: { comparer?: Comparer } }> = {
  'v1-memtable': () => ({ table: versions(new MemTable()), options: {} }),
  'v1-memtable-reverse': () => ({
    table: versions(new MemTable({ comparer: reverse })),
    options: { comparer: new InternalKeyComparer(reverse) },
  }),
};

/** Of each key, some were overwritten and deleted; an empty key and value are among them, and a long value. */
function words(db: DB): DB {
  for (let i = 0; i < 600; i++) db.put(utf8(`key ${(i * 37) % 200}`), utf8(`value ${i}`));
  for (let i = 0; i < 200; i += 7) db.delete(utf8(`key ${i}`));
  db.put(new Uint8Array(0), utf8('of the empty key'));
  db.put(utf8('empty'), new Uint8Array(0));
  db.put(utf8('long'), new Uint8Array(1000).fill(0xa5));
  return db;
}

function versions(table: MemTable): MemTable {
  for (let i = 1; i <= 300; i++) {
    const key = utf8(`key ${(i * 37) % 50}`);
    if (i % 5 === 0) table.add(i, ValueType.Deletion, key);
    else table.add(i, ValueType.Value, key, utf8(`value ${i}`));
  }
  table.add(2n ** 56n - 1n, ValueType.Value, utf8('last'), new Uint8Array(0));
  return table;
}

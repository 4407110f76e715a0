import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DB, MemTable, checkStructure } from '../../lib/index.js';
import { isSame } from '../support/dumps.js';
import { goldenDBs, goldenTables } from '../support/goldens.js';

/*
 * Dumps of each version of the format, as they were written when it was made. A version that can't be read any more loses its files
 * and its reader together; those of the others stay as they are.
 */

const FOLDER = join(__dirname, '../golden');
const read = (name: string) => new Uint8Array(readFileSync(join(FOLDER, `${name}.dump`)));

it('all files are loaded here', () => {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.dump'));
  const known = Object.keys({ ...goldenDBs, ...goldenTables }).map((name) => `${name}.dump`);
  expect(names.sort()).toEqual(known.sort());
});

test.each(Object.entries(goldenDBs))('%s is a DB, and is written in the same way today', (name, make) => {
  const { db, options } = make();
  const dumped = read(name);
  const loaded = DB.load(dumped, options);
  checkStructure(loaded);
  expect([...loaded]).toEqual([...db]);
  expect(isSame(loaded.dump(), dumped)).toBe(true);
  expect(isSame(db.dump(), dumped)).toBe(true);
});

test.each(Object.entries(goldenTables))(
  '%s is a MemTable, and is written in the same way today',
  (name, make) => {
    const { table, options } = make();
    const dumped = read(name);
    const loaded = MemTable.load(dumped, options);
    checkStructure(loaded);
    expect([...loaded]).toEqual([...table]);
    expect(isSame(loaded.dump(), dumped)).toBe(true);
    expect(isSame(table.dump(), dumped)).toBe(true);
  },
);

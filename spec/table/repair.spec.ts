import { DB } from '../../lib/index.js';
import { HEAD, NEXT, NONE, repair, tableOf } from '../../lib/internals.js';
import { utf8 } from '../support/bytes.js';

test('what another thread has linked since a wrong link was read stays linked', () => {
  let height = 0;
  const db = new DB({ randHeight: () => (height = (height % 3) + 1) });
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) db.put(utf8(key), utf8(key));
  const table = tableOf(db);
  const { array } = table.storage.nodes;
  const slot = HEAD + NEXT + 1;
  const right = array[slot];
  const other = array[HEAD + NEXT + 2];
  expect([NONE, right]).not.toContain(other);

  array[slot] = NONE;
  repair(table);
  expect(array[slot]).toBe(right);

  array[slot] = NONE;
  let stores = 0;
  repair(table, () => {
    stores++;
    array[slot] = other;
  });
  expect(stores).toBe(1);
  expect(array[slot]).toBe(other);
});

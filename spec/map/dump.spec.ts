import { DB } from '../../lib/index.js';
import { OrderedMap, codecs } from '../../lib/map/index.js';
import { thrownBy } from '../support/faults.js';

it('a map is dumped by its DB, and stands on one that was loaded', () => {
  const options = { key: codecs.tuple(codecs.string, codecs.number), value: codecs.json };
  const map = new OrderedMap({
    ...options,
    entries: [
      [['b', 2], { x: 1 }],
      [['a', 10], 'ten'],
      [['a', 9], null],
    ],
  });
  const loaded = new OrderedMap({ ...options, db: DB.load(map.db.dump()) });
  expect([...loaded]).toEqual([...map]);
  loaded.set(['a', 9.5], 'new');
  expect([...loaded.keys()]).toEqual([
    ['a', 9],
    ['a', 9.5],
    ['a', 10],
    ['b', 2],
  ]);
  expect(map.size).toBe(3);
});

it('a map takes no other db, and no options beside it', () => {
  const message = /^db must be a DB, and then has its own options/;
  expect(thrownBy(() => new OrderedMap({ db: {} as DB })).message).toMatch(message);
  expect(thrownBy(() => new OrderedMap({ db: new DB(), autoCompact: false })).message).toMatch(message);
});

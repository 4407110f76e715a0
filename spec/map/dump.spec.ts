import { bytewise, DB } from '../../lib/index.js';
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
  expect(new OrderedMap({ db: new DB(), autoCompact: undefined, capacity: undefined }).size).toBe(0);
});

it('a map takes no DB in another order: its bounds would mean something else', () => {
  const reverse = { name: 'reverse', compare: (a: Uint8Array, b: Uint8Array) => bytewise.compare(b, a) };
  const error = thrownBy(() => new OrderedMap({ db: new DB({ comparer: reverse }) }));
  expect([error.name, error.message]).toEqual([
    'TypeError',
    'db must be in bytewise order, which the codec of the keys needs',
  ]);
});

it('a DB that was there before is given all entries, or none', () => {
  const db = new DB();
  const many = Array.from({ length: 20_000 }, (_, i): [number, number] => [i, i]);
  const begin = (entries: unknown[]) => new OrderedMap({ db, entries: entries as [number, number][] });
  expect(thrownBy(() => begin([...many, 'none'])).message).toMatch(/^entries\[20000\] must be a pair/);
  expect(db.length).toBe(0);
  expect(begin(many).size).toBe(20_000);
});

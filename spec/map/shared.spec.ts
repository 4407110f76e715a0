import { DB } from '../../lib/index.js';
import { codecs, OrderedMap } from '../../lib/map/index.js';
import { thrownBy } from '../support/faults.js';

/*
 * A map over a DB that threads share. Another thread is played by a second handle, which changes the DB while this one decodes:
 * the worst moment there is.
 */

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function sharedBetweenTwo() {
  const db = DB.create({ shared: true, maxCapacity: 1 << 16, lockTimeout: 20 });
  const there = DB.attach(db.handle);
  const plan: { meanwhile: (() => void) | undefined } = { meanwhile: undefined };
  const value = {
    encode: bytesOf,
    decode(bytes: Uint8Array) {
      plan.meanwhile?.();
      return textOf(bytes);
    },
  };
  const key = { encode: bytesOf, decode: value.decode };
  const map = new OrderedMap({ db, key, value, entries: Array.from('abcd', (c) => [c, `${c}${c}`]) });
  return { db, there, map, plan };
}

test('what is walked over is what was there, whatever others do to the arrays meanwhile', () => {
  const { there, map, plan } = sharedBetweenTwo();
  plan.meanwhile = () => {
    for (const name of 'abcd') there.put(bytesOf(name), bytesOf(`${name}${name}`.toUpperCase()));
    there.compact();
    there.put(bytesOf('e'), bytesOf('-'.repeat(1000)));
    there.compact();
  };
  const all = map.range({ lt: 'e' });
  expect(all.next().value).toEqual(['a', 'aa']);
  expect([...all]).toEqual([
    ['b', 'BB'],
    ['c', 'CC'],
    ['d', 'DD'],
  ]);
  plan.meanwhile = () => there.deleteRange({});
  expect([...map.range({ reverse: true })].map(([name]) => name)).toEqual(['e']);
});

test('an entry that is gone for good between two looks at it is left out, and not counted', () => {
  const { db, there, map } = sharedBetweenTwo();
  const { iterator } = db;
  jest.spyOn(db, 'iterator').mockImplementation((range) => {
    const cursor = iterator.call(db, range);
    const { next } = cursor;
    cursor.next = () => {
      const on = next.call(cursor);
      if (there.delete(bytesOf('b'))) there.compact();
      return on;
    };
    return cursor;
  });
  const two = map.range({ gte: 'b', limit: 2 });
  expect([...two]).toEqual([
    ['c', 'cc'],
    ['d', 'dd'],
  ]);
});

test.each<[string, (map: OrderedMap<string, string>) => unknown]>([
  ['shift', (map) => map.shift()],
  ['pop', (map) => map.pop()],
  ['getOrInsert', (map) => map.getOrInsert('a', 'x')],
])('%s is one call to others, too: they wait', (_name, call) => {
  const { there, map, plan } = sharedBetweenTwo();
  plan.meanwhile = () => there.deleteRange({});
  expect(thrownBy(() => call(map)).name).toBe('LockTimeoutError');
  plan.meanwhile = undefined;
  expect(map.size).toBe(4);
  there.put(bytesOf('z'), bytesOf('zz'));
  expect(map.size).toBe(5);
});

test('so is a deleteRange with a limit', () => {
  const { db, there, map } = sharedBetweenTwo();
  const { count } = db;
  jest.spyOn(db, 'count').mockImplementation((range) => {
    there.deleteRange({});
    return count.call(db, range);
  });
  expect(thrownBy(() => map.deleteRange({ limit: 2 })).name).toBe('LockTimeoutError');
  expect(map.deleteRange({})).toBe(4);
});

test('the other calls do what they do in one thread', () => {
  const { map } = sharedBetweenTwo();
  const there = new OrderedMap({ db: DB.attach(map.db.handle), key: codecs.string, value: codecs.string });
  map.update('a', (value) => `${value}!`);
  there.setMany([['e', 'ee']]);
  expect([map.at(0), map.at(-1), there.rank('c'), map.deleteRange({ reverse: true, limit: 2 })]).toEqual([
    ['a', 'aa!'],
    ['e', 'ee'],
    2,
    2,
  ]);
  expect([there.shift(), map.pop(), there.getOrInsert('x', 'y'), map.get('x')]).toEqual([
    ['a', 'aa!'],
    ['c', 'cc'],
    'y',
    'y',
  ]);
  expect([[...map.keys()], [...there.values({ reverse: true })]]).toEqual([
    ['b', 'x'],
    ['y', 'bb'],
  ]);
});

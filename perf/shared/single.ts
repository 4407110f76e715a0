// What sharing costs one thread: lives of a local store and of a shared one, by turns.
import { DB, MemTable, ValueType } from 'flat-memdb';
import { stopwatch } from '../stopwatch.js';
import { makeKeys, makeMisses, VALUE } from './data.js';
import { SIDES, type Row, type Side, type Times } from './protocol.js';

/** Lives of so many entries come first, and do not count: the engine compiles meanwhile. */
const WARM_ENTRIES = 35_000;
const WARM_LIVES = 4;

/** Stores of lives that are over: to give their memory back, which a thread of the engine does, would disturb those that follow. */
const kept: unknown[] = [];

export function measureSingle(n: number, lives: number): Times {
  const times: Partial<Times> = {};
  const keys = makeKeys(n);
  for (let i = 0; i < WARM_LIVES; i++) for (const side of SIDES) live(side, keys.slice(0, WARM_ENTRIES), {});
  for (let i = 0; i < lives; i++) {
    for (const side of i % 2 === 0 ? SIDES : [...SIDES].reverse()) live(side, keys, times);
  }
  const whole = times as Times;
  // The local form has no readers of their own: theirs are held against its own get.
  whole['MemTable: get of a reader'].local = whole['MemTable: get of the writer'].local;
  return whole;
}

function live(side: Side, keys: readonly Uint8Array[], times: Partial<Times>): void {
  const misses = makeMisses(keys);
  const maxCapacity = keys.length * 400 + (1 << 20);
  let sum = 0;
  const row = (name: Row, pass: () => void) => {
    const time = stopwatch();
    pass();
    const ms = time();
    const sides = (times[name] ??= { local: [], shared: [] });
    sides[side].push((ms * 1e6) / keys.length);
  };
  const each = (name: Row, call: (key: Uint8Array) => number, list = keys) =>
    row(name, () => {
      for (let i = 0; i < list.length; i++) sum += call(list[i]);
    });

  globalThis.gc?.();
  const db = side === 'local' ? new DB() : DB.create({ shared: true, maxCapacity });
  row('put of a new key', () => {
    for (let i = 0; i < keys.length; i++) db.put(keys[i], VALUE);
  });
  each('get, the first time', (key) => db.get(key)!.length);
  each('get', (key) => db.get(key)!.length);
  each(
    'get, and a copy of its own',
    side === 'local' ? (key) => db.get(key)!.slice().length : (key) => db.get(key)!.length,
  );
  each('read, which lends the bytes', (key) => db.read(key, (value) => value[0])!);
  each('has', (key) => (db.has(key) ? 1 : 0));
  each('get of a key that is missing', (key) => (db.get(key) === undefined ? 1 : 0), misses);
  each('find', (key) => (db.find(key) === undefined ? 1 : 0), misses);
  row('put in place of a value', () => {
    for (let i = 0; i < keys.length; i++) db.put(keys[i], VALUE);
  });
  row('entries, an entry', () => {
    for (const [, value] of db.entries()) sum += value.length;
  });
  row('cursor within one lock, an entry', () => {
    const it = db.iterator();
    db.lock.rlock();
    while (it.next()) sum += it.valueEnd - it.valueStart;
    db.lock.runlock();
    it.release();
  });
  each('delete', (key) => (db.delete(key) ? 1 : 0));
  db.close();
  kept.push(db);

  globalThis.gc?.();
  const table = side === 'local' ? new MemTable() : MemTable.create({ shared: true, maxCapacity });
  row('MemTable: add', () => {
    for (let i = 0; i < keys.length; i++) table.add(i + 1, ValueType.Value, keys[i], VALUE);
  });
  each('MemTable: get of the writer', (key) => table.get(key)!.type);
  if (side === 'shared') {
    const reader = MemTable.attach(table.handle);
    each('MemTable: get of a reader', (key) => reader.get(key)!.type);
  } else {
    times['MemTable: get of a reader'] ??= { local: [], shared: [] };
  }
  kept.push(table);
  if (sum === 0) throw new Error('nothing was measured');
}

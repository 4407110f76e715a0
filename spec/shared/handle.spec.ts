import { DB } from '../../lib/index.js';
import { DB as BuiltDB } from '../../dist/commonjs/index.js';

// The build shortens names that are not public. Threads that have another build understand a handle by its names all the same.

const bytes = (text: string) => new TextEncoder().encode(text);

/** Names and kinds of all that is in a handle. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (Object.prototype.toString.call(value) !== '[object Object]') return typeof value;
  return Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, shapeOf(each)]));
}

test('a handle has the same names in the sources and in the build, which attach each other', () => {
  const db = DB.create({ shared: true, maxCapacity: 1 << 14 });
  const built = BuiltDB.create({ shared: true, maxCapacity: 1 << 14 });
  expect(shapeOf(built.handle)).toEqual(shapeOf(db.handle));
  db.put(bytes('a'), bytes('1'));
  const there = BuiltDB.attach(db.handle);
  expect(there.has(bytes('a'))).toBe(true);
  there.put(bytes('b'), bytes('2'));
  expect(db.length).toBe(2);
  built.put(bytes('a'), bytes('1'));
  expect(DB.attach(built.handle).has(bytes('a'))).toBe(true);
});

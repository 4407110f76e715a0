import { text, utf8 } from '../support/bytes.js';
import { Cutter, CutOff, ENDINGS } from '../support/cutpoints.js';
import { loadLib } from '../support/loadcut.js';
import { must } from '../support/must.js';

/*
 * Calls of a MemTable and of a SkipList, each cut off at every point there is, as those of a DB in spec/db/cut-off.spec.ts.
 */

const cutter = new Cutter();
const { lib, internals } = loadLib(cutter);
const { MemTable, SkipList, ValueType } = lib;

const NAMES = Array.from({ length: 18 }, (_, i) => `key ${String((i * 11) % 18).padStart(2, '0')}`);

function prepare() {
  const table = new MemTable();
  const list = new SkipList();
  NAMES.forEach((name, i) => {
    table.add(2 * i, ValueType.Value, utf8(name), utf8(`value ${i}`));
    if (i % 3 === 0) table.add(2 * i + 1, ValueType.Deletion, utf8(name));
    list.insert(utf8(name));
  });
  const it = table.iterator();
  it.seek(utf8(NAMES[4]));
  return { table, list, it };
}
type Scene = ReturnType<typeof prepare>;

function contents({ table, list }: Scene): string {
  const keys: string[] = [];
  const it = list.iterator();
  while (it.next()) keys.push(text(it.key)!);
  must(keys.length === list.length, () => `length is ${list.length} of ${keys.length}`);
  const versions = [...table].map(String);
  must(versions.length === table.length, () => `length is ${table.length} of ${versions.length}`);
  return [table.size, ...versions, ...keys].join();
}

const CALLS: [name: string, call: (scene: Scene) => unknown][] = [
  ['add of a new key', ({ table }) => table.add(90, ValueType.Value, utf8('key 05 and more'), utf8('new'))],
  ['add of a new version', ({ table }) => table.add(90, ValueType.Value, utf8('key 05'), utf8('new'))],
  ['add of a tombstone', ({ table }) => table.add(90, ValueType.Deletion, utf8('key 06'))],
  ['add behind all', ({ table }) => table.add(90, ValueType.Value, utf8('z'), utf8('v'.repeat(7000)))],
  ['get', ({ table }) => table.get(utf8('key 05'))],
  ['get as of a sequence number', ({ table }) => table.get(utf8('key 05'), 3)],
  ['find', ({ table }) => table.find(utf8('key 04 '))],
  ['entries', ({ table }) => [...table.entries({ start: utf8('key 14') })]],
  ['seek', ({ it }) => it.seek(utf8('key 07'))],
  ['next', ({ it }) => it.next()],
  [
    'length and the like',
    ({ table, list }) => [table.length, table.size, table.approximateMemoryUsage, list.length],
  ],
  ['compact', ({ table }) => table.compact(1000, { bottom: true })],
  ['insert', ({ list }) => list.insert(utf8('key 05 and more'))],
  ['insert behind all', ({ list }) => list.insert(utf8('z'))],
  ['contains', ({ list }) => list.contains(utf8('key 05'))],
];

/** The next call, by turns. */
const NEXT: ((scene: Scene) => unknown)[] = [
  ({ table, list }) => [table.length, list.length],
  ({ table, list }) => [table.get(utf8('key 05')), list.contains(utf8('key 05'))],
  ({ it, list }) => [it.next(), list.iterator().last()],
  ({ table }) => [table.size, table.approximateMemoryUsage],
  ({ table }) => {
    table.add(99, ValueType.Value, utf8('key 01'), utf8(''));
  },
];

test.each(CALLS)('%s: cut off anywhere, it has happened or not', (_, call) => {
  const twin = prepare();
  const was = contents(twin);
  cutter.arm();
  call(twin);
  cutter.disarm();
  const points = cutter.passed;
  const becomes = contents(twin);
  for (let at = 1; at <= points; at++) {
    for (const ending of points > 200 ? [ENDINGS[at % ENDINGS.length]] : ENDINGS) {
      const scene = prepare();
      cutter.arm(at, ending);
      try {
        call(scene);
      } catch (error) {
        if (!(error instanceof CutOff) && !String(error).includes('could not allocate')) throw error;
      } finally {
        cutter.disarm();
      }
      try {
        const turn = at % NEXT.length;
        NEXT[turn](scene);
        const { table, list } = scene;
        // One call has added a version: without that, it must be as before or after.
        if (turn !== NEXT.length - 1) {
          const found = contents(scene);
          must(found === was || found === becomes, () => `found ${found}`);
        }
        internals.checkTable(internals.tableOf(table));
        internals.checkTable(internals.tableOf(list));
        for (const name of NAMES) must(list.contains(utf8(name)), () => `${name} is denied`);
        table.add(100, ValueType.Value, utf8('key 03'), utf8('last'));
        list.insert(utf8('key 033'));
        must(text((table.get(utf8('key 03')) as { value: Uint8Array }).value) === 'last', () => 'get');
        must(list.contains(utf8('key 033')) && !list.contains(utf8('key 034')), () => 'contains');
        internals.checkTable(internals.tableOf(table));
        internals.checkTable(internals.tableOf(list));
      } catch (error) {
        throw new Error(`${ending}, at ${at} of ${points}: ${(error as Error).stack}`, { cause: error });
      }
    }
  }
  expect(points).toBeGreaterThan(3);
});

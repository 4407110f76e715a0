import fc from 'fast-check';
import { LockMisuseError, MemDBError, SkipList, bytewise, type Comparer } from '../../lib/index.js';
import {
  checkTable,
  HEAD,
  HEIGHT,
  MAX_HEIGHT,
  NEXT,
  type NodeIndex,
  NONE,
  tableOf,
} from '../../lib/internals.js';
import { bytes, sameBytes, text, utf8 } from '../support/bytes.js';
import { keys } from '../support/programs.js';
import { thrownBy } from '../support/faults.js';
import { must } from '../support/must.js';
import { toHex } from '../support/recordings.js';

const reverse: Comparer = { name: 'reverse', compare: (a, b) => bytewise.compare(b, a) };

const codeThrownBy = (call: () => void) => (thrownBy(call) as { code?: string }).code;

function listOf(...texts: string[]): SkipList {
  const list = new SkipList();
  for (const each of texts) list.insert(utf8(each));
  return list;
}

describe('SkipList', () => {
  test('is empty at first', () => {
    const list = new SkipList();
    expect(list.length).toBe(0);
    expect(list.contains(utf8('a'))).toBe(false);
    const it = list.iterator();
    expect([it.valid, it.first(), it.last(), it.seek(bytes()), it.next(), it.prev()]).toEqual(
      new Array(6).fill(false),
    );
    expect(it.key).toBeUndefined();
  });

  const local = (comparer: Comparer) => {
    const list = new SkipList({ comparer });
    return [list, list];
  };
  const shared = (comparer: Comparer) => {
    const list = SkipList.create({ shared: true, maxCapacity: 1 << 16, comparer });
    return [list, SkipList.attach(list.handle, { comparer })];
  };

  test.each([
    ['bytewise', bytewise, local],
    ['reverse', reverse, local],
    ['bytewise, in another thread', bytewise, shared],
    ['reverse, in another thread', reverse, shared],
  ])('holds what was inserted, in order (%s)', (_, comparer, make) => {
    fc.assert(
      fc.property(fc.array(keys(), { maxLength: 200, size: 'max' }), fc.array(keys()), (given, others) => {
        const [list, reader] = make(comparer);
        const model: Uint8Array[] = [];
        for (const key of given) {
          if (model.some((known) => sameBytes(known, key))) {
            must(codeThrownBy(() => list.insert(key)) === 'MEMDB_DUPLICATE_KEY', () => `${toHex(key)} twice`);
          } else {
            list.insert(key);
            model.push(key);
          }
        }
        model.sort(comparer.compare);
        expect(reader.length).toBe(model.length);
        for (const key of [...given, ...others]) {
          const isKnown = model.some((known) => sameBytes(known, key));
          must(reader.contains(key) === isKnown, () => `contains should tell ${isKnown} of ${toHex(key)}`);
        }
        const it = reader.iterator();
        const forward: Uint8Array[] = [];
        for (let on = it.first(); on; on = it.next()) forward.push(it.key!);
        expect(forward.map(toHex)).toEqual(model.map(toHex));
        const backward: Uint8Array[] = [];
        for (let on = it.last(); on; on = it.prev()) backward.push(it.key!);
        expect(backward.reverse().map(toHex)).toEqual(model.map(toHex));
        for (const key of others) {
          const place = model.findIndex((known) => comparer.compare(known, key) >= 0);
          const isThere = place >= 0;
          must(it.seek(key) === isThere, () => `the seek of ${toHex(key)} should tell ${isThere}`);
          must(sameBytes(it.key, model[place]), () => `a seek of ${toHex(key)} leads to ${toHex(it.key)}`);
        }
        checkTable(tableOf(list));
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  test('an iterator meets what is inserted ahead of it, and stays where it is', () => {
    const list = listOf('b', 'd');
    const it = list.iterator();
    it.seek(utf8('b'));
    list.insert(utf8('a'));
    list.insert(utf8('c'));
    expect(text(it.key)).toBe('b');
    it.next();
    expect(text(it.key)).toBe('c');
    it.seek(utf8('b'));
    it.prev();
    expect(text(it.key)).toBe('a');
  });

  test('an iterator keeps to its range', () => {
    const it = listOf('a', 'b', 'c', 'd').iterator({ start: utf8('b'), limit: utf8('d') });
    expect([it.first(), text(it.key), it.last(), text(it.key), it.next()]).toEqual([
      true,
      'b',
      true,
      'c',
      false,
    ]);
  });

  test('an equal key is refused, and nothing is changed', () => {
    const list = listOf('a', 'b');
    expect(() => list.insert(utf8('a'))).toThrow(MemDBError);
    expect(list.length).toBe(2);
    checkTable(tableOf(list));
  });

  test('a node is published as in LevelDB: its own links first, then one store a level, from the bottom up', () => {
    const list = new SkipList();
    const table = tableOf(list);
    const { nodes } = table.storage;
    const stores: { slot: number; value: number; links: number[] }[] = [];
    const write = nodes.write.bind(nodes);
    nodes.write = (slot, value) => {
      stores.push({ slot, value, links: linksOf(value) });
      write(slot, value);
    };
    const linksOf = (node: number) => [
      ...nodes.array.subarray(node + NEXT, node + NEXT + nodes.array[node + HEIGHT]),
    ];
    /** The slot that leads past a key, for each level. */
    const slotsBefore = (key: Uint8Array) =>
      Array.from({ length: MAX_HEIGHT }, (_, level) => {
        let slot = HEAD + NEXT + level;
        for (let next; (next = nodes.array[slot] as NodeIndex) !== NONE && table.compare(next, key, 4) < 0;) {
          slot = next + NEXT + level;
        }
        return slot;
      });

    let tallest = 0;
    for (let i = 1; i <= 500; i++) {
      const key = new Uint8Array(4);
      new DataView(key.buffer).setUint32(0, Math.imul(i, 0x9e3779b1));
      const slots = slotsBefore(key);
      const links = slots.map((slot) => nodes.array[slot]);
      const node = nodes.length;
      stores.length = 0;
      list.insert(key);
      const height = nodes.array[node + HEIGHT];
      tallest = Math.max(tallest, height);
      const own = links.slice(0, height);
      expect(stores).toEqual(slots.slice(0, height).map((slot) => ({ slot, value: node, links: own })));
    }
    expect(tallest).toBeGreaterThan(3);
  });

  test('keys are copied', () => {
    const list = new SkipList();
    const key = utf8('a');
    list.insert(key);
    key[0]++;
    expect([list.contains(utf8('a')), list.contains(utf8('b'))]).toEqual([true, false]);
  });

  test('what is no key, no comparer and no capacity is refused', () => {
    const list = new SkipList();
    for (const call of [() => list.insert('a' as never), () => list.contains('a' as never)]) {
      expect(call).toThrow(TypeError);
    }
    expect(() => list.iterator().seek('a' as never)).toThrow(TypeError);
    expect(() => new SkipList({ comparer: {} as Comparer })).toThrow(TypeError);
    expect(() => new SkipList({ capacity: -1 })).toThrow(RangeError);
  });

  test('a comparer that calls back is refused, whichever call it is in, and does no harm', () => {
    const calls: (() => unknown)[] = [
      () => list.insert(utf8('x')),
      () => list.contains(utf8('a')),
      () => list.iterator().last(),
      () => list.iterator().seek(utf8('a')),
    ];
    let refused = 0;
    const calling: Comparer = {
      name: 'calling',
      compare(a, b) {
        for (const call of calls) {
          try {
            call();
          } catch (error) {
            if (error instanceof LockMisuseError) refused++;
          }
        }
        return bytewise.compare(a, b);
      },
    };
    const list = new SkipList({ comparer: calling });
    for (const each of ['b', 'd', 'a', 'c']) list.insert(utf8(each));
    expect(list.contains(utf8('c'))).toBe(true);
    expect(list.contains(utf8('x'))).toBe(false);
    expect(list.length).toBe(4);
    expect(refused).toBeGreaterThan(0);
    expect(refused % calls.length).toBe(0);
    calls.length = 0;
    checkTable(tableOf(list));
  });
});

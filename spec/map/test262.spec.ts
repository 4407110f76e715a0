import { OrderedMap, type AnyKey } from '../../lib/map/index.js';
import { thrownBy } from '../support/faults.js';

/*
 * What test262, the test suite of the language (BSD license), asks of Map and its iterators, asked of an OrderedMap: the
 * assertions that apply, in our words. The names in parentheses are those of its files, in test/built-ins/Map and
 * test/built-ins/MapIteratorPrototype.
 *
 * Not asked, since an OrderedMap differs by design:
 * - constructor, length, name, and the `length` and `name` of each method, proto-from-ctor-realm, properties-of-map-instances:
 *   it is another constructor, which takes options, and methods that take a scan.
 * - iterable-calls-set, does-not-throw-when-set-is-not-callable, get-set-method-failure, map-iterable-throws-when-set-is-not-callable,
 *   map-*-does-not-call-set: entries go in many at a time, not by `set`.
 * - iterator-close-failure-after-set-failure, iterator-close-after-set-failure: there is no `set` to fail; a key or a value that
 *   can't be encoded is in its place.
 * - groupBy, Symbol.species: it has none.
 * - prototype/Symbol.iterator (one function with `entries`): it is another one that does the same.
 * - Symbol.toStringTag: 'OrderedMap', by a getter.
 * - iterates-in-key-insertion-order: the order is that of keys.
 * - Keys that are objects, functions and symbols, in valid-keys and the *-different-key-types: codecs.any refuses them.
 */

type Entries = Iterable<readonly [AnyKey, unknown]>;
const mapOf = (entries: Entries | null | undefined) => new OrderedMap<AnyKey>({ entries });
const { prototype } = OrderedMap;
const METHODS = [
  ...[
    'clear',
    'delete',
    'entries',
    'forEach',
    'get',
    'getOrInsert',
    'getOrInsertComputed',
    'has',
    'keys',
    'set',
  ],
  'values',
] as const;

describe('constructor', () => {
  test('(undefined-newtarget) is not called without new', () => {
    const call = OrderedMap as unknown as () => void;
    expect(thrownBy(() => call()).name).toBe('TypeError');
    expect(thrownBy(() => call.call(mapOf([]))).name).toBe('TypeError');
  });

  test('(map, newtarget, is-a-constructor) makes instances of what was called', () => {
    class Mine extends OrderedMap<string, number> {}
    expect(Object.getPrototypeOf(new Mine())).toBe(Mine.prototype);
    expect(Object.getPrototypeOf(mapOf([]))).toBe(prototype);
    expect(new Mine({ entries: [['a', 1]] }).get('a')).toBe(1);
  });

  test('(map-no-iterable) takes undefined and null for no entries', () => {
    expect([mapOf(undefined).size, mapOf(null).size, new OrderedMap().size]).toEqual([0, 0, 0]);
  });

  test('(map-iterable) takes entries, also those of another map', () => {
    const map = mapOf([
      ['attr', 1],
      ['foo', 2],
    ]);
    expect([map.size, map.get('attr'), map.get('foo')]).toEqual([2, 1, 2]);
    expect([...mapOf(map), ...mapOf(new Map([['x', 1]]))]).toEqual([...map, ['x', 1]]);
  });

  test('(iterator-is-undefined-throws) refuses what is not iterable', () => {
    for (const entries of [{}, 1, { [Symbol.iterator]: undefined }]) {
      expect(thrownBy(() => mapOf(entries as never)).name).toBe('TypeError');
    }
  });

  test.each([[undefined], [null], [1], ['text'], [true], [Symbol('s')]])(
    '(iterator-items-are-not-object, ...-close-iterator) refuses %p as an entry, and closes the iterator',
    (item) => {
      let closed = 0;
      const entries = {
        [Symbol.iterator]: () => ({
          next: () => ({ value: item, done: false }),
          return() {
            closed++;
            return {};
          },
        }),
      };
      expect(thrownBy(() => mapOf(entries as never)).name).toBe('TypeError');
      expect(closed).toBe(1);
    },
  );

  test.each(['0', '1'])(
    '(iterator-item-first/second-entry-returns-abrupt) passes on what entry[%s] throws',
    (index) => {
      let closed = 0;
      const entry = [1, 2];
      Object.defineProperty(entry, index, {
        get() {
          throw new RangeError('mine');
        },
      });
      function* entries() {
        try {
          yield entry;
        } finally {
          closed++;
        }
      }
      expect(thrownBy(() => mapOf(entries() as never)).message).toBe('mine');
      expect(closed).toBe(1);
    },
  );

  test('(iterator-next-failure, iterator-value-failure) passes on what the iterator throws', () => {
    const throwing = () => {
      throw new RangeError('mine');
    };
    const failing = [
      { next: throwing },
      {
        next: () => ({
          get value() {
            return throwing();
          },
          done: false,
        }),
      },
    ];
    for (const iterator of failing) {
      expect(thrownBy(() => mapOf({ [Symbol.iterator]: () => iterator } as never)).message).toBe('mine');
    }
  });
});

describe('prototype', () => {
  test('(properties-of-the-map-prototype-object, constructor, prototype-of-map)', () => {
    expect(Object.getPrototypeOf(prototype)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(OrderedMap)).toBe(Function.prototype);
    expect(prototype.constructor).toBe(OrderedMap);
    expect(Object.prototype.propertyIsEnumerable.call(prototype, 'constructor')).toBe(false);
  });

  test.each([...METHODS, Symbol.iterator])(
    '(not-a-constructor, descriptors) %p is a plain method',
    (name) => {
      const { value, writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(prototype, name)!;
      expect([typeof value, writable, enumerable, configurable]).toEqual(['function', true, false, true]);
      const Method = value as new () => unknown;
      expect(thrownBy(() => new Method()).name).toBe('TypeError');
    },
  );

  test.each([...METHODS])(
    '(context-is-not..., does-not-have-mapdata-internal-slot, this-not-object) %s needs an OrderedMap',
    (name) => {
      const method = prototype[name] as (...args: unknown[]) => unknown;
      for (const context of [
        {},
        [],
        new Map(),
        new Set(),
        new WeakMap(),
        prototype,
        undefined,
        null,
        1,
        'a',
        false,
        Symbol('s'),
      ]) {
        expect(thrownBy(() => method.call(context, 1, () => 1)).name).toBe('TypeError');
      }
    },
  );

  test('(size) is a getter without a setter, for an OrderedMap', () => {
    const { get, set, enumerable, configurable } = Object.getOwnPropertyDescriptor(prototype, 'size')!;
    expect([typeof get, get!.name, set, enumerable, configurable]).toEqual([
      'function',
      'get size',
      undefined,
      false,
      true,
    ]);
    for (const context of [{}, new Map(), new Set(), 1, undefined]) {
      expect(thrownBy(() => get!.call(context)).name).toBe('TypeError');
    }
  });
});

describe('size', () => {
  test('(returns-count-of-present-values-*) counts what is there', () => {
    const map = mapOf([
      [0, undefined],
      [undefined, undefined],
      [false, undefined],
      [NaN, undefined],
      [null, undefined],
      ['', undefined],
    ]);
    expect(map.size).toBe(6);
    map.delete(NaN);
    expect(map.size).toBe(5);
    map.clear();
    expect(map.size).toBe(0);
    map.set(1, 1);
    expect(map.size).toBe(1);
  });
});

describe('set and get', () => {
  const DIFFERENT: AnyKey[] = [
    'bar',
    1,
    NaN,
    true,
    false,
    null,
    undefined,
    0,
    1n,
    '',
    [],
    ['bar'],
    Uint8Array.of(1),
    new Date(1),
  ];

  test('(append-new-values, valid-keys, returns-value-different-key-types) keep values of different keys', () => {
    const map = mapOf([]);
    DIFFERENT.forEach((key, i) => map.set(key, i));
    expect(map.size).toBe(DIFFERENT.length);
    DIFFERENT.forEach((key, i) => expect([map.get(key), map.has(key)]).toEqual([i, true]));
    DIFFERENT.forEach((key) =>
      expect([map.delete(key), map.has(key), map.get(key)]).toEqual([true, false, undefined]),
    );
    expect(map.size).toBe(0);
  });

  test('(append-new-values-return-map, replaces-a-value-returns-map) set gives the map', () => {
    const map = mapOf([]);
    expect([map.set(1, 1), map.set(1, 2)]).toEqual([map, map]);
    expect(map.set(1, 1)).toBe(map);
  });

  test('(replaces-a-value) set replaces', () => {
    const map = mapOf([['item', 1]]);
    map.set('item', 42);
    expect([map.get('item'), map.size]).toEqual([42, 1]);
  });

  test('(*-normalizes-zero-key, returns-value-normalized-zero-key) -0 is 0', () => {
    const map = mapOf([]).set(-0, 42);
    expect([map.get(0), map.get(-0), map.has(0), map.has(-0), map.size]).toEqual([42, 42, true, true, 1]);
    map.set(0, 43);
    expect([map.get(-0), map.size]).toEqual([43, 1]);
    expect(Object.is([...map.keys()][0], 0)).toBe(true);
    expect([map.delete(-0), map.size]).toEqual([true, 0]);
  });

  test('(valid-keys) NaN equals itself', () => {
    const map = mapOf([[NaN, 1]]);
    expect([map.set(NaN, 2).size, map.get(NaN), map.delete(NaN), map.size]).toEqual([1, 2, true, 0]);
  });

  test('(bigint-number-same-value) a bigint is not the number of the same value', () => {
    const [number, bigint] = [9007199254740991, 9007199254740991n];
    const map = mapOf([
      [number, 'number'],
      [bigint, 'bigint'],
    ]);
    expect([map.size, map.get(number), map.get(bigint)]).toEqual([2, 'number', 'bigint']);
    expect([map.delete(number), map.has(number), map.has(bigint)]).toEqual([true, false, true]);
  });

  test('(returns-undefined) get and has of a key that is not there', () => {
    const map = mapOf([['item', 1]]);
    expect([map.get('other'), map.has('other')]).toEqual([undefined, false]);
    map.set('other', undefined);
    expect([map.get('other'), map.has('other')]).toEqual([undefined, true]);
    map.delete('item');
    expect([map.get('item'), map.has('item')]).toEqual([undefined, false]);
  });
});

describe('delete and clear', () => {
  test('(returns-true-for-deleted-entry, returns-false) delete tells whether it was there', () => {
    const map = mapOf([
      ['a', 1],
      ['b', 2],
    ]);
    expect([map.delete('not'), map.delete('a'), map.delete('a'), map.size]).toEqual([false, true, false, 1]);
  });

  test('(does-not-break-iterators) an iterator goes on behind what was deleted', () => {
    const map = mapOf([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    const entries = map.entries();
    entries.next();
    map.delete('b');
    expect(entries.next()).toEqual({ value: ['c', 3], done: false });
    expect(entries.next()).toEqual({ value: undefined, done: true });
  });

  test('(clear-map, returns-undefined) clear removes all, and gives nothing', () => {
    const map = mapOf([
      ['foo', 'bar'],
      [1, 1],
    ]);
    const clear: () => unknown = () => Reflect.apply(map.clear, map, []);
    expect([clear(), map.size, map.has('foo'), clear()]).toEqual([undefined, 0, false, undefined]);
  });

  test('(map-data-list-is-preserved) an iterator is at its end after clear', () => {
    const entries = mapOf([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    const iterator = entries.entries();
    iterator.next();
    entries.clear();
    expect(iterator.next()).toEqual({ value: undefined, done: true });
  });
});

describe('getOrInsert and getOrInsertComputed', () => {
  test('(returns-value-if-key-is-present, append-new-values) give what is there, or what is put there', () => {
    const map = mapOf([
      ['a', 1],
      ['u', undefined],
    ]);
    expect([map.getOrInsert('a', 2), map.getOrInsert('b', 3), map.get('b')]).toEqual([1, 3, 3]);
    expect([map.getOrInsert('u', 2), map.getOrInsertComputed('u', () => 2)]).toEqual([undefined, undefined]);
    expect([
      map.getOrInsertComputed('a', () => 2),
      map.getOrInsertComputed('c', () => 4),
      map.get('c'),
    ]).toEqual([1, 4, 4]);
    expect(map.size).toBe(4);
  });

  test('(does-not-evaluate-callbackfn-if-key-present)', () => {
    const call = jest.fn();
    mapOf([['a', 1]]).getOrInsertComputed('a', call);
    expect(call).not.toHaveBeenCalled();
  });

  test('(check-callback-fn-args, canonical-key-passed-to-callback) the function is given the key alone', () => {
    const seen: unknown[][] = [];
    const note = function (this: unknown, ...args: unknown[]) {
      seen.push([this, ...args]);
      return 1;
    };
    mapOf([]).getOrInsertComputed(-0, note);
    mapOf([]).getOrInsertComputed('k', note);
    expect(seen).toEqual([
      [undefined, 0],
      [undefined, 'k'],
    ]);
    expect(Object.is(seen[0][1], 0)).toBe(true);
  });

  test('(callbackfn-throws, check-state-after-callback-fn-throws) what the function did itself stays', () => {
    const map = mapOf([[1, 'one']]);
    const failing = (change: () => void) =>
      thrownBy(() =>
        map.getOrInsertComputed(3, () => {
          change();
          throw new RangeError('mine');
        }),
      ).message;
    expect([failing(() => {}), map.has(3)]).toEqual(['mine', false]);
    expect([failing(() => map.set(1, 'changed')), map.get(1), map.has(3)]).toEqual([
      'mine',
      'changed',
      false,
    ]);
    expect([failing(() => map.set(3, 'changed')), map.get(3)]).toEqual(['mine', 'changed']);
  });

  test('(overwrites-mutation-from-callbackfn)', () => {
    const map = mapOf([]);
    map.getOrInsertComputed(1, () => {
      map.set(1, 0);
      return 3;
    });
    expect(map.get(1)).toBe(3);
  });

  test('(not-a-function-callbackfn-throws) also where the key is there', () => {
    const map = mapOf([[1, 1]]);
    for (const callback of [1, '', true, undefined, null, {}, Symbol('s')]) {
      expect(thrownBy(() => map.getOrInsertComputed(1, callback as never)).name).toBe('TypeError');
    }
  });
});

describe('forEach', () => {
  test('(callback-parameters, iterates-..., return-undefined) calls with value, key and map', () => {
    const map = mapOf([
      ['bar', 1],
      ['foo', 2],
    ]);
    const seen: unknown[][] = [];
    const forEach = map.forEach.bind(map) as (callback: (...args: unknown[]) => void) => unknown;
    expect(forEach((...args) => seen.push(args))).toBeUndefined();
    expect(seen).toEqual([
      [1, 'bar', map],
      [2, 'foo', map],
    ]);
    expect(seen[0][2]).toBe(map);
  });

  test('(callback-this-strict, second-parameter-as-callback-context) calls on thisArg', () => {
    const seen: unknown[] = [];
    const note = function (this: unknown) {
      seen.push(this);
    };
    const context = {};
    mapOf([[1, 1]]).forEach(note);
    mapOf([[1, 1]]).forEach(note, context);
    expect(seen).toEqual([undefined, context]);
    expect(seen[1]).toBe(context);
  });

  test('(callback-result-is-abrupt) passes on what the callback throws', () => {
    const failing = () => {
      throw new RangeError('mine');
    };
    expect(thrownBy(() => mapOf([[1, 1]]).forEach(failing)).message).toBe('mine');
    mapOf([]).forEach(failing);
  });

  test('(first-argument-is-not-callable)', () => {
    for (const callback of [{}, [], '', 1, true, null, undefined, Symbol('s')]) {
      expect(thrownBy(() => mapOf([]).forEach(callback as never)).name).toBe('TypeError');
    }
  });

  const keysSeen = (map: OrderedMap, change: (key: AnyKey) => void) => {
    const seen: AnyKey[] = [];
    map.forEach((_value, key) => {
      seen.push(key);
      change(key);
    });
    return seen;
  };

  test('(iterates-values-added-after-foreach-begins) sees what is added behind', () => {
    const map = mapOf([
      ['bar', 1],
      ['foo', 0],
    ]);
    expect(keysSeen(map, (key) => key === 'bar' && map.set('baz', 2).set('a', 3))).toEqual([
      'bar',
      'baz',
      'foo',
    ]);
  });

  test('(deleted-values-during-foreach) does not see what was deleted', () => {
    const map = mapOf([
      ['bar', 1],
      ['baz', 2],
      ['foo', 0],
    ]);
    expect(keysSeen(map, (key) => key === 'bar' && map.delete('foo'))).toEqual(['bar', 'baz']);
  });

  test('(iterates-values-deleted-then-readded) sees what was put again, where its key belongs', () => {
    const map = mapOf([
      ['bar', 1],
      ['foo', 0],
    ]);
    const readd = (key: AnyKey) =>
      map.delete(key) && map.set(key, 'again').delete('foo') && map.set('foo', 'new');
    expect(keysSeen(map, (key) => key === 'bar' && readd(key))).toEqual(['bar', 'foo']);
    expect(map.get('foo')).toBe('new');
  });
});

describe('iterators', () => {
  const map = () =>
    mapOf([
      [1, 11],
      [2, 22],
      [3, 33],
    ]);

  test('(iteration, returns-iterator, values, keys, entries) give entries, keys and values, and then no more', () => {
    const last = { value: undefined, done: true };
    const kinds = [
      { all: map()[Symbol.iterator](), first: [1, 11] },
      { all: map().entries(), first: [1, 11] },
      { all: map().keys(), first: 1 },
      { all: map().values(), first: 11 },
    ];
    for (const { all, first } of kinds) {
      expect(all.next()).toEqual({ value: first, done: false });
      expect([all.next().done, all.next().done]).toEqual([false, false]);
      expect([all.next(), all.next()]).toEqual([last, last]);
    }
  });

  test('(returns-iterator-empty)', () => {
    for (const all of [mapOf([]).entries(), mapOf([]).keys(), mapOf([]).values()]) {
      expect([all.next(), all.next()]).toEqual([
        { value: undefined, done: true },
        { value: undefined, done: true },
      ]);
    }
  });

  test('(iteration-mutable) see what is added, but not once they were at the end', () => {
    const changing = mapOf([
      [1, 11],
      [2, 22],
    ]);
    const all = changing[Symbol.iterator]();
    all.next();
    changing.set(3, 33);
    expect([all.next().value, all.next().value, all.next().done]).toEqual([[2, 22], [3, 33], true]);
    changing.set(4, 44);
    expect(all.next()).toEqual({ value: undefined, done: true });
  });

  test('are iterable themselves, come from the prototype of all iterators, and go on after a break', () => {
    const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
    const all = map().keys();
    expect(all[Symbol.iterator]()).toBe(all);
    expect(Object.prototype.isPrototypeOf.call(IteratorPrototype, all)).toBe(true);
    for (const key of all) if (key === 1) break;
    expect([...all]).toEqual([2, 3]);
  });

  test('(Symbol.toStringTag) have a tag, as those of a Map', () => {
    const prototype = Object.getPrototypeOf(map().keys()) as object;
    expect(Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)).toEqual({
      value: 'OrderedMap Iterator',
      writable: false,
      enumerable: false,
      configurable: true,
    });
    expect(Object.prototype.toString.call(map().keys())).toBe('[object OrderedMap Iterator]');
  });

  test('(does-not-have-mapiterator-internal-slots, this-not-object-throw) next needs one of these', () => {
    const { next } = map().entries();
    for (const context of [{}, new Map().entries(), map(), undefined, null, 1, 'a']) {
      expect(thrownBy(() => next.call(context as never)).name).toBe('TypeError');
    }
  });
});

import fc from 'fast-check';
import {
  LookupKey,
  MAX_SEQUENCE,
  MemTable,
  ValueType,
  bytewise,
  makeInternalKey,
  type Comparer,
  type MemTableIterator,
} from '../../lib/index.js';
import { checkTable, localMemory, tableOf, withInternals } from '../../lib/internals.js';
import { run, sameBytes, show, utf8 } from '../support/bytes.js';
import { foldedOrder } from '../support/configurations.js';
import { Prng } from '../support/prng.js';
import { keys } from '../support/programs.js';
import { VersionCursor, VersionModel, type Version } from '../support/versions.js';

/** For each order. */
const OPERATIONS = 20_000;
const KEYS = 24;
const CURSORS = 3;

const ORDERS: Comparer[] = [
  bytewise,
  { name: 'reverse', compare: (a, b) => bytewise.compare(b, a) },
  { name: 'shorter first', compare: (a, b) => a.length - b.length || bytewise.compare(a, b) },
  { name: 'letters of both cases equal', compare: foldedOrder },
];

type Step =
  | { do: 'add'; key: number; sequence: bigint; type: ValueType; length: number }
  | { do: 'get'; key: number; sequence: bigint | undefined; by: 'userKey' | 'lookupKey' }
  | { do: 'compact'; oldest: bigint; snapshots: bigint[]; bottom: boolean }
  | { do: 'open'; cursor: number; start: number | null; limit: number | null }
  | { do: 'first' | 'last' | 'next' | 'prev' | 'look'; cursor: number }
  | { do: 'seek'; cursor: number; key: number; sequence: bigint | undefined };

function steps(): fc.Arbitrary<Step[]> {
  const key = fc.nat({ max: KEYS - 1 });
  const bound = fc.option(key, { freq: 2 });
  const cursor = fc.nat({ max: CURSORS - 1 });
  const type = fc.constantFrom(ValueType.Deletion, ValueType.Value, ValueType.Value);
  const sequence = fc.oneof(
    { weight: 6, arbitrary: fc.bigInt(0n, 20n) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(8n, 16n, 24n, 32n, 53n, 56n), fc.bigInt(-2n, 2n))
        .map(([power, near]) => 2n ** power + near)
        .filter((each) => each <= MAX_SEQUENCE),
    },
    { weight: 1, arbitrary: fc.bigInt(0n, MAX_SEQUENCE) },
  );
  const at = fc.option(sequence, { freq: 4, nil: undefined });
  const by = fc.constantFrom('userKey' as const, 'lookupKey' as const);
  const length = fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 200 }));
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('add' as const), key, sequence, type, length }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('get' as const), key, sequence: at, by }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('compact' as const),
        oldest: sequence,
        snapshots: fc.array(sequence, { maxLength: 4 }),
        bottom: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('open' as const), cursor, start: bound, limit: bound }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('seek' as const), cursor, key, sequence: at }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constantFrom('first', 'last', 'next', 'next', 'prev', 'prev', 'look'),
        cursor,
      }),
    },
  );
  return fc.array(step, { minLength: 1, maxLength: 300, size: 'max' });
}

/** As callers give them: numbers where they can. */
const given = (sequence: bigint) =>
  sequence < 2n ** 53n && sequence % 2n === 0n ? Number(sequence) : sequence;

/** A table, and all that read it by turns: itself, or those of other threads as well. */
type Form = (comparer: Comparer) => { table: MemTable; readers: MemTable[] };

const local: Form = (comparer) => {
  const table = new MemTable({ comparer, capacity: 0 });
  return { table, readers: [table] };
};

/** As three threads have it, one of which writes. */
const shared: Form = (comparer) => {
  const table = MemTable.create({ shared: true, maxCapacity: 1 << 18, comparer });
  const attach = () => MemTable.attach(table.handle, { comparer });
  return { table, readers: [attach(), table, attach()] };
};

function runSteps(comparer: Comparer, form: Form, pool: Uint8Array[], program: Step[]): void {
  const keyAt = (i: number) => pool[i % pool.length];
  const boundAt = (i: number | null) => (i === null ? undefined : keyAt(i));
  const { table, readers } = form(comparer);
  const model = new VersionModel(comparer.compare);
  const cursors = Array.from({ length: CURSORS }, (_, i) => ({
    ours: readers[i % readers.length].iterator(),
    model: new VersionCursor(model, undefined, undefined),
  }));

  program.forEach((step, number) => {
    const reader = readers[number % readers.length];
    const agree = (what: string, ours: unknown, theirs: unknown) => {
      if (ours !== theirs) throw new Error(`step ${number}, ${what}: ${String(ours)}, not ${String(theirs)}`);
    };
    switch (step.do) {
      case 'add': {
        const { sequence, type } = step;
        const userKey = keyAt(step.key);
        const value = run(number % 256, type === ValueType.Value ? step.length : 0);
        const added = attempt(() => table.add(given(sequence), type, userKey, value));
        agree('added', added, model.add({ userKey, sequence, type, value }));
        agree('length', reader.length, model.versions.length);
        break;
      }
      case 'get': {
        const userKey = keyAt(step.key);
        const sequence = step.sequence ?? MAX_SEQUENCE;
        const expected = model.get(userKey, sequence);
        const entry =
          step.by === 'lookupKey'
            ? reader.get(new LookupKey(userKey, given(sequence)))
            : reader.get(userKey, step.sequence === undefined ? undefined : given(step.sequence));
        agree('type', entry?.type, expected?.type);
        const number = expected && Number(expected.sequence);
        agree('number', entry?.sequenceNumber, number! > Number.MAX_SAFE_INTEGER ? undefined : number);
        if (entry?.type === ValueType.Value) {
          agree('value', show(entry.value), show(expected!.value));
          agree('whole value', sameBytes(entry.value, expected!.value), true);
        }
        break;
      }
      case 'compact': {
        if (form === shared) break; // Such are never compacted.
        const { oldest, snapshots, bottom } = step;
        table.compact(given(oldest), { snapshots: snapshots.map(given), bottom });
        model.compact(oldest, snapshots, bottom);
        agree('length', table.length, model.versions.length);
        checkTable(tableOf(table));
        break;
      }
      case 'open': {
        const [start, limit] = [boundAt(step.start), boundAt(step.limit)];
        cursors[step.cursor] = {
          ours: reader.iterator({ start, limit }),
          model: new VersionCursor(model, start, limit),
        };
        break;
      }
      case 'seek': {
        const cursor = cursors[step.cursor];
        const landed = cursor.ours.seek(keyAt(step.key), step.sequence && given(step.sequence));
        agree('seek', landed, cursor.model.seek(keyAt(step.key), step.sequence ?? MAX_SEQUENCE));
        break;
      }
      case 'look':
        break;
      default: {
        const cursor = cursors[step.cursor];
        agree(step.do, cursor.ours[step.do](), cursor.model[step.do]());
      }
    }
    for (const { ours, model } of cursors) agree('under a cursor', shown(ours), shownVersion(model.version));
  });
  checkTable(tableOf(table));
}

/** @returns whether the version was added; `false` where it was refused as a duplicate */
function attempt(add: () => void): boolean {
  try {
    add();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'MEMDB_DUPLICATE_KEY') return false;
    throw error;
  }
}

function shown(it: MemTableIterator): string {
  if (!it.valid) return [it.userKey, it.sequence, it.type, it.value, it.internalKey].join();
  const internalKey = makeInternalKey(it.userKey!, it.sequence!, it.type!);
  if (!sameBytes(internalKey, it.internalKey)) return `internal key ${show(it.internalKey)}`;
  return shownVersion({ userKey: it.userKey!, sequence: it.sequence!, type: it.type!, value: it.value! });
}

function shownVersion(version: Version | undefined): string {
  if (version === undefined) return ',,,,';
  const [userKey, value] = [version.userKey, version.value].map((bytes) =>
    Buffer.from(bytes).toString('hex'),
  );
  return `${userKey} ${version.sequence} ${version.type} ${value}`;
}

const folded = (key: Uint8Array) => key.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));

/** One form for all keys that an order calls equal. */
function canonical(comparer: Comparer, key: Uint8Array): Uint8Array {
  return comparer.compare(utf8('a'), utf8('A')) === 0 ? folded(key) : key;
}

describe.each(ORDERS)('a MemTable ($name)', (comparer) => {
  it.each([
    ['local', local],
    ['shared with readers', shared],
  ])(
    'does what a sorted array of versions does, whatever the calls and wherever its cursors are (%s)',
    (_, form) => {
      let operations = 0;
      fc.assert(
        fc.property(
          fc.array(keys(), { minLength: 1, maxLength: KEYS, size: 'max' }),
          steps(),
          (pool, program) => {
            operations += program.length;
            runSteps(comparer, form, pool, program);
          },
        ),
        { seed: 20110801, numRuns: form === shared ? 90 : 180 },
      );
      expect(operations).toBeGreaterThan(form === shared ? OPERATIONS / 2 : OPERATIONS);
    },
  );

  it.each([
    { keys: 20, most: 400, shift: 0 },
    { keys: 20_000, most: 3, shift: 0 },
    { keys: 3000, most: 20, shift: 40 },
  ])(
    'reads the newest version while more come in any order: $keys keys, sequence numbers up to $most << $shift',
    ({ keys, most, shift }) => {
      const draw = new Prng(keys + shift);
      const table = new MemTable(withInternals({ comparer }, { ...localMemory, seed: 7 }));
      const versions = new Map<string, Map<bigint, { type: number; value: number }>>();
      const keyOf = () => {
        const n = draw.below(keys);
        return n % 7 === 0 ? utf8(`${n}`.padEnd(40, 'x')) : utf8(`key ${n}`);
      };
      const read = (key: Uint8Array, sequence: bigint | undefined) => {
        const all = versions.get(Buffer.from(canonical(comparer, key)).toString('hex'));
        let newest: bigint | undefined;
        for (const each of all?.keys() ?? []) {
          if ((sequence === undefined || each <= sequence) && (newest === undefined || each > newest))
            newest = each;
        }
        const expected = newest === undefined ? undefined : all!.get(newest)!;
        const found =
          draw.below(2) === 0
            ? table.get(key, sequence === undefined ? undefined : given(sequence))
            : table.get(new LookupKey(key, sequence ?? MAX_SEQUENCE));
        const value =
          found?.type === ValueType.Value ? new DataView(found.value.slice().buffer).getInt32(0) : undefined;
        if (found?.type !== expected?.type || (expected?.type === 1 && value !== expected.value)) {
          throw new Error(
            `of ${show(key)} at ${sequence}: ${found?.type} ${value}, not ${JSON.stringify(expected)}`,
          );
        }
      };
      const value = new DataView(new ArrayBuffer(4));
      let added = 0;
      for (let i = 0; i < 60_000; i++) {
        const key = keyOf();
        if (i % 5 < 2) {
          read(key, i % 3 === 0 ? undefined : BigInt(draw.below(most)) << BigInt(shift));
          continue;
        }
        const name = Buffer.from(canonical(comparer, key)).toString('hex');
        const sequence = BigInt(draw.below(most)) << BigInt(shift);
        const all = versions.get(name) ?? new Map<bigint, { type: number; value: number }>();
        versions.set(name, all);
        if (all.has(sequence)) continue;
        const type = draw.below(4) === 0 ? 0 : 1;
        value.setInt32(0, i);
        table.add(
          given(sequence),
          type as 1,
          key,
          type === 1 ? new Uint8Array(value.buffer) : new Uint8Array(0),
        );
        all.set(sequence, { type, value: i });
        if (++added % 10_000 === 0) {
          table.compact(0);
          checkTable(tableOf(table));
        }
      }
      for (let i = 0; i < 20_000; i++)
        read(keyOf(), i % 2 === 0 ? undefined : BigInt(draw.below(most)) << BigInt(shift));
      checkTable(tableOf(table));
    },
  );

  it('keeps many versions of many keys in order, and finds each', () => {
    const draw = new Prng(56);
    const table = new MemTable({ comparer });
    const model = new Map<string, Version>();
    for (let i = 0; i < 30_000; i++) {
      const userKey = utf8(`${draw.pick(['user', 'User', 'a/longer/prefix/'])}:${draw.below(500)}`);
      const sequence = BigInt(draw.below(1000)) << BigInt(draw.below(47));
      const version = { userKey, sequence, type: draw.below(2), value: utf8(String(i)) };
      const name = `${Buffer.from(canonical(comparer, userKey)).toString('hex')} ${sequence} ${version.type}`;
      const added = attempt(() =>
        table.add(given(sequence), version.type as ValueType, userKey, version.value),
      );
      if (added === model.has(name)) throw new Error(`version ${i} was ${added ? 'added' : 'refused'}`);
      if (added) model.set(name, version);
    }
    const order = new VersionModel(comparer.compare);
    const sorted = [...model.values()].sort((a, b) => order.compare(a, b));
    const it = table.iterator();
    for (const version of sorted) {
      it.next();
      if (shown(it) !== shownVersion(version)) throw new Error(`${shown(it)}, not ${shownVersion(version)}`);
    }
    expect(it.next()).toBe(false);
    for (let i = sorted.length - 1; i >= 0; i--) {
      it.prev();
      if (shown(it) !== shownVersion(sorted[i]))
        throw new Error(`${shown(it)}, not ${shownVersion(sorted[i])}`);
    }
    sorted.forEach(({ userKey, sequence, type, value }, i) => {
      const hidden = i > 0 && order.compare(sorted[i - 1], { userKey, sequence, type: 1 }) === 0;
      const entry = table.get(userKey, given(sequence));
      const expected = hidden ? sorted[i - 1] : { type, value };
      const found = entry?.type === ValueType.Value ? entry.value : undefined;
      if (entry?.type !== expected.type || (entry.type === 1 && !sameBytes(found, expected.value))) {
        throw new Error(`reading version ${i} gave ${show(found)}`);
      }
    });
    checkTable(tableOf(table));
  });
});

import fc from 'fast-check';
import { Mirror } from '../../lib/etcd/index.js';
import { MemDBError } from '../../lib/index.js';
import { FakeCluster, type FakeEdit } from '../support/fake-etcd.js';

/*
 * Random histories of a cluster, with what can go wrong between it and a mirror: messages late, cut, merged and sent twice, connections
 * lost, members dead and paused, revisions compacted away. Whatever was, the mirror shows the state of its revision, and says
 * each change once.
 */

const KEYS = ['a', 'aa', 'b', 'm/1', 'm/2', 'm/2\xff', 'm/3', 'm\xff', 'n'];
const inRange = (key: string) => key >= 'm/' && key < 'n';
const RANGE = { start: Buffer.from('m/'), limit: Buffer.from('n') };
const text = (array: Uint8Array) => Buffer.from(array).toString('latin1');

type Step =
  | { readonly do: 'commit'; readonly edits: readonly FakeEdit[] }
  | { readonly do: 'deliver' | 'flash'; readonly count: number }
  | { readonly do: 'hold' | 'kill' | 'pause'; readonly member: number; readonly on: boolean }
  | { readonly do: 'cut'; readonly most: number }
  | { readonly do: 'repeat' | 'merge' | 'drop' | 'compact' | 'wait' }
  | { readonly do: 'pass'; readonly ms: number };

const edits = fc
  .uniqueArray(
    fc.tuple(
      fc.constantFrom(...KEYS),
      fc.option(fc.constantFrom('', 'x', 'yy'), { nil: undefined, freq: 2 }),
    ),
    { minLength: 1, maxLength: 4, selector: ([key]) => key },
  )
  .map((each): readonly FakeEdit[] => each);
const member = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('commit' as const), edits }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('flash' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('hold' as const, 'kill' as const, 'pause' as const),
      member,
      on: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('cut' as const), most: fc.constantFrom(1, 2, Infinity) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'repeat' as const,
        'merge' as const,
        'drop' as const,
        'compact' as const,
        'wait' as const,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 1, 60, 2000, 7000) }),
  },
);

async function run(steps: readonly Step[], retained: number): Promise<void> {
  const cluster = new FakeCluster();
  cluster.commit([
    ['m/1', 'first'],
    ['b', 'first'],
  ]);
  const mirror = await Mirror.open({
    client: cluster.client(),
    range: RANGE,
    retain: { revisions: retained },
  });
  const waiting: Promise<void>[] = [];
  try {
    /** What one knows who hears of changes alone. */
    const replica = new Map(cluster.entriesAt(cluster.revision, inRange));
    const opened = cluster.revision;
    let last = '';
    const told: string[] = [];
    mirror.on('change', ({ revision, type, key, value }) => {
      const place = `${String(revision).padStart(6, '0')} ${text(key)}`;
      expect(revision <= mirror.revision).toBe(true);
      // What came and went may be told later. It is never seen.
      if (revision < mirror.revision) expect(mirror.has(key)).toBe(false);
      expect(place.slice(0, 6) >= last.slice(0, 6)).toBe(true);
      expect(place).not.toBe(last);
      last = place;
      told.push(`${revision} ${text(key)} ${value && text(value)}`);
      if (type === 'delete') expect(replica.delete(text(key))).toBe(true);
      else replica.set(text(key), text(value));
    });
    const check = () => {
      const revision = Number(mirror.revision);
      const expected = cluster.entriesAt(revision, inRange);
      expect([...mirror].map(([key, value]) => [text(key), text(value)])).toEqual(expected);
      expect([...replica].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(expected);
      expect(mirror.length).toBe(expected.length);
      for (const key of KEYS) {
        const value = mirror.get(Buffer.from(key, 'latin1'));
        expect(value && text(value)).toBe(expected.find(([each]) => each === key)?.[1]);
      }
      for (let at = mirror.oldestRevision; at <= mirror.revision; at++) {
        const code = codeOf(() => mirror.at(at).release());
        const isRight = code === 'none' || (at < mirror.revision && at > mirror.oldestRevision);
        expect([code, isRight]).toEqual([code, true]);
        if (code === 'RangeError') continue; // Not known yet.
        if (code === 'MEMDB_REVISION_DROPPED' && cluster.compacted > 0) continue; // Etcd told too little.
        using view = mirror.at(at);
        const then = cluster.entriesAt(Number(at), inRange);
        expect([...view].map(([key, value]) => [text(key), text(value)])).toEqual(then);
        expect([...view.keys({ reverse: true })].map(text)).toEqual(then.map(([key]) => key).reverse());
        expect(view.length).toBe(then.length);
        for (const key of KEYS) {
          using it = view.iterator({ start: RANGE.start });
          const first = then.findIndex(([each]) => each >= key);
          expect(it.seek(Buffer.from(key, 'latin1'))).toBe(first >= 0);
          expect(it.key && text(it.key)).toBe(then[first]?.[0]);
          const before = first >= 0 ? then[first - 1] : then.at(-1);
          expect(it.prev()).toBe(before !== undefined);
          expect(it.key && text(it.key)).toBe(before?.[0]);
          expect(it.next()).toBe(before === undefined ? then.length > 0 : first >= 0);
        }
      }
    };
    for (const each of steps) {
      take(each, cluster, mirror, waiting);
      // Every step is a place to look, also amid what runs by itself.
      for (let i = 0; i < 3; i++) {
        await Promise.resolve();
        check();
      }
      await jest.advanceTimersByTimeAsync(each.do === 'pass' ? each.ms : 0);
      check();
    }
    // In the end, all is well again, and then the mirror has all, and so has whoever waits.
    for (const one of cluster.members) {
      one.start();
      one.resume();
      one.isHeld = false;
      one.deliver();
    }
    await jest.advanceTimersByTimeAsync(30_000);
    await Promise.all(waiting);
    expect(mirror.revision).toBe(BigInt(cluster.revision));
    expect(mirror.staleness).toBeLessThan(2500);
    check();
    for (let at = mirror.oldestRevision; at <= mirror.revision; at++) {
      const seeing = known(mirror, at);
      await jest.advanceTimersByTimeAsync(300);
      await seeing;
    }
    check();
    if (cluster.compacted > 0) return; // Of revisions that were missed, changes came together.
    const made = cluster.history.flatMap(({ revision, edits }) =>
      revision <= opened
        ? []
        : edits.filter(([key]) => inRange(key)).map(([key, value]) => `${revision} ${key} ${value}`),
    );
    expect(told).toEqual(made);
  } finally {
    mirror.close();
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof MemDBError ? error.code : (error as Error).name;
  }
  return 'none';
}

/** Waits for a revision, which can be seen then, if etcd or the mirror has not dropped it. */
async function known(mirror: Mirror, revision: bigint): Promise<void> {
  await mirror.waitFor(revision);
  expect(['none', 'MEMDB_REVISION_DROPPED']).toContain(codeOf(() => mirror.at(revision).release()));
}

function take(each: Step, cluster: FakeCluster, mirror: Mirror, waiting: Promise<void>[]): void {
  switch (each.do) {
    case 'commit':
      cluster.commit(each.edits);
      break;
    case 'deliver':
      for (const one of cluster.members) one.deliver(each.count);
      break;
    case 'hold':
      cluster.members[each.member].isHeld = each.on;
      if (!each.on) cluster.members[each.member].deliver();
      break;
    case 'kill':
      if (each.on) cluster.members[each.member].kill();
      else cluster.members[each.member].start();
      break;
    case 'pause':
      if (each.on) cluster.members[each.member].pause();
      else cluster.members[each.member].resume();
      break;
    case 'cut':
      for (const one of cluster.members) one.mostEvents = each.most;
      break;
    case 'repeat':
    case 'merge':
      for (const one of cluster.members) for (const stream of one.streams) stream[each.do]();
      break;
    case 'drop':
      for (const one of cluster.members) one.drop();
      break;
    case 'compact':
      cluster.compact(cluster.revision);
      break;
    case 'wait':
      waiting.push(known(mirror, BigInt(cluster.revision)));
      break;
    case 'flash':
      // What comes and goes, where nothing else is in between.
      for (let i = 0; i < each.count; i++) {
        cluster.commit([['m/flash', String(i)]]);
        if (i === 1) cluster.commit([['b', 'beside it']]);
      }
      cluster.commit([['m/flash', undefined]]);
      break;
    case 'pass':
  }
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
});

afterEach(() => {
  jest.useRealTimers();
});

it('whatever happens, the mirror shows the state of its revision, and says each change once', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom(0, 2, 1000), run), {
    numRuns: 40,
    seed: 26,
  });
}, 120_000);

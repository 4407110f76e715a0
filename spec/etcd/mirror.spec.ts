import { Mirror, type MirrorChange, type MirrorOptions } from '../../lib/etcd/index.js';
import { MemDBError } from '../../lib/index.js';
import { FakeCluster, FakeStream, FakeMember, type FakeEdit } from '../support/fake-etcd.js';

/*
 * What a Mirror promises, on a cluster without servers. Time is that of jest's clock. Real ones: `npm run test:etcd`.
 */

const bytes = (text: string) => Buffer.from(text, 'latin1');
const text = (array: Uint8Array | undefined) => array && Buffer.from(array).toString('latin1');
const pairs = (entries: Iterable<readonly [Uint8Array, Uint8Array]>) =>
  [...entries].map(([key, value]) => `${text(key)}=${text(value)}`);

/** A transaction made by a function that it must not be. */
const notAwaited: () => unknown = () => Promise.resolve();

let mirrors: Mirror[] = [];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
});

afterEach(async () => {
  for (const mirror of mirrors) mirror.close();
  mirrors = [];
  await tick();
  expect(jest.getTimerCount()).toBe(0); // `close` frees all.
  jest.useRealTimers();
});

/** Lets everything happen that needs no time. */
const tick = (ms = 0) => jest.advanceTimersByTimeAsync(ms);

async function open(cluster: FakeCluster, options: Partial<MirrorOptions> = {}): Promise<Mirror> {
  const mirror = await Mirror.open({ client: cluster.client(), range: {}, ...options });
  mirrors.push(mirror);
  await tick();
  return mirror;
}

function clusterOf(...transactions: FakeEdit[][]): FakeCluster {
  const cluster = new FakeCluster();
  for (const edits of transactions) cluster.commit(edits);
  return cluster;
}

function changesOf(mirror: Mirror): string[] {
  const changes: string[] = [];
  mirror.on('change', ({ revision, type, key, value }) => {
    changes.push(`${revision} ${type} ${text(key)}${value === undefined ? '' : `=${text(value)}`}`);
  });
  return changes;
}

const followed = (cluster: FakeCluster, mirror: Mirror): FakeMember => cluster.member(mirror.member);

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return error instanceof MemDBError ? error.code : (error as Error).name;
  }
  return 'none';
}

describe('open', () => {
  it('loads the range, and nothing else', async () => {
    const cluster = clusterOf([['a', '1']], [['b', '2']], [['c', '3']], [['a', '4']]);
    const mirror = await open(cluster, { range: { start: bytes('a'), limit: bytes('c') } });
    expect(pairs(mirror)).toEqual(['a=4', 'b=2']);
    expect(mirror.revision).toBe(5n);
    expect(mirror.length).toBe(2);
    const some = await open(cluster, { range: { prefix: bytes('b') } });
    expect(pairs(some)).toEqual(['b=2']);
  });

  it('loads page by page, at one revision', async () => {
    const cluster = clusterOf(
      Array.from({ length: 1200 }, (_, i): FakeEdit => [String(10_000 + i), 'x'.repeat(3000)]),
    );
    const opening = open(cluster);
    while (cluster.requests.length === 0) await Promise.resolve();
    cluster.commit([['11199', undefined]]); // While pages are read.
    const mirror = await opening;
    const pages = cluster.requests.filter(
      ({ request }) => (request as { min_mod_revision?: number; revision?: number }).revision !== undefined,
    );
    expect(pages.length).toBeGreaterThan(2);
    expect(mirror.revision).toBe(3n);
    expect(mirror.length).toBe(1199);
  });

  it('begins again where etcd compacts meanwhile', async () => {
    const cluster = clusterOf(Array.from({ length: 1200 }, (_, i): FakeEdit => [String(10_000 + i), 'x']));
    const opening = open(cluster);
    while (cluster.requests.length === 0) await Promise.resolve();
    cluster.commit([['a', '1']]);
    cluster.commit([['a', '2']]);
    cluster.compact(4);
    const mirror = await opening;
    expect(mirror.revision).toBe(4n);
    expect(mirror.length).toBe(1201);
    expect(text(mirror.get(bytes('a')))).toBe('2');
  });

  it('asks each host, and says why where none answers', async () => {
    const cluster = clusterOf([['a', '1']]);
    cluster.members[0].kill();
    cluster.members[1].pause();
    const opening = open(cluster);
    await tick(4000);
    expect((await opening).member).toBe('http://member-3');
    cluster.members[2].kill();
    const failing = codeOf(() => open(cluster));
    await tick(4000);
    expect(await failing).toBe('MEMDB_ETCD_UNAVAILABLE');
  });

  it('says what is wrong with its options', async () => {
    const client = new FakeCluster().client();
    const range = {};
    await expect(Mirror.open({ client: undefined as never, range })).rejects.toThrow('npm install etcd3');
    await expect(Mirror.open({ client: {} as never, range })).rejects.toThrow('npm install etcd3');
    const { kv, watchClient, options } = client; // A namespace has these.
    await expect(Mirror.open({ client: { kv, watchClient, options } as never, range })).rejects.toThrow(
      'npm install etcd3',
    );
    await expect(Mirror.open({ client, range: undefined as never })).rejects.toThrow('range must be');
    await expect(Mirror.open({ client, range: { from: 1 } as never })).rejects.toThrow("no option 'from'");
    await expect(Mirror.open({ client, range: { prefix: 'a' as never } })).rejects.toThrow('TextEncoder');
    await expect(Mirror.open({ client, range: { start: bytes('b'), limit: bytes('a') } })).rejects.toThrow(
      'no key',
    );
    await expect(Mirror.open({ client, range, maxStaleness: 0 })).rejects.toThrow('above 0');
    await expect(Mirror.open({ client, range, retain: { revisions: -1 } })).rejects.toThrow('0 or more');
    await expect(Mirror.open({ client, range, retain: { age: 1 } as never })).rejects.toThrow(
      "no option 'age'",
    );
    await expect(Mirror.open({ client, range, page: 1 } as never)).rejects.toThrow("no option 'page'");
  });
});

describe('changes', () => {
  it('are seen a whole revision at a time, and announced when they are', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    const seen: string[] = [];
    mirror.on('change', ({ revision, type, key }) => {
      seen.push(`${type} ${text(key)} at ${revision}: ${mirror.revision} ${pairs(mirror).join()}`);
    });
    cluster.commit([
      ['a', undefined],
      ['b', '2'],
      ['c', '3'],
    ]);
    cluster.commit([['d', '4']]);
    await tick();
    expect(seen).toEqual([
      'delete a at 3: 3 b=2,c=3',
      'put b at 3: 3 b=2,c=3',
      'put c at 3: 3 b=2,c=3',
      'put d at 4: 4 b=2,c=3,d=4',
    ]);
  });

  it('wait for the rest of a message in fragments', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    const changes = changesOf(mirror);
    const member = followed(cluster, mirror);
    member.isHeld = true;
    member.mostEvents = 2;
    cluster.commit(['a', 'b', 'c', 'd', 'e'].map((key): FakeEdit => [key, '2']));
    for (let i = 0; i < 2; i++) {
      member.deliver(1);
      await tick();
      expect([pairs(mirror), changes]).toEqual([['a=1'], []]);
    }
    member.deliver(1);
    expect(pairs(mirror)).toEqual(['a=2', 'b=2', 'c=2', 'd=2', 'e=2']);
    expect(changes.length).toBe(5);
  });

  it('come once each where a connection is lost in the midst of a revision, and from the next member', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    const changes = changesOf(mirror);
    const first = followed(cluster, mirror);
    first.isHeld = true;
    first.mostEvents = 2;
    cluster.commit([['b', '2']]);
    cluster.commit(['c', 'd', 'e'].map((key): FakeEdit => [key, '3']));
    first.deliver(2);
    await tick();
    expect(pairs(mirror)).toEqual(['a=1', 'b=2']);
    first.drop();
    cluster.commit([['b', undefined]]);
    await tick();
    expect(mirror.member).not.toBe(first.host);
    expect(changes).toEqual(['3 put b=2', '4 put c=3', '4 put d=3', '4 put e=3', '5 delete b']);
    expect(first.streams.size).toBe(0);
  });

  it('of a revision that is known are no news', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    const changes = changesOf(mirror);
    cluster.commit([['b', '2']]);
    await tick();
    const streams = [...followed(cluster, mirror).streams];
    for (const stream of streams) stream.repeat();
    await tick();
    expect(changes).toEqual(['3 put b=2']);
    expect([...followed(cluster, mirror).streams]).toEqual(streams); // And no reason to begin again.
    expect(mirror.length).toBe(2);
  });

  it('may be as many as there are, and their listeners throw, come and go', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    const seen: string[] = [];
    const hear = (name: string) => (change: MirrorChange) => seen.push(`${name} ${text(change.key)}`);
    mirror.on('change', () => {
      throw new Error('of a listener');
    });
    const stop = mirror.on('change', (change) => {
      hear('once')(change);
      stop();
      stop();
      const { key } = change;
      key.fill(0); // It is the receiver's own.
    });
    mirror.on('change', hear('all'));
    cluster.commit([
      ['b', '2'],
      ['c', '3'],
    ]);
    await Promise.resolve();
    await expect(tick()).rejects.toThrow('of a listener'); // As uncaught.
    expect(seen).toEqual(['once b', 'all b', 'all c']);
    expect(mirror.has(bytes('b'))).toBe(true);
    expect(() => mirror.on('data' as never, () => {})).toThrow("it has 'change'");
    expect(() => mirror.on('change', 1 as never)).toThrow('takes a function');
  });
});

it('revisions of a message in fragments are seen when they are whole', async () => {
  const cluster = clusterOf([['a', '1']]);
  const mirror = await open(cluster);
  for (const member of cluster.members) {
    member.kill();
    member.isHeld = true;
    member.mostEvents = 3;
  }
  cluster.commit([
    ['b', '3'],
    ['c', '3'],
  ]);
  cluster.commit([
    ['d', '4'],
    ['e', '4'],
  ]);
  for (const member of cluster.members) member.start();
  await tick(3000);
  const member = followed(cluster, mirror);
  member.deliver(2); // That it begins, and three events.
  expect([mirror.revision, ...pairs(mirror)]).toEqual([3n, 'a=1', 'b=3', 'c=3']);
  member.deliver(1);
  expect([mirror.revision, ...pairs(mirror)]).toEqual([4n, 'a=1', 'b=3', 'c=3', 'd=4', 'e=4']);
});

it('who listens hears of what comes after the revision that was shown then', async () => {
  const cluster = clusterOf([['a', '1']]);
  const mirror = await open(cluster);
  const inside: string[] = [];
  const stop = mirror.on('change', () => {
    stop();
    expect(pairs(mirror)).toEqual(['a=1', 'b=2', 'c=3']);
    mirror.on('change', ({ key }) => inside.push(text(key)!));
  });
  cluster.commit([
    ['b', '2'],
    ['c', '3'],
  ]);
  await tick();
  cluster.commit([['d', '4']]);
  await tick();
  expect(inside).toEqual(['d']);
});

it('who hears of a change can write', async () => {
  const cluster = clusterOf([['a', '1']]);
  const mirror = await open(cluster);
  const changes = changesOf(mirror);
  const written: (bigint | undefined)[] = [];
  mirror.on('change', ({ key, value }) => {
    if (text(key) !== 'a') return;
    void mirror
      .transaction((txn) => {
        txn.unchanged(key);
        txn.put(bytes('copy'), value!);
      })
      .then((revision) => written.push(revision, BigInt(changes.length)));
  });
  cluster.commit([
    ['a', '2'],
    ['b', '2'],
  ]);
  await tick(100);
  expect(changes).toEqual(['3 put a=2', '3 put b=2', '4 put copy=2']);
  expect(written).toEqual([4n, 3n]);
});

describe('keys that come and go', () => {
  /** A mirror that is at revision 4, and has not heard of its two changes, of a key that was there at 3. */
  async function hidden(options: Partial<MirrorOptions> = {}) {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster, options);
    const changes = changesOf(mirror);
    const first = followed(cluster, mirror);
    first.isHeld = true;
    cluster.commit([['x', '3']]);
    const revision = cluster.commit([['x', undefined]]);
    const waiting = mirror.waitFor(revision);
    await tick(1);
    await waiting;
    expect([mirror.revision, changes.length, ...pairs(mirror)]).toEqual([4n, 0, 'a=1']);
    return { cluster, mirror, changes, first };
  }
  const both = ['3 put x=3', '4 delete x'];

  it('are told of when the watch tells, and can be seen at their revision', async () => {
    const { cluster, mirror, changes, first } = await hidden();
    expect(() => mirror.at(3)).toThrow('waitFor(3n)');
    expect(await codeOf(() => mirror.at(3))).toBe('RangeError');
    expect(pairs(mirror.at(4))).toEqual(['a=1']);
    let isThere = false;
    const waiting = mirror.waitFor(3).then(() => (isThere = true));
    await tick(1000);
    expect(isThere).toBe(false);
    const later = changesOf(mirror);
    const held = mirror.entries();
    first.isHeld = false;
    first.deliver();
    await waiting;
    expect([3, 4].map((at) => pairs(mirror.at(at)))).toEqual([['a=1', 'x=3'], ['a=1']]);
    expect([pairs(held), mirror.length]).toEqual([['a=1'], 1]);
    cluster.commit([['b', '5']]);
    await tick();
    expect(changes).toEqual([...both, '5 put b=5']);
    expect(later).toEqual(['5 put b=5']); // That one began at revision 4.
  });

  it('are not seen before it is known that they are gone', async () => {
    const { cluster, mirror, changes, first } = await hidden({ range: { limit: bytes('y') } });
    const further = mirror.waitFor(cluster.commit([['z', 'outside']]));
    await tick(100);
    await further;
    first.deliver(1);
    await tick();
    expect([changes, pairs(mirror), await codeOf(() => mirror.at(3))]).toEqual([[], ['a=1'], 'RangeError']);
    first.deliver(1);
    expect([changes, pairs(mirror), pairs(mirror.at(3))]).toEqual([both, ['a=1'], ['a=1', 'x=3']]);
    expect(mirror.revision).toBe(5n);
  });

  it('are told of by the next member, where the connection is lost', async () => {
    const { mirror, changes, first } = await hidden();
    first.deliver(1);
    first.drop();
    await tick();
    expect(mirror.member).not.toBe(first.host);
    expect(changes).toEqual(both);
  });

  it('are asked of another member where somebody waits, and one does not tell', async () => {
    const { mirror, changes, first } = await hidden();
    const waiting = mirror.waitFor(3);
    await tick(10_000);
    await waiting;
    expect([mirror.member === first.host, changes]).toEqual([false, both]);
  });

  it('are never known where etcd drops them before it tells: what was before, and is now, stays', async () => {
    const { cluster, mirror, changes, first } = await hidden();
    const { length } = cluster.requests;
    cluster.compact(4);
    const waiting = mirror.waitFor(3);
    first.drop();
    await tick();
    await waiting;
    expect([changes, pairs(mirror.at(2)), pairs(mirror.at(4))]).toEqual([[], ['a=1'], ['a=1']]);
    expect(() => mirror.at(3)).toThrow('etcd dropped revision 3');
    expect(await codeOf(() => mirror.at(3))).toBe('MEMDB_REVISION_DROPPED');
    cluster.commit([['b', '5']]);
    await tick(3000);
    expect(changes).toEqual(['5 put b=5']);
    // The range was not read anew for that: there were only questions of one entry.
    const limits = cluster.requests.slice(length).map(({ request }) => (request as { limit: number }).limit);
    expect(new Set(limits)).toEqual(new Set([1]));
    // The watch that etcd cancelled has left no stream.
    expect(
      cluster.members.filter(({ streams }) => streams.size > 0).map(({ streams }) => streams.size),
    ).toEqual([1]);
  });

  it('are so, too, where the watch goes on', async () => {
    const { cluster, mirror, changes, first } = await hidden();
    cluster.compact(4);
    const waiting = mirror.waitFor(3);
    await tick(1);
    await waiting;
    expect(await codeOf(() => mirror.at(3))).toBe('MEMDB_REVISION_DROPPED');
    first.isHeld = false;
    first.deliver();
    await tick();
    expect([mirror.member, changes]).toEqual([first.host, both]);
  });

  it('were never known where the range had to be read anew', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    followed(cluster, mirror).isHeld = true;
    cluster.commit([['x', '3']]);
    cluster.commit([['x', undefined]]);
    cluster.compact(4);
    followed(cluster, mirror).drop();
    await tick();
    expect([mirror.revision, pairs(mirror.at(4))]).toEqual([4n, ['a=1']]);
    expect(await codeOf(() => mirror.at(3))).toBe('MEMDB_REVISION_DROPPED');
  });

  it('hide nothing: at a revision of something else, the range can be seen once it was waited for', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster, { range: { prefix: bytes('a') } });
    for (let i = 0; i < 300; i++) cluster.commit([['b', String(i)]]);
    await tick(2000);
    expect(mirror.revision).toBe(302n);
    const asked = cluster.requests.length;
    const all = [3n, 4n, 200n, 201n];
    const waiting = Promise.all(all.map((revision) => mirror.waitFor(revision)));
    await tick(1);
    await waiting;
    expect(all.map((at) => pairs(mirror.at(at)))).toEqual(all.map(() => ['a=1']));
    expect(await codeOf(() => mirror.at(202))).toBe('RangeError');
    expect(cluster.requests.length - asked).toBe(1 + all.length);
    cluster.commit([['a', '2']]);
    await tick();
    expect(pairs(mirror.at(202))).toEqual(['a=1']); // Nothing was there to come, as is known now.
  });

  it('are asked for at once, where several are waited for', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster, { range: { prefix: bytes('a') } });
    for (let i = 0; i < 60; i++) cluster.commit([['b', String(i)]]);
    await tick(2000);
    const { answer } = FakeMember.prototype;
    const slow = jest.spyOn(FakeMember.prototype, 'answer').mockImplementation(async function (
      this: FakeMember,
      ...args
    ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return answer.apply(this, args);
    });
    let seen = 0;
    for (let revision = 3n; revision < 43n; revision++) void mirror.waitFor(revision).then(() => seen++);
    await tick(300); // One by one, they would take 800.
    slow.mockRestore();
    expect(seen).toBe(40);
  });
});

describe('after a compaction that the mirror missed', () => {
  async function missed() {
    const cluster = clusterOf([
      ['a', '1'],
      ['b', '1'],
      ['c', '1'],
      ['z', '1'],
    ]);
    const mirror = await open(cluster);
    const first = followed(cluster, mirror);
    first.isHeld = true; // It does not hear of what comes.
    const view = mirror.at(mirror.revision);
    cluster.commit([
      ['b', undefined],
      ['z', undefined],
    ]);
    cluster.commit([['d', '4']]);
    cluster.commit([['a', '5']]);
    cluster.commit([['x', '6']]);
    cluster.commit([['x', undefined]]);
    cluster.compact(cluster.revision);
    return { cluster, mirror, first, view };
  }

  it('it reads the range anew, and shows what differs at once', async () => {
    const { cluster, mirror, first, view } = await missed();
    const [begun, held, toBegin] = [mirror.iterator(), mirror.iterator(), mirror.entries({ reverse: true })];
    begun.seek(bytes('b'));
    held.last();
    const changes = changesOf(mirror);
    const states = new Set<string>();
    mirror.on('change', () => states.add(pairs(mirror).join()));
    first.drop();
    for (let i = 0; i < 200; i++) {
      states.add(pairs(mirror).join());
      await Promise.resolve();
    }
    await tick();
    expect([...states]).toEqual(['a=1,b=1,c=1,z=1', 'a=5,c=1,d=4']);
    expect(changes).toEqual(['7 put a=5', '7 delete b', '7 put d=4', '7 delete z']);
    expect(mirror.revision).toBe(7n);
    expect(mirror.length).toBe(3);
    expect(pairs(view)).toEqual(['a=1', 'b=1', 'c=1', 'z=1']);
    expect(pairs(toBegin)).toEqual(['z=1', 'c=1', 'b=1', 'a=1']);
    expect([text(begun.key), begun.next(), text(begun.key)]).toEqual(['b', true, 'c']);
    expect([text(held.value), held.prev(), text(held.key)]).toEqual(['1', true, 'c']);
    expect(await codeOf(() => mirror.at(4))).toBe('MEMDB_REVISION_DROPPED');
    expect(await codeOf(() => mirror.at(2))).toBe('MEMDB_REVISION_DROPPED');
    cluster.commit([['b', '8']]);
    await tick();
    expect(pairs(mirror)).toEqual(['a=5', 'b=8', 'c=1', 'd=4']);
  });

  it('it stays as it was where that fails, and begins again', async () => {
    const { cluster, mirror, first } = await missed();
    const changes = changesOf(mirror);
    const others = cluster.members.filter((member) => member !== first);
    for (const other of others) other.pause();
    first.drop();
    await tick();
    others.forEach((other) => other.kill());
    first.kill();
    await tick(5000);
    expect([pairs(mirror), changes]).toEqual([['a=1', 'b=1', 'c=1', 'z=1'], []]);
    first.isHeld = false;
    first.start();
    await tick(5000);
    expect(changes).toEqual(['7 put a=5', '7 delete b', '7 put d=4', '7 delete z']);
  });
});

describe('a member that says nothing', () => {
  it('is left within 10 seconds, though its connection stays open', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    const changes = changesOf(mirror);
    const first = followed(cluster, mirror);
    first.pause();
    const revision = cluster.commit([['b', '2']]);
    const waiting = mirror.waitFor(revision);
    await tick(10_000);
    await waiting;
    expect(mirror.member).not.toBe(first.host);
    expect(mirror.staleness).toBeLessThan(4000);
    expect(changes).toEqual(['3 put b=2']);
    first.resume();
    await tick(3000);
    expect(changes).toEqual(['3 put b=2']); // What it has to say comes too late.
    expect(first.streams.size).toBe(0);
  });

  it('is left, too, where it answers reads, but sends no changes', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    const first = followed(cluster, mirror);
    first.isHeld = true;
    cluster.commit([['b', '2']]);
    await tick(10_000);
    expect(mirror.member).not.toBe(first.host);
    expect(mirror.length).toBe(2);
  });

  it('is not left where there is nothing to say', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster, { range: { prefix: bytes('a') } });
    const { member } = mirror;
    for (let i = 0; i < 20; i++) {
      cluster.commit([['b', String(i)]]);
      await tick(2000);
    }
    expect(mirror.member).toBe(member);
    expect(mirror.revision).toBe(22n);
    expect(mirror.staleness).toBeLessThan(2100);
  });
});

describe('staleness', () => {
  it('grows while nothing can be asked, and makes reads fail from maxStaleness on', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster, { maxStaleness: 3000 });
    await tick(20_000);
    expect(mirror.staleness).toBeLessThanOrEqual(1500);
    const view = mirror.at(2);
    for (const member of cluster.members) member.kill();
    await tick(2900);
    expect(await codeOf(() => mirror.get(bytes('a')))).toBe(
      mirror.staleness > 3000 ? 'MEMDB_MIRROR_STALE' : 'none',
    );
    await tick(3000);
    expect(mirror.staleness).toBeGreaterThan(3000);
    for (const read of [
      () => mirror.get(bytes('a')),
      () => mirror.has(bytes('a')),
      () => mirror.length,
      () => mirror.count(),
      () => mirror.iterator(),
      () => mirror.entries(),
      () => mirror.keys(),
      () => mirror.values(),
    ]) {
      expect(await codeOf(read)).toBe('MEMDB_MIRROR_STALE');
    }
    expect(() => mirror.get(bytes('a'))).toThrow(/the last that went wrong: .*UNAVAILABLE/);
    expect(pairs(view)).toEqual(['a=1']); // That was so, and stays so.
    for (const member of cluster.members) member.start();
    await tick(5000);
    expect(text(mirror.get(bytes('a')))).toBe('1');
  });

  it('is that of the changes for who hears of them', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster, { maxStaleness: 3000 });
    followed(cluster, mirror).isHeld = true;
    cluster.commit([['b', '2']]);
    await tick(3500);
    expect(await codeOf(() => mirror.length)).toBe('MEMDB_MIRROR_STALE');
    const lengths: number[] = [];
    mirror.on('change', () => lengths.push(mirror.length));
    followed(cluster, mirror).deliver();
    expect(lengths).toEqual([2]);
  });

  it('is not taken from what was asked before the changes came', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    followed(cluster, mirror).isHeld = true;
    cluster.commit([['b', '2']]);
    await tick(3000);
    expect(mirror.staleness).toBeGreaterThanOrEqual(3000); // It lacks a revision since.
    followed(cluster, mirror).deliver();
    expect(mirror.staleness).toBeLessThanOrEqual(1001); // As of the heartbeat at 2000.
  });
});

describe('waitFor', () => {
  it('resolves where the range is quiet, and the revision is of something else', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster, { range: { prefix: bytes('a') } });
    const revision = cluster.commit([['b', '2']]);
    const waiting = mirror.waitFor(BigInt(revision));
    await tick(1);
    await waiting;
    expect(mirror.revision).toBe(3n);
    expect(cluster.requests.map(({ method }) => method)).toEqual(['range', 'range', 'range']);
  });

  it('does not while a deletion is on its way, which no read shows but by the count', async () => {
    const cluster = clusterOf([
      ['a', '1'],
      ['b', '1'],
    ]);
    const mirror = await open(cluster);
    followed(cluster, mirror).isHeld = true;
    const revision = cluster.commit([['b', undefined]]);
    let isThere = false;
    const waiting = mirror.waitFor(revision).then(() => {
      isThere = true;
    });
    await tick(1000);
    expect([isThere, mirror.revision]).toEqual([false, 2n]);
    followed(cluster, mirror).deliver();
    await waiting;
    expect(pairs(mirror)).toEqual(['a=1']);
  });

  it('of a revision to come resolves then, and rejects when the mirror is closed', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    await mirror.waitFor(2);
    await mirror.waitFor(0n);
    const waiting = mirror.waitFor(3n);
    await tick(5000);
    cluster.commit([['b', '2']]);
    await tick();
    await waiting;
    const never = codeOf(() => mirror.waitFor(4));
    mirror.close();
    expect(await never).toBe('MEMDB_MIRROR_CLOSED');
    await expect(mirror.waitFor(1.5)).rejects.toThrow('whole number');
    await expect(mirror.waitFor('1' as never)).rejects.toThrow('must be a bigint');
  });
});

it('waitFor ends with its signal, and asks no more then', async () => {
  const cluster = clusterOf([['a', '1']]);
  const mirror = await open(cluster);
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = mirror.waitFor(9, { signal }).catch((error: unknown) => error);
  const other = mirror.waitFor(3);
  await tick(1000);
  controller.abort(new Error('too long'));
  expect(await waiting).toEqual(new Error('too long'));
  await expect(mirror.waitFor(2, { signal })).rejects.toThrow('too long');
  cluster.commit([['b', '2']]);
  await tick();
  await other;
  const asked = cluster.requests.length;
  await tick(10_000);
  expect(cluster.requests.length - asked).toBeLessThan(7);
  const last = new AbortController();
  const alone = mirror.waitFor(9, { signal: last.signal }).catch((error: unknown) => error);
  await tick(1000);
  last.abort(new Error('enough'));
  expect(await alone).toEqual(new Error('enough'));
  const then = cluster.requests.length;
  await tick(10_000);
  expect(cluster.requests.length - then).toBeLessThan(7);
  await expect(mirror.waitFor(9, { signal: 1 as never })).rejects.toThrow('must be an AbortSignal');
  await expect(mirror.waitFor(9, { timeout: 1 } as never)).rejects.toThrow("no option 'timeout'");
  const quick = new AbortController();
  const removed = jest.spyOn(quick.signal, 'removeEventListener');
  const quickly = mirror.waitFor(4, { signal: quick.signal });
  cluster.commit([['b', '3']]);
  await tick();
  await quickly;
  expect(removed).toHaveBeenCalledTimes(1);
});

describe('writes', () => {
  it('resolve when the mirror has them', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    followed(cluster, mirror).isHeld = true;
    let revision: bigint | undefined;
    const value = bytes('2');
    const putting = mirror.put(bytes('b'), value).then((at) => (revision = at));
    value.fill(0);
    await tick(200);
    expect([cluster.revision, revision]).toEqual([3, undefined]);
    followed(cluster, mirror).isHeld = false;
    followed(cluster, mirror).deliver();
    await putting;
    expect([revision, text(mirror.get(bytes('b')))]).toEqual([3n, '2']);
    expect(await mirror.delete(bytes('b'))).toBe(4n);
    expect(await mirror.delete(bytes('b'))).toBe(4n);
    const three = bytes('3');
    const together = mirror.transaction((txn) => {
      txn.put(bytes('c'), three);
      txn.delete(bytes('a'));
    });
    three.fill(0);
    expect(await together).toBe(5n);
    expect(pairs(mirror)).toEqual(['c=3']);
  });

  it('with unchanged are made only if etcd has what the mirror showed', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    const add = () =>
      mirror.transaction((txn) => {
        txn.unchanged(bytes('a'));
        txn.unchanged(bytes('b'));
        txn.put(bytes('a'), bytes(String(Number(text(mirror.get(bytes('a')))) + 1)));
      });
    await add();
    expect(text(mirror.get(bytes('a')))).toBe('2');
    followed(cluster, mirror).isHeld = true;
    cluster.commit([['a', '10']]);
    const code = codeOf(add);
    await tick();
    followed(cluster, mirror).isHeld = false;
    followed(cluster, mirror).deliver();
    expect(await code).toBe('MEMDB_CONFLICT');
    expect(text(mirror.get(bytes('a')))).toBe('10'); // It has what it lost against.
    await add();
    expect(text(mirror.get(bytes('a')))).toBe('11');
    cluster.commit([['b', '1']]);
    await tick();
    cluster.commit([['b', undefined]]);
    await tick();
    await add(); // What was deleted is not there.
    expect(text(mirror.get(bytes('a')))).toBe('12');
  });

  it('outside the range are refused, and reads there give nothing', async () => {
    const cluster = clusterOf([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
    const mirror = await open(cluster, { range: { start: bytes('b'), limit: bytes('c') } });
    const sent = cluster.requests.length;
    for (const key of ['a', 'c', '']) {
      expect(mirror.get(bytes(key))).toBe(undefined);
      await expect(mirror.put(bytes(key), bytes('x'))).rejects.toThrow(RangeError);
      await expect(mirror.delete(bytes(key))).rejects.toThrow(RangeError);
      await expect(mirror.transaction((txn) => txn.put(bytes(key), bytes('x')))).rejects.toThrow(RangeError);
      await expect(mirror.transaction((txn) => txn.delete(bytes(key)))).rejects.toThrow(RangeError);
      await expect(mirror.transaction((txn) => txn.unchanged(bytes(key)))).rejects.toThrow(RangeError);
    }
    await expect(mirror.put('b' as never, bytes('x'))).rejects.toThrow('TextEncoder');
    await expect(mirror.put(bytes('b'), 1 as never)).rejects.toThrow('value must be');
    await expect(mirror.transaction(undefined as never)).rejects.toThrow('takes a function');
    await expect(mirror.transaction(notAwaited)).rejects.toThrow('must not be async');
    const then = jest.fn();
    await expect(mirror.transaction(() => ({ then }))).rejects.toThrow('must not be async');
    expect(then).toHaveBeenCalledWith(undefined, expect.any(Function)); // Its rejection is nobody else's.
    expect(cluster.requests.length).toBe(sent);
    expect(pairs(mirror)).toEqual(['b=2']);
  });

  it('say so where nobody knows whether they were made, and where they were not sent', async () => {
    const cluster = clusterOf([['a', '1']]);
    const mirror = await open(cluster);
    const member = followed(cluster, mirror);
    member.writeError = new Error('14 UNAVAILABLE: connection dropped');
    member.writesAllTheSame = true;
    expect(await codeOf(() => mirror.put(bytes('b'), bytes('2')))).toBe('MEMDB_OUTCOME_UNKNOWN');
    member.writeError = new Error('3 INVALID_ARGUMENT: etcdserver: too many operations in txn request');
    expect(await codeOf(() => mirror.put(bytes('b'), bytes('3')))).toBe('Error');
    for (const each of cluster.members) each.pause();
    member.writeError = undefined;
    const unanswered = codeOf(() => mirror.put(bytes('c'), bytes('2')));
    await tick(4000);
    expect(await unanswered).toBe('MEMDB_OUTCOME_UNKNOWN');
    for (const each of cluster.members) each.kill();
    await tick(10_000);
    const unsent = codeOf(() => mirror.put(bytes('d'), bytes('2')));
    await tick(4000);
    expect(await unsent).toBe('MEMDB_ETCD_UNAVAILABLE');
  });
});

describe('old revisions', () => {
  it('can be read as many as are to be kept', async () => {
    const cluster = clusterOf([['a', '0']]);
    const mirror = await open(cluster, { retain: { revisions: 3 } });
    for (let i = 1; i <= 9; i++) cluster.commit([['a', String(i)]]);
    await tick();
    expect([mirror.oldestRevision, mirror.revision]).toEqual([8n, 11n]);
    expect([8, 9, 10, 11].map((at) => text(mirror.at(at).get(bytes('a'))))).toEqual(['6', '7', '8', '9']);
    expect(await codeOf(() => mirror.at(7))).toBe('MEMDB_REVISION_DROPPED');
    expect(() => mirror.at(12n)).toThrow(RangeError);
  });

  it('go after the time that was set', async () => {
    const cluster = clusterOf([['a', '0']]);
    const mirror = await open(cluster, { retain: { ms: 10_000 } });
    cluster.commit([['a', '1']]);
    await tick(6000);
    cluster.commit([['a', '2']]);
    await tick();
    expect(mirror.oldestRevision).toBe(2n);
    await tick(6000);
    expect(mirror.oldestRevision).toBe(3n);
    await tick(6000);
    expect(mirror.oldestRevision).toBe(4n);
  });

  it('give their memory back, but for views that are held, until these are released', async () => {
    const cluster = clusterOf([['a', 'first']]);
    const mirror = await open(cluster, { retain: { revisions: 10 } });
    const view = mirror.at(2);
    const entries = mirror.entries();
    const write = async (count: number) => {
      for (let i = 0; i < count; i++)
        cluster.commit([
          ['a', `${i}`],
          [i % 2 ? 'b' : 'c', 'x'],
          [i % 2 ? 'c' : 'b', undefined],
        ]);
      await tick();
    };
    const { versions } = mirror as unknown as { versions: { table: { length: number } } };
    for (let round = 0; round < 5; round++) {
      await write(1300);
      expect(versions.table.length).toBeLessThan(1200);
      expect(text(view.get(bytes('a')))).toBe('first');
    }
    expect(pairs(view)).toEqual(['a=first']);
    expect(pairs(entries)).toEqual(['a=first']);
    view.release();
    view.release();
    expect(view.get.bind(view, bytes('a'))).toThrow('released');
  });
});

it('close ends all, but views', async () => {
  const cluster = clusterOf([['a', '1']]);
  const mirror = await open(cluster);
  const changes = changesOf(mirror);
  const view = mirror.at(2n);
  followed(cluster, mirror).pause(); // It would not answer a cancellation.
  mirror.close();
  mirror.close();
  cluster.commit([['b', '1']]);
  for (const call of [
    () => mirror.get(bytes('a')),
    () => mirror.length,
    () => mirror.at(2),
    () => mirror.on('change', () => {}),
    () => mirror.waitFor(1),
    () => mirror.put(bytes('a'), bytes('')),
  ]) {
    expect(await codeOf(call)).toBe('MEMDB_MIRROR_CLOSED');
  }
  expect(pairs(view)).toEqual(['a=1']);
  expect(cluster.members.map(({ streams }) => streams.size)).toEqual([0, 0, 0]);
  expect(changes).toEqual([]);
});

it('close while it is being connected leaves no watch', async () => {
  const cluster = clusterOf([['a', '1']]);
  let go = () => {};
  const opens = new Promise<void>((resolve) => (go = resolve));
  for (const member of cluster.members) member.opens = opens;
  const mirror = await open(cluster);
  const write = jest.spyOn(FakeStream.prototype, 'write');
  mirror.close();
  await tick();
  go();
  await tick();
  expect([cluster.members.map(({ streams }) => streams.size), write.mock.calls]).toEqual([[0, 0, 0], []]);
  write.mockRestore();
});

it('close ends a write that waits for a member: it was closed, and nothing was sent', async () => {
  const cluster = clusterOf([['a', '1']]);
  const mirror = await open(cluster);
  for (const member of cluster.members) member.kill();
  await tick(100);
  const code = codeOf(() => mirror.put(bytes('b'), bytes('2')));
  await tick(100);
  mirror.close();
  expect(await code).toBe('MEMDB_MIRROR_CLOSED');
  expect(cluster.revision).toBe(2);
});

it('close from inside a callback ends it there', async () => {
  const cluster = clusterOf([['a', '1']]);
  const mirror = await open(cluster);
  mirror.on('change', () => mirror.close());
  const changes = changesOf(mirror);
  const waiting = codeOf(() => mirror.waitFor(3));
  cluster.commit([
    ['b', '2'],
    ['c', '3'],
  ]);
  await tick();
  expect([changes, await waiting]).toEqual([[], 'MEMDB_MIRROR_CLOSED']);
  expect(cluster.members.map(({ streams }) => streams.size)).toEqual([0, 0, 0]);
});

describe('a cluster that is not what it was', () => {
  /** A mirror that hears nothing while `change` is made, and then is connected again. @returns how it ends, or what it shows */
  async function after(change: (cluster: FakeCluster) => void): Promise<string> {
    const cluster = clusterOf([['a', '1']], [['b', '1']], [['a', '2']]);
    const mirror = await open(cluster);
    const waiting = codeOf(() => mirror.waitFor(1000));
    change(cluster);
    for (const member of cluster.members) member.drop();
    await tick(10_000);
    const code = await codeOf(() => mirror.length);
    if (code === 'none') return pairs(mirror).join();
    expect(await waiting).toBe(code);
    expect(() => mirror.get(bytes('a'))).toThrow('Open a new mirror');
    return code;
  }
  /** Its data is lost, and other revisions are made. */
  const begun = (...transactions: FakeEdit[][]) => {
    return (cluster: FakeCluster) => {
      for (const [key] of cluster.entriesAt(cluster.revision)) cluster.commit([[key, undefined]]);
      cluster.history.length = 0;
      cluster.revision = 1;
      for (const edits of transactions) cluster.commit(edits);
    };
  };
  const a1: FakeEdit[] = [['a', '1']];
  const b1: FakeEdit[] = [['b', '1']];
  const a2: FakeEdit[] = [['a', '2']];
  const c1: FakeEdit[] = [['c', '1']];

  it('ends it clearly where its revisions are lower', async () => {
    expect(await after(begun(a1))).toBe('MEMDB_MIRROR_REWOUND');
    expect(await after(begun())).toBe('MEMDB_MIRROR_REWOUND');
  });

  it('ends it where it calls itself something else, whatever its revisions', async () => {
    expect(await after((cluster) => void (cluster.id = '2'))).toBe('MEMDB_MIRROR_REWOUND');
  });

  it('ends it where it is as far, or further, by other revisions', async () => {
    // Another number of entries.
    expect(await after(begun(a1, a1, a2))).toBe('MEMDB_MIRROR_REWOUND');
    expect(await after(begun(a1, b1, [...a2, ...c1], a1))).toBe('MEMDB_MIRROR_REWOUND');
    // What was put last is another key, was put earlier, or is something else.
    expect(await after(begun(a2, a2, b1, a1))).toBe('MEMDB_MIRROR_REWOUND');
    expect(await after(begun(a1, a2, [['c', '0']], [['c', undefined]]))).toBe('MEMDB_MIRROR_REWOUND');
    expect(await after(begun([...a2, ...b1], [['c', '0']], [['c', undefined]]))).toBe('MEMDB_MIRROR_REWOUND');
    expect(await after(begun(a1, b1, a1, a1))).toBe('MEMDB_MIRROR_REWOUND');
  });

  it('ends it where that shows when the range is read anew', async () => {
    const other = begun(a1, [['b', '2']], a2, c1, c1);
    // It is asked of what was put last alone, which is the same; what is older is not, and is seen once all is read.
    const compacted = (cluster: FakeCluster) => {
      other(cluster);
      cluster.compact(cluster.revision);
    };
    expect(await after(compacted)).toBe('MEMDB_MIRROR_REWOUND');
  });

  it('is none where it is the same', async () => {
    expect(await after(begun(a1, b1, a2))).toBe('a=2,b=1');
    expect(await after(begun(a1, b1, a2, c1, a1))).toBe('a=1,b=1,c=1');
    expect(await after((cluster) => void cluster.commit([['a', undefined]]))).toBe('b=1');
  });

  it('is asked of what was put last, where that came by the watch, too', async () => {
    const cluster = clusterOf(a1);
    const mirror = await open(cluster);
    cluster.commit(b1);
    await tick();
    expect(pairs(mirror)).toEqual(['a=1', 'b=1']);
    begun(a1, [['b', '2']])(cluster);
    for (const member of cluster.members) member.drop();
    await tick(3000);
    expect(await codeOf(() => mirror.length)).toBe('MEMDB_MIRROR_REWOUND');
  });

  it('is asked also where what was put last is gone', async () => {
    const cluster = clusterOf([['a', '1']], [['b', '1']]);
    const mirror = await open(cluster);
    cluster.commit([['b', undefined]]);
    await tick();
    for (const member of cluster.members) member.drop();
    await tick(3000);
    expect([mirror.staleness < 2500, ...pairs(mirror)]).toEqual([true, 'a=1']);
  });
});

it('a connection to the same cluster goes on, whatever became of the key that tells', async () => {
  const cluster = clusterOf([['a', '1']]);
  const mirror = await open(cluster);
  const changes = changesOf(mirror);
  const lose = async () => {
    followed(cluster, mirror).drop();
    await tick(100);
  };
  await lose();
  cluster.commit([['b', '2']]);
  await lose();
  cluster.commit([['b', undefined]]);
  await lose();
  cluster.commit([['a', undefined]]);
  await lose();
  cluster.commit([['c', '3']]);
  await tick();
  expect(changes).toEqual(['3 put b=2', '4 delete b', '5 delete a', '6 put c=3']);
});

it('large entries come in smaller pages, also where those before were small', async () => {
  const cluster = clusterOf(
    Array.from({ length: 1000 }, (_, i): FakeEdit => [String(1000 + i), 'x']),
    Array.from({ length: 1000 }, (_, i): FakeEdit => [String(2000 + i), 'x'.repeat(5000)]),
  );
  for (const member of cluster.members) member.mostBytes = 600_000;
  const mirror = await open(cluster);
  expect(mirror.length).toBe(2000);
  expect(text(mirror.get(bytes('2999')))?.length).toBe(5000);
});

it('may never have to answer, and that takes no time', async () => {
  const cluster = clusterOf([['a', '1']]);
  const mirror = await open(cluster, { heartbeat: Infinity, timeout: Infinity });
  const { length } = cluster.requests;
  await tick(60_000);
  expect([cluster.requests.length, pairs(mirror)]).toEqual([length, ['a=1']]);
});

it('a write that is refused for lack of room is known not to be made', async () => {
  const cluster = clusterOf([['a', '1']]);
  const mirror = await open(cluster);
  const member = followed(cluster, mirror);
  member.writeError = new Error('8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded');
  expect(await codeOf(() => mirror.put(bytes('b'), bytes('2')))).toBe('Error');
  member.writeError = new Error('8 RESOURCE_EXHAUSTED: Bandwidth exhausted or memory limit exceeded');
  expect(await codeOf(() => mirror.put(bytes('b'), bytes('2')))).toBe('MEMDB_OUTCOME_UNKNOWN');
});

it('what is changed while old revisions are dropped stays', async () => {
  const cluster = clusterOf(Array.from({ length: 3000 }, (_, i): FakeEdit => [String(10_000 + i), 'x']));
  const mirror = await open(cluster, { retain: { revisions: 0 } });
  const { versions } = mirror as unknown as { versions: { table: object } };
  let drops = 0;
  let last = versions.table;
  let seldom = 'x';
  for (let i = 0; i < 6000; i++) {
    cluster.commit([['12999', String(i)]]);
    // Of keys that are copied first, one is changed but now and then: nothing makes up for a change that was lost.
    if (i % 60 === 0) cluster.commit([['10000', (seldom = String(i))]]);
    if (i % 10 !== 0) continue;
    await tick();
    expect([text(mirror.get(bytes('10000'))), text(mirror.get(bytes('12999')))]).toEqual([seldom, String(i)]);
    if (versions.table !== last) drops++;
    last = versions.table;
  }
  expect(drops).toBeGreaterThan(0);
  expect(mirror.count()).toBe(3000);
});

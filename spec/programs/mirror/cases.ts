/*
 * What a real etcd does in cases that the rounds don't come to: other forms of ranges, leases, clusters whose data is gone, users
 * and certificates. Each case has a cluster of its own.
 */
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Etcd3, Range } from 'etcd3';
import { MemDBError } from 'flat-memdb';
import { Mirror, type MirrorChange, type MirrorRange } from 'flat-memdb/etcd';
import { EtcdCluster } from '../../../examples/support/etcd-cluster.js';
import { Proxy } from './proxy.js';
import { deadlines, patiently } from './rounds.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const text = (array: Uint8Array) => Buffer.from(array).toString('latin1');
const pairs = (mirror: Iterable<readonly [Uint8Array, Uint8Array]>) =>
  [...mirror].map(([key, value]) => `${text(key)}=${text(value)}`);

type Case = (until: (release: () => unknown) => void) => Promise<void>;

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return error instanceof MemDBError ? error.code : (error as Error).message;
  }
  return 'none';
}

/** @throws Error where it does not come to be true within some time */
async function soon(what: string, isTrue: () => boolean, ms = 15_000): Promise<void> {
  const until = Date.now() + ms;
  while (!isTrue()) {
    await sleep(10);
    if (Date.now() > until) throw new Error(`not within ${ms} ms: ${what}`);
  }
}

/** The keys that are at the borders of ranges, in order. */
const BORDERS = [
  '\0',
  '\0\0',
  'a',
  'a\0',
  'a\0\0',
  'a\xff',
  'a\xff\xff',
  'b',
  '\xfe\xff',
  '\xff',
  '\xff\xff',
];

const ranges: Case = async (until) => {
  const cluster = await EtcdCluster.start(1);
  until(() => cluster.stop());
  const client = new Etcd3({ hosts: cluster.hosts });
  until(() => client.close());
  for (const key of BORDERS) await client.put(bytes(key)).value('before');
  const forms: [MirrorRange, (key: string) => boolean][] = [
    [{}, () => true],
    [{ prefix: bytes('') }, () => true],
    [{ prefix: bytes('a') }, (key) => key.startsWith('a')],
    [{ prefix: bytes('a\xff') }, (key) => key.startsWith('a\xff')],
    [{ prefix: bytes('\xff') }, (key) => key.startsWith('\xff')],
    [{ start: bytes('a'), limit: bytes('a\0') }, (key) => key === 'a'],
    [{ start: bytes('a\0') }, (key) => key >= 'a\0'],
    [{ limit: bytes('a') }, (key) => key < 'a'],
    [{ limit: bytes('\0\0') }, (key) => key === '\0'],
  ];
  const mirrors = await Promise.all(forms.map(([range]) => Mirror.open({ client, range })));
  until(() => mirrors.forEach((mirror) => mirror.close()));
  const expectAll = (value: string, there: (key: string) => boolean) =>
    forms.forEach(([, has], i) =>
      assert.deepEqual(
        pairs(mirrors[i]),
        BORDERS.filter((key) => has(key) && there(key)).map((key) => `${key}=${value}`),
        `mirror ${i}`,
      ),
    );
  expectAll('before', () => true);
  for (const key of BORDERS) await client.put(bytes(key)).value('after');
  const deleted = ['\0', 'a\0', '\xff'];
  let revision = 0n;
  for (const key of deleted)
    revision = BigInt((await client.delete().key(bytes(key)).exec()).header.revision);
  await Promise.all(mirrors.map((mirror) => mirror.waitFor(revision)));
  expectAll('after', (key) => !deleted.includes(key));
  // Each writes all keys of its range, and none beside it.
  for (const [i, [, has]] of forms.entries()) {
    for (const key of BORDERS) {
      if (has(key)) await mirrors[i].put(bytes(key), bytes('own'));
      else assert.match(await codeOf(() => mirrors[i].put(bytes(key), bytes('own'))), /outside the mirror/);
    }
  }
  await mirrors[0].put(bytes('z'), bytes('last'));
  revision = await mirrors[0].delete(bytes('z'));
  await Promise.all(mirrors.map((mirror) => mirror.waitFor(revision)));
  expectAll('own', () => true);
  // Etcd has a key once in a transaction.
  assert.match(
    await codeOf(() =>
      mirrors[0].transaction((txn) => {
        txn.delete(bytes('a'));
        txn.put(bytes('a'), bytes('again'));
      }),
    ),
    /duplicate key/,
  );
  assert.equal(text(mirrors[0].get(bytes('a'))!), 'own');
};

const leases: Case = async (until) => {
  const cluster = await EtcdCluster.start(1);
  until(() => cluster.stop());
  const client = new Etcd3({ hosts: cluster.hosts });
  until(() => client.close());
  const mirror = await Mirror.open({ client, range: { prefix: bytes('l/') } });
  until(() => mirror.close());
  const lease = client.lease(1, { autoKeepAlive: false });
  await Promise.all(['l/1', 'l/2', 'l/3'].map((key) => lease.put(key).value('leased')));
  await mirror.put(bytes('l/4'), bytes('stays'));
  assert.equal(mirror.length, 4);
  const heard: MirrorChange[] = [];
  mirror.on('change', (change) => {
    heard.push(change);
    assert.deepEqual(pairs(mirror), ['l/4=stays']);
  });
  await soon('the lease ends', () => heard.length === 3);
  assert.equal(new Set(heard.map(({ revision }) => revision)).size, 1);
  assert.deepEqual(heard.map(({ key }) => text(key)).sort(), ['l/1', 'l/2', 'l/3']);
};

/** Values so large that a read of their count is answered before the watch has brought them. */
const flashes: Case = async (until) => {
  const cluster = await EtcdCluster.start(1);
  until(() => cluster.stop());
  const client = new Etcd3({ hosts: cluster.hosts });
  until(() => client.close());
  const mirror = await Mirror.open({ client, range: { prefix: bytes('f/') } });
  until(() => mirror.close());
  const told: string[] = [];
  mirror.on('change', ({ revision, type, key }) => told.push(`${revision} ${type} ${text(key)}`));
  const made: string[] = [];
  for (let i = 0; i < 20; i++) {
    const key = `f/${i}`;
    const put = BigInt((await client.put(key).value(Buffer.alloc(1_400_000, i)).exec()).header.revision);
    const gone = BigInt((await client.delete().key(key).exec()).header.revision);
    made.push(`${put} put ${key}`, `${gone} delete ${key}`);
    await mirror.waitFor(gone);
    assert.equal(mirror.has(bytes(key)), false);
    await mirror.waitFor(put);
    const view = mirror.at(put);
    assert.equal(view.get(bytes(key))?.length, 1_400_000);
    view.release();
  }
  await soon('all is told', () => told.length === made.length);
  assert.deepEqual(told, made);
};

/** The data of a cluster is lost, and it has got on since then, or not: its identity, and the revisions, may say nothing. */
const dataLost: Case = async (until) => {
  for (const sinceThen of [0, 9, 30]) {
    const cluster = await EtcdCluster.start(1);
    until(() => cluster.stop());
    const proxy = await Proxy.to(cluster.members[0].port);
    until(() => proxy.close());
    const direct = new Etcd3({ hosts: cluster.hosts, defaultCallOptions: deadlines });
    until(() => direct.close());
    const client = new Etcd3({ hosts: proxy.host });
    until(() => client.close());
    const mirror = await Mirror.open({ client, range: { prefix: bytes('d/') } });
    until(() => mirror.close());
    for (let i = 0; i < 10; i++) await mirror.put(bytes(`d/${i}`), bytes('old'));
    const waiting = codeOf(() => mirror.waitFor(10n ** 9n));
    proxy.cut();
    await cluster.members[0].kill();
    cluster.forget();
    cluster.members[0].start();
    await cluster.ready();
    for (let i = 0; i < sinceThen; i++) {
      await patiently(() =>
        direct
          .put(`d/${i % 10}`)
          .value('new')
          .exec(),
      );
    }
    proxy.mend();
    const ended = await Promise.race([waiting, sleep(15_000, undefined, { ref: false })]);
    assert.equal(ended, 'MEMDB_MIRROR_REWOUND', `after ${sinceThen} writes`);
  }
};

/** Opens a mirror, writes, and kills the member that it follows, so that it goes on by another. */
async function goRound(cluster: EtcdCluster, client: Etcd3): Promise<void> {
  const mirror = await Mirror.open({ client, range: { prefix: bytes('u/') }, timeout: 2000 });
  try {
    const hosts = new Set<string>();
    for (let i = 0; hosts.size < 2; i++) {
      if (i > 10) throw new Error(`the mirror was at ${[...hosts].join(', ')} only`);
      await patiently(() => mirror.put(bytes('u/1'), bytes(String(i))));
      hosts.add(mirror.member!);
      const member = cluster.members.find(({ host }) => host === mirror.member)!;
      await member.kill();
      await soon('the mirror has left it', () => mirror.member !== member.host);
      member.start();
      await cluster.ready();
      await soon('it is complete again', () => mirror.staleness < 2000);
    }
    await patiently(() => mirror.put(bytes('u/1'), bytes('last')));
    assert.equal(text(mirror.get(bytes('u/1'))!), 'last');
  } finally {
    mirror.close();
  }
}

const users: Case = async (until) => {
  const cluster = await EtcdCluster.start(3);
  until(() => cluster.stop());
  const { hosts } = cluster;
  const nobody = new Etcd3({ hosts });
  until(() => nobody.close());
  const root = nobody.user('root');
  await root.create('of root');
  await nobody.role('root').create();
  await root.addRole('root');
  const reader = nobody.role('reader');
  await reader.create();
  await reader.grant({ permission: 'Readwrite', range: Range.prefix('u/') });
  await nobody.user('ada').create('of ada');
  await nobody.user('ada').addRole('reader');
  await nobody.auth.authEnable();
  const clientOf = (password: string) => {
    const client = new Etcd3({ hosts, auth: { username: 'ada', password } });
    until(() => client.close());
    return client;
  };
  const range = { prefix: bytes('u/') };
  await goRound(cluster, clientOf('of ada'));
  assert.equal(await codeOf(() => Mirror.open({ client: nobody, range })), 'MEMDB_ETCD_UNAVAILABLE');
  assert.equal(
    await codeOf(() => Mirror.open({ client: clientOf('of bob'), range })),
    'MEMDB_ETCD_UNAVAILABLE',
  );
  assert.equal(
    await codeOf(() => Mirror.open({ client: clientOf('of ada'), range: {} })),
    'MEMDB_ETCD_UNAVAILABLE',
  );
};

const certificates: Case = async (until) => {
  const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-tls-'));
  until(() => rmSync(folder, { recursive: true, force: true }));
  const certificate = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const { status, stderr } = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=etcd'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', certificate.key, '-out', certificate.cert],
  ]);
  assert.equal(status, 0, String(stderr));
  const cluster = await EtcdCluster.start(3, certificate);
  until(() => cluster.stop());
  const client = new Etcd3({
    hosts: cluster.hosts,
    credentials: { rootCertificate: readFileSync(certificate.cert) },
  });
  until(() => client.close());
  await goRound(cluster, client);
  const trusting = new Etcd3({ hosts: cluster.hosts }); // The usual authorities did not sign it.
  until(() => trusting.close());
  assert.equal(
    await codeOf(() => Mirror.open({ client: trusting, range: {}, timeout: 1000 })),
    'MEMDB_ETCD_UNAVAILABLE',
  );
};

const CASES: Record<string, Case> = {
  'forms of ranges, and keys at their borders': ranges,
  'leases end': leases,
  'keys come and go': flashes,
  'data lost': dataLost,
  'users and passwords': users,
  certificates,
};

/** @returns their number */
export async function mirrorCases(tell: (line: string) => void, only = ''): Promise<number> {
  for (const [name, run] of Object.entries(CASES)) {
    if (!name.includes(only)) continue;
    const releases: (() => unknown)[] = [];
    const began = performance.now();
    try {
      await run((release) => releases.unshift(release));
    } catch (error) {
      throw new Error(`case: ${name}`, { cause: error });
    } finally {
      for (const release of releases) await release();
    }
    tell(`${name}: ${Math.round(performance.now() - began)} ms`);
  }
  return Object.keys(CASES).length;
}

/**
 * Three members of etcd, and three app processes, each of which answers range queries over HTTP from its own mirror, while accounts
 * are debited and credited in etcd; one member is killed on the way. Prints a line of figures a second. At the end, all
 * three apps must have the same entries at the same revision, and no query may have seen money come or go; exit code 1 otherwise.
 *
 *     npm run example:cluster -- [--seconds 10]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Etcd3 } from 'etcd3';
import { Mirror } from 'flat-memdb/etcd';
import { EtcdCluster, missingEtcd } from './support/etcd-cluster.js';

const ACCOUNTS = 1000;
const DEPOSIT = 100;
const PREFIX = 'account:';
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (array: Uint8Array) => new TextDecoder().decode(array);
const keyOf = (account: number) => `${PREFIX}${String(account).padStart(4, '0')}`;

interface Page {
  readonly revision: string;
  readonly staleness: number;
  readonly member: string;
  readonly entries: [key: string, value: number][];
}

/** An app: a mirror, and an HTTP server in front of it. */
async function serve(port: number, hosts: string[]): Promise<void> {
  const client = new Etcd3({ hosts });
  const mirror = await Mirror.open({ client, range: { prefix: bytes(PREFIX) }, maxStaleness: 15_000 });
  const server = createHttpServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://app');
    const answer = async () => {
      if (pathname === '/digest') {
        await mirror.waitFor(BigInt(searchParams.get('revision')!));
        const hash = createHash('sha256');
        for (const [key, value] of mirror) hash.update(key).update('=').update(value).update('\n');
        return { digest: hash.digest('hex'), length: mirror.length };
      }
      // Bounds of a query; all of it is one revision.
      const [start, limit] = ['start', 'limit'].map((name) => searchParams.get(name));
      const entries = mirror.entries({
        start: start === null ? undefined : bytes(start),
        limit: limit === null ? undefined : bytes(limit),
      });
      return {
        revision: String(mirror.revision),
        staleness: mirror.staleness,
        member: mirror.member,
        entries: Array.from(entries, ([key, value]) => [text(key), Number(text(value))]),
      };
    };
    answer().then(
      (body) => response.end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(503).end(String(error)),
    );
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  process.send?.('ready');
  process.on('disconnect', () => process.exit(0));
}

/** Moves money between accounts until it is told to stop. */
class Bank {
  moves = 0;
  isOpen = true;
  readonly #client: Etcd3;

  constructor(hosts: string[]) {
    this.#client = new Etcd3({
      hosts,
      defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + 2000 }),
    });
  }

  async deposit(): Promise<void> {
    for (let i = 0; i < ACCOUNTS; i += 100) {
      const puts = Array.from({ length: 100 }, (_, j) => this.#client.put(keyOf(i + j)).value(DEPOSIT));
      await this.#client
        .if('none', 'Version', '==', 0)
        .then(...puts)
        .commit();
    }
  }

  async run(): Promise<void> {
    while (this.isOpen) {
      try {
        await this.#move();
        this.moves++;
      } catch {
        // A member is away. The move was made, or not: money is all there.
      }
      await sleep(1);
    }
  }

  async #move(): Promise<void> {
    const from = keyOf(Math.floor(Math.random() * ACCOUNTS));
    const to = keyOf(Math.floor(Math.random() * ACCOUNTS));
    if (from === to) return;
    const [one, other] = await Promise.all([this.#client.get(from).exec(), this.#client.get(to).exec()]);
    const [source, target] = [one.kvs[0], other.kvs[0]];
    await this.#client
      .if(from, 'Mod', '==', Number(source.mod_revision))
      .and(to, 'Mod', '==', Number(target.mod_revision))
      .then(
        this.#client.put(from).value(Number(source.value.toString()) - 1),
        this.#client.put(to).value(Number(target.value.toString()) + 1),
      )
      .commit();
  }

  async revision(): Promise<string> {
    return (await this.#client.get('none').exec()).header.revision;
  }

  close(): void {
    this.#client.close();
  }
}

async function main(seconds: number): Promise<number> {
  const missing = missingEtcd();
  if (missing !== undefined) {
    console.error(missing);
    return 1;
  }
  const cluster = await EtcdCluster.start();
  const bank = new Bank(cluster.hosts);
  const apps: ChildProcess[] = [];
  try {
    await bank.deposit();
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    for (const port of ports) {
      const app = fork(fileURLToPath(import.meta.url), ['app', String(port), ...cluster.hosts]);
      apps.push(app);
      await once(app, 'message');
    }
    const moving = bank.run();
    let queries = 0;
    let wrong = 0;
    const latest: Page[] = [];
    let isAsking = true;
    /** All accounts, once and again: what they hold together must not change. */
    const ask = async (port: number, i: number) => {
      while (isAsking) {
        const response = await fetch(`http://127.0.0.1:${port}/range?start=${PREFIX}&limit=account;`);
        if (!response.ok) throw new Error(await response.text());
        const page = (await response.json()) as Page;
        latest[i] = page;
        queries++;
        const sum = page.entries.reduce((total, [, value]) => total + value, 0);
        if (sum !== ACCOUNTS * DEPOSIT) wrong++;
        await sleep(10);
      }
    };
    const asking = Promise.all(ports.map(ask));
    const victim = cluster.members[0];
    for (let second = 1; second <= seconds; second++) {
      const [moves, before] = [bank.moves, queries];
      await Promise.race([sleep(1000), asking]);
      const states = latest.map(
        ({ revision, staleness, member }) =>
          `${revision} by ${cluster.members.find(({ host }) => host === member)?.name} (${Math.round(staleness)} ms)`,
      );
      console.log(
        `${second} s: ${bank.moves - moves} moves, ${queries - before} queries of ${ACCOUNTS} entries; apps at ${states.join(', ')}`,
      );
      if (second === Math.ceil(seconds * 0.4)) {
        console.log(`${victim.name} is killed`);
        await victim.kill();
      }
      if (second === Math.ceil(seconds * 0.7)) {
        console.log(`${victim.name} is started again`);
        victim.start();
      }
    }
    isAsking = false;
    bank.isOpen = false;
    await Promise.all([asking, moving]);
    const revision = await bank.revision();
    const answers = ports.map(async (port) => {
      const response = await fetch(`http://127.0.0.1:${port}/digest?revision=${revision}`);
      return response.text();
    });
    const digests = await Promise.all(answers);
    const isSame = new Set(digests).size === 1;
    console.log(
      `At revision ${revision}, ${isSame ? 'all three apps have the same entries' : 'the apps differ'}: ${digests.join(' ')}`,
    );
    console.log(`${wrong} of ${queries} queries saw money come or go`);
    return isSame && wrong === 0 && queries > 0 ? 0 : 1;
  } finally {
    for (const app of apps) app.kill();
    bank.close();
    await cluster.stop();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

const [role, port, ...hosts] = process.argv.slice(2);
if (role === 'app') await serve(Number(port), hosts);
else {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
  process.exitCode = await main(Math.max(1, Number(values.seconds) || 10));
}

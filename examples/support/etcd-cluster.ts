// A cluster of etcd on this machine, which lasts as long as the program: on free ports of loopback, in a folder of its own.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What to do where there is no etcd; `undefined` where there is. */
export function missingEtcd(): string | undefined {
  const { status, error } = spawnSync('etcd', ['--version'], { env: environment() });
  if (status === 0 && error === undefined) return undefined;
  return 'etcd is not installed: the command `etcd` is not found. On Debian, it comes with: apt-get install etcd-server';
}

/** Files by which members say who they are. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** One server. */
export class EtcdMember {
  readonly name: string;
  readonly port: number;
  /** As etcd3 wants it. */
  readonly host: string;
  /** Where it says how it is. */
  readonly health: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;
  #isPaused = false;

  constructor(name: string, port: number, host: string, health: string, args: readonly string[]) {
    this.name = name;
    this.host = host;
    this.health = health;
    this.port = port;
    this.#args = args;
  }

  get isUp(): boolean {
    return this.#process !== undefined && !this.#isPaused;
  }

  /** Starts it, or again after `kill`. */
  start(): void {
    this.#process = spawn('etcd', this.#args, { stdio: 'ignore', env: environment() });
    this.#isPaused = false;
  }

  /** As a power cut. */
  async kill(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    const ended = once(process, 'exit');
    if (process.exitCode === null && process.kill('SIGKILL')) await ended;
  }

  /** It keeps its connections, and answers nobody. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
    this.#isPaused = true;
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
    this.#isPaused = false;
  }
}

export class EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly #folder: string;
  readonly #atExit = () => this.#clear();

  private constructor(folder: string, members: readonly EtcdMember[]) {
    this.#folder = folder;
    this.members = members;
    process.once('exit', this.#atExit);
  }

  /** Starts it, and waits until it has a leader. */
  static async start(count = 3, certificate?: Certificate): Promise<EtcdCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'flat-memdb-etcd-'));
    const ports = await freePorts(3 * count);
    const names = Array.from({ length: count }, (_, i) => `member-${i + 1}`);
    const peer = (i: number) => `http://127.0.0.1:${ports[count + i]}`;
    const members = names.map((name, i) => {
      const client = `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${ports[i]}`;
      const health = `http://127.0.0.1:${ports[2 * count + i]}`;
      return new EtcdMember(name, ports[i], client, `${health}/health`, [
        ...(certificate === undefined
          ? []
          : ['--cert-file', certificate.cert, '--key-file', certificate.key]),
        ...['--listen-metrics-urls', health],
        ...['--name', name, '--data-dir', join(folder, name), '--log-level', 'panic'],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer(i), '--initial-advertise-peer-urls', peer(i)],
        ...['--initial-cluster', names.map((each, j) => `${each}=${peer(j)}`).join(',')],
        ...['--initial-cluster-token', folder, '--initial-cluster-state', 'new'],
        ...['--heartbeat-interval', '100', '--election-timeout', '1000'],
      ]);
    });
    const cluster = new EtcdCluster(folder, members);
    for (const member of members) member.start();
    try {
      await cluster.ready();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get hosts(): string[] {
    return this.members.map(({ host }) => host);
  }

  /** Waits until all of its members say that they are well, which they do when there is a leader. */
  async ready(): Promise<void> {
    const until = Date.now() + 30_000;
    for (const { health, name } of this.members) {
      while (!(await isWell(health))) {
        if (Date.now() > until) throw new Error(`${name} of etcd was not ready within 30 seconds`);
        await sleep(50);
      }
    }
  }

  /** Removes the data of all members, which must not run. */
  forget(): void {
    for (const { name } of this.members) rmSync(join(this.#folder, name), { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    process.off('exit', this.#atExit);
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #clear(): void {
    for (const member of this.members) void member.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function isWell(health: string): Promise<boolean> {
  try {
    const response = await fetch(health, { signal: AbortSignal.timeout(1000) });
    return ((await response.json()) as { health: string }).health === 'true';
  } catch {
    return false;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports = [];
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Without settings that are meant for another etcd. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD')));
}

/*
 * A real cluster of three members, mirrors of a range of it, writers, and faults: whatever happens, a mirror shows what etcd has at
 * that revision, byte for byte, says each change once and in order, shows transactions whole, and lacks no write that was confirmed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { Mirror } from 'flat-memdb/etcd';
import { EtcdCluster, type EtcdMember } from '../../../examples/support/etcd-cluster.js';
import { randomOf } from './random.js';
import { Proxy } from './proxy.js';
import { Writer } from './writer.js';
import { Witness } from './witness.js';

export const FAULTS = [
  'leader killed',
  'member paused',
  "mirror's member killed",
  'connections dropped',
  'compacted behind its back',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Figures {
  readonly faults: Record<Fault, number>;
  /** Confirmed writes, changes that mirrors told of, and comparisons with etcd. */
  writes: number;
  changes: number;
  comparisons: number;
  /** The longest time, in ms, from a fault to a mirror that has what was written after it. */
  slowest: Partial<Record<Fault, number>>;
}

/** Milliseconds within which a mirror must have what was written after a fault. */
const LATEST = 25_000;
const WRITERS = 3;
const MIRRORS = 2;

export async function mirrorRounds(
  count: number,
  seed: number,
  tell: (line: string) => void,
): Promise<Figures> {
  const random = randomOf(seed);
  const figures: Figures = {
    faults: Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>,
    writes: 0,
    changes: 0,
    comparisons: 0,
    slowest: {},
  };
  const cluster = await EtcdCluster.start();
  const proxies = await Promise.all(cluster.members.map(({ port }) => Proxy.to(port)));
  const direct = new Etcd3({ hosts: cluster.hosts, defaultCallOptions: deadlines });
  const byProxies = new Etcd3({ hosts: proxies.map(({ host }) => host), defaultCallOptions: deadlines });
  const writers: Writer[] = [];
  const witnesses: Witness[] = [];
  try {
    for (let i = 0; i < WRITERS; i++) {
      writers.push(
        new Writer(new Etcd3({ hosts: cluster.hosts, defaultCallOptions: deadlines }), i, seed + i),
      );
    }
    for (const writer of writers) writer.start();
    for (let i = 0; i < MIRRORS; i++) {
      const mirror = await Mirror.open({
        client: byProxies,
        range: { prefix: Writer.PREFIX },
        retain: { revisions: 200 * i },
      });
      witnesses.push(new Witness(mirror, direct));
    }
    for (let i = 0; i < count; i++) {
      // Each kind in turn, from a place that the seed says.
      const fault = FAULTS[(i + seed) % FAULTS.length];
      const began = performance.now();
      await inject(fault);
      const ms = Math.round(performance.now() - began);
      figures.faults[fault]++;
      figures.slowest[fault] = Math.max(figures.slowest[fault] ?? 0, ms);
      tell(`fault ${i + 1}, ${fault}: the mirrors had what was written after it within ${ms} ms`);
      await cluster.ready();
      await sleep(random() * 500);
      await Promise.all(witnesses.map((witness) => witness.compare()));
    }
    await Promise.all(writers.map((writer) => writer.stop()));
    for (const witness of witnesses) {
      await witness.mirror.waitFor(await newest());
      await witness.compare();
      witness.requireAll(writers.flatMap(({ confirmed }) => confirmed));
      figures.changes += witness.changes;
      figures.comparisons += witness.comparisons;
    }
    figures.writes = writers.reduce((sum, { confirmed }) => sum + confirmed.length, 0);
    return figures;
  } finally {
    await Promise.all(writers.map((writer) => writer.stop()));
    for (const { mirror } of witnesses) mirror.close();
    for (const client of [direct, byProxies, ...writers.map((writer) => writer.client)]) client.close();
    for (const proxy of proxies) proxy.close();
    await cluster.stop();
  }

  /** One fault, until the mirrors have what was written after it, and things are as before. */
  async function inject(fault: Fault): Promise<void> {
    const mirror = witnesses[Math.floor(random() * witnesses.length)].mirror;
    const itsMember = cluster.members[proxies.findIndex(({ host }) => host === mirror.member)];
    const member = cluster.members[Math.floor(random() * cluster.members.length)];
    switch (fault) {
      case 'leader killed':
        return killed(await leader());
      case "mirror's member killed":
        return killed(itsMember);
      case 'member paused': {
        const paused = random() < 0.7 ? itsMember : member;
        paused.pause();
        try {
          await caughtUp();
        } finally {
          paused.resume();
        }
        return;
      }
      case 'connections dropped':
        for (let i = 0; i < 3; i++) {
          for (const proxy of proxies) proxy.drop();
          await sleep(random() * 200);
        }
        return caughtUp();
      case 'compacted behind its back': {
        for (const proxy of proxies) proxy.cut();
        const told = witnesses.map(({ last }) => last);
        await sleep(300 + random() * 500);
        await direct.kv.compact({ revision: Number(await newest()) });
        for (const proxy of proxies) proxy.mend();
        await caughtUp();
        witnesses.forEach((witness, i) => witness.missedSince(told[i]));
        return undefined;
      }
    }
  }

  async function killed(member: EtcdMember): Promise<void> {
    await member.kill();
    try {
      await caughtUp();
    } finally {
      member.start();
    }
  }

  /** Waits until the mirrors have the newest revision that there is now; compares them with etcd on the way. */
  async function caughtUp(): Promise<void> {
    await sleep(random() * 300);
    const revision = await newest();
    const late = sleep(LATEST, undefined, { ref: false }).then(() => {
      const states = witnesses.map(({ mirror }) => `${mirror.revision} by ${mirror.member}`);
      throw new Error(`after ${LATEST} ms, the mirrors are at ${states.join(', ')}, and etcd at ${revision}`);
    });
    for (const witness of witnesses) {
      await Promise.race([witness.mirror.waitFor(revision), late]);
      await witness.compare();
    }
  }

  async function newest(): Promise<bigint> {
    const { header } = await patiently(() => direct.get('none').exec());
    return BigInt(header.revision);
  }

  async function leader(): Promise<EtcdMember> {
    for (;;) {
      for (const member of cluster.members) {
        const one = new Etcd3({ hosts: member.host, defaultCallOptions: deadlines });
        try {
          const { header, leader: id } = await one.maintenance.status();
          if (id === header.member_id) return member;
        } catch {
          // Another one will know.
        } finally {
          one.close();
        }
      }
    }
  }
}

/** Again until it succeeds: members are away. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  const until = Date.now() + 60_000;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(50);
    }
  }
}

export function deadlines({ isStream }: { isStream: boolean }): { deadline?: number } {
  return isStream ? {} : { deadline: Date.now() + 2000 };
}

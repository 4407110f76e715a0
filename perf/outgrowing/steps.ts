// The same calls on each of the steps: they answer at once or later, as the step does.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ClassicLevel } from 'classic-level';
import { Etcd3 } from 'etcd3';
import { DB } from 'flat-memdb';
import { Mirror } from 'flat-memdb/etcd';
import { MemoryLevel } from 'flat-memdb/level';
import type { AbstractLevel } from 'abstract-level';
import { HttpLevel } from '../../examples/level-app/client.js';
import { ENTRIES, PREFIX, SCAN, VALUE, keyOf } from '../mirror/data.js';
import type { Job } from './protocol.js';

type Soon<T> = T | Promise<T>;

export interface Step {
  /** @returns the length of the value */
  get(i: number): Soon<number>;
  /** The entries from this one on, as many as a scan has. @returns the lengths of their keys and values */
  scan(i: number): Soon<number>;
  put(i: number): Soon<unknown>;
  close(): Soon<void>;
}

export async function stepOf({ step, hosts = [], folder = '' }: Job): Promise<Step> {
  switch (step) {
    case 'db':
      return dbStep(DB.create());
    case 'shared':
      return dbStep(DB.create({ shared: true }));
    case 'level':
      return levelStep(new MemoryLevel(BYTES), keyOf, VALUE);
    case 'disk':
      return levelStep(new ClassicLevel(folder, BYTES), keyOf, VALUE);
    case 'synced':
      return levelStep(new ClassicLevel(folder, BYTES), keyOf, VALUE, { sync: true });
    case 'http':
      return httpStep();
    case 'mirror':
      return mirrorStep(new Etcd3({ hosts }));
    case 'etcd':
      return etcdStep(new Etcd3({ hosts }));
  }
}

const BYTES = { keyEncoding: 'view', valueEncoding: 'view' } as const;

function dbStep(db: DB): Step {
  for (let i = 0; i < ENTRIES; i++) db.put(keyOf(i), VALUE);
  return {
    get: (i) => db.get(keyOf(i))!.length,
    scan: (i) => lengthOf(db.entries({ start: keyOf(i), limit: keyOf(i + SCAN) })),
    put: (i) => db.put(keyOf(i), VALUE),
    close: () => undefined,
  };
}

/** @param given a database: to TypeScript, one with members of its own is no AbstractLevel */
async function levelStep<T extends string | Uint8Array>(
  given: unknown,
  key: (i: number) => T,
  value: T,
  options = {},
): Promise<Step> {
  const db = given as AbstractLevel<string | Uint8Array, T, T>;
  await db.open();
  for (let from = 0; from < ENTRIES; from += SCAN) {
    await db.batch(
      Array.from({ length: SCAN }, (_, i) => ({ type: 'put' as const, key: key(from + i), value })),
    );
  }
  return {
    get: async (i) => (await db.get(key(i)))!.length,
    scan: async (i) => lengthOf(await db.iterator({ gte: key(i), lt: key(i + SCAN) }).all()),
    put: (i) => db.put(key(i), value, options),
    close: () => db.close(),
  };
}

/** The server of examples/level-app, in a process of its own. */
async function httpStep(): Promise<Step> {
  const server = fork(fileURLToPath(new URL('server.js', import.meta.url)));
  process.once('exit', () => server.kill());
  const [url] = (await once(server, 'message')) as [string];
  const text = (i: number) => keyOf(i).toString();
  const step = await levelStep(new HttpLevel(url), text, VALUE.toString());
  return { ...step, close: () => void server.kill() };
}

async function mirrorStep(client: Etcd3): Promise<Step> {
  const mirror = await Mirror.open({ client, range: { prefix: PREFIX } });
  return {
    get: (i) => mirror.get(keyOf(i))!.length,
    scan: (i) => lengthOf(mirror.entries({ start: keyOf(i), limit: keyOf(i + SCAN) })),
    put: (i) => mirror.put(keyOf(i), VALUE),
    close: () => {
      mirror.close();
      client.close();
    },
  };
}

function etcdStep(client: Etcd3): Step {
  return {
    get: async (i) => (await client.get(keyOf(i)).buffer())!.length,
    scan: async (i) => {
      const range = { start: keyOf(i), end: keyOf(i + SCAN) };
      const { kvs } = await client.getAll().inRange(range).exec();
      return kvs.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
    },
    put: (i) => client.put(keyOf(i)).value(VALUE).exec(),
    close: () => client.close(),
  };
}

function lengthOf(entries: Iterable<readonly [{ length: number }, { length: number }]>): number {
  let sum = 0;
  for (const [key, value] of entries) sum += key.length + value.length;
  return sum;
}

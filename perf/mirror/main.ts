// npm run perf -- --mirror: a mirror against etcd itself, on a cluster of three members on this machine.
import { setTimeout as sleep } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { MemTable, ValueType } from 'flat-memdb';
import { Mirror } from 'flat-memdb/etcd';
import { EtcdCluster, missingEtcd } from '../../examples/support/etcd-cluster.js';
import { median } from '../stats.js';
import { ENTRIES, PREFIX, SCAN, VALUE, fill, keyOf } from './data.js';

const RATE = 500;
const SECONDS = 20;

export async function runMirror(): Promise<number> {
  const missing = missingEtcd();
  if (missing !== undefined) {
    console.error(`perf --mirror: ${missing}`);
    return 1;
  }
  const cluster = await EtcdCluster.start();
  const client = new Etcd3({ hosts: cluster.hosts });
  try {
    await fill(client);
    const rows = await measure(client);
    const width = Math.max(...rows.map(([what]) => what.length));
    for (const [what, figure] of rows) console.log(`${what.padEnd(width)}  ${figure}`);
    return 0;
  } finally {
    client.close();
    await cluster.stop();
  }
}

async function measure(client: Etcd3): Promise<[what: string, figure: string][]> {
  const rows: [string, string][] = [];
  const options = { client, range: { prefix: PREFIX }, retain: { revisions: 1_000_000 } };

  const loads: number[] = [];
  for (let i = 0; i < 3; i++) {
    const began = performance.now();
    const mirror = await Mirror.open(options);
    loads.push(performance.now() - began);
    mirror.close();
  }
  rows.push([`load ${ENTRIES.toLocaleString('en')} entries`, `${Math.round(median(loads))} ms`]);

  const mirror = await Mirror.open(options);
  try {
    if (mirror.length !== ENTRIES) throw new Error(`the mirror has ${mirror.length} entries`);
    let place = 0;
    const next = (below: number) => (place = (place + 48_271) % below);

    let read = 0;
    const gets = timed(200_000, () => {
      read += mirror.get(keyOf(next(ENTRIES)))!.length;
    });
    rows.push(['get, mirror', `${(gets * 1000).toFixed(2)} µs`]);
    const remote = await timedAsync(1000, async () => {
      read += (await client.get(keyOf(next(ENTRIES))).buffer())!.length;
    });
    rows.push(['get, etcd', `${(remote * 1000).toFixed(0)} µs`]);

    const scans = timed(300, () => {
      const from = next(ENTRIES - SCAN);
      for (const [key, value] of mirror.entries({ start: keyOf(from), limit: keyOf(from + SCAN) })) {
        read += key.length + value.length;
      }
    });
    rows.push([`scan of ${SCAN.toLocaleString('en')} entries, mirror`, `${scans.toFixed(3)} ms`]);
    const ranges = await timedAsync(100, async () => {
      const from = next(ENTRIES - SCAN);
      const { kvs } = await client
        .getAll()
        .inRange({ start: keyOf(from), end: keyOf(from + SCAN) })
        .exec();
      for (const { key, value } of kvs) read += key.length + value.length;
    });
    rows.push([`scan of ${SCAN.toLocaleString('en')} entries, etcd`, `${ranges.toFixed(2)} ms`]);
    if (read === 0) throw new Error('nothing was read');

    rows.push(...(await lags(client, mirror)));
    rows.push(...memory());
  } finally {
    mirror.close();
  }
  return rows;
}

/** From when a write is confirmed to when it can be read, below 0 where that comes first. */
async function lags(client: Etcd3, mirror: Mirror): Promise<[string, string][]> {
  const confirmed = new Map<bigint, number>();
  const visible = new Map<bigint, number>();
  const stop = mirror.on('change', ({ revision }) => visible.set(revision, performance.now()));
  const began = performance.now();
  const writes: Promise<void>[] = [];
  const total = RATE * SECONDS;
  const sentOf = new Map<bigint, number>();
  for (let i = 0; i < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * RATE));
    for (; i < due; i++) {
      const at = performance.now();
      const write = async () => {
        const { header } = await client
          .put(keyOf(i % ENTRIES))
          .value(VALUE)
          .exec();
        confirmed.set(BigInt(header.revision), performance.now());
        sentOf.set(BigInt(header.revision), at);
      };
      writes.push(write());
    }
    await sleep(1);
  }
  await Promise.all(writes);
  const seconds = (performance.now() - began) / 1000;
  await mirror.waitFor([...confirmed.keys()].reduce((a, b) => (a > b ? a : b)));
  stop();
  const lag = [...confirmed].map(([revision, at]) => visible.get(revision)! - at);
  const whole = [...sentOf].map(([revision, at]) => visible.get(revision)! - at);
  const rate = `at ${Math.round(total / seconds)} writes a second`;
  return [
    [`from confirmed to visible, ${rate}`, percentiles(lag)],
    [`from sent to visible, ${rate}`, percentiles(whole)],
  ];
}

/** What the table of a mirror takes in use: arrays that have just grown have as much again in reserve. */
function memory(): [string, string][] {
  const table = new MemTable();
  const add = (revision: number) => {
    const before = table.approximateMemoryUsage;
    for (let i = 0; i < ENTRIES; i++) table.add(revision + i, ValueType.Value, keyOf(i), VALUE);
    return `${Math.round((table.approximateMemoryUsage - before) / ENTRIES)} bytes`;
  };
  const bytes = keyOf(0).length + VALUE.length;
  return [
    [`memory of an entry, of ${bytes} bytes by itself`, add(1)],
    [`memory of one more version of it`, add(1 + ENTRIES)],
  ];
}

function timed(count: number, run: () => void): number {
  for (let i = 0; i < count / 10; i++) run();
  const began = performance.now();
  for (let i = 0; i < count; i++) run();
  return (performance.now() - began) / count;
}

async function timedAsync(count: number, run: () => Promise<void>): Promise<number> {
  for (let i = 0; i < count / 10; i++) await run();
  const began = performance.now();
  for (let i = 0; i < count; i++) await run();
  return (performance.now() - began) / count;
}

function percentiles(numbers: number[]): string {
  numbers.sort((a, b) => a - b);
  const at = (part: number) => numbers[Math.floor((numbers.length - 1) * part)].toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

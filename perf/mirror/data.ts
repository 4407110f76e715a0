// What a cluster of these figures holds.
import type { Etcd3 } from 'etcd3';

export const ENTRIES = 100_000;
export const VALUE = Buffer.alloc(100, 'v');
export const PREFIX = Buffer.from('perf/');
/** Entries of a scan. */
export const SCAN = 1000;
/** In one transaction, as etcd allows. */
const BATCH = 100;

export const keyOf = (i: number) => Buffer.from(`perf/${String(i).padStart(8, '0')}`);

/** Puts all entries, each once. */
export async function fill(client: Etcd3): Promise<void> {
  const batches = Array.from({ length: ENTRIES / BATCH }, (_, i) => i * BATCH);
  const worker = async () => {
    for (let from = batches.pop(); from !== undefined; from = batches.pop()) {
      const puts = Array.from({ length: BATCH }, (_, i) => client.put(keyOf(from + i)).value(VALUE));
      await client
        .if('none', 'Version', '==', 0)
        .then(...puts)
        .commit();
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

// A process that does one job, and prints what it found.
import { makeKeys, makeMap } from './data.js';
import type { Job } from './protocol.js';
import { measureSingle } from './single.js';
import { measureTraffic } from './traffic.js';

function measure(job: Job): unknown {
  if (job.what === 'single') return measureSingle(job.n, job.lives);
  if (job.what === 'threads') return measureTraffic(job);
  return measureClones(job.n, job.times);
}

/** ms that a structured clone takes, which is what posting all to one more thread does. */
function measureClones(n: number, times: number): number[] {
  const map = makeMap(makeKeys(n));
  return Array.from({ length: times }, () => {
    globalThis.gc?.();
    const began = performance.now();
    structuredClone(map);
    return performance.now() - began;
  });
}

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2]) as Job)));

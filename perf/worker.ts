// A measuring process: node --expose-gc build/perf/worker.js JOB, where JOB is a Job (protocol.ts) in JSON.
import { writeSync } from 'node:fs';
import { columnOf } from './competitors/index.js';
import { runJob } from './measure.js';
import type { Job } from './protocol.js';

const job = JSON.parse(process.argv[2]) as Job;
const { load } = columnOf(job.competitor);
if (load === undefined) throw new Error(`${job.competitor} is not measured by this program.`);
const create = await load();
// Written at once, so that nothing is lost if the process is stopped for taking too long.
await runJob(create(), job, (message) => writeSync(1, JSON.stringify(message) + '\n'));

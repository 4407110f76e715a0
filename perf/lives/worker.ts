// A measuring process: node --expose-gc build/perf/lives/worker.js JOB, where JOB is a Job (protocol.ts) in JSON.
import { writeSync } from 'node:fs';
import { contestantOf } from './contestants.js';
import { runJob } from './measure.js';
import type { Job } from './protocol.js';

const job = JSON.parse(process.argv[2]) as Job;
const { load } = contestantOf(job.contestant);
if (load === undefined) throw new Error(`${job.contestant} is not measured by this program.`);
const create = await load();
// Written at once, so that nothing is lost if a life fails.
await runJob(create(), job, (message) => writeSync(1, JSON.stringify(message) + '\n'));

// A measuring process: node --expose-gc worker.js JOB, where JOB is a Job (protocol.ts) in JSON.
import { writeSync } from 'node:fs';
import { runJob } from './measure.js';
import type { Job } from './protocol.js';

await runJob(JSON.parse(process.argv[2]) as Job, (sample) => writeSync(1, JSON.stringify(sample) + '\n'));

// A process that measures one map: node --expose-gc build/perf/map/worker.js JOB, where JOB is a Job (protocol.ts) in JSON. Prints an Answer.
import { OBJECTS, STRINGS, type Columns } from './data.js';
import { measureMemory } from './memory.js';
import type { Answer, Job } from './protocol.js';
import { measureTimes } from './times.js';

async function answer<V>(job: Job, columns: Columns<V>): Promise<Answer> {
  return job.what === 'times' ? measureTimes(job, columns) : { memory: await measureMemory(job, columns) };
}

const job = JSON.parse(process.argv[2]) as Job;
const answered = job.values === 'string' ? await answer(job, STRINGS) : await answer(job, OBJECTS);
process.stdout.write(JSON.stringify(answered));

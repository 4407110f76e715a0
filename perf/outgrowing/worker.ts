// A process that measures one step: node build/perf/outgrowing/worker.js JOB, where JOB is a Job (protocol.ts) in JSON. Prints an Answer.
import { ENTRIES, SCAN, VALUE, keyOf } from '../mirror/data.js';
import { median } from '../stats.js';
import { MANY, type Answer, type Job } from './protocol.js';
import { stepOf } from './steps.js';

/** Milliseconds that are not counted: of each call before all, as servers warm up, too; and of a row before its turns. */
const WARM_ALL = 1500;
const WARM = 500;
/** Of each turn that is. */
const TURN = 1000;
const TURNS = 3;
/** Calls between two looks at the clock. */
const BETWEEN = 16;

type Call = (i: number) => unknown;

async function measure(job: Job): Promise<Answer> {
  const step = await stepOf(job);
  const entry = keyOf(0).length + VALUE.length;
  const found = [await step.get(7), await step.scan(7)];
  if (found[0] !== VALUE.length || found[1] !== SCAN * entry) throw new Error(`it found ${found.join(', ')}`);

  const get: Call = (i) => step.get(i);
  const scan: Call = (i) => step.scan(i % (ENTRIES - SCAN));
  const put: Call = (i) => step.put(i);
  for (const call of [get, scan, put]) await callsPerMs(call, 1, WARM_ALL);
  const each = async (call: Call, lanes = 1) => {
    const turns: number[] = [];
    await callsPerMs(call, lanes, WARM);
    for (let i = 0; i < TURNS; i++) turns.push(await callsPerMs(call, lanes, TURN));
    return median(turns);
  };
  const answer = {
    get: 1000 / (await each(get)),
    scan: 1 / (await each(scan)),
    put: 1000 / (await each(put)),
    putsPerSecond: 1000 * (await each(put, MANY)),
  };
  await step.close();
  return answer;
}

/** Calls for so many milliseconds, with so many on their way at a time; where they answer at once, one. */
async function callsPerMs(call: Call, lanes: number, ms: number): Promise<number> {
  const began = performance.now();
  let calls = 0;
  let place = 0;
  const lane = async () => {
    while (performance.now() - began < ms) {
      for (let i = 0; i < BETWEEN; i++, calls++) {
        place = (place + 48_271) % ENTRIES;
        const answer = call(place);
        if (answer instanceof Promise) await answer;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return calls / (performance.now() - began);
}

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2]) as Job)), () => process.exit());

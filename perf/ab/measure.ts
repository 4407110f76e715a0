// Measures the rows of a group on both sides, inside a process of its own.
import type { Course, Step } from './courses.js';
import type { Data } from './data.js';
import { readData } from './data.js';
import type { Job, Sample } from './protocol.js';
import { Random } from '../random.js';
import { loadSide, SIDES, type Side } from './sides.js';

/** Milliseconds of both sides. */
type Times = Record<Side, number>;

/** A course as both sides have it. */
interface Pair {
  row: string;
  courses: Record<Side, Course>;
  /** Steps of courses that are not fresh, which are made once. */
  steps: Record<Side, Step[]> | undefined;
  rounds: number;
  /** Milliseconds measured so far. */
  measured: number;
}

type Report = (sample: Sample) => void;

export async function runJob(job: Job, report: Report): Promise<void> {
  const random = new Random(job.seed);
  const measured = await pairsOf(job, readData(job.folder));
  const isSmall = job.warmFolder === job.folder;
  const warm = isSmall ? measured : await pairsOf(job, readData(job.warmFolder));
  repeat(warm, 2, job.warmMs, random, () => {});
  for (const pair of warm) pair.rounds = pair.measured = 0;
  repeat(measured, job.rounds, job.minMs, random, report);
}

async function pairsOf(job: Job, data: Data): Promise<Pair[]> {
  const courses = {} as Record<Side, Course[]>;
  for (const side of job.order) courses[side] = await loadSide(side, job.libraries[side], job.group, data);
  const pairs = courses.old.map((old, i): Pair => {
    const both = { old, new: courses.new[i] };
    return { row: old.row, courses: both, steps: undefined, rounds: 0, measured: 0 };
  });
  return pairs.filter(({ row }) => job.courses.includes(row));
}

/** Round after round of all pairs, so that a disturbance of some seconds meets each of them a little, until all have enough. */
function repeat(pairs: Pair[], rounds: number, minMs: number, random: Random, report: Report): void {
  for (let round = 0; ; round++) {
    const wanting = pairs.filter((pair) => pair.rounds < rounds || pair.measured < minMs);
    if (wanting.length === 0) return;
    for (const pair of wanting) measureRound(pair, random, report);
  }
}

function measureRound(pair: Pair, random: Random, report: Report): void {
  const order = random.below(2) === 0 ? SIDES : [...SIDES].reverse();
  const steps = pair.steps ?? open(pair, order);
  if (!pair.courses.old.fresh) pair.steps = steps;
  const times = new Map<string, Times & { ops: number }>();
  const met = { old: 0, new: 0 };
  steps.old.forEach(({ row, ops }, i) => {
    if (!times.has(row)) times.set(row, { old: 0, new: 0, ops: 0 });
    const time = times.get(row)!;
    time.ops += ops;
    // Who goes first, alternates: the second finds the keys in the cache.
    for (const side of i % 2 === 0 ? order : [...order].reverse()) {
      const step = steps[side][i];
      const start = performance.now();
      met[side] += step.run();
      time[side] += performance.now() - start;
    }
  });
  check(pair, met);
  pair.rounds++;
  for (const { old, new: now } of times.values()) pair.measured += old + now;
  tell(pair, times, report);
}

function open(pair: Pair, order: readonly Side[]): Record<Side, Step[]> {
  collect();
  const steps = {} as Record<Side, Step[]>;
  for (const side of order) steps[side] = pair.courses[side].open();
  return steps;
}

/** A life is told of as a whole, too: per entry, as its first part. */
function tell(pair: Pair, times: Map<string, Times & { ops: number }>, report: Report): void {
  const parts = [...times];
  if (parts.length > 1) {
    const sum = (side: Side) => parts.reduce((sum, [, time]) => sum + time[side], 0);
    parts.unshift([pair.row, { old: sum('old'), new: sum('new'), ops: parts[0][1].ops }]);
  }
  for (const [row, { old, new: now, ops }] of parts) {
    report({ row, old: (old * 1e6) / ops, new: (now * 1e6) / ops });
  }
}

function check({ row, courses }: Pair, met: Record<Side, number>): void {
  const expected = courses.old.met;
  if (met.old !== met.new || (expected !== undefined && met.old !== expected)) {
    const wanted = expected === undefined ? 'the same of both' : expected;
    throw new Error(`${row} met ${met.old} in OLD and ${met.new} in NEW, where ${wanted} was expected.`);
  }
}

function collect(): void {
  if (globalThis.gc === undefined)
    throw new Error('Run with node --expose-gc: rounds begin with a collected heap.');
  globalThis.gc();
}

// Measures the rows of a group on both sides, inside a process of its own.
import { getHeapStatistics } from 'node:v8';
import { Random } from '../random.js';
import { stopwatch } from '../stopwatch.js';
import type { Course, Courses, Step } from './courses.js';
import { Data } from './data.js';
import type { Job, Sample } from './protocol.js';
import { loadSide, SIDES, type Both, type Side } from './sides.js';

/** Rows that only read get new tables after so many rounds. */
const ROUNDS_OF_TABLE = 2;
/**
 * The engine collects after some 64 MB of new array buffers. Two tables come to that sooner than the one of a user does,
 * and one of the sides would pay for both; so the collector runs between steps, before.
 */
const COLLECT_AFTER_BYTES = 40e6;

type Makers = Both<(data: Data) => Courses>;
type Report = (sample: Sample) => void;
type Order = readonly Side[];

/** What a row took: ms, and operations of one side. */
type Times = Both<number> & { ops: number };

/** A course as both sides have it. */
interface Pair {
  courses: Both<Course>;
  /** Those of a course that is not fresh. */
  steps: Both<Step[]> | undefined;
  rounds: number;
  /** Milliseconds of both sides so far. */
  measured: number;
}

export async function runJob(job: Job, report: Report): Promise<void> {
  const makers = {} as Makers;
  for (const side of job.order) makers[side] = await loadSide(side, job.libraries[side]);
  const isSmall = job.warmFolder === job.folder;
  const warm = new Bench(job, makers, new Data(job.warmFolder));
  warm.repeat(job.warmRounds, job.warmMs, () => {});
  const bench = isSmall ? warm : new Bench(job, makers, new Data(job.folder));
  bench.repeat(job.rounds, job.minMs, (sample) => {
    if (job.rows.includes(sample.row)) report(sample);
  });
}

class Bench {
  readonly #courses: Both<Courses>;
  readonly #pairs: Pair[];
  readonly #random: Random;

  constructor(job: Job, makers: Makers, data: Data) {
    this.#random = new Random(job.seed);
    this.#courses = { old: makers.old(data), new: makers.new(data) };
    const all = {} as Both<Course[]>;
    for (const side of job.order) all[side] = this.#courses[side].of(job.group);
    const pairs = all.old.map((old, i): Pair => {
      return { courses: { old, new: all.new[i] }, steps: undefined, rounds: 0, measured: 0 };
    });
    const isWanted = ({ rows, whole }: Course) => [...rows, whole].some((row) => job.rows.includes(row!));
    // The order decides in which state code is when it is compiled, so there is another one in each process.
    this.#pairs = this.#random.shuffled(pairs.filter(({ courses }) => isWanted(courses.old)));
  }

  /** Round after round of all rows, until each has enough: a disturbance of some seconds meets all of them a little. */
  repeat(rounds: number, minMs: number, report: Report): void {
    for (const pair of this.#pairs) pair.rounds = pair.measured = 0;
    for (let round = 0; ; round++) {
      const wanting = this.#pairs.filter((pair) => pair.rounds < rounds || pair.measured < minMs);
      if (wanting.length === 0) return;
      if (round % ROUNDS_OF_TABLE === 0) this.#renew();
      for (const pair of wanting) this.#measure(pair, report);
    }
  }

  /** New tables for the rows that only read. */
  #renew(): void {
    const pairs = this.#pairs.filter(({ courses }) => !courses.old.isFresh);
    if (pairs.length === 0) return;
    for (const pair of pairs) pair.steps = undefined;
    for (const side of SIDES) this.#courses[side].renew();
    collect();
    const order = this.#order();
    for (const pair of pairs) pair.steps = open(pair, order);
    collect();
  }

  /** A round: two passes, each begun by another side, which gets another part of memory for its table. */
  #measure(pair: Pair, report: Report): void {
    const times = new Map<string, Times>();
    const first = this.#order();
    for (const order of [first, [...first].reverse()]) {
      const steps = pair.steps ?? openFresh(pair, order);
      check(pair, takeSteps(steps, order, times));
    }
    pair.rounds++;
    for (const { old, new: now } of times.values()) pair.measured += old + now;
    tell(pair, times, report);
  }

  #order(): Order {
    return this.#random.below(2) === 0 ? SIDES : [...SIDES].reverse();
  }
}

function open({ courses }: Pair, order: Order): Both<Step[]> {
  const steps = {} as Both<Step[]>;
  for (const side of order) steps[side] = courses[side].open();
  return steps;
}

/**
 * The collector runs before, for the tables of the last pass, and after, since what is allocated here brings its next run
 * nearer, which would meet one side in the midst of its steps.
 */
function openFresh(pair: Pair, order: Order): Both<Step[]> {
  collect();
  const steps = open(pair, order);
  collect();
  return steps;
}

/** @returns what both sides met */
function takeSteps(steps: Both<Step[]>, order: Order, times: Map<string, Times>): Both<number> {
  const met = { old: 0, new: 0 };
  let collected = externalBytes();
  steps.old.forEach(({ row, ops }, i) => {
    if (externalBytes() - collected > COLLECT_AFTER_BYTES) {
      collect();
      collected = externalBytes();
    }
    let time = times.get(row);
    if (time === undefined) times.set(row, (time = { old: 0, new: 0, ops: 0 }));
    time.ops += ops;
    // Who goes first, alternates: the second finds the keys in the cache.
    for (const side of i % 2 === 0 ? order : [...order].reverse()) {
      const step = steps[side][i];
      const elapsed = stopwatch();
      met[side] += step.run();
      time[side] += elapsed();
    }
  });
  return met;
}

/** A life is told of as a whole, too: per entry, as its first part. */
function tell(pair: Pair, times: Map<string, Times>, report: Report): void {
  const parts = [...times];
  const { whole } = pair.courses.old;
  if (whole !== undefined) {
    const sum = (side: Side) => parts.reduce((sum, [, time]) => sum + time[side], 0);
    parts.unshift([whole, { old: sum('old'), new: sum('new'), ops: parts[0][1].ops }]);
  }
  for (const [row, { old, new: now, ops }] of parts) {
    report({ row, old: (old * 1e6) / ops, new: (now * 1e6) / ops });
  }
}

function check({ courses }: Pair, met: Both<number>): void {
  const expected = courses.old.met;
  if (met.old !== met.new || (expected !== undefined && met.old !== expected)) {
    const wanted = expected ?? 'the same of both';
    throw new Error(
      `${courses.old.rows.join(', ')} met ${met.old} in OLD and ${met.new} in NEW, where ${wanted} was expected.`,
    );
  }
}

/** Array buffers, mostly. */
function externalBytes(): number {
  return getHeapStatistics().external_memory;
}

function collect(): void {
  if (globalThis.gc === undefined)
    throw new Error('Run with node --expose-gc: passes begin with a collected heap.');
  globalThis.gc();
}

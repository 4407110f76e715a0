import { Random } from './random.js';

/** Slots of an Int32Array in a cache line of 64 bytes. */
const LINE_SLOTS = 16;
const STEPS = 1_000_000;

/**
 * Nanoseconds that one random load costs when its address depends on the load before, as in a search: a walk over
 * all the cache lines of `bytes` bytes in one random cycle.
 */
export function dependentLoadLatency(bytes: number): number {
  const lines = Math.max(2, Math.floor(bytes / 4 / LINE_SLOTS));
  const slots = new Int32Array(lines * LINE_SLOTS);
  linkRandomCycle(slots, lines, new Random(7));
  walk(slots, STEPS / 10); // compiles the loop
  const start = performance.now();
  const end = walk(slots, STEPS);
  const elapsed = performance.now() - start;
  if (end < 0) throw new Error('unreachable: it uses the result, so that the walk is not optimised away');
  return (elapsed * 1e6) / STEPS;
}

/** Sattolo's shuffle: a permutation that is a single cycle, so that the walk comes by every line. */
export function linkRandomCycle(slots: Int32Array, lines: number, random: Random): void {
  for (let i = 0; i < lines; i++) slots[i * LINE_SLOTS] = i * LINE_SLOTS;
  for (let i = lines - 1; i > 0; i--) {
    const j = random.below(i);
    const slot = slots[i * LINE_SLOTS];
    slots[i * LINE_SLOTS] = slots[j * LINE_SLOTS];
    slots[j * LINE_SLOTS] = slot;
  }
}

function walk(slots: Int32Array, steps: number): number {
  let at = 0;
  for (let i = 0; i < steps; i++) at = slots[at];
  return at;
}

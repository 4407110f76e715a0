declare const performance: { now(): number };
declare const setTimeout: (call: () => void, ms: number) => unknown;
declare const clearTimeout: (timer: unknown) => void;

/** Milliseconds, from whenever; it never goes back. */
export function now(): number {
  return performance.now();
}

/** The longest that a timer waits; one of more would go off at once. */
const LONGEST = 2 ** 31 - 1;

/** @returns what stops it */
export function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, Math.min(ms, LONGEST));
  return () => clearTimeout(timer);
}

declare const performance: { now(): number };
declare const setTimeout: (call: () => void, ms: number) => unknown;
declare const clearTimeout: (timer: unknown) => void;

/** Milliseconds, from whenever; it never goes back. */
export function now(): number {
  return performance.now();
}

/** @returns what stops it */
export function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}

const kept = new Map<unknown, unknown>();

/**
 * Keeps one instance of a class for good, made by its first caller. V8 forgets what it learnt of a class, and all
 * code that it optimised for it, when the last instance is collected: a program that makes a DB now and then, and
 * drops it, would begin slowly every time.
 */
export function keepOne(kind: unknown, make: () => unknown): void {
  if (kept.has(kind)) return;
  kept.set(kind, undefined); // Making one comes here again.
  try {
    kept.set(kind, make());
  } catch {
    // No memory for it.
  }
}

// Time in which this process had a processor: what other work on the machine takes from it does not count.

/** Begins to take a time; what it returns gives the milliseconds since. */
export function stopwatch(): () => number {
  const begun = process.cpuUsage();
  const start = performance.now();
  return () => {
    const elapsed = performance.now() - start;
    return Math.min(elapsed, onProcessor(begun));
  };
}

/**
 * Milliseconds that this process had a processor. That is less than what has elapsed, where another process was given
 * it meanwhile; and more, where threads of the engine had the other processors.
 */
function onProcessor(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

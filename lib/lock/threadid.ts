/**
 * The `threadId` of `worker_threads`, which is also that of the `Worker` object which the thread's maker holds; 0 for the
 * thread that a program begins with. Undefined where there is none, as in browsers. Nothing is imported for it: a bundle
 * for browsers would stumble over that.
 */
export function threadId(): number | undefined {
  try {
    const id = reportedId(member(globalThis, 'process'));
    if (!Number.isInteger(id) || (id as number) < 0) return undefined;
    // A worker of the web is none of `worker_threads`, and may be told the id of its process's first thread.
    return id === 0 && member(globalThis, 'WorkerGlobalScope') !== undefined ? undefined : (id as number);
  } catch {
    return undefined;
  }
}

function reportedId(process: unknown): unknown {
  const getBuiltinModule = member(process, 'getBuiltinModule');
  if (getBuiltinModule !== undefined) {
    return member((getBuiltinModule as Ask).call(process, 'node:worker_threads'), 'threadId');
  }
  // Node before 20.16. Its first thread is not to be asked for the report, which waits for all of its workers.
  const chdir = member(process, 'chdir');
  if (chdir !== undefined && member(chdir, 'disabled') !== true) return 0;
  const report = member(process, 'report');
  return member(member((member(report, 'getReport') as Ask).call(report), 'header'), 'threadId');
}

type Ask = (this: unknown, name?: string) => unknown;

/** Of what is not ours: by their names as they are, which the build would shorten if they were declared. */
function member(of: unknown, name: string): unknown {
  return (of as Record<string, unknown> | null | undefined)?.[name];
}

import { LockTimeoutError, type DB } from 'flat-memdb';

/** More than any busy machine takes. */
const PATIENCE = 30_000;

/** `recover`, as often as somebody who lives is in the way: who holds the lock just now, or recovers as well. */
export async function recoverPatiently(db: DB, dead: number | readonly number[]): Promise<void> {
  await patiently(() => db.recover({ dead }));
}

/** A call, as often as it ends by a LockTimeoutError. */
export async function patiently<T>(call: () => T): Promise<T> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (!(error instanceof LockTimeoutError) || performance.now() > until) throw error;
    }
    // Others of this thread come in between.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

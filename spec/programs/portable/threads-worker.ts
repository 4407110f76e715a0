/* A worker of the web, for threads.ts. */
import { DB, type SharedRWLock } from 'flat-memdb';
import { Mixer } from '../threads/mixer.js';
import type { Order, Report } from './threads.js';

/** What a worker has around it; the DOM's types are not at hand. */
interface Scope {
  onmessage: (event: { data: Order }) => void;
  postMessage(report: Report): void;
}
const scope = globalThis as unknown as Scope;

scope.onmessage = ({ data: { handle, clock, share, facts } }) => {
  let threadId = 0;
  try {
    const db = DB.attach(handle);
    ({ threadId } = db.lock as SharedRWLock);
    const mixer = new Mixer(db, new Int32Array(clock), share);
    if (facts === Infinity) scope.postMessage({ threadId, log: mixer.log, counts: [] });
    while (mixer.facts < facts) mixer.next().run();
    const { log, counts } = mixer;
    db.close();
    scope.postMessage({ threadId, log, counts });
  } catch (error) {
    const trouble = error instanceof Error ? (error.stack ?? error.message) : String(error);
    scope.postMessage({ threadId, trouble, log: new Int32Array(0), counts: [] });
  }
};

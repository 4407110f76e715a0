/* A worker of the web, for threads.ts. */
import { DB, type SharedRWLock } from 'flat-memdb';
import { Mixer } from '../threads/mixer.js';
import type { Order, Report } from './threads.js';

/** What a worker has around it; the DOM's types are not at hand. */
interface Scope {
  onmessage: (event: { data: Order }) => void;
  postMessage(report: Report): void;
  readonly navigator: { locks: { request(name: string, granted: () => Promise<void>): Promise<void> } };
}
const scope = globalThis as unknown as Scope;

/** Takes a lock of the browser for as long as this worker lives: whoever is granted it next knows that it lives no more. */
function live(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const granted = () => {
      resolve();
      return new Promise<void>(() => {});
    };
    scope.navigator.locks.request(name, granted).catch(reject);
  });
}

scope.onmessage = ({ data }) => void play(data);

async function play({ handle, clock, share, facts, life }: Order): Promise<void> {
  let threadId = 0;
  try {
    await live(life);
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
}

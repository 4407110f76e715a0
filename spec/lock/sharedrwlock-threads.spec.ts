import { Worker } from 'node:worker_threads';
import { LockMisuseError, LockTimeoutError, SharedRWLock } from '../../lib/index.js';
import { thrownBy } from '../support/faults.js';
import { asThread, isFree, pair, rejectionOf, timeoutOf, words } from '../support/locks.js';

/* One handle beside another of the same thread is as good as one of another thread, as long as nobody has to wait for long. */

// Workers take long to start on a busy machine.
jest.setTimeout(60_000);

describe('ids of threads', () => {
  it('are those of worker_threads', async () => {
    const lock = new SharedRWLock({ timeout: 0 });
    expect(lock.threadId).toBe(0);
    const worker = new Worker(
      `const { workerData: handle, parentPort } = require('node:worker_threads');
      import(${JSON.stringify(require.resolve('../../dist/esm/index.js'))}).then(({ SharedRWLock }) => {
        const lock = SharedRWLock.attach(handle);
        lock.lock();
        parentPort.postMessage(lock.threadId);
        parentPort.on('message', () => {});
      })`,
      { eval: true, workerData: lock.handle },
    );
    const id = await new Promise((resolve) => worker.once('message', resolve));
    expect(id).toBe(worker.threadId);
    expect(lock.holders()).toEqual([worker.threadId]);
    expect(timeoutOf(() => lock.rlock()).holders).toEqual([worker.threadId]);
    await worker.terminate();
  });

  /** As another engine would have it. */
  const inEngine = <T>(engine: Record<string, unknown>, make: () => T): T => {
    const before = Object.keys(engine).map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
    for (const [name, value] of Object.entries(engine)) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
    try {
      return make();
    } finally {
      Object.keys(engine).forEach((name, i) => {
        if (before[i] === undefined) Reflect.deleteProperty(globalThis, name);
        else Object.defineProperty(globalThis, name, before[i]);
      });
    }
  };
  const module = (threadId: unknown) => ({ getBuiltinModule: () => ({ threadId }) });

  it('are made up where there are none: one for each thread of a lock', () => {
    inEngine({ process: undefined }, () => {
      const lock = new SharedRWLock();
      expect(SharedRWLock.attach(lock.handle).threadId).toBe(lock.threadId);
      // Another thread has another object for the same memory.
      const there = SharedRWLock.attach(structuredClone(lock.handle));
      expect(there.threadId).not.toBe(lock.threadId);
      there.lock();
      expect(lock.holders()).toEqual([there.threadId]);
    });
  });

  it.each([
    ['a thread of Node', { process: module(3) }, 3],
    ['the first thread of Node before 20.16', { process: { chdir: () => {} } }, 0],
    [
      'another thread of Node before 20.16',
      {
        process: {
          chdir: Object.assign(() => {}, { disabled: true }),
          report: { getReport: () => ({ header: { threadId: 5 } }) },
        },
      },
      5,
    ],
  ])('are known to %s', (_, engine, id) => {
    expect(inEngine(engine, () => new SharedRWLock().threadId)).toBe(id);
  });

  it.each([
    [
      'a worker of the web that is told the id of the first thread',
      { process: module(0), WorkerGlobalScope: Object },
    ],
    ['an engine that has no such module', { process: { getBuiltinModule: () => undefined } }],
    ['an engine whose process is another', { process: { env: {} } }],
    ['an engine that refuses', { process: { getBuiltinModule: () => thrownBy(() => {}) } }],
    ['an id that is none', { process: module('1') }],
  ])('are made up for %s', (_, engine) => {
    expect(inEngine(engine, () => new SharedRWLock().threadId)).toBeGreaterThanOrEqual(1_000_000);
  });
});

describe('the dead', () => {
  const dead = (lock: SharedRWLock, id: number, hold: (lock: SharedRWLock) => unknown) =>
    asThread(id, () => hold(SharedRWLock.attach(lock.handle, { timeout: 60_000 })));

  it.each([[[7]], [undefined]])('hand a write side on to who frees %p', (named) => {
    const { lock, other } = pair();
    dead(lock, 7, (handle) => handle.lock());
    expect(lock.free(named)).toBe(true);
    // In its hand, as after lock().
    expect(() => other.rlock()).toThrow(LockTimeoutError);
    expect(() => lock.lock()).toThrow(LockMisuseError);
    expect(lock.holders()).toEqual([0]);
    lock.unlock();
    expect(isFree(lock)).toBe(true);
    expect(lock.free(named)).toBe(false);
  });

  it.each([[[7]], [undefined]])('take a read side with them, for who frees %p', (named) => {
    const { lock } = pair();
    dead(lock, 7, (handle) => handle.rlock());
    expect(lock.free(named)).toBe(false);
    expect(isFree(lock)).toBe(true);
  });

  it.each([[[7]], [undefined]])('do not hold readers back, for who frees %p', async (named) => {
    const { lock, other } = pair();
    lock.lock();
    const asked = dead(lock, 7, (handle) => handle.lockAsync()) as Promise<void>;
    lock.unlock();
    expect(() => other.rlock()).toThrow(LockTimeoutError);
    expect(lock.free(named)).toBe(false);
    expect(isFree(lock)).toBe(true);
    // It lives after all, and is told so.
    expect(await rejectionOf(asked)).toBeInstanceOf(LockMisuseError);
    expect(isFree(lock)).toBe(true);
  });

  it('give their slots back, all of them', () => {
    const lock = new SharedRWLock({ threads: 4, timeout: 0 });
    dead(lock, 7, () => {});
    dead(lock, 8, (handle) => handle.lock());
    dead(lock, 7, () => {});
    expect(() => SharedRWLock.attach(lock.handle)).toThrow('by threads 0, 7, 8');
    expect(lock.free([7])).toBe(false);
    expect(lock.holders()).toEqual([8]);
    SharedRWLock.attach(lock.handle);
    SharedRWLock.attach(lock.handle);
    expect(() => SharedRWLock.attach(lock.handle)).toThrow('by threads 0, 8');
  });

  it('are those that were named: others stay', () => {
    const { lock, other } = pair(5);
    dead(lock, 7, (handle) => handle.lock());
    expect(lock.free([8])).toBe(false);
    expect(lock.free([])).toBe(false);
    expect(() => other.rlock()).toThrow(LockTimeoutError);
    expect(lock.free([7])).toBe(true);
    lock.unlock();
  });

  it('are those still in the way, not who leaves in time', () => {
    const { lock } = pair();
    let calls = 0;
    const { wait } = Atomics;
    const alive = asThread(7, () => SharedRWLock.attach(lock.handle));
    alive.lock();
    Atomics.wait = ((...args: Parameters<typeof wait>) => {
      if (calls++ === 0) alive.unlock();
      return wait(...args);
    }) as typeof wait;
    try {
      expect(lock.free()).toBe(false);
    } finally {
      Atomics.wait = wait;
    }
    alive.lock();
    alive.unlock();
  });

  it('waits for readers that live, and takes nothing until they are gone', () => {
    const { lock, other } = pair(5);
    const alive = asThread(9, () => SharedRWLock.attach(lock.handle));
    alive.rlock();
    dead(lock, 7, (handle) => void handle.lockAsync().catch(() => {}));
    const error = timeoutOf(() => lock.free([7]));
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error.holders).toEqual([9]);
    expect(() => other.rlock()).toThrow(LockTimeoutError);
    alive.runlock();
    expect(lock.free([7])).toBe(true);
    lock.unlock();
    expect(isFree(lock)).toBe(true);
  });

  it('are freed by one at a time, until that has repaired what they left', () => {
    const { lock, other } = pair(5);
    dead(lock, 7, (handle) => handle.lock());
    expect(lock.free()).toBe(true);
    const error = timeoutOf(() => other.free());
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error.message).toContain('the right to recover');
    expect(error.holders).toEqual([0]);
    lock.unlock();
    expect(other.free()).toBe(false);
  });

  it('may be those that freed others', () => {
    const { lock } = pair(5);
    dead(lock, 7, (handle) => handle.lock());
    dead(lock, 8, (handle) => expect(handle.free([7])).toBe(true));
    expect(timeoutOf(() => lock.free([7])).holders).toEqual([8]);
    expect(lock.free([8])).toBe(true);
    lock.unlock();
    expect(isFree(lock)).toBe(true);
  });

  it('are freed for one that died on the way, too', () => {
    const { lock } = pair(5);
    dead(lock, 7, (handle) => handle.rlock());
    const { store } = Atomics;
    Atomics.store = () => {
      throw new Error('the end');
    };
    try {
      expect(() => dead(lock, 8, (handle) => handle.free([7]))).toThrow('the end');
    } finally {
      Atomics.store = store;
    }
    expect(isFree(lock)).toBe(false);
    expect(lock.free([8])).toBe(false);
    expect(isFree(lock)).toBe(true);
  });

  it('are not the thread that asks', () => {
    const { lock } = pair();
    const shared = words(lock);
    const error = thrownBy(() => lock.free([0]));
    expect(error.name).toBe('RangeError');
    expect(error.message).toContain("thread 0 can't be dead");
    expect(words(lock)).toEqual(shared);
  });

  describe('that live after all', () => {
    const uses: [name: string, hold: (lock: SharedRWLock) => void, use: (lock: SharedRWLock) => void][] = [
      ['unlock', (lock) => lock.lock(), (lock) => lock.unlock()],
      ['runlock', (lock) => lock.rlock(), (lock) => lock.runlock()],
      ['lock', () => {}, (lock) => lock.lock()],
      ['rlock', () => {}, (lock) => lock.rlock()],
    ];

    it.each(uses)(
      'are told so by %s, and leave the slot alone that is another thread’s now',
      (_, hold, use) => {
        const lock = new SharedRWLock({ threads: 2, timeout: 0 });
        const ghost = asThread(7, () => SharedRWLock.attach(lock.handle, { timeout: 0 }));
        hold(ghost);
        if (lock.free([7])) lock.unlock();
        const heir = SharedRWLock.attach(lock.handle, { timeout: 0 });
        for (const side of ['lock', 'rlock'] as const) {
          heir[side]();
          const shared = words(lock);
          const error = thrownBy(() => use(ghost));
          expect(error).toBeInstanceOf(LockMisuseError);
          if (!error.message.includes('without a matching'))
            expect(error.message).toContain('taken for dead');
          expect(words(lock)).toEqual(shared);
          if (side === 'lock') heir.unlock();
          else heir.runlock();
        }
        ghost.close();
        expect(() => SharedRWLock.attach(lock.handle)).toThrow('all 2 slots');
      },
    );
  });
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { LockMisuseError, LockTimeoutError, SharedRWLock } from '../../lib/index.js';
import { thrownBy } from '../support/faults.js';
import {
  asThread,
  codeOf,
  holdersIn,
  isFree,
  pair,
  rejectionOf,
  withoutGeneration,
  words,
} from '../support/locks.js';

/* One handle beside another of the same thread is as good as one of another thread, as long as nobody has to wait for long. */

// Workers take long to start on a busy machine.
jest.setTimeout(60_000);

describe('awaiting', () => {
  const kinds: [name: string, waitAsync: unknown][] = [
    ['with Atomics.waitAsync', (Atomics as { waitAsync?: unknown }).waitAsync],
    ['with timers', undefined],
  ];

  describe.each(kinds)('%s', (_, waitAsync) => {
    const before = (Atomics as { waitAsync?: unknown }).waitAsync;
    beforeAll(() => Object.assign(Atomics, { waitAsync }));
    afterAll(() => Object.assign(Atomics, { waitAsync: before }));

    it('gives a side that is free', async () => {
      const { lock } = pair();
      await lock.lockAsync();
      lock.unlock();
      await lock.rlockAsync();
      await lock.rlockAsync();
      lock.runlock();
      lock.runlock();
      expect(isFree(lock)).toBe(true);
    });

    it.each([
      ['lock', 'unlock', 'lockAsync', 'unlock'],
      ['lock', 'unlock', 'rlockAsync', 'runlock'],
      ['rlock', 'runlock', 'lockAsync', 'unlock'],
    ] as const)('after %s and %s, gives %s', async (take, give, ask, giveBack) => {
      const { lock, other } = pair(60_000);
      const order: string[] = [];
      lock[take]();
      const asked = other[ask]().then(() => order.push('had'));
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push('given');
      lock[give]();
      await asked;
      expect(order).toEqual(['given', 'had']);
      other[giveBack]();
      expect(isFree(lock)).toBe(true);
    });

    it('ends with an error that names who is in the way', async () => {
      const { lock, other } = pair(5);
      asThread(7, () => SharedRWLock.attach(lock.handle).lock());
      const errors = await Promise.all([lock.lockAsync(), other.rlockAsync()].map(rejectionOf));
      for (const error of errors) {
        expect(holdersIn(error)).toEqual([7]);
      }
    });

    it('leaves nothing behind when it was too long', async () => {
      const { lock, other } = pair(5);
      lock.rlock();
      await rejectionOf(other.lockAsync());
      const third = SharedRWLock.attach(lock.handle, { timeout: 0 });
      third.rlock();
      third.runlock();
      lock.runlock();
      expect(isFree(lock)).toBe(true);
    });

    it('serves those of one handle in their order, each alone', async () => {
      const { lock } = pair(60_000);
      const log: string[] = [];
      const task = async (name: string, isWrite: boolean) => {
        await (isWrite ? lock.lockAsync() : lock.rlockAsync());
        log.push(name);
        if (isWrite) lock.unlock();
        else lock.runlock();
      };
      await Promise.all([
        task('a', true),
        task('b', true),
        task('c', false),
        task('d', false),
        task('e', true),
      ]);
      expect(log).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(isFree(lock)).toBe(true);
    });

    it('lets many tasks count, through two handles', async () => {
      const { lock, other } = pair(60_000);
      let count = 0;
      const task = async (handle: SharedRWLock, i: number) => {
        if (i % 3 === 0) {
          await handle.rlockAsync();
          handle.runlock();
        }
        await handle.lockAsync();
        const seen = count;
        count = seen + 1;
        handle.unlock();
      };
      await Promise.all(Array.from({ length: 60 }, (_each, i) => task(i % 2 === 0 ? lock : other, i)));
      expect(count).toBe(60);
      expect(isFree(lock)).toBe(true);
    });
  });

  it('does not keep calls of the same thread out that need not wait', async () => {
    const { lock, other } = pair(60_000);
    other.rlock();
    const asked = lock.lockAsync();
    // It is asked for, and yet:
    lock.rlock();
    lock.runlock();
    other.runlock();
    lock.lock();
    lock.unlock();
    await asked;
    expect(() => lock.rlock()).toThrow(LockMisuseError);
    lock.unlock();
    expect(isFree(lock)).toBe(true);
  });

  it('keeps others out meanwhile, again after such a call', () => {
    const { lock, other } = pair();
    const patient = SharedRWLock.attach(lock.handle, { timeout: 60_000 });
    other.rlock();
    const asked = patient.lockAsync();
    patient.rlock();
    patient.runlock();
    expect(() => lock.rlock()).toThrow(LockTimeoutError);
    other.runlock();
    return asked.then(() => patient.unlock());
  });

  it('lets a task of the same thread in that comes just before who awaited it', async () => {
    const { lock } = pair();
    const awaited = lock.lockAsync();
    lock.rlock();
    lock.runlock();
    lock.lock();
    lock.unlock();
    await awaited;
    const other = SharedRWLock.attach(lock.handle, { timeout: 0 });
    expect(() => other.rlock()).toThrow(LockTimeoutError);
    expect(() => lock.rlock()).toThrow(LockMisuseError);
    lock.unlock();
    expect(isFree(lock)).toBe(true);
  });

  it('is a reason not to close', async () => {
    const { lock, other } = pair(60_000);
    other.lock();
    const asked = lock.rlockAsync();
    expect(() => lock.close()).toThrow('somebody awaits a side');
    other.unlock();
    await asked;
    lock.runlock();
    lock.close();
  });

  it('keeps Node running', async () => {
    const program = `const { SharedRWLock } = require(${JSON.stringify(require.resolve('../../dist/commonjs/index.js'))});
      const lock = new SharedRWLock();
      const other = SharedRWLock.attach(lock.handle, { timeout: 300 });
      lock.lock();
      other.rlockAsync().catch((error) => console.log(error.code));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
    expect(stdout).toBe('MEMDB_LOCK_TIMEOUT\n');
  });
});

describe('a thread that may not sleep', () => {
  const { wait } = Atomics;
  beforeAll(() => {
    Atomics.wait = () => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    };
  });
  afterAll(() => {
    Atomics.wait = wait;
  });

  it.each(['lock', 'rlock'] as const)('is told by %s to await', (ask) => {
    const { lock, other } = pair(60_000);
    lock.lock();
    const shared = words(lock);
    const error = thrownBy(() => other[ask]());
    expect(codeOf(error)).toBe('MEMDB_MAY_NOT_BLOCK');
    expect(error.message).toContain('await rlockAsync() or lockAsync()');
    expect(withoutGeneration(words(lock))).toEqual(withoutGeneration(shared));
    lock.unlock();
    other[ask]();
  });

  it('gets a timeout where that is even shorter', () => {
    const { lock, other } = pair(1);
    lock.lock();
    expect(() => other.lock()).toThrow(LockTimeoutError);
  });

  it('looks for a while', async () => {
    const lock = new SharedRWLock();
    const worker = new Worker(
      `const { workerData: handle, parentPort } = require('node:worker_threads');
      const { SharedRWLock } = require(${JSON.stringify(require.resolve('../../dist/commonjs/index.js'))});
      const lock = SharedRWLock.attach(handle);
      parentPort.postMessage('there');
      for (const end = Date.now() + 100; Date.now() < end;) {
        lock.lock();
        for (let i = 0; i < 1000; i++);
        lock.unlock();
        for (let i = 0; i < 1000; i++);
      }`,
      { eval: true, workerData: lock.handle },
    );
    await new Promise((resolve) => worker.once('message', resolve));
    let had = 0;
    for (let i = 0; i < 1000 || had === 0; i++) {
      try {
        lock.lock();
        lock.unlock();
        had++;
      } catch (error) {
        expect(codeOf(error)).toBe('MEMDB_MAY_NOT_BLOCK');
      }
    }
    await worker.terminate();
  });
});

import { Worker } from 'node:worker_threads';
import type * as library from '../../lib/index.js';
import { LockMisuseError, LockTimeoutError, MemDBError, SharedRWLock } from '../../lib/index.js';
import { thrownBy } from '../support/faults.js';
import {
  asThread,
  codeOf,
  holdersIn,
  isFree,
  pair,
  rejectionOf,
  timeoutOf,
  withoutGeneration,
  words,
} from '../support/locks.js';

/* One handle beside another of the same thread is as good as one of another thread, as long as nobody has to wait for long. */

describe('sides', () => {
  it('lets any number of readers in, and no writer beside them', () => {
    const { lock, other } = pair();
    lock.rlock();
    other.rlock();
    const third = SharedRWLock.attach(lock.handle, { timeout: 0 });
    expect(() => third.lock()).toThrow(LockTimeoutError);
    lock.runlock();
    expect(() => third.lock()).toThrow(LockTimeoutError);
    other.runlock();
    third.lock();
    third.unlock();
  });

  it('lets one writer in, and nobody beside it', () => {
    const { lock, other } = pair();
    lock.lock();
    expect(() => other.lock()).toThrow(LockTimeoutError);
    expect(() => other.rlock()).toThrow(LockTimeoutError);
    lock.unlock();
    expect(isFree(lock)).toBe(true);
  });

  it('counts reads inside of one another', () => {
    const { lock, other } = pair();
    lock.rlock();
    lock.rlock();
    lock.runlock();
    expect(() => other.lock()).toThrow(LockTimeoutError);
    lock.runlock();
    other.lock();
    other.unlock();
  });

  it('holds new readers back while a writer waits, but not reads inside of reads', async () => {
    const { lock, other } = pair();
    const writer = SharedRWLock.attach(lock.handle);
    lock.rlock();
    const written = writer.lockAsync();
    expect(() => other.rlock()).toThrow(LockTimeoutError);
    lock.rlock();
    lock.runlock();
    lock.runlock();
    await written;
    writer.unlock();
    other.rlock();
    other.runlock();
  });

  it('lets readers in again after a writer that gave up', () => {
    const { lock, other } = pair();
    const third = SharedRWLock.attach(lock.handle, { timeout: 0 });
    lock.rlock();
    expect(() => other.lock()).toThrow(LockTimeoutError);
    third.rlock();
    third.runlock();
    lock.runlock();
    expect(isFree(lock)).toBe(true);
  });
});

describe('misuse', () => {
  type Use = (lock: SharedRWLock) => unknown;
  const cases: [name: string, before: Use, use: Use, message: string][] = [
    ['unlock without lock', () => {}, (lock) => lock.unlock(), 'unlock() without a matching lock()'],
    ['runlock without rlock', () => {}, (lock) => lock.runlock(), 'runlock() without a matching rlock()'],
    [
      'unlock in a read',
      (lock) => lock.rlock(),
      (lock) => lock.unlock(),
      'unlock() without a matching lock()',
    ],
    [
      'runlock in a write',
      (lock) => lock.lock(),
      (lock) => lock.runlock(),
      'runlock() without a matching rlock()',
    ],
    [
      'a write in a read',
      (lock) => lock.rlock(),
      (lock) => lock.lock(),
      'write inside a read of the same lock',
    ],
    [
      'a write in a write',
      (lock) => lock.lock(),
      (lock) => lock.lock(),
      'write inside a write of the same lock',
    ],
    [
      'a read in a write',
      (lock) => lock.lock(),
      (lock) => lock.rlock(),
      'read inside a write of the same lock',
    ],
    ['close in a read', (lock) => lock.rlock(), (lock) => lock.close(), 'close() of a lock that is held'],
    ['close in a write', (lock) => lock.lock(), (lock) => lock.close(), 'close() of a lock that is held'],
    [
      'recover in a read',
      (lock) => lock.rlock(),
      (lock) => lock.free(),
      'recover inside of a read or a write',
    ],
    [
      'recover in a write',
      (lock) => lock.lock(),
      (lock) => lock.free([]),
      'recover inside of a read or a write',
    ],
    ['lock after close', (lock) => lock.close(), (lock) => lock.lock(), 'write after close()'],
    ['rlock after close', (lock) => lock.close(), (lock) => lock.rlock(), 'read after close()'],
    ['unlock after close', (lock) => lock.close(), (lock) => lock.unlock(), 'the lock is closed'],
    ['runlock after close', (lock) => lock.close(), (lock) => lock.runlock(), 'the lock is closed'],
    ['recover after close', (lock) => lock.close(), (lock) => lock.free(), 'recover after close()'],
  ];

  it.each(cases)('%s is refused, and changes nothing', (_, before, use, message) => {
    const lock = new SharedRWLock({ timeout: 0 });
    before(lock);
    const shared = words(lock);
    const error = thrownBy(() => use(lock));
    expect(error).toBeInstanceOf(LockMisuseError);
    expect(error.message).toContain(message);
    expect(words(lock)).toEqual(shared);
  });

  const rejected: [name: string, before: Use, use: (lock: SharedRWLock) => Promise<void>, message: string][] =
    [
      ['a write in a read', (lock) => lock.rlock(), (lock) => lock.lockAsync(), 'write inside a read'],
      ['a write in a write', (lock) => lock.lock(), (lock) => lock.lockAsync(), 'write inside a write'],
      ['a read in a write', (lock) => lock.lock(), (lock) => lock.rlockAsync(), 'read inside a write'],
      [
        'a write in a read that was awaited',
        (lock) => lock.rlockAsync(),
        (lock) => lock.lockAsync(),
        'write inside a read',
      ],
      [
        'a read in a write that was awaited',
        (lock) => lock.lockAsync(),
        (lock) => lock.rlockAsync(),
        'read inside a write',
      ],
      ['lockAsync after close', (lock) => lock.close(), (lock) => lock.lockAsync(), 'write after close()'],
      ['rlockAsync after close', (lock) => lock.close(), (lock) => lock.rlockAsync(), 'read after close()'],
    ];

  it.each(rejected)('%s, awaited, is refused, and changes nothing', async (_, before, use, message) => {
    const lock = new SharedRWLock({ timeout: 0 });
    await before(lock);
    const shared = words(lock);
    const error = await rejectionOf(use(lock));
    expect(error).toBeInstanceOf(LockMisuseError);
    expect(error.message).toContain(message);
    expect(words(lock)).toEqual(shared);
  });

  it('leaves the lock as usable as it was', () => {
    const { lock, other } = pair();
    lock.rlock();
    expect(() => lock.lock()).toThrow(LockMisuseError);
    expect(() => lock.unlock()).toThrow(LockMisuseError);
    expect(() => other.lock()).toThrow(LockTimeoutError);
    lock.runlock();
    expect(() => lock.runlock()).toThrow(LockMisuseError);
    lock.lock();
    expect(() => lock.rlock()).toThrow(LockMisuseError);
    expect(() => lock.lock()).toThrow(LockMisuseError);
    expect(() => other.rlock()).toThrow(LockTimeoutError);
    lock.unlock();
    expect(() => lock.unlock()).toThrow(LockMisuseError);
    expect(isFree(lock)).toBe(true);
  });
});

describe('slots', () => {
  it('are 31, and a 32nd is refused without a trace', () => {
    const lock = new SharedRWLock();
    const all = Array.from({ length: 30 }, () => SharedRWLock.attach(lock.handle));
    const shared = words(lock);
    const error = thrownBy(() => SharedRWLock.attach(lock.handle));
    expect(error).toBeInstanceOf(LockMisuseError);
    expect(error.message).toContain('all 31 slots of the lock are taken, by thread 0: close()');
    expect(words(lock)).toEqual(shared);
    all[17].close();
    const next = SharedRWLock.attach(lock.handle);
    next.lock();
    expect(() => SharedRWLock.attach(lock.handle)).toThrow(LockMisuseError);
    next.unlock();
  });

  it('are fewer where fewer were asked for', () => {
    const lock = new SharedRWLock({ threads: 1 });
    expect(() => SharedRWLock.attach(lock.handle)).toThrow('all 1 slots');
    lock.close();
    lock.close();
    SharedRWLock.attach(lock.handle).lock();
  });

  it('each hold back writers, the last one too', () => {
    const lock = new SharedRWLock({ timeout: 0 });
    const all = [lock, ...Array.from({ length: 30 }, () => SharedRWLock.attach(lock.handle, { timeout: 0 }))];
    for (const reader of all) {
      const writer = all.find((other) => other !== reader)!;
      reader.rlock();
      expect(() => writer.lock()).toThrow(LockTimeoutError);
      reader.runlock();
      reader.lock();
      expect(() => writer.rlock()).toThrow(LockTimeoutError);
      expect(() => writer.lock()).toThrow(LockTimeoutError);
      reader.unlock();
    }
  });
});

describe('arguments', () => {
  const of = (options: unknown) => () => new SharedRWLock(options as library.SharedRWLockOptions);
  const attach = (handle: unknown, options?: unknown) => () =>
    SharedRWLock.attach(handle as library.SharedRWLockHandle, options as { timeout?: number });
  const { handle } = new SharedRWLock();
  const cut = new SharedArrayBuffer(handle.buffer.byteLength - 4);
  const cases: [name: string, make: () => unknown, error: string, message: string][] = [
    ['an option that there is not', of({ slots: 2 }), 'TypeError', "SharedRWLock has no option 'slots'"],
    ['no object', of(5), 'TypeError', 'takes a plain object of options, but got the number 5'],
    ['threads that are no number', of({ threads: '2' }), 'TypeError', 'threads must be a number'],
    ['no threads', of({ threads: 0 }), 'RangeError', 'from 1 to 31, but got 0'],
    ['32 threads', of({ threads: 32 }), 'RangeError', 'from 1 to 31, but got 32'],
    ['half a thread', of({ threads: 1.5 }), 'RangeError', 'from 1 to 31, but got 1.5'],
    [
      'a timeout that is no number',
      of({ timeout: '1' }),
      'TypeError',
      'timeout must be a number of milliseconds',
    ],
    ['a timeout below 0', of({ timeout: -1 }), 'RangeError', '0 or more milliseconds, but got -1'],
    ['a timeout of NaN', of({ timeout: NaN }), 'RangeError', '0 or more milliseconds, but got NaN'],
    [
      'threads, to attach',
      attach(handle, { threads: 3 }),
      'TypeError',
      "SharedRWLock.attach has no option 'threads'",
    ],
    ['a bad timeout, to attach', attach(handle, { timeout: -1 }), 'RangeError', 'but got -1'],
    ['nothing', attach(undefined), 'TypeError', 'takes the handle of a SharedRWLock, but got undefined'],
    ['a lock', attach(new SharedRWLock()), 'TypeError', 'but got an instance of SharedRWLock'],
    ['a buffer', attach(handle.buffer), 'TypeError', 'but got an instance of SharedArrayBuffer'],
    ['a later version', attach({ ...handle, version: 2 }), 'RangeError', 'is of version 2'],
    ['no buffer', attach({ ...handle, buffer: undefined }), 'TypeError', 'its buffer is none of a lock'],
    ['an ArrayBuffer', attach({ ...handle, buffer: new ArrayBuffer(9000) }), 'TypeError', 'none of a lock'],
    [
      'an empty buffer',
      attach({ ...handle, buffer: new SharedArrayBuffer(0) }),
      'TypeError',
      'none of a lock',
    ],
    [
      'a buffer of zeros',
      attach({ ...handle, buffer: new SharedArrayBuffer(9000) }),
      'TypeError',
      'none of a lock',
    ],
    ['a buffer that is cut off', attach({ ...handle, buffer: cut }), 'TypeError', 'none of a lock'],
  ];
  new Int32Array(cut).set(new Int32Array(handle.buffer, 0, cut.byteLength / 4));

  it.each(cases)('%s is refused', (_, make, name, message) => {
    const error = thrownBy(make);
    expect(error.name).toBe(name);
    expect(error.message).toContain(message);
  });

  it('may be undefined, each of them', () => {
    const lock = new SharedRWLock({ timeout: undefined, threads: undefined });
    SharedRWLock.attach(lock.handle, { timeout: undefined });
    new SharedRWLock({ timeout: Infinity }).lock();
  });

  it('without a SharedArrayBuffer, names the headers that are missing', () => {
    const { SharedArrayBuffer: shared } = globalThis;
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
    try {
      for (const make of [of({}), attach(handle)]) {
        const error = thrownBy(make);
        expect(error).toBeInstanceOf(MemDBError);
        expect(codeOf(error)).toBe('MEMDB_NOT_ISOLATED');
        expect(error.message).toContain('Cross-Origin-Opener-Policy: same-origin');
        expect(error.message).toContain('Cross-Origin-Embedder-Policy: require-corp');
      }
    } finally {
      globalThis.SharedArrayBuffer = shared;
    }
  });
});

describe('a timeout', () => {
  const holding: [
    name: string,
    hold: (lock: SharedRWLock) => void,
    ask: (lock: SharedRWLock) => void,
    side: string,
  ][] = [
    ['a writer, of a reader', (lock) => lock.lock(), (lock) => lock.rlock(), 'the read side'],
    ['a writer, of a writer', (lock) => lock.lock(), (lock) => lock.lock(), 'the write side'],
    ['a reader, of a writer', (lock) => lock.rlock(), (lock) => lock.lock(), 'the write side'],
  ];

  it.each(holding)('names %s', (_, hold, ask, side) => {
    const { lock, other } = pair();
    asThread(7, () => hold(SharedRWLock.attach(lock.handle)));
    const shared = words(lock);
    const error = timeoutOf(() => ask(other));
    expect(error).toBeInstanceOf(LockTimeoutError);
    expect(error.holders).toEqual([7]);
    expect(error.message).toContain(`${side} was not had within 0 ms: thread 7 is in the way`);
    expect(error.message).toContain('db.recover({ dead: 7 })');
    expect(withoutGeneration(words(lock))).toEqual(withoutGeneration(shared));
  });

  it('names all readers, each thread once, but no writer that waits for them', async () => {
    const { lock, other } = pair();
    asThread(7, () => [0, 1].map(() => SharedRWLock.attach(lock.handle).rlock()));
    asThread(9, () => SharedRWLock.attach(lock.handle).rlock());
    const writer = asThread(8, () => SharedRWLock.attach(lock.handle, { timeout: 5 }));
    const refused = rejectionOf(writer.lockAsync());
    for (const ask of [() => other.rlock(), () => other.lock()]) {
      const error = timeoutOf(ask);
      expect(error.holders).toEqual([7, 9]);
      expect(error.message).toContain('threads 7, 9 are in the way');
    }
    expect(holdersIn(await refused)).toEqual([7, 9]);
  });

  it('of a reader, names a writer that died before it had the lock', () => {
    const { lock, other } = pair();
    const waiting = asThread(8, () => SharedRWLock.attach(lock.handle, { timeout: 60_000 }));
    lock.rlock();
    void waiting.lockAsync().catch(() => {});
    lock.runlock(); // It would go on now, if its thread had the time to.
    expect(timeoutOf(() => other.rlock()).holders).toEqual([8]);
    return Promise.resolve()
      .then(() => new Promise((resolve) => setTimeout(resolve, 1)))
      .then(() => waiting.unlock());
  });

  it('is that of the handle, and has to pass', () => {
    const { lock } = pair();
    lock.lock();
    const patient = SharedRWLock.attach(lock.handle, { timeout: 20 });
    const begun = performance.now();
    expect(() => patient.lock()).toThrow('within 20 ms');
    expect(() => patient.rlock()).toThrow('within 20 ms');
    expect(performance.now() - begun).toBeGreaterThanOrEqual(39);
  });
});

describe('waiting', () => {
  it.each([
    ['a reader for a writer', 'lock', 'unlock', 'rlock'],
    ['a writer for a writer', 'lock', 'unlock', 'lock'],
    ['a writer for a reader', 'rlock', 'runlock', 'lock'],
  ] as const)('ends, for %s, as soon as that is done', (_, take, give, ask) => {
    const lock = new SharedRWLock({ timeout: 60_000 });
    const told = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(
      `const { workerData: { handle, told } } = require('node:worker_threads');
      const { SharedRWLock } = require(${JSON.stringify(require.resolve('../../dist/commonjs/index.js'))});
      const lock = SharedRWLock.attach(handle);
      lock.${take}();
      Atomics.store(told, 0, 1);
      Atomics.notify(told, 0);
      Atomics.wait(told, 0, 1); // Until somebody sleeps,
      Atomics.wait(told, 0, 2, 50); // and surely does.
      lock.${give}();
      Atomics.wait(told, 0, 3, 10000); // Says nothing more that could wake anybody.`,
      { eval: true, workerData: { handle: lock.handle, told } },
    );
    Atomics.wait(told, 0, 0);
    const slept = countingSleeps(() => {
      Atomics.store(told, 0, 2);
      Atomics.notify(told, 0);
      lock[ask]();
    });
    Atomics.store(told, 0, 3);
    Atomics.notify(told, 0);
    expect(slept).not.toContain('timed-out');
    return worker.terminate();
  });
});

it.each([
  ['a reader for a writer', 'lock', 'unlock', 'rlock', 'runlock'],
  ['a writer for a writer', 'lock', 'unlock', 'lock', 'unlock'],
  ['a writer for a reader', 'rlock', 'runlock', 'lock', 'unlock'],
] as const)('%s that is done soon does not sleep', (_, take, give, ask, giveBack) => {
  const { lock, other } = pair(60_000);
  const { load, wait } = Atomics;
  lock[take]();
  let looks = 0;
  Atomics.load = ((array: Int32Array, at: number) => {
    if (++looks === 100) lock[give]();
    return load(array, at);
  }) as typeof load;
  Atomics.wait = () => {
    throw new Error('it sleeps');
  };
  try {
    other[ask]();
  } finally {
    Atomics.load = load;
    Atomics.wait = wait;
  }
  expect(looks).toBeGreaterThan(100);
  other[giveBack]();
});

/** Lets the calls of Atomics.wait sleep for as long as it takes, and tells how they ended. */
function countingSleeps(run: () => void): string[] {
  const { wait } = Atomics;
  const ends: string[] = [];
  Atomics.wait = ((array: Int32Array, at: number, value: number) => {
    const end = wait(array, at, value, 20_000);
    ends.push(end);
    return end;
  }) as typeof wait;
  try {
    run();
  } finally {
    Atomics.wait = wait;
  }
  return ends;
}

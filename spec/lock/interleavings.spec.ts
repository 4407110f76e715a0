import { LockMisuseError, SharedRWLock } from '../../lib/index.js';
import { looking } from '../../lib/internals.js';
import { everyOrder, type Explored, type Program } from '../support/interleavings.js';

/*
 * Everything that can happen between a few threads, one step of Atomics after the other: nobody is in beside a writer, and
 * nobody sleeps for good, though sleep has no end here.
 */

/** Each thread says in bits of its own that it is in. */
const READS = 0x1111;
const WRITES = 0x2222;
/** Set by whoever was told that a dead thread had the write side. */
const FREED = 1 << 16;

class Scene {
  readonly lock: SharedRWLock;
  readonly inside = new Int32Array(new SharedArrayBuffer(4));
  #threads = 0;

  constructor(threads: number) {
    this.lock = new SharedRWLock({ threads });
    this.lock.close();
  }

  /** A thread, with calls that see whether they are where they may be. */
  thread(run: (lock: SharedRWLock, read: () => void, write: () => void) => void): Program<never> {
    const { handle } = this.lock;
    const { inside } = this;
    const bits = 0xf << (4 * this.#threads++);
    const visit = (own: number, others: number, what: string) => {
      if ((Atomics.or(inside, 0, own & bits) & others) !== 0) throw new Error(`${what} beside others`);
      Atomics.and(inside, 0, ~bits);
    };
    const program: Program<SharedRWLock> = {
      prepare: () => SharedRWLock.attach(handle),
      run: (lock) => {
        const read = () => {
          lock.rlock();
          visit(READS, WRITES, 'a reader');
          lock.runlock();
        };
        const write = () => {
          lock.lock();
          visit(WRITES, READS | WRITES, 'a writer');
          lock.unlock();
        };
        run(lock, read, write);
      },
      bury: () => {
        inside[0] &= ~bits;
      },
    };
    return program as Program<never>;
  }

  explore(...programs: Program<never>[]): Explored {
    return everyOrder(programs, [new Int32Array(this.lock.handle.buffer), this.inside]);
  }
}

type Make = (scene: Scene) => Program<never>;
const reader: Make = (scene) => scene.thread((_lock, read) => read());
const writer: Make = (scene) => scene.thread((_lock, _read, write) => write());
const writerTwice: Make = (scene) =>
  scene.thread((_lock, _read, write) => {
    write();
    write();
  });
const nested: Make = (scene) =>
  scene.thread((lock, read) => {
    lock.rlock();
    read();
    lock.runlock();
  });
/** One who frees the dead. */
const freeing =
  (...dead: number[]): Make =>
  (scene) =>
    scene.thread((lock) => {
      if (!lock.free(dead)) return;
      if ((Atomics.or(scene.inside, 0, FREED) & FREED) !== 0)
        throw new Error('the write side was handed on twice');
      lock.unlock();
    });
/** And then both sides are to be had. */
const recovering =
  (...dead: number[]): Make =>
  (scene) =>
    scene.thread((lock, read, write) => {
      if (lock.free(dead)) lock.unlock();
      read();
      write();
    });
/** One that was gone before the others began. */
const gone =
  (side: 'rlock' | 'lock'): Make =>
  (scene) => {
    const program = scene.thread(() => {});
    const prepare = () => {
      const lock = (program as Program<SharedRWLock>).prepare();
      lock[side]();
      return lock;
    };
    return { ...program, prepare } as Program<SharedRWLock> as Program<never>;
  };
/** One that begins with a slot that was freed. */
const late: Make = (scene) => {
  const { handle } = scene.lock;
  const run = () => {
    let lock: SharedRWLock;
    try {
      lock = SharedRWLock.attach(handle);
    } catch (error) {
      if (error instanceof LockMisuseError) return; // None was.
      throw error;
    }
    lock.rlock();
    lock.runlock();
  };
  return { prepare: () => undefined as never, run };
};
/** One that may die at any step, and then another begins. */
const mortal =
  (make: Make, then: Make): Make =>
  (scene) => ({ ...make(scene), after: then(scene) });

function explore(threads: number, programs: Make[]): Explored {
  const scene = new Scene(threads);
  const explored = scene.explore(...programs.map((make) => make(scene)));
  expect(explored.ends).toBeGreaterThan(0);
  return explored;
}

// Each look is a step: with more of them, there would be too many orders.
describe('threads that all live', () => {
  beforeAll(() => (looking.times = 1));

  const cases: [name: string, programs: Make[]][] = [
    ['a reader and a writer', [reader, writer]],
    ['two writers', [writer, writer]],
    ['reads inside of one another, and a writer', [nested, writer]],
    ['a reader and a writer that comes again', [reader, writerTwice]],
    ['two readers and a writer', [reader, reader, writer]],
  ];

  it.each(cases)('%s: each has its turn, and none sleeps for good', (_, programs) => {
    expect(explore(programs.length, programs).sleeps).toBeGreaterThan(0);
  });
});

describe('a thread that dies at any step', () => {
  beforeAll(() => (looking.times = 0));

  const cases: [name: string, threads: number, programs: Make[]][] = [
    ['a reader', 2, [mortal(reader, recovering(1))]],
    ['a writer', 2, [mortal(writer, recovering(1))]],
    ['a reader, beside a writer', 3, [mortal(reader, freeing(1)), writer]],
    ['a writer, beside a reader', 3, [mortal(writer, freeing(1)), reader]],
    ['a writer, beside a writer', 3, [mortal(writer, freeing(1)), writer]],
    ['a writer, then who recovers', 3, [mortal(writer, mortal(recovering(1), recovering(1, 2)))]],
    [
      'who frees, beside one that takes the slot',
      3,
      [gone('rlock'), mortal(freeing(1), freeing(1, 2)), late],
    ],
    ['a writer, freed by two at once', 3, [gone('lock'), freeing(1), freeing(1)]],
    ['a reader, freed by two at once', 3, [gone('rlock'), freeing(1), freeing(1)]],
  ];

  it.each(cases)('%s: after free, everybody has a turn', (_, threads, programs) => {
    explore(threads, programs);
  });
});

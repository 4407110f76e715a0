/*
 * Runs programs for several threads in every order in which their steps can come, a step being one call of Atomics. What runs
 * is the code itself. It can't be stopped in the middle of a call; so for each step of a thread its program runs from the
 * beginning, is told again what its calls of Atomics gave, makes one more for real, and is thrown out of the next.
 *
 * Time stands still meanwhile: who sleeps and is not woken sleeps for good, and that is reported.
 */

export interface Program<T> {
  /** Runs as one step, before all else, in the order of the programs. */
  prepare(): T;
  run(prepared: T): void;
  /** Begins when that one has died. Who can die does, at every step of its program. */
  after?: Program<never>;
  /** What goes with it when it dies, from memory that only specs use. */
  bury?(): void;
}

interface Thread {
  /** What its calls of Atomics gave so far. */
  readonly results: readonly number[];
  readonly status: 'runs' | 'sleeps' | 'ended' | 'died' | 'not begun';
}

interface State {
  readonly memory: readonly Int32Array[];
  readonly threads: readonly Thread[];
  /** Who sleeps at which word of which array, the first one first. */
  readonly sleepers: readonly { thread: number; array: number; at: number }[];
  /** Numbers of the threads, in the order of their steps; with an x where one died. */
  readonly schedule: readonly (number | string)[];
}

export interface Explored {
  states: number;
  /** Of which everything had ended. */
  ends: number;
  sleeps: number;
}

const OUT = new Error('out of steps');
const OK = 1;
const NOT_EQUAL = 2;
const real = { ...pick(Atomics) };

function pick({ add, and, compareExchange, load, notify, or, store, wait }: typeof Atomics): typeof Atomics {
  return { add, and, compareExchange, load, notify, or, store, wait } as typeof Atomics;
}

/** @param programs of threads; `arrays`: all memory that they share. Throws what a program throws, and where one sleeps for good */
export function everyOrder(begun: readonly Program<never>[], arrays: readonly Int32Array[]): Explored {
  const programs = [...begun];
  const heirs = new Map<number, number>();
  for (let i = 0; i < programs.length; i++) {
    const { after } = programs[i];
    if (after !== undefined) heirs.set(i, programs.push(after) - 1);
  }
  const explored: Explored = { states: 0, ends: 0, sleeps: 0 };
  /** Words that were ever changed. */
  const changing: [array: number, at: number][] = [];
  const before = { now: performance.now, ask: process.getBuiltinModule };
  let running: Run | undefined;
  const fake = {} as Record<string, unknown>;
  for (const [name, op] of Object.entries(real)) {
    fake[name] = (array: Int32Array, ...rest: number[]) =>
      running === undefined
        ? (op as (...args: unknown[]) => unknown)(array, ...rest)
        : running.call(name, array, rest);
  }
  Object.assign(Atomics, fake);
  performance.now = () => 0;
  process.getBuiltinModule = (name: string) =>
    name === 'node:worker_threads' && running !== undefined
      ? { threadId: running.thread + 1 }
      : before.ask(name);
  try {
    explore();
    return explored;
  } finally {
    running = undefined;
    Object.assign(Atomics, real);
    performance.now = before.now;
    process.getBuiltinModule = before.ask;
  }

  function keyOf({ memory, threads, sleepers }: State): string {
    const parts: unknown[] = [];
    for (const [array, at] of changing) parts.push(memory[array][at]);
    parts.push('threads');
    for (const { results, status } of threads) parts.push(status, ...results);
    for (const { thread, at } of sleepers) parts.push(thread, at);
    return parts.join();
  }

  function explore(): void {
    const seen = new Set<string>();
    const stack = [begin()];
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      const key = keyOf(state);
      if (seen.has(key)) continue;
      seen.add(key);
      explored.states++;
      const next = successors(state);
      stack.push(...next);
      if (next.length > 0) continue;
      if (state.sleepers.length > 0) {
        const sleeper = state.sleepers[0].thread;
        throw new Error(`thread ${sleeper} sleeps for good after ${state.schedule.join(' ')}`);
      }
      explored.ends++;
    }
  }

  function begin(): State {
    const threads = programs.map((program, i): Thread => {
      running = new Run(i, [], Infinity, arrays);
      program.prepare();
      const { results } = running;
      running = undefined;
      return { results, status: i < begun.length ? 'runs' : 'not begun' };
    });
    return { memory: arrays.map((array) => array.slice()), threads, sleepers: [], schedule: [] };
  }

  function successors(state: State): State[] {
    const next: State[] = [];
    state.threads.forEach(({ status }, i) => {
      if (status === 'runs') next.push(step(state, i));
      if (heirs.has(i) && (status === 'runs' || status === 'sleeps')) next.push(death(state, i));
    });
    return next;
  }

  function step(state: State, i: number): State {
    state.memory.forEach((memory, k) => arrays[k].set(memory));
    const program = programs[i];
    const run = new Run(i, state.threads[i].results, 1, arrays);
    running = run;
    let status: Thread['status'] = 'ended';
    try {
      program.run(program.prepare());
    } catch (error) {
      if (!run.isOut) throw new Error(`after ${[...state.schedule, i].join(' ')}`, { cause: error });
      status = run.sleepsAt === undefined ? 'runs' : 'sleeps';
    } finally {
      running = undefined;
    }
    let sleepers = [...state.sleepers];
    const threads = [...state.threads];
    // Nothing that is still to come depends on how it went.
    threads[i] = { results: status === 'ended' ? [] : run.results, status };
    if (run.woken !== undefined) {
      const { array, at, count } = run.woken;
      const woken = sleepers.filter((one) => one.array === array && one.at === at).slice(0, count);
      sleepers = sleepers.filter((one) => !woken.includes(one));
      for (const { thread } of woken) {
        threads[thread] = { results: [...threads[thread].results, OK], status: 'runs' };
      }
    }
    if (run.sleepsAt !== undefined) {
      explored.sleeps++;
      sleepers.push({ thread: i, ...run.sleepsAt });
    }
    const { changed } = run;
    if (
      changed !== undefined &&
      !changing.some(([array, at]) => array === changed.array && at === changed.at)
    ) {
      changing.push([changed.array, changed.at]);
    }
    const memory = changed === undefined ? state.memory : arrays.map((array) => array.slice());
    return { memory, threads, sleepers, schedule: [...state.schedule, i] };
  }

  function death(state: State, i: number): State {
    const threads = [...state.threads];
    threads[i] = { results: [], status: 'died' };
    const heir = heirs.get(i)!;
    threads[heir] = { ...threads[heir], status: 'runs' };
    const sleepers = state.sleepers.filter(({ thread }) => thread !== i);
    state.memory.forEach((memory, k) => arrays[k].set(memory));
    programs[i].bury?.();
    const memory = arrays.map((array) => array.slice());
    return { memory, threads, sleepers, schedule: [...state.schedule, `x${i}`] };
  }
}

/** One run of a program, for one step. */
class Run {
  readonly thread: number;
  readonly results: number[];
  isOut = false;
  sleepsAt: { array: number; at: number } | undefined;
  changed: { array: number; at: number } | undefined;
  woken: { array: number; at: number; count: number } | undefined;
  readonly #told: readonly number[];
  readonly #arrays: readonly Int32Array[];
  #calls = 0;
  #steps: number;

  constructor(thread: number, results: readonly number[], steps: number, arrays: readonly Int32Array[]) {
    this.thread = thread;
    this.#told = results;
    this.results = [...results];
    this.#steps = steps;
    this.#arrays = arrays;
  }

  call(name: string, array: Int32Array, args: number[]): number | string {
    if (this.isOut) throw OUT;
    const i = this.#calls++;
    if (i < this.#told.length) return name === 'wait' ? wordOf(this.#told[i]) : this.#told[i];
    if (this.#steps-- === 0) {
      this.isOut = true;
      throw OUT;
    }
    const place = { array: this.#arrays.findIndex(({ buffer }) => buffer === array.buffer), at: args[0] };
    if (place.array < 0) throw new Error('not in the memory that was given');
    if (name === 'wait') {
      if (real.load(array, args[0]) !== args[1]) {
        this.results.push(NOT_EQUAL);
        return wordOf(NOT_EQUAL);
      }
      this.sleepsAt = place;
      this.isOut = true;
      throw OUT;
    }
    if (name === 'notify') this.woken = { ...place, count: args[1] ?? Infinity };
    const op = (real as unknown as Record<string, (...args: unknown[]) => number>)[name];
    const result = name === 'notify' ? 0 : op(array, ...args);
    if (name !== 'load' && name !== 'notify') this.changed = place;
    this.results.push(result);
    return result;
  }
}

const wordOf = (result: number): string => (result === OK ? 'ok' : 'not-equal');

import { clearTimer, setTimer, whenChanged } from './waiting.js';
import type { Wait } from './seat.js';

/** What the handle of a lock does for its requests. */
export interface Party {
  readonly words: Int32Array;
  readonly timeout: number;
  /** Tries to take a side, or goes on trying; WAITS: `wait` says for what; HELD: the handle itself has to give back what it has. */
  attempt(isWrite: boolean, wait: Wait): Outcome;
  /** Leaves nothing in shared memory of a request that was tried. */
  withdraw(): void;
  refusal(isWrite: boolean): Error;
}

export const HAD = 0;
export const WAITS = 1;
export const HELD = 2;
export type Outcome = typeof HAD | typeof WAITS | typeof HELD;

interface Request {
  readonly isWrite: boolean;
  /** Set by the timer. */
  isDue: boolean;
  timer: unknown;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Those who await a side of one handle: served one after the other, in the order in which they came. */
export class Requests {
  readonly #party: Party;
  readonly #queue: Request[] = [];
  readonly #wait: Wait = { at: 0, value: 0 };
  /** For what somebody is waiting already. */
  readonly #awaited = new Map<number, number>();
  /** Sides that were had, while those who asked for them do not run yet. */
  #undelivered = 0;

  constructor(party: Party) {
    this.#party = party;
  }

  get isDelivering(): boolean {
    return this.#undelivered > 0;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  add(isWrite: boolean): Promise<void> {
    const { timeout } = this.#party;
    const promise = new Promise<void>((resolve, reject) => {
      const request: Request = { isWrite, isDue: false, timer: undefined, resolve, reject };
      const expire = () => {
        request.isDue = true;
        this.goOn();
      };
      request.timer = setTimer(expire, timeout);
      this.#queue.push(request);
    });
    this.#deliver(promise);
    this.goOn();
    return promise;
  }

  /** For a side that was had already. */
  addHad(): Promise<void> {
    this.#undelivered++;
    const promise = Promise.resolve();
    this.#deliver(promise);
    return promise;
  }

  #deliver(promise: Promise<void>): void {
    // Comes just before what the caller does then, as it was there first.
    promise.then(
      () => this.#undelivered--,
      () => {},
    );
  }

  /** Serves whom it can. Called whenever that may have become more. */
  goOn(): void {
    while (this.#queue.length > 0 && this.#serve(this.#queue[0]));
    for (let i = this.#queue.length - 1; i > 0; i--) {
      const { isDue, isWrite } = this.#queue[i];
      if (isDue) this.#fail(i, this.#party.refusal(isWrite));
    }
  }

  /** @returns whether it is done with the first one */
  #serve({ isWrite, isDue, timer, resolve }: Request): boolean {
    let outcome: Outcome;
    try {
      outcome = this.#party.attempt(isWrite, this.#wait);
    } catch (error) {
      this.#fail(0, error);
      return true;
    }
    if (outcome === HAD) {
      this.#queue.shift();
      clearTimer(timer);
      this.#undelivered++;
      resolve();
      return true;
    }
    if (isDue) {
      const refusal = this.#party.refusal(isWrite);
      this.#party.withdraw();
      this.#fail(0, refusal);
      return true;
    }
    if (outcome === WAITS) this.#await();
    return false;
  }

  #fail(i: number, reason: unknown): void {
    const [{ timer, reject }] = this.#queue.splice(i, 1);
    clearTimer(timer);
    reject(reason);
  }

  #await(): void {
    const { at, value } = this.#wait;
    if (this.#awaited.get(at) === value) return;
    this.#awaited.set(at, value);
    whenChanged(this.#party.words, this.#wait, () => {
      if (this.#awaited.get(at) === value) this.#awaited.delete(at);
      this.goOn();
    });
  }
}

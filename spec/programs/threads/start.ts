import { Worker } from 'node:worker_threads';
import type { Role } from './roles.js';

/** A thread in a role. What it throws is thrown by whatever of it is awaited next. */
export class Thread {
  readonly id: number;
  readonly #worker: Worker;
  readonly #trouble: Promise<never>;
  readonly #messages: unknown[] = [];
  readonly #exit: Promise<void>;
  #wake: () => void = () => {};

  constructor(role: Role) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: role });
    this.id = this.#worker.threadId;
    this.#trouble = new Promise((_, reject) => this.#worker.once('error', reject));
    this.#trouble.catch(() => {}); // It is told to whoever asks.
    this.#exit = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('message', (message) => {
      this.#messages.push(message);
      this.#wake();
    });
  }

  /** The next thing that it posts. */
  async message<T>(): Promise<T> {
    while (this.#messages.length === 0) {
      const come = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([come, this.#trouble]);
    }
    return this.#messages.shift() as T;
  }

  post(message: unknown): void {
    this.#worker.postMessage(message);
  }

  /** Ends it wherever it is, and returns when it is gone. */
  async kill(): Promise<void> {
    await this.#worker.terminate();
    await this.#exit;
  }

  /** Until it ends by itself. */
  async end(): Promise<void> {
    await Promise.race([this.#exit, this.#trouble]);
  }

  /** Until a word has another value. */
  async until(words: Int32Array, index: number, isSo: (value: number) => boolean): Promise<void> {
    for (;;) {
      const value = Atomics.load(words, index);
      if (isSo(value)) return;
      const { async, value: waiting } = Atomics.waitAsync(words, index, value, 20);
      if (async) await Promise.race([waiting, this.#trouble]);
    }
  }
}

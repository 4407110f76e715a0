import { SingleBar } from 'cli-progress';
import type { Progress } from './runner.js';

/** A bar on stderr with the time left; nothing where stderr is not a terminal. */
export class ProgressBar implements Progress {
  readonly #bar: SingleBar | undefined;

  constructor() {
    if (!process.stderr.isTTY) return;
    this.#bar = new SingleBar({
      format: '{bar} {percentage}% · {left} left · {now}',
      stream: process.stderr,
      barsize: 28,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: false,
    });
    this.#bar.start(1, 0, { left: '?', now: '' });
  }

  update(elapsed: number, left: number, now: string): void {
    this.#bar?.update(elapsed / Math.max(elapsed + left, 1e-9), { left: duration(left), now });
  }

  stop(): void {
    this.#bar?.stop();
  }
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 90 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

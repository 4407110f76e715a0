// A progress bar on standard error, shown only where somebody sees it and has to wait.
import { SingleBar } from 'cli-progress';

/** Bytes; less than this is loaded before a bar could be read. */
const LARGE = 8 * 1024 * 1024;

export class Progress {
  readonly #total: number;
  readonly #bar: SingleBar;
  #done = 0;

  /** `total`: the bytes to come, `Infinity` if that is not known. */
  constructor(total: number) {
    this.#total = total;
    this.#bar = new SingleBar({
      stream: process.stderr,
      format: Number.isFinite(total)
        ? 'loading [{bar}] {percentage}% of {total}, {eta_formatted} left'
        : 'loading {value}',
      formatValue: (value, _options, type) =>
        type === 'value' || type === 'total' ? megabytes(value) : String(value),
      clearOnComplete: true,
      // It would take Ctrl-C for itself, and there is no cursor to bring back.
      gracefulExit: false,
    });
  }

  /** Passes `chunks` on and counts their bytes. */
  async *count(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#done += chunk.length;
      if (this.#bar.isActive) {
        this.#bar.update(this.#done);
      } else if (this.#isLarge()) {
        // Does nothing where standard error is no terminal.
        this.#bar.start(this.#total, this.#done);
      }
      yield chunk;
    }
  }

  /** As far as is known by now. */
  #isLarge(): boolean {
    return (Number.isFinite(this.#total) ? this.#total : this.#done) >= LARGE;
  }

  /** Takes the bar away, so that what is written next starts on a clean line. */
  stop(): void {
    this.#bar.stop();
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

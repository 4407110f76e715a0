import { Worker } from 'node:worker_threads';

/** A call may take so many seconds: programs that are shrunk take the longest. */
const LIMIT = 120;
const LENGTH = 1024;

/** Ends the process where what was begun does not end, and says how to repeat it. */
export class Watchdog {
  readonly #turn = new Int32Array(new SharedArrayBuffer(4));
  readonly #text = new Uint8Array(new SharedArrayBuffer(LENGTH));

  constructor() {
    const code = `
      const { workerData: { turn, text } } = require('node:worker_threads');
      let last = 0, seconds = 0;
      setInterval(() => {
        seconds = turn[0] === last ? seconds + 1 : 0;
        last = turn[0];
        if (seconds < ${LIMIT}) return;
        const end = text.indexOf(0);
        require('node:fs').writeSync(2, 'It does not end.\\nAgain: ' + Buffer.from(text.slice(0, end)).toString() + '\\n');
        process.kill(process.pid, 'SIGKILL');
      }, 1000);`;
    new Worker(code, { eval: true, workerData: { turn: this.#turn, text: this.#text } }).unref();
  }

  /** @param again how to repeat what begins now */
  begin(again: string): void {
    const bytes = new TextEncoder().encode(again).subarray(0, LENGTH - 1);
    this.#text.fill(0);
    this.#text.set(bytes);
    this.#turn[0]++;
  }
}

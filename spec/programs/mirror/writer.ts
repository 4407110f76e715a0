import { setTimeout as sleep } from 'node:timers/promises';
import type { Etcd3 } from 'etcd3';
import { randomOf } from './random.js';

export interface Confirmed {
  readonly revision: bigint;
  readonly key: string;
  /** `undefined`: it was deleted. */
  readonly value: string | undefined;
}

/** Makes random transactions, one after the other, and remembers which were confirmed. */
export class Writer {
  static readonly PREFIX: Uint8Array = new TextEncoder().encode('m/');
  /** Each transaction writes its key under both; or deletes it under both. */
  static readonly TWINS = ['m/a/', 'm/b/'] as const;
  readonly client: Etcd3;
  readonly confirmed: Confirmed[] = [];
  readonly #number: number;
  readonly #random: () => number;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(client: Etcd3, number: number, seed: number) {
    this.client = client;
    this.#number = number;
    this.#random = randomOf(seed);
  }

  start(): void {
    this.#running = this.#run();
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#running;
  }

  async #run(): Promise<void> {
    for (let count = 0; !this.#isStopped; count++) {
      try {
        await this.#write(`${this.#number}-${count}`);
      } catch {
        // It was made, or not.
      }
      await sleep(this.#random() * 20);
    }
  }

  async #write(name: string): Promise<void> {
    const random = this.#random;
    if (random() < 0.1) {
      await this.client.put(`outside/${Math.floor(random() * 10)}`).value(name);
      return;
    }
    if (random() < 0.1) {
      // What comes and goes at once.
      const key = `flash-${this.#number}`;
      await this.#commit([{ key, value: name }]);
      await this.#commit([{ key, value: undefined }]);
      return;
    }
    const keys = new Set(
      Array.from({ length: 1 + Math.floor(random() * 3) }, () => Math.floor(random() * 300)),
    );
    const edits = [...keys].map((key) => ({
      key: String(key),
      value: random() < 0.2 ? undefined : `${name} ${'x'.repeat(random() * 300)}`,
    }));
    await this.#commit(edits);
  }

  async #commit(
    edits: readonly { readonly key: string; readonly value: string | undefined }[],
  ): Promise<void> {
    const operations = edits.flatMap(({ key, value }) =>
      Writer.TWINS.map((twin) =>
        value === undefined
          ? this.client.delete().key(`${twin}${key}`)
          : this.client.put(`${twin}${key}`).value(value),
      ),
    );
    const { header } = await this.client
      .if('none', 'Version', '==', 0)
      .then(...operations)
      .commit();
    for (const { key, value } of edits) {
      for (const twin of Writer.TWINS) {
        this.confirmed.push({ revision: BigInt(header.revision), key: `${twin}${key}`, value });
      }
    }
  }
}

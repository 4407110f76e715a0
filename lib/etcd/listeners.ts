import { copyOf } from './arguments.js';
import { after } from './clock.js';
import type { Edit } from './revisions.js';

/** What happened to a key. The arrays are the receiver's own. */
export type MirrorChange =
  | { readonly revision: bigint; readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | {
      readonly revision: bigint;
      readonly type: 'delete';
      readonly key: Uint8Array;
      readonly value: undefined;
    };

type Call = (change: MirrorChange) => void;

/** Those who want to hear of changes. */
export class Listeners {
  #all: readonly { readonly call: Call; readonly since: number }[] = [];

  /** @param since the revision after which it is to hear of changes @returns what takes it away again */
  add(call: Call, since: number): () => void {
    const one = { call, since };
    this.#all = [...this.#all, one];
    return () => {
      this.#all = this.#all.filter((other) => other !== one);
    };
  }

  clear(): void {
    this.#all = [];
  }

  announce(revision: number, edits: readonly Edit[]): void {
    for (const { key, value } of edits) {
      for (const one of this.#all) {
        if (revision <= one.since || !this.#all.includes(one)) continue; // It was taken away meanwhile.
        const own = { revision: BigInt(revision), key: copyOf(key) };
        const change: MirrorChange =
          value === undefined
            ? { ...own, type: 'delete', value: undefined }
            : { ...own, type: 'put', value: copyOf(value) };
        try {
          one.call(change);
        } catch (error) {
          // Others, and the mirror, have nothing to do with it.
          after(0, () => {
            throw error;
          });
        }
      }
    }
  }
}

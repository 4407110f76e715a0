import type { CornersRecording } from './recordings.js';
import {
  compareLengthFirst,
  isReleasedError,
  type OpenStore,
  type Store,
  type StoreCursor,
} from './store.js';

type Steps = CornersRecording['corners'][number]['steps'];

/** Makes the recorded calls on a DB of ours, and tells the results in goleveldb's place. perf/go/corners.go is its twin. */
export function retrace(steps: Steps, open: OpenStore): Steps {
  const corner = new Corner(open);
  return steps.map(({ call }) => ({ call, result: corner.run(call) }));
}

/** The calls that had another result, each as `call: goleveldb's result -> our result`. */
export function differences(theirs: Steps, ours: Steps): string[] {
  return theirs.flatMap(({ call, result }, i) =>
    result === ours[i].result ? [] : [`${call}: ${result} -> ${ours[i].result}`],
  );
}

class Corner {
  readonly #open: OpenStore;
  #db: Store;
  #cursor: StoreCursor;

  constructor(open: OpenStore) {
    this.#open = open;
    this.#db = open({});
    this.#cursor = this.#db.iterator();
  }

  run(call: string): string {
    const [verb, ...words] = call.split(' ');
    const [a, b] = words.map((word) => Uint8Array.from(Buffer.from(word)));
    const cursor = this.#cursor;
    switch (verb) {
      case 'order':
        this.#db = this.#open({ comparer: { name: 'numeric', compare: compareNumeric } });
        this.#cursor = this.#db.iterator();
        return 'done';
      case 'put':
        this.#db.put(a, b);
        return 'done';
      case 'delete':
        return this.#db.delete(a) ? 'done' : 'not found';
      case 'get':
        return text(this.#db.get(a)) ?? 'not found';
      case 'size':
        return String(this.#db.size);
      case 'length':
        return String(this.#db.length);
      case 'reset':
        this.#db.reset();
        return 'done';
      case 'release':
        cursor.release();
        return 'done';
      case 'valid':
        return String(cursor.valid);
      case 'entry':
        return this.#entry();
      case 'seek':
        return this.#moved(() => cursor.seek(a));
      case 'first':
      case 'last':
      case 'next':
      case 'prev':
        return this.#moved(() => cursor[verb]());
    }
    throw new Error(`no such call: ${call}`);
  }

  #moved(move: () => boolean): string {
    try {
      return move() ? this.#entry() : 'false';
    } catch (error) {
      if (!isReleasedError(error)) throw error;
      return `throws ${(error as Error).message}`;
    }
  }

  #entry(): string {
    const { key, value } = this.#cursor;
    return key === undefined ? 'none' : `${text(key)}=${text(value)}`;
  }
}

/** Ignores leading zeros. */
function compareNumeric(a: Uint8Array, b: Uint8Array): number {
  return compareLengthFirst(withoutZeros(a), withoutZeros(b));
}

function withoutZeros(key: Uint8Array): Uint8Array {
  let zeros = 0;
  while (key[zeros] === 0x30) zeros++;
  return key.subarray(zeros);
}

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('latin1');
}

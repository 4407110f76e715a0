import { Prng } from './prng.js';

/*
 * A trace is a sequence of operations on a DB, drawn from a seed. perf/go/trace.go draws the same one: each function here
 * has its twin there, and both draw the same numbers in the same order.
 *
 * It needs no model of the DB. It only remembers every key it has ever put (pool) and is told where each cursor stands
 * (standing), so that it can aim at neighbours.
 */

export const CURSOR_SLOTS = 4;

/** What a trace is like as a whole; it is drawn first. */
export interface Profile {
  /** Of the keys, see `orders` in replay.ts. */
  order: string;
  /** Where node heights come from: for Go alone, since they are recorded. */
  heights: string;
  /** Bytes of kvData reserved at first. */
  capacity: number;
  /** How many different numbers occur in keys: few make overwrites and deletes meet. */
  space: number;
  /** The shape of 4 keys in 5; SHAPES.length: all alike. */
  shape: number;
  /** Whether the trace resets the DB now and then. */
  resets: boolean;
}

export const SHAPES = [
  'empty',
  'one byte',
  'random',
  'decimal',
  'URL',
  'zeros',
  'ones',
  'letters',
  'long',
] as const;

export const LARGEST_VALUE = 100 * 1024;

export type Move = 'first' | 'last' | 'next' | 'prev';

export type Operation =
  | { kind: 'reset' | 'sizes' }
  | { kind: 'put'; key: Uint8Array; value: Uint8Array }
  | { kind: 'delete' | 'get' | 'has' | 'find'; key: Uint8Array }
  | CursorOperation;

/** A call on, or for, the cursor in one of the slots. */
export type CursorOperation =
  | { kind: 'iterator'; slot: number; start: Uint8Array | undefined; limit: Uint8Array | undefined }
  | { kind: Move | 'read' | 'release'; slot: number }
  | { kind: 'seek'; slot: number; key: Uint8Array }
  | { kind: 'walk'; slot: number; forward: boolean; steps: number };

export class Trace {
  readonly profile: Profile;
  /** The key under each cursor. Whoever runs the trace keeps this up to date. */
  readonly standing: (Uint8Array | undefined)[] = Array.from({ length: CURSOR_SLOTS });
  readonly #draw: Prng;
  readonly #pool: Uint8Array[] = [];

  constructor(seed: number) {
    const draw = (this.#draw = new Prng(seed));
    const bytewise = ['bytewise', 'bytewise', 'bytewise', 'bytewise', 'bytewise'];
    this.profile = {
      order: draw.pick([...bytewise, 'reversed', 'length first', 'letter case ignored']),
      heights: draw.pick(["goleveldb's own", "goleveldb's own", 'reseeded', 'tall']),
      capacity: draw.pick([0, 1, 4096, 1 << 20]),
      space: draw.pick([20, 300, 1000000]),
      shape: draw.below(2) === 0 ? draw.below(SHAPES.length) : SHAPES.length,
      resets: draw.below(2) === 0,
    };
  }

  next(): Operation {
    const draw = this.#draw;
    const r = draw.below(1000);
    if (r < 1) return { kind: this.profile.resets ? 'reset' : 'sizes' };
    if (r < 380) {
      let key = this.#pickKey();
      if (draw.below(2) === 0) key = this.#freshKey();
      this.#pool.push(key);
      return { kind: 'put', key, value: this.#value() };
    }
    if (r < 480) return { kind: 'delete', key: this.#pickKey() };
    if (r < 500) return { kind: 'delete', key: this.#freshKey() };
    if (r < 600) return { kind: 'get', key: this.#pickKey() };
    if (r < 650) return { kind: 'has', key: this.#pickKey() };
    if (r < 700) return { kind: 'find', key: this.#pickKey() };
    const slot = draw.below(CURSOR_SLOTS);
    if (r < 740) return { kind: 'iterator', slot, ...this.#bounds() };
    if (r < 760) return { kind: 'first', slot };
    if (r < 780) return { kind: 'last', slot };
    if (r < 830) return { kind: 'seek', slot, key: this.#pickKey() };
    if (r < 885) return { kind: 'next', slot };
    if (r < 940) return { kind: 'prev', slot };
    if (r < 965) return { kind: 'walk', slot, forward: draw.below(2) === 0, steps: 1 + draw.below(64) };
    if (r < 975) return { kind: 'read', slot };
    if (r < 985) return { kind: 'release', slot };
    return { kind: 'sizes' };
  }

  /**
   * A key that was put before (and may have been deleted since) in 6 of 10 cases, a neighbour of such a key or of the
   * key under a cursor in 2, a fresh key in 2.
   */
  #pickKey(): Uint8Array {
    const r = this.#draw.below(10);
    if (r < 7 && this.#pool.length > 0) {
      const key = this.#draw.pick(this.#pool);
      return r === 6 ? this.#neighbour(key) : key;
    }
    if (r === 7) {
      const key = this.#draw.pick(this.standing);
      if (key !== undefined) return this.#neighbour(key);
    }
    return this.#freshKey();
  }

  /** The key itself, the next key, the key without its last byte, or with its last byte raised. */
  #neighbour(key: Uint8Array): Uint8Array {
    const r = this.#draw.below(4);
    const last = key.length - 1;
    if (r === 1) return concat(key, [0]);
    if (r === 2 && last >= 0) return key.subarray(0, last);
    if (r === 3 && last >= 0) return concat(key.subarray(0, last), [key[last] + 1]);
    return key;
  }

  #freshKey(): Uint8Array {
    const draw = this.#draw;
    let shape = draw.below(SHAPES.length);
    if (this.profile.shape < SHAPES.length && draw.below(5) > 0) shape = this.profile.shape;
    switch (SHAPES[shape]) {
      case 'empty':
        return new Uint8Array(0);
      case 'one byte':
        return Uint8Array.of(draw.below(256));
      case 'random':
        return new Uint8Array(1 + draw.below(40)).map(() => draw.below(256));
      case 'decimal':
        return this.#decimal();
      case 'URL': {
        let url = `https://host-${draw.below(3)}.example.com/library/`;
        for (let i = draw.below(3); i > 0; i--) url += 'a-long-shared-shelf/';
        return concat(ascii(url), this.#decimal());
      }
      case 'zeros':
        return this.#run();
      case 'ones':
        return this.#run().map((byte) => 0xff - byte);
      case 'letters':
        return new Uint8Array(1 + draw.below(6)).map(() => 'aAbBcC'.charCodeAt(draw.below(6)));
      case 'long':
        return concat(new Uint8Array(draw.pick([64, 255, 1000])).fill(0x6b), this.#decimal());
    }
  }

  #decimal(): Uint8Array {
    return ascii(String(this.#draw.below(this.profile.space)).padStart(16, '0'));
  }

  /** Up to 24 bytes 0, and sometimes one more byte that is at most 2. */
  #run(): Uint8Array {
    const zeros = new Uint8Array(1 + this.#draw.below(24));
    return this.#draw.below(2) === 0 ? concat(zeros, [this.#draw.below(3)]) : zeros;
  }

  /** Mostly small, sometimes empty, once in a while as large as LARGEST_VALUE. */
  #value(): Uint8Array {
    const draw = this.#draw;
    const r = draw.below(1000);
    let length = LARGEST_VALUE;
    if (r < 100) length = 0;
    else if (r < 700) length = draw.below(32);
    else if (r < 960) length = draw.below(300);
    else if (r < 998) length = draw.below(3000);
    else if (r < 999) length = draw.below(LARGEST_VALUE + 1);
    const first = draw.below(256);
    const step = draw.below(256);
    const value = new Uint8Array(length);
    for (let i = 0; i < length; i++) value[i] = first + i * step + (i >> 8);
    return value;
  }

  /**
   * Bounds are absent, empty or picked keys, so that start is often at or above limit; in 1 of 3 cases they enclose the
   * keys near a picked one.
   */
  #bounds(): { start: Uint8Array | undefined; limit: Uint8Array | undefined } {
    if (this.#draw.below(3) === 0) {
      const start = this.#pickKey();
      return { start, limit: concat(start.subarray(0, this.#draw.below(start.length + 1)), [0xff]) };
    }
    return { start: this.#bound(), limit: this.#bound() };
  }

  #bound(): Uint8Array | undefined {
    const r = this.#draw.below(6);
    if (r < 2) return undefined;
    return r === 2 ? new Uint8Array(0) : this.#pickKey();
  }
}

function concat(a: Uint8Array, b: ArrayLike<number>): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

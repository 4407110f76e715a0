/*
 * Sees every store to shared memory, and can cut a call off before any of them, as the end of a thread does: what it would have stored
 * afterwards never comes.
 */

/** Thrown where a call is cut off. */
export class CutOff extends Error {}

type Words = Int32Array | Uint8Array;

/** A store as it was made: into which array, where, and what. `isAtomic` orders those around it. */
export interface Stored {
  readonly target: Words;
  readonly index: number;
  readonly value: number;
  readonly isAtomic: boolean;
  /** Bytes that it writes, the lowest first. */
  readonly width: number;
}

/** A load: from which array, and where. */
export type Loaded = (target: Words, index: number, isAtomic: boolean) => void;

/** The first byte that a store writes, in the buffer of its target. */
export function firstByteOf({ target, index }: Stored): number {
  return target.byteOffset + index * target.BYTES_PER_ELEMENT;
}

/** Makes a store once more, in a copy of the buffer. */
export function storeAgain(stored: Stored, copy: ArrayBufferLike): void {
  const bytes = new Uint8Array(copy, firstByteOf(stored), stored.width);
  for (let i = 0, rest = stored.value; i < stored.width; i++, rest >>>= 8) bytes[i] = rest;
}

const targets = new WeakMap<object, Words>();
const trackers = new WeakMap<object, StoreLog>();

export class StoreLog {
  /** Stores since the last call of `begin`. */
  stores: Stored[] = [];
  /** Hears of every load of an element by index or by Atomics, ahead of it. */
  onLoad: Loaded | undefined;
  #cutAt = Infinity;
  #isDead = false;

  /** The option that a shared DB is made or attached with, for this to see its arrays. */
  readonly seen = <T extends Words>(array: T): T => this.#array(array) as T;

  /** Counts from here on, and cuts off before the store of this number. */
  begin(cutAt = Infinity): void {
    this.stores = [];
    this.#cutAt = cutAt;
  }

  /** Whether nothing is stored any more. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** To be called before a store. @throws CutOff, whenever the thread is at its end: nothing comes after that */
  store(
    target: Words,
    index: number,
    value: number,
    isAtomic: boolean,
    width: number = target.BYTES_PER_ELEMENT,
  ): void {
    this.#isDead ||= this.stores.length >= this.#cutAt;
    if (this.#isDead) throw new CutOff();
    this.stores.push({ target, index, value, isAtomic, width });
  }

  #array(array: Words): Words {
    const store = (index: number, value: number) => {
      this.store(array, index, value, false);
      array[index] = value;
    };
    const methods: Record<string, unknown> = {
      fill: (value: number, from = 0, to = array.length) => {
        for (let i = from; i < to; i++) store(i, value);
        return proxy;
      },
      set: (source: ArrayLike<number>, offset = 0) => {
        for (let i = 0; i < source.length; i++) store(offset + i, source[i]);
      },
      copyWithin: (target: number, from: number, to = array.length) => {
        const moved = array.slice(from, to);
        for (let i = 0; i < moved.length; i++) store(target + i, moved[i]);
        return proxy;
      },
      subarray: (from: number, to: number) => this.#array(array.subarray(from, to)),
    };
    const proxy: Words = new Proxy(array, {
      get: (target, name) => {
        if (this.onLoad !== undefined && typeof name === 'string' && /^\d/.test(name)) {
          this.onLoad(array, Number(name), false);
        }
        if (typeof name === 'string' && Object.hasOwn(methods, name)) return methods[name];
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      },
      set(_, name, value: number) {
        store(Number(name), value);
        return true;
      },
    });
    targets.set(proxy, array);
    trackers.set(proxy, this);
    return proxy;
  }

  /** A view whose stores are seen, too. */
  view(view: DataView): DataView {
    const bytes = new Uint8Array(view.buffer);
    return new Proxy(view, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        const method = (value as (...args: unknown[]) => unknown).bind(target);
        if (!String(name).startsWith('set')) return method;
        if (name !== 'setInt32') throw new Error(`${String(name)} is not known here`);
        return (offset: number, value: number, isLittleEndian: boolean) => {
          if (!isLittleEndian) throw new Error('the highest byte first is not known here');
          this.store(bytes, offset, value, false, Int32Array.BYTES_PER_ELEMENT);
          method(offset, value, isLittleEndian);
        };
      },
    });
  }
}

const CHANGES = ['store', 'add', 'sub', 'and', 'or', 'xor', 'exchange', 'compareExchange'] as const;

/** Lets Atomics take arrays that are seen, until the returned function is called. */
export function seeAtomics(): () => void {
  const plain = new Map<string, unknown>();
  const patch = (name: string, make: (original: (...args: unknown[]) => unknown) => unknown) => {
    const original: unknown = Reflect.get(Atomics, name);
    plain.set(name, original);
    Object.defineProperty(Atomics, name, {
      value: make(original as (...args: unknown[]) => unknown),
      configurable: true,
      writable: true,
    });
  };
  for (const name of CHANGES) {
    patch(name, (original) => (array: Words, index: number, ...values: number[]) => {
      const target = targets.get(array);
      if (target === undefined) return original(array, index, ...values);
      trackers.get(array)!.store(target, index, values.at(-1)!, true);
      return original(target, index, ...values);
    });
  }
  for (const name of ['load', 'notify', 'wait']) {
    patch(name, (original) => (array: Words, index: number, ...rest: unknown[]) => {
      const target = targets.get(array);
      if (target !== undefined && name === 'load') trackers.get(array)!.onLoad?.(target, index, true);
      return original(target ?? array, index, ...rest);
    });
  }
  return () => {
    for (const [name, value] of plain)
      Object.defineProperty(Atomics, name, { value, configurable: true, writable: true });
  };
}

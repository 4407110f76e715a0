import type { Store, Subject } from './machine.js';
import type { Compare } from './model.js';

/** What configurations need of the library: lib/ under jest, the built package in programs. */
export interface Library {
  DB: new (options?: StoreOptions) => Store;
  bytewise: { name: string; compare: Compare };
  checkStructure(store: Store): void;
}

interface StoreOptions {
  comparer?: { name: string; compare: Compare };
  capacity?: number;
  randHeight?: () => number;
}

/** A kind of DB that must do all that any DB does. */
export interface Configuration {
  readonly name: string;
  make(): Subject;
}

export function configurations({ DB, bytewise, checkStructure }: Library): Configuration[] {
  const configuration = (name: string, options: () => StoreOptions): Configuration => ({
    name,
    make() {
      const { comparer = bytewise, ...others } = options();
      const store = new DB({ comparer, ...others });
      return { store, compare: comparer.compare, check: () => checkStructure(store) };
    },
  });
  return [
    configuration('bytewise', () => ({})),
    configuration('bytewise, nothing reserved', () => ({ capacity: 0 })),
    configuration('bytewise, much reserved', () => ({ capacity: 1 << 20 })),
    configuration('bytewise, all towers low', () => ({ randHeight: () => 1 })),
    configuration('bytewise, all towers of full height', () => ({ randHeight: () => 12 })),
    configuration('bytewise order by a comparer of its own', () => ({
      comparer: { name: 'again', compare: (a, b) => bytewise.compare(a, b) },
    })),
    configuration('reverse', () => ({
      comparer: { name: 'reverse', compare: (a, b) => bytewise.compare(b, a) },
      capacity: 7,
    })),
    configuration('shorter first', () => ({
      comparer: {
        name: 'shorter first',
        compare: (a, b) => a.length - b.length || bytewise.compare(a, b),
      },
    })),
    configuration('letters of both cases equal', () => ({
      comparer: {
        name: 'folded',
        compare: foldedOrder,
      },
    })),
    configuration('leading zeros of no account', () => ({
      comparer: {
        name: 'no leading zeros',
        compare: (a, b) => bytewise.compare(withoutZeros(a), withoutZeros(b)),
      },
    })),
  ];
}

function foldedOrder(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = lowerCase(a[i]) - lowerCase(b[i]);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function withoutZeros(bytes: Uint8Array): Uint8Array {
  const from = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(from < 0 ? bytes.length : from);
}

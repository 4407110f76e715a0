/*
 * Views of the real arrays that write down what is read of them. With these in place of the arrays, the package's own searches run and
 * show their way.
 */

/** An array that tells which elements are read. */
export function recorded<T extends Uint8Array | Int32Array>(array: T, read: (index: number) => void): T {
  return new Proxy(array, {
    get(target, name) {
      const index = typeof name === 'string' ? Number(name) : NaN;
      if (Number.isInteger(index)) {
        read(index);
        return target[index];
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const WIDTHS: Record<string, number> = {
  getUint8: 1,
  getInt16: 2,
  getUint16: 2,
  getInt32: 4,
  getUint32: 4,
  getBigUint64: 8,
  getBigInt64: 8,
  getFloat64: 8,
};

/** The same for a DataView. */
export function recordedView(view: DataView, read: (start: number, end: number) => void): DataView {
  return new Proxy(view, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const width = WIDTHS[String(name)] ?? 0;
      return (offset: number, ...rest: unknown[]): unknown => {
        if (width > 0) read(offset, offset + width);
        return Reflect.apply(value, target, [offset, ...rest]);
      };
    },
  });
}

/** An array that tells what is written to it. */
export function watched(array: Int32Array, wrote: (index: number, value: number) => void): Int32Array {
  return new Proxy(array, {
    get: (target, name): unknown => Reflect.get(target, name, target),
    set(target, name, value: number) {
      target[Number(name)] = value;
      wrote(Number(name), value);
      return true;
    },
  });
}

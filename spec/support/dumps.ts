import { Checksum, NO_SECTION } from '../../lib/internals.js';

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** What is written to a stream, once that is closed. */
export async function collected(
  write: (writable: WritableStream<Uint8Array>) => Promise<void>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await write(
    new WritableStream({
      async write(chunk) {
        await new Promise((resolve) => setImmediate(resolve));
        chunks.push(chunk);
      },
    }),
  );
  return Buffer.concat(chunks);
}

/** A stream of bytes. */
export function given(bytes: Uint8Array, portion: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, (at += portion)));
      else controller.close();
    },
  });
}

/** What a promise is rejected with. */
export async function rejectionOf(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; position?: number }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not rejected');
}

/** Where the parts of a dump are. */
export function partsOf(dumped: Uint8Array) {
  const view = new DataView(dumped.buffer, dumped.byteOffset, dumped.length);
  const headerEnd = view.getUint32(16, true);
  const size = view.getUint32(28, true);
  const slots = view.getUint32(32, true);
  const kvEnd = headerEnd + 4 * Math.ceil(size / 4);
  const nodesStart = kvEnd + 8;
  return {
    view,
    headerEnd,
    size,
    slots,
    kvStart: headerEnd,
    kvEnd,
    nodesStart,
    nodesEnd: nodesStart + 4 * slots,
  };
}

/** A copy of a dump with something changed in it, and all checksums made anew where they still are. */
export function resealed(dumped: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = dumped.slice();
  const { headerEnd, kvStart, kvEnd, nodesStart, nodesEnd } = partsOf(copy);
  change(new DataView(copy.buffer));
  const sum = (from: number, to: number, before: Uint8Array) => {
    const checksum = new Checksum();
    checksum.addBytes(copy.slice(from, to));
    const bytes = checksum.end(before);
    copy.set(bytes, to);
    return bytes;
  };
  sum(nodesStart, nodesEnd, sum(kvStart, kvEnd, sum(0, headerEnd - 8, NO_SECTION)));
  return copy;
}

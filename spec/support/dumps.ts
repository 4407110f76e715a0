import { partsOf, sumOfSection } from './dumpsum.js';

export { partsOf } from './dumpsum.js';

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

/** A copy of a dump with something changed in it, and all checksums made anew where they still are. */
export function resealed(dumped: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = dumped.slice();
  const { headerEnd, kvStart, kvEnd, nodesStart, nodesEnd } = partsOf(copy);
  change(new DataView(copy.buffer));
  const header = sumOfSection(copy.subarray(0, headerEnd - 8));
  const kv = sumOfSection(copy.subarray(kvStart, kvEnd), header);
  copy.set(header, headerEnd - 8);
  copy.set(kv, kvEnd);
  copy.set(sumOfSection(copy.subarray(nodesStart, nodesEnd), kv), nodesEnd);
  return copy;
}

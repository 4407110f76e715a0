// Shares a database with other processes by HTTP: one request for each call of abstract-level. Whoever can reach the port can do anything.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Database } from './app.js';

export type Operation = { type: 'put'; key: string; value: string } | { type: 'del'; key: string };
export interface Bounds {
  gt?: string;
  gte?: string;
  lt?: string;
  lte?: string;
  reverse?: boolean;
  limit?: number;
}

/** @returns where it listens */
export async function serve(db: Database): Promise<{ url: string; close: () => void }> {
  const calls: Record<string, (body: never) => Promise<unknown>> = {
    '/get': async (key: string) => (await db.get(key)) ?? null,
    '/batch': (operations: Operation[]) => db.batch(operations),
    '/entries': (bounds: Bounds) => db.iterator(bounds).all(),
    '/clear': (bounds: Bounds) => db.clear(bounds),
  };
  const answer = async (request: IncomingMessage) => {
    const call = calls[request.url ?? ''];
    if (call === undefined) throw new Error(`there is no ${request.url ?? ''}`);
    return (await call((await json(request)) as never)) ?? null;
  };
  const server = createServer((request, response) => {
    answer(request).then(
      (found) => response.end(JSON.stringify(found)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

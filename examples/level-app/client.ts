// The database of another process: an abstract-level database that asks its server (server.ts) for everything.
import { AbstractIterator, AbstractLevel } from 'abstract-level';
import type { Bounds, Operation } from './server.js';

type Entry = [key: string, value: string];
type Ask = <T>(path: string, body: unknown) => Promise<T>;

/** Entries that are fetched at once. */
const PAGE = 100;

export class HttpLevel extends AbstractLevel<string | Uint8Array> {
  readonly #ask: Ask;

  constructor(url: string) {
    super({ encodings: { utf8: true }, seek: true, implicitSnapshots: false });
    this.#ask = async <T>(path: string, body: unknown) => {
      const response = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) });
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as T;
    };
  }

  // What abstract-level calls.

  async _get(key: string): Promise<string | undefined> {
    return (await this.#ask<string | null>('/get', key)) ?? undefined;
  }

  _put(key: string, value: string): Promise<void> {
    return this._batch([{ type: 'put', key, value }]);
  }

  _del(key: string): Promise<void> {
    return this._batch([{ type: 'del', key }]);
  }

  async _batch(operations: Operation[]): Promise<void> {
    await this.#ask('/batch', operations);
  }

  async _clear(options: Bounds): Promise<void> {
    await this.#ask('/clear', options);
  }

  _iterator(options: Bounds): HttpIterator {
    return new HttpIterator(this, this.#ask, options);
  }
}

/** Fetches a page after the other. */
class HttpIterator extends AbstractIterator<HttpLevel, string, string> {
  readonly #ask: Ask;
  #bounds: Bounds;
  #page: Entry[] = [];

  constructor(db: HttpLevel, ask: Ask, options: Bounds) {
    super(db, options);
    this.#ask = ask;
    const { gt, gte, lt, lte, reverse = false } = options;
    this.#bounds = {
      ...(gte !== undefined ? { gte } : gt !== undefined && { gt }),
      ...(lte !== undefined ? { lte } : lt !== undefined && { lt }),
      reverse,
    };
  }

  async _next(): Promise<Entry | undefined> {
    if (this.#page.length === 0) {
      const limit = Math.min(PAGE, this.limit - this.count);
      this.#page = await this.#ask<Entry[]>('/entries', { ...this.#bounds, limit });
    }
    const entry = this.#page.shift();
    if (entry !== undefined) this.#goOnBehind(entry[0]);
    return entry;
  }

  _seek(target: string): void {
    this.#page = [];
    if (this.#bounds.reverse === true) this.#bounds = { ...withoutUpper(this.#bounds), lte: target };
    else this.#bounds = { ...withoutLower(this.#bounds), gte: target };
  }

  #goOnBehind(key: string): void {
    if (this.#bounds.reverse === true) this.#bounds = { ...withoutUpper(this.#bounds), lt: key };
    else this.#bounds = { ...withoutLower(this.#bounds), gt: key };
  }
}

function withoutUpper({ gt, gte, reverse }: Bounds): Bounds {
  return { ...(gt !== undefined && { gt }), ...(gte !== undefined && { gte }), ...(reverse && { reverse }) };
}

function withoutLower({ lt, lte }: Bounds): Bounds {
  return { ...(lt !== undefined && { lt }), ...(lte !== undefined && { lte }) };
}

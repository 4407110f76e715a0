import type { WatchEvent, WatchResponse } from './protocol.js';

/** What a revision did to one key: without a value, it deleted it. */
export interface Edit {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  /** The key's mod revision. */
  readonly sequence: number;
}

/** A revision, all of it. */
export interface Revision {
  readonly revision: number;
  readonly edits: readonly Edit[];
}

/**
 * Makes whole revisions of watch responses.
 *
 * etcd sends all events of a revision in one response, and in the order of revisions, but cuts a large response to fragments
 * wherever that comes. A response may hold many revisions, of which the last is the only one to wait for, where a watch catches up; its header tells then of the newest one in the
 * store, which may be ahead of its events, so that only events count.
 */
export class Revisions {
  #pending: WatchEvent[] = [];

  /** The revisions above `known` that a response completes, in order. @throws Error when they are not in order */
  take({ events, fragment }: WatchResponse, known: number): Revision[] {
    let all: readonly WatchEvent[] = events;
    if (this.#pending.length > 0 || fragment) {
      for (const event of events) this.#pending.push(event);
      all = this.#pending;
      // Of the newest revision, there may be more.
      const last = fragment ? all.at(-1)?.kv.mod_revision : undefined;
      let end = all.length;
      while (end > 0 && all[end - 1].kv.mod_revision === last) end--;
      this.#pending = all.slice(end);
      all = all.slice(0, end);
    }
    const whole: { revision: number; edits: Edit[] }[] = [];
    for (const event of all) {
      const edit = editOf(event);
      if (edit.sequence <= known) continue; // It is known already.
      const last = whole.at(-1);
      if (last?.revision === edit.sequence) last.edits.push(edit);
      else if (last !== undefined && last.revision > edit.sequence) {
        throw new Error(`etcd sent revision ${edit.sequence} after ${last.revision}`);
      } else whole.push({ revision: edit.sequence, edits: [edit] });
    }
    return whole;
  }
}

function editOf({ type, kv }: WatchEvent): Edit {
  return {
    key: bytesOf(kv.key),
    value: type === 'Delete' ? undefined : bytesOf(kv.value),
    sequence: numberOf(kv.mod_revision),
  };
}

/** A Buffer as a plain array, whose methods do what users expect. */
export function bytesOf(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** @throws RangeError beyond 2^53-1, which no store comes to */
export function numberOf(revision: string): number {
  const number = Number(revision);
  if (!Number.isSafeInteger(number)) throw new RangeError(`etcd's revision ${revision} is beyond 2^53-1`);
  return number;
}

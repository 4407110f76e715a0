/*
 * Whether what several threads did and saw could have happened one after the other. All that they share is a clock that counts: each
 * thread takes a number of it before a call and another one after it, so a call happened at some instant between its two numbers.
 *
 * For a key of which each value is written once, that is decided by its values' times (Gibbons and Korach, "Testing Shared
 * Memories"). All calls that wrote or saw a value are put together. If one of them was over before another began, the key must have had
 * that value from the end of the first to the beginning of the last (a solid time). No two of these may overlap, and nothing that
 * needs another value, or none, may lie within one.
 */

/** When a call may have happened. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** A value that is written, deleted, seen, or missed: in logs as five numbers, `[what, key, value, from, to]`. */
export const WROTE = 0;
export const REMOVED = 1;
export const SAW = 2;
export const MISSED = 3;
export const LOG_WORDS = 5;

class KeyHistory {
  readonly wrote = new Map<number, Span>();
  readonly saw = new Map<number, Span[]>();
  readonly removed: Span[] = [];
  readonly missed: Span[] = [];
}

export class History {
  readonly #keys = new Map<number, KeyHistory>();
  /** How many things were told. */
  count = 0;

  /** Takes the log of a thread. */
  add(log: Int32Array): void {
    for (let i = 0; i < log.length; i += LOG_WORDS) {
      const [what, key, value, from, to] = log.subarray(i, i + LOG_WORDS);
      const span = { from, to };
      const history = this.#of(key);
      if (what === WROTE) history.wrote.set(value, span);
      else if (what === REMOVED) history.removed.push(span);
      else if (what === MISSED) history.missed.push(span);
      else history.saw.set(value, [...(history.saw.get(value) ?? []), span]);
      this.count++;
    }
  }

  /** Of the first thing that can't have been. */
  trouble(): string | undefined {
    for (const [key, history] of this.#keys) {
      const trouble = troubleOf(history);
      if (trouble !== undefined) return `key ${key}: ${trouble}`;
    }
    return undefined;
  }

  #of(key: number): KeyHistory {
    let history = this.#keys.get(key);
    if (history === undefined) this.#keys.set(key, (history = new KeyHistory()));
    return history;
  }
}

const show = ({ from, to }: Span) => `[${from}, ${to}]`;

function troubleOf({ wrote, saw, removed, missed }: KeyHistory): string | undefined {
  const solid: (Span & { value: number })[] = [];
  /** Instants at which the key had another value, or none. */
  const others: (Span & { what: string; value?: number })[] = [];
  for (const [value, seen] of saw) {
    const written = wrote.get(value);
    if (written === undefined) return `value ${value} was seen at ${show(seen[0])}, and nobody wrote it`;
    const early = seen.find(({ to }) => to < written.from);
    if (early !== undefined)
      return `value ${value} was seen at ${show(early)}, before it was written at ${show(written)}`;
  }
  for (const [value, written] of wrote) {
    const spans = [written, ...(saw.get(value) ?? [])];
    const end = Math.min(...spans.map(({ to }) => to));
    const begin = Math.max(...spans.map(({ from }) => from));
    if (end < begin) solid.push({ from: end, to: begin, value });
    else others.push({ from: begin, to: end, value, what: `value ${value}` });
  }
  for (const span of removed) others.push({ ...span, what: 'a delete' });
  for (const span of missed) others.push({ ...span, what: 'a search that found nothing' });

  solid.sort((a, b) => a.from - b.from);
  for (let i = 1; i < solid.length; i++) {
    const [one, next] = [solid[i - 1], solid[i]];
    if (next.from < one.to)
      return `it had value ${one.value} throughout ${show(one)}, and value ${next.value} throughout ${show(next)}`;
  }
  for (const other of others) {
    const around = lastFrom(solid, other.from);
    if (around !== undefined && other.to < around.to)
      return `${other.what} at ${show(other)}, while it had value ${around.value} throughout ${show(around)}`;
  }
  return troubleOfMissed(missed, removed, [...wrote.values()]);
}

/** The last of some that begin before an instant; they are sorted, and do not overlap. */
function lastFrom<S extends Span>(sorted: readonly S[], instant: number): S | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle].from < instant) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}

/** Where there is nothing, nothing was put so far, or a delete may have come after each put that was over. */
function troubleOfMissed(missed: Span[], removed: Span[], wrote: Span[]): string | undefined {
  for (const miss of missed) {
    let latest = -1;
    for (const { from, to } of wrote) if (to < miss.from) latest = Math.max(latest, from);
    if (latest < 0) continue;
    if (!removed.some(({ from, to }) => from < miss.to && to > latest))
      return `nothing was there at ${show(miss)}, though nobody had deleted what was put from ${latest} on`;
  }
  return undefined;
}

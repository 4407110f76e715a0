/** By this name, Node, Bun and Deno ask an object how it is shown. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

export declare interface InspectOptions {
  /** Levels that are shown; null for all. */
  readonly depth?: number | null | undefined;
  /** Entries that are shown; null for all. */
  readonly maxArrayLength?: number | null | undefined;
}
export type Inspect = (value: unknown, options: InspectOptions) => string;

interface Shown {
  readonly size: number;
  entries(scan: { limit: number }): Iterable<readonly [unknown, unknown]>;
}

/** As a `Map` is shown. Entries that are not shown are not read. */
export function inspected(
  map: Shown,
  name: string,
  depth: number | null,
  options: InspectOptions,
  inspect: Inspect,
): string {
  if (depth !== null && depth < 0) return `[${name}]`;
  const most = options.maxArrayLength === null ? Infinity : (options.maxArrayLength ?? 100);
  let some;
  try {
    some = new Map(map.entries({ limit: Math.max(0, Math.floor(most)) }));
  } catch {
    return `[${name}(${map.size})]`; // A codec does not know what is there.
  }
  // Levels are counted on from where the map stands.
  const text = inspect(some, { ...options, depth }).replace(/^Map\(\d+\)/, `${name}(${map.size})`);
  const more = map.size - some.size;
  return more === 0 ? text : text.replace(/\s*\}$/, `${some.size > 0 ? ',' : ''}\n  ... ${more} more\n}`);
}

// What flat-memdb must keep to, in every scenario, for any number of operations.

/** Bytes that an entry may take beside its key and value. */
export const INDEX_BYTES = 64;
export const MB = 1e6;
const CONSTANT = 16 * MB;
/** Bytes of garbage beyond those of the entries. */
const GARBAGE = 2 ** 20;
const RESIDENT_TIMES = 4;
const ARRAYS_TIMES = 3;
/** A put and a delete against a put of a load. */
const QUEUE_TIMES = 2;
/** ms, of the longest call, where a window of a million entries turns over. */
const LONGEST = 20;

/** What was seen after so many calls, in bytes; `resident` is above that of the empty process. */
export interface Sample {
  calls: number;
  resident: number;
  live: number;
  arrays: number | null;
}

/** One process has measured. */
export interface Measured {
  calls: number;
  /** ns per call, with the making of keys and values. */
  ns: number;
  /** ms. */
  longest: number;
  /** Resident bytes of the process before the first entry; all others are above that. */
  empty: number;
  highest: number;
  /** At the end, after collecting. */
  collected: number;
  /** Bytes of keys and values at the end, and INDEX_BYTES for each entry. */
  live: number;
  /** The most there was; and beyond the bytes of the entries at that time. */
  garbage: number | null;
  excess: number | null;
  /** Of both, all that is reserved, at the end. */
  arrays: number | null;
  /** ns per put of the load. */
  loadNs: number | null;
  samples: Sample[];
}

export function liveBytes(entries: number, entryBytes: number): number {
  return entries * (entryBytes + INDEX_BYTES);
}

/** Of what is allowed, the part that was taken, where it was most: above 1, the limit is broken. */
export interface Taken {
  resident: number;
  arrays: number | undefined;
  garbage: number | undefined;
  queue: number | undefined;
  longest: number | undefined;
}

export function takenOf(measured: Measured, hasLongest: boolean): Taken {
  const { samples, highest, live, arrays, excess, ns, loadNs, longest } = measured;
  const most = Math.max(...samples.map((sample) => sample.live));
  const at = (bytes: number, times: number, living: number) => bytes / (times * living + CONSTANT);
  const seen = (bytes: (sample: Sample) => number, times: number) =>
    samples.map((sample) => at(bytes(sample), times, sample.live));
  return {
    resident: Math.max(
      at(highest, RESIDENT_TIMES, most),
      ...seen(({ resident }) => resident, RESIDENT_TIMES),
    ),
    arrays:
      arrays === null
        ? undefined
        : Math.max(at(arrays, ARRAYS_TIMES, live), ...seen((sample) => sample.arrays ?? 0, ARRAYS_TIMES)),
    garbage: excess === null ? undefined : excess / GARBAGE,
    queue: loadNs === null ? undefined : (2 * ns) / (QUEUE_TIMES * loadNs),
    longest: hasLongest ? longest / LONGEST : undefined,
  };
}

// Where the time of a piece of code goes: what a sampling profiler finds, by the package whose code ran.
import { Session, type Profiler } from 'node:inspector';

/** Microseconds between samples. */
const INTERVAL = 200;

/** Microseconds in each package's own functions. Promises, and what makes typed arrays, are the engine's. */
export type SelfTimes = Record<string, number>;

const PACKAGES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\/node_modules\/(?:abstract-level|level-transcoder|module-error)\//, 'abstract-level'],
  [/\/node_modules\/(?:memory-level|functional-red-black-tree)\//, 'memory-level'],
  [/\/dist\//, 'flat-memdb'],
  [/\/build\/perf\//, 'the loop'],
];

export class SelfTimer {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.setSamplingInterval', { interval: INTERVAL });
  }

  async time(run: () => Promise<void>): Promise<SelfTimes> {
    this.#session.post('Profiler.start');
    await run();
    let profile: Profiler.Profile | undefined;
    this.#session.post('Profiler.stop', (_error, found) => (profile = found.profile));
    return selfTimes(profile!);
  }
}

function selfTimes({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): SelfTimes {
  // `dispatch` is the profiler's own, which begins by looking at all code there is.
  const known = nodes.filter(({ callFrame }) => callFrame.functionName !== 'dispatch');
  const names = new Map(known.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times: SelfTimes = {};
  samples.forEach((id, i) => {
    const name = names.get(id);
    if (name === undefined) return;
    times[name] = (times[name] ?? 0) + timeDeltas[i];
  });
  return times;
}

function nameOf({ functionName, url }: { functionName: string; url: string }): string {
  const found = PACKAGES.find(([pattern]) => pattern.test(url));
  if (found !== undefined) return found[1];
  if (functionName === '(garbage collector)') return 'garbage collector';
  return 'node and V8';
}

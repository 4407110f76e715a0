import fc from 'fast-check';
import type { Configuration } from './configurations.js';
import { CURSORS, WALKS, runProgram, type Program, type Step } from './machine.js';

/** Random programs for the machine, for fast-check to make, shrink and print. */
export function programs(most: { keys: number; steps: number }): fc.Arbitrary<Program> {
  return fc.record({
    keys: fc.array(keys(), { minLength: 1, maxLength: most.keys, size: 'max' }),
    steps: fc.array(step(most.keys), { minLength: 1, maxLength: most.steps, size: 'max' }),
  });
}

/**
 * Runs random programs on DBs of one configuration.
 * @returns how many operations they made, and how many allocations failed; and of the first that failed, shrunk, a report
 */
export function tryPrograms(
  { make }: Configuration,
  some: fc.Arbitrary<Program>,
  { seed, runs, shrinks }: { seed: number; runs: number; shrinks: number },
): { operations: number; refused: number; failure?: string } {
  let operations = 0;
  let refused = 0;
  let failed = false;
  let attempts = 0;
  const property = fc.property(some, (program) => {
    // To shrink a large program to the end could take hours: after so many attempts, no smaller one counts as failing.
    if (failed && attempts++ >= shrinks) return;
    try {
      const subject = make();
      operations += runProgram(subject, program);
      refused += subject.refused?.() ?? 0;
    } catch (error) {
      failed = true;
      throw error;
    }
  });
  const details = fc.check(property, { seed, numRuns: runs });
  if (!details.failed) return { operations, refused };
  return {
    operations,
    refused,
    failure: `${fc.defaultReportMessage(details)}\n${String(details.errorInstance)}`,
  };
}

/** Prefixes longer than any abbreviation of a key, and shorter. */
const PREFIXES = ['', 'ab', 'user:', 'a prefix that many keys share, as real keys do/', 'p'.repeat(300)].map(
  (prefix) => new TextEncoder().encode(prefix),
);

/** The shapes that go wrong: empty, single bytes, runs of 0x00 and 0xff, shared prefixes, late differences. */
export function keys(): fc.Arbitrary<Uint8Array> {
  const telling = fc.constantFrom(0x00, 0x01, 0x61, 0x7f, 0x80, 0xfe, 0xff);
  const tail = fc.array(telling, { maxLength: 10 });
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(new Uint8Array(0)) },
    { weight: 2, arbitrary: telling.map((byte) => Uint8Array.of(byte)) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom(0x00, 0xff), fc.integer({ min: 1, max: 40 }))
        .map(([byte, length]) => new Uint8Array(length).fill(byte)),
    },
    {
      weight: 6,
      arbitrary: fc.tuple(fc.constantFrom(...PREFIXES), tail).map(([prefix, rest]) => join(prefix, rest)),
    },
    // Alike up to byte 3..8 after the prefix, where an abbreviation ends.
    {
      weight: 6,
      arbitrary: fc
        .tuple(fc.constantFrom(...PREFIXES), fc.integer({ min: 3, max: 8 }), telling, tail)
        .map(([prefix, at, byte, rest]) =>
          join(prefix, [...new Array<number>(at - 1).fill(0x61), byte, ...rest]),
        ),
    },
    // Letters of both cases, for orders that fold them.
    {
      weight: 2,
      arbitrary: fc
        .array(fc.constantFrom(0x41, 0x42, 0x61, 0x62), { minLength: 1, maxLength: 3 })
        .map((letters) => Uint8Array.from(letters)),
    },
    { weight: 4, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  );
}

function join(prefix: Uint8Array, rest: number[]): Uint8Array {
  return Uint8Array.from([...prefix, ...rest]);
}

function step(keyCount: number): fc.Arbitrary<Step> {
  const key = fc.nat({ max: keyCount - 1 });
  const bound = fc.option(key, { freq: 2 });
  const cursor = fc.nat({ max: CURSORS - 1 });
  const walk = fc.nat({ max: WALKS - 1 });
  const count = fc.nat({ max: keyCount });
  const fill = fc.nat({ max: 0xff });
  const reverse = fc.boolean();
  const pick = fc.constantFrom('entries', 'keys', 'values');
  const to = fc.constantFrom('first', 'last', 'next', 'next', 'next', 'prev', 'prev', 'prev');
  const shortLength = fc.nat({ max: 40 });
  const length = fc.oneof(
    { weight: 30, arbitrary: shortLength },
    { weight: 10, arbitrary: fc.nat({ max: 1000 }) },
    { weight: 1, arbitrary: fc.constant(200_000) },
  );
  return fc.oneof(
    { weight: 24, arbitrary: fc.record({ do: fc.constant('put'), key, length, fill }) },
    { weight: 14, arbitrary: fc.record({ do: fc.constant('delete'), key }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('get'), key }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('find'), key }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('at'), index: fc.nat({ max: 2 * keyCount }) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('update'),
        key,
        length: fc.option(shortLength, { freq: 3 }),
        fill,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('fill'), key, count }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('drain'), key, count }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('putMany'), key, count, length: shortLength, fill }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('getMany'), key, count }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteRange'), start: bound, limit: bound }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('count'), start: bound, limit: bound }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reset') }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('compact') }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('scan'), pick, reverse, start: bound, limit: bound }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('open'), cursor, start: bound, limit: bound }) },
    { weight: 24, arbitrary: fc.record({ do: fc.constant('move'), cursor, to }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('seek'), cursor, key }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('look'), cursor }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('release'), cursor }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('walk'), walk, pick, reverse, start: bound, limit: bound }),
    },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('step'), walk }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('leave'), walk }) },
  );
}

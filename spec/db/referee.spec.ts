import { DB } from '../../lib/index.js';
import { readTraces } from '../support/recordings.js';
import { replay, type Coverage } from '../support/replay.js';

// spec/recordings/traces.json.gz holds what the real goleveldb did; `npm run referee` compares fresh traces.
describe('traces recorded from goleveldb', () => {
  const { traces, operations } = readTraces();
  const covered: Coverage = new Map();

  test('there are at least 30 of 5,000 operations', () => {
    expect(traces.length).toBeGreaterThanOrEqual(30);
    expect(operations).toBe(5000);
    expect(new Set(traces.map(({ seed }) => seed)).size).toBe(traces.length);
  });

  test.each(traces)('trace $seed: every result, kvData and nodeData are the same', (trace) => {
    const coverage = replay(trace, operations, (options) => new DB({ ...options, autoCompact: false }));
    for (const [what, times] of coverage) covered.set(what, (covered.get(what) ?? 0) + times);
  });

  const moves = ['first', 'last', 'seek', 'next', 'prev', 'walk'];
  const states = ['fresh', 'on an entry', 'past the end', 'before the beginning', 'released'];
  test.each([
    ...moves.flatMap((move) => states.map((state) => `${move} ${state}`)),
    ...['below', 'inside', 'above'].map((where) => `seek ${where} the range`),
    ...['of everything', 'from a start', 'from an empty start', 'to a limit', 'of empty limit'].map(
      (r) => `range ${r}`,
    ),
    ...['between bounds', 'of start = limit', 'of start > limit'].map((r) => `range ${r}`),
    ...['get', 'has', 'find', 'delete'].flatMap((call) => [`${call}, found true`, `${call}, found false`]),
    ...['put, new', 'put, replaced', 'sizes', 'reset'],
    ...['value of 0 bytes', 'value of some bytes', 'value of 102400 bytes'],
    ...Array.from({ length: 12 }, (_, i) => `height ${i + 1}`),
    ...['bytewise', 'reversed', 'length first', 'letter case ignored'].map((order) => `order ${order}`),
  ])('some trace has this case: %s', (what) => {
    expect(covered.get(what) ?? 0).toBeGreaterThan(0);
  });
});

import { History, MISSED, REMOVED, SAW, WROTE } from '../support/history.js';

/*
 * The judge of what threads did and saw. Times are numbers of their clock; a call happened somewhere between its two.
 */

type Fact = [what: number, value: number, from: number, to: number];

function troubleOf(...facts: Fact[]): string | undefined {
  const history = new History();
  for (const [what, value, from, to] of facts) history.add(Int32Array.of(what, 7, value, from, to));
  expect(history.count).toBe(facts.length);
  return history.trouble();
}

describe('what could have been', () => {
  test.each<[string, Fact[]]>([
    ['nothing', []],
    ['nothing there, and nothing put', [[MISSED, 0, 1, 2]]],
    [
      'one value, seen',
      [
        [WROTE, 1, 0, 1],
        [SAW, 1, 2, 3],
        [SAW, 1, 8, 9],
      ],
    ],
    [
      'one value, seen while it was written',
      [
        [WROTE, 1, 0, 5],
        [SAW, 1, 2, 3],
        [MISSED, 0, 1, 4],
      ],
    ],
    [
      'two values, one after the other',
      [
        [WROTE, 1, 0, 1],
        [SAW, 1, 2, 3],
        [WROTE, 2, 4, 5],
        [SAW, 2, 6, 7],
      ],
    ],
    [
      'two writers at once, either may be last',
      [
        [WROTE, 1, 0, 5],
        [WROTE, 2, 1, 4],
        [SAW, 1, 6, 7],
      ],
    ],
    [
      'a long search that sees the old value',
      [
        [WROTE, 1, 0, 1],
        [WROTE, 2, 3, 4],
        [SAW, 1, 2, 9],
        [SAW, 2, 5, 6],
      ],
    ],
    [
      'put, deleted, put again',
      [
        [WROTE, 1, 0, 1],
        [REMOVED, 0, 2, 3],
        [MISSED, 0, 4, 5],
        [WROTE, 2, 6, 7],
      ],
    ],
    [
      'a delete at the same time as a put',
      [
        [WROTE, 1, 0, 5],
        [REMOVED, 0, 1, 6],
        [MISSED, 0, 7, 8],
      ],
    ],
    [
      'a delete that found nothing before the put',
      [
        [REMOVED, 0, 0, 1],
        [WROTE, 1, 2, 3],
        [SAW, 1, 4, 5],
      ],
    ],
  ])('%s', (_what, facts) => expect(troubleOf(...facts)).toBeUndefined());
});

describe('what could not', () => {
  test.each<[string, Fact[], RegExp]>([
    ['a value that nobody wrote', [[SAW, 1, 2, 3]], /nobody wrote it/],
    [
      'a value before it was written',
      [
        [SAW, 1, 2, 3],
        [WROTE, 1, 4, 5],
      ],
      /before it was written/,
    ],
    [
      'a write that is lost',
      [
        [WROTE, 1, 0, 1],
        [WROTE, 2, 2, 3],
        [SAW, 1, 4, 5],
      ],
      /value 2 at .* while it had value 1/,
    ],
    [
      'a value that comes back',
      [
        [WROTE, 1, 0, 1],
        [SAW, 2, 3, 4],
        [WROTE, 2, 2, 3],
        [SAW, 1, 5, 6],
      ],
      /value/,
    ],
    [
      'a delete that is lost',
      [
        [WROTE, 1, 0, 1],
        [REMOVED, 0, 2, 3],
        [SAW, 1, 4, 5],
      ],
      /a delete at/,
    ],
    [
      'a key that is not there for an instant',
      [
        [WROTE, 1, 0, 1],
        [MISSED, 0, 3, 4],
        [SAW, 1, 6, 7],
      ],
      /found nothing/,
    ],
    [
      'a key that is gone by itself',
      [
        [WROTE, 1, 0, 1],
        [MISSED, 0, 3, 4],
      ],
      /nobody had deleted/,
    ],
    [
      'a delete from before the put',
      [
        [REMOVED, 0, 0, 1],
        [WROTE, 1, 2, 3],
        [MISSED, 0, 4, 5],
      ],
      /nobody had deleted/,
    ],
    [
      'two values at once',
      [
        [WROTE, 1, 0, 1],
        [WROTE, 2, 0, 1],
        [SAW, 1, 4, 5],
        [SAW, 2, 4, 5],
      ],
      /throughout/,
    ],
  ])('%s', (_what, facts, trouble) => expect(troubleOf(...facts)).toMatch(trouble));
});

test('keys are apart', () => {
  const history = new History();
  history.add(Int32Array.of(WROTE, 1, 10, 0, 1, WROTE, 2, 20, 0, 1, SAW, 1, 10, 2, 3));
  expect(history.trouble()).toBeUndefined();
  history.add(Int32Array.of(SAW, 2, 10, 2, 3));
  expect(history.trouble()).toMatch(/^key 2: value 10 was seen .* nobody wrote it/);
});

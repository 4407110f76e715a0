import { Known } from '../../lib/etcd/internals.js';

/* At which revisions a mirror knows what the range was. */

function knownAfter(...steps: ['follow' | 'confirm' | 'miss' | 'forget', number][]) {
  const known = new Known();
  for (const [step, revision] of steps) known[step](revision);
  return known;
}

const all = (known: Known, to = 20) =>
  Array.from({ length: to }, (_, i) => i + 1).filter((revision) => known.has(revision));

it('the watch tells of all up to its revision, a read of one', () => {
  expect(all(knownAfter(['follow', 3], ['confirm', 7], ['confirm', 9], ['confirm', 7]))).toEqual([
    1, 2, 3, 7, 9,
  ]);
  expect(all(knownAfter(['follow', 3], ['confirm', 7], ['follow', 5]))).toEqual([1, 2, 3, 4, 5, 7]);
  expect(all(knownAfter(['confirm', 7], ['confirm', 2]), 9)).toEqual([2, 7]);
  expect(all(knownAfter(['follow', 3], ['follow', 2]))).toEqual([1, 2, 3]);
});

it('reads of all revisions that follow each other are as good as the watch', () => {
  const known = knownAfter(['follow', 3], ['confirm', 6], ['confirm', 5], ['confirm', 9]);
  expect(known.followed).toBe(3);
  known.confirm(4);
  expect([known.followed, all(known)]).toEqual([6, [1, 2, 3, 4, 5, 6, 9]]);
  known.follow(8);
  expect(known.followed).toBe(9);
});

it('remembers a thousand of single revisions, the newest', () => {
  const known = new Known();
  for (let i = 1; i <= 1001; i++) known.confirm(2 * i);
  expect([2, 3, 4, 2001, 2002].map((revision) => known.has(revision))).toEqual([
    false,
    false,
    true,
    false,
    true,
  ]);
});

it('remembers the one that came last, though it is below all others', () => {
  const known = new Known();
  for (let i = 2; i <= 1001; i++) known.confirm(2 * i);
  known.confirm(2);
  expect([2, 4, 6].map((revision) => known.has(revision))).toEqual([true, false, true]);
});

it('what was missed stays so, for as long as anybody may ask', () => {
  const known = knownAfter(['follow', 3], ['confirm', 5], ['miss', 7], ['follow', 7], ['follow', 9]);
  expect(all(known)).toEqual([1, 2, 3, 7, 8, 9]);
  expect([3, 4, 6, 7].map((revision) => known.isMissed(revision))).toEqual([false, true, true, false]);
  known.miss(12);
  known.follow(12);
  expect(all(known)).toEqual([1, 2, 3, 7, 8, 9, 12]);
  known.forget(6);
  expect(known.isMissed(5)).toBe(true);
  known.forget(7);
  expect([known.isMissed(5), known.isMissed(10)]).toEqual([false, true]);
});

it('what is missed again and again is one stretch', () => {
  const known = knownAfter(['follow', 3], ['miss', 7], ['follow', 7], ['miss', 9], ['follow', 9]);
  expect(all(known)).toEqual([1, 2, 3, 9]);
  // Where some of it is missed twice, it is what reaches further.
  const twice = knownAfter(['follow', 3], ['miss', 9], ['miss', 6], ['follow', 12]);
  expect(all(twice)).toEqual([1, 2, 3, 9, 10, 11, 12]);
});

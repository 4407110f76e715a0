import { Prng } from '../../support/prng.js';
import { BEFORE_ALL, BEHIND_ALL, GROUPS, type Place, type Subject } from './lists.js';
import type { State } from './state.js';

/** Moves after which it may begin elsewhere. */
const MOVES = 24;

/**
 * Moves about a list that grows, and checks each move: what it lands on is whole and comes behind where it was, and nothing that was there
 * when the move began was passed over.
 * @returns how many steps it took @throws Error that says what was wrong
 */
export function read(
  list: Subject,
  state: State,
  seed: number,
  isEnough: (steps: number) => boolean,
): number {
  const draw = new Prng(seed);
  const there = new Int32Array(GROUPS);
  const cursor = list.cursor();
  let steps = 0;
  let place: Place = BEFORE_ALL;

  const landed = (isThere: boolean, from: Place, isForward: boolean, isFromIn: boolean) => {
    steps++;
    const to = isThere ? cursor.place() : isForward ? BEHIND_ALL : BEFORE_ALL;
    if (isThere && to.generation > state.newest(to.group) + 1)
      throw new Error(`${say(to)} can't be there yet`);
    const [low, high] = isForward ? [from, to] : [to, from];
    checkBetween(list.isAscending, low, high, isForward && isFromIn, there);
    place = to;
  };

  while (!isEnough(steps)) {
    state.snapshot(there);
    const group = draw.below(GROUPS + 1);
    switch (draw.below(8)) {
      case 0:
        landed(cursor.first(), BEFORE_ALL, true, false);
        break;
      case 1:
        landed(cursor.last(), BEHIND_ALL, false, false);
        break;
      default:
        // All of a group is at or behind this one.
        landed(cursor.seek(group), { group, generation: list.isAscending ? 0 : Infinity }, true, true);
    }
    const isBackward = draw.below(3) === 0;
    for (let moves = draw.below(MOVES); moves > 0; moves--) {
      if (place === BEFORE_ALL || place === BEHIND_ALL) break;
      state.snapshot(there);
      landed(isBackward ? cursor.prev() : cursor.next(), place, !isBackward, false);
    }
    state.snapshot(there);
    const some = draw.below(GROUPS);
    if (there[some] > 0) {
      const known = { group: some, generation: 1 + draw.below(there[some]) };
      if (!list.has(known)) throw new Error(`${say(known)} is not found`);
      steps++;
    }
    const least = there.reduce((sum, generation) => sum + generation, 0);
    const { length } = list;
    // One may be in, or be counted, before the state says so.
    if (length < least || length > state.total + 1)
      throw new Error(`length is ${length}, not ${least} or more`);
  }
  return steps;
}

/**
 * Between two places, in order, nothing may be that was there.
 * @param isLowIn whether the lower place is one of those between
 */
function checkBetween(
  isAscending: boolean,
  low: Place,
  high: Place,
  isLowIn: boolean,
  there: Int32Array,
): void {
  if (low.group > high.group) throw new Error(`${say(high)} comes behind ${say(low)}`);
  for (let group = Math.max(0, low.group); group <= Math.min(high.group, GROUPS - 1); group++) {
    // Of this group, generations from `first` to `last` were passed over.
    let first = 1;
    let last = Infinity;
    if (isAscending) {
      if (group === low.group) first = low.generation + (isLowIn ? 0 : 1);
      if (group === high.group) last = high.generation - 1;
    } else {
      if (group === low.group) last = low.generation - (isLowIn ? 0 : 1);
      if (group === high.group) first = high.generation + 1;
    }
    if (low.group === high.group && first > last + 1)
      throw new Error(`${say(high)} comes behind ${say(low)}`);
    if (Math.max(first, 1) <= Math.min(last, there[group])) {
      throw new Error(
        `between ${say(low)} and ${say(high)}, ${there[group]} of group ${group} was passed over`,
      );
    }
  }
}

function say({ group, generation }: Place): string {
  return `generation ${generation} of group ${group}`;
}

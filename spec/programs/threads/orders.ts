import { bytewise, type Comparer } from 'flat-memdb';

/** The orders that threads try: each gives the function by itself, and the name must be that of the DB. */
export const reverse: Comparer = { name: 'reverse', compare: (a, b) => bytewise.compare(b, a) };

export function orderNamed(isReverse: boolean): Comparer {
  return isReverse ? reverse : bytewise;
}

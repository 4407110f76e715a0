import { DB } from '../../lib/index.js';
import { differences, retrace } from '../support/corners.js';
import { readCorners } from '../support/recordings.js';

// What goleveldb does in its corners, as recorded, and what we do in its place: `call: goleveldb's result -> ours`.
// Where nothing is listed, both do the same.
const reset = 'throws the DB was reset under this iterator; make a new one';
const released = 'throws this iterator was released; make a new one';
const false_ = 'false: leveldb/memdb: iterator released';

const OURS: Record<string, string[]> = {
  'the key under the cursor and the one after it are deleted': ['next: c=3 -> d=4'],
  'a key is put behind the deleted key under the cursor': ['next: d=4 -> c=3', 'prev: c=3 -> a=1'],
  'the key under the cursor is deleted and put again, with a new neighbour': [
    'next: c=3 -> bb=8',
    'prev: bb=8 -> b=9',
  ],
  'the only key is deleted under the cursor and another one put': ['next: false -> b=2'],
  'every key is deleted as soon as the cursor stands on it': [],
  'the value under the cursor is replaced': ['entry: a=1 -> a=10'],
  'the key under the cursor is deleted: going back': [],
  'a larger key is put when the cursor is past the end': [],
  'a smaller key is put when the cursor is before the beginning': [],
  'the DB is reset under a cursor: next': [
    `next: panics: runtime error: index out of range [20] with length 16 -> ${reset}`,
  ],
  'the DB is reset under a cursor: prev': [`prev: false -> ${reset}`],
  'the DB is reset under a cursor: first': [`first: false -> ${reset}`],
  'the DB is reset under a cursor and filled anew': ['entry: x=7 -> none', `next: y=8 -> ${reset}`],
  'the cursor is moved after its release': ['first', 'last', 'next', 'prev', 'seek a'].map(
    (move) => `${move}: ${false_} -> ${released}`,
  ),
  // goleveldb's node keeps the length of the key it was made with.
  'the order calls keys of different lengths equal': [
    'get 7: not found -> y',
    'get 007: not found -> y',
    'first: 7y=\0 -> 7=y',
    'size: 3 -> 2',
  ],
};

describe("where goleveldb's cursors and keys are not to be followed", () => {
  const { corners } = readCorners();

  test('every recorded corner is looked at', () => {
    expect(corners.map(({ name }) => name)).toEqual(Object.keys(OURS));
  });

  test.each(corners)('$name', ({ name, steps }) => {
    const ours = retrace(steps, (options) => new DB({ ...options, autoCompact: false }));
    expect(differences(steps, ours)).toEqual(OURS[name]);
  });
});

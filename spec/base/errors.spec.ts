import * as library from '../../lib/index.js';
import { MemDBError } from '../../lib/index.js';

const { CapacityError, InternalKeyCorruptedError, IteratorReleasedError } = library;
const { LockMisuseError, LockTimeoutError, CorruptionError } = library;

describe.each([
  { Class: CapacityError, name: 'CapacityError', code: 'MEMDB_CAPACITY' },
  { Class: IteratorReleasedError, name: 'IteratorReleasedError', code: 'MEMDB_ITERATOR_RELEASED' },
  { Class: LockTimeoutError, name: 'LockTimeoutError', code: 'MEMDB_LOCK_TIMEOUT' },
  { Class: LockMisuseError, name: 'LockMisuseError', code: 'MEMDB_LOCK_MISUSE' },
  {
    Class: InternalKeyCorruptedError,
    name: 'InternalKeyCorruptedError',
    code: 'MEMDB_INTERNAL_KEY_CORRUPTED',
  },
  { Class: CorruptionError, name: 'CorruptionError', code: 'MEMDB_CORRUPTION' },
])('$name', ({ Class, name, code }) => {
  const error = new Class('what was wrong');

  it('is a MemDBError and an Error, and of no other class', () => {
    expect(error).toBeInstanceOf(MemDBError);
    expect(error).toBeInstanceOf(Error);
    expect(Object.getPrototypeOf(Object.getPrototypeOf(error))).toBe(MemDBError.prototype);
  });

  it(`has the code ${code}, its name and its message`, () => {
    expect(error.code).toBe(code);
    expect(error.name).toBe(name);
    expect(error.message).toBe('what was wrong');
    expect(String(error)).toBe(`${name}: what was wrong`);
    expect(error.stack).toContain(name);
  });
});

it('a CapacityError can carry its cause', () => {
  const cause = new RangeError('Array buffer allocation failed');
  expect(new CapacityError('no room', { cause }).cause).toBe(cause);
});

it('a LockTimeoutError says which threads were in the way', () => {
  expect(new LockTimeoutError('too late', [3, 5]).holders).toEqual([3, 5]);
  expect(new LockTimeoutError('too late').holders).toEqual([]);
});

it('a CorruptionError says where, if it was in a dump', () => {
  const error = new CorruptionError('damaged', 12);
  expect([error.message, error.position]).toEqual(['damaged (at byte 12 of the dump)', 12]);
  expect(new CorruptionError('damaged').position).toBeUndefined();
  expect(library.StructureError).toBe(CorruptionError);
});

import {
  CapacityError,
  DB,
  LocalRWLock,
  LockMisuseError,
  checkStructure,
  type RWLock,
} from '../../lib/index.js';
import { localMemory, withInternals } from '../../lib/internals.js';
import { bytes, utf8 } from '../support/bytes.js';
import { FaultyComparer, FaultyMemory, NotingLock, snapshot, thrownBy } from '../support/faults.js';

const READ = ['rlock', 'runlock'];
const WRITE = ['lock', 'unlock'];

function dbWith(lock: RWLock, comparer = new FaultyComparer(), memory?: FaultyMemory): DB {
  const db = new DB(withInternals({ lock, comparer }, memory ?? localMemory));
  for (const key of 'abcdefgh') db.put(utf8(key), utf8(`value of ${key}`));
  return db;
}

describe('every call takes its side of the lock once, and gives it back', () => {
  const calls: [name: string, expected: string[], call: (db: DB) => unknown][] = [
    ['put of a new key', WRITE, (db) => db.put(utf8('new'), bytes())],
    ['put over another', WRITE, (db) => db.put(utf8('b'), bytes())],
    ['delete', WRITE, (db) => db.delete(utf8('b'))],
    ['delete of a missing key', WRITE, (db) => db.delete(utf8('z'))],
    ['putMany', WRITE, (db) => db.putMany([[utf8('b'), bytes()]])],
    ['deleteRange', WRITE, (db) => db.deleteRange({ start: utf8('b'), limit: utf8('d') })],
    ['reset', WRITE, (db) => db.reset()],
    ['getMany', READ, (db) => db.getMany([utf8('b'), utf8('z')])],
    ['count', READ, (db) => db.count({ start: utf8('b') })],
    ['get', READ, (db) => db.get(utf8('b'))],
    ['get of a missing key', READ, (db) => db.get(utf8('z'))],
    ['has', READ, (db) => db.has(utf8('b'))],
    ['find', READ, (db) => db.find(utf8('b'))],
    ['find beyond the end', READ, (db) => db.find(utf8('z'))],
    ['length', READ, (db) => db.length],
    ['size', READ, (db) => db.size],
    ['capacity', READ, (db) => db.capacity],
    ['free', READ, (db) => db.free],
    ['kvData', READ, (db) => db.kvData],
    ['kvLength', READ, (db) => db.kvLength],
    ['nodeData', READ, (db) => db.nodeData],
    ['nodeLength', READ, (db) => db.nodeLength],
  ];

  test.each(calls)('%s: %j', (_, expected, call) => {
    const lock = new NotingLock();
    const db = dbWith(lock);
    lock.take();
    call(db);
    expect(lock.take()).toEqual(expected);
    expect(lock.idle).toBe(true);
  });

  test('every step of a long scan does, where the cursor reads ahead as well', () => {
    const lock = new NotingLock();
    const db = new DB({ lock });
    for (let i = 0; i < 200; i++) db.put(utf8(String(1000 + i)), bytes());
    const it = db.iterator();
    for (const move of ['next', 'prev'] as const) {
      lock.take();
      let steps = 0;
      while (it[move]()) steps++;
      expect(steps).toBe(200);
      expect(lock.take()).toEqual(Array.from({ length: 201 }, () => READ).flat());
    }
    expect(lock.idle).toBe(true);
  });

  const moves: [name: string, move: (it: ReturnType<DB['iterator']>) => unknown][] = [
    ['first', (it) => it.first()],
    ['last', (it) => it.last()],
    ['seek', (it) => it.seek(utf8('d'))],
    ['seek below the range', (it) => it.seek(utf8('a'))],
    ['seek beyond the range', (it) => it.seek(utf8('z'))],
    ['next', (it) => it.next()],
    ['prev', (it) => it.prev()],
  ];

  test.each(moves)('a cursor: %s takes the read side', (_, move) => {
    const lock = new NotingLock();
    const db = dbWith(lock);
    const it = db.iterator({ start: utf8('b'), limit: utf8('g') });
    for (const where of ['fresh', 'on', 'orphaned', 'after the end', 'before the beginning']) {
      if (where === 'on') it.seek(utf8('c'));
      if (where === 'orphaned') {
        it.seek(utf8('e'));
        db.delete(utf8('e'));
      }
      if (where === 'after the end') {
        it.last();
        it.next();
      }
      if (where === 'before the beginning') {
        it.first();
        it.prev();
      }
      lock.take();
      move(it);
      expect([where, ...lock.take()]).toEqual([where, ...READ]);
    }
    expect(lock.idle).toBe(true);
  });

  test.each(['valid', 'key', 'value', 'keyStart', 'valueStart', 'valueEnd'] as const)(
    'a cursor: reading %s takes the read side at most, also after a change',
    (member) => {
      const lock = new NotingLock();
      const db = dbWith(lock);
      const it = db.iterator();
      it.seek(utf8('c'));
      for (const change of [
        () => {},
        () => db.put(utf8('c'), bytes()),
        () => db.delete(utf8('c')),
        () => db.reset(),
      ]) {
        change();
        lock.take();
        void it[member];
        const notes = lock.take();
        if (notes.length > 0) expect(notes).toEqual(READ);
        expect(lock.idle).toBe(true);
      }
    },
  );

  test('making and releasing a cursor takes nothing that it keeps; a scan holds no lock between two entries', () => {
    const lock = new NotingLock();
    const db = dbWith(lock);
    const it = db.iterator();
    expect(lock.idle).toBe(true);
    it.release();
    expect(lock.idle).toBe(true);
    let seen = 0;
    for (const key of db.keys()) {
      expect(lock.idle).toBe(true);
      db.delete(key);
      seen++;
    }
    expect(seen).toBe(8);
    const left = db.entries();
    left.next();
    left.return!();
    expect(lock.idle).toBe(true);
  });
});

describe('the lock is given back when a call fails', () => {
  const fault = new Error('fault');

  test.each<[string, (db: DB) => unknown]>([
    ['put of a new key', (db) => db.put(utf8('new'), bytes())],
    ['put over another', (db) => db.put(utf8('b'), bytes())],
    ['delete', (db) => db.delete(utf8('b'))],
    ['putMany', (db) => db.putMany([[utf8('b'), bytes()]])],
    ['deleteRange', (db) => db.deleteRange({ start: utf8('b') })],
    ['getMany', (db) => db.getMany([utf8('b')])],
    ['count', (db) => db.count({ start: utf8('b') })],
    ['get', (db) => db.get(utf8('b'))],
    ['has', (db) => db.has(utf8('b'))],
    ['find', (db) => db.find(utf8('b'))],
    ['seek', (db) => db.iterator().seek(utf8('b'))],
    ['first of a range', (db) => db.iterator({ start: utf8('b') }).first()],
    ['last of a range', (db) => db.iterator({ limit: utf8('b') }).last()],
    ['next of a fresh cursor', (db) => db.iterator({ limit: utf8('b') }).next()],
    ['entries', (db) => [...db.entries({ start: utf8('b') })]],
    ['keys in reverse', (db) => [...db.keys({ limit: utf8('b'), reverse: true })]],
  ])('a comparer that throws in %s', (_, call) => {
    const lock = new NotingLock();
    const comparer = new FaultyComparer();
    const db = dbWith(lock, comparer);
    comparer.arm(1, () => {
      throw fault;
    });
    expect(thrownBy(() => call(db))).toBe(fault);
    expect(lock.idle).toBe(true);
    expect(db.length).toBe(8);
  });

  test('a comparer that throws when a cursor is read, or moves from where it was', () => {
    const lock = new NotingLock();
    const comparer = new FaultyComparer();
    const db = dbWith(lock, comparer);
    const it = db.iterator();
    const reads = [
      () => it.valid,
      () => it.key,
      () => it.value,
      () => it.keyStart,
      () => it.next(),
      () => it.prev(),
    ];
    for (const read of reads) {
      it.seek(utf8('d'));
      db.delete(utf8('d'));
      comparer.arm(1, () => {
        throw fault;
      });
      expect(thrownBy(read)).toBe(fault);
      expect(lock.idle).toBe(true);
      db.put(utf8('d'), bytes());
    }
  });

  test('a height source that throws', () => {
    const lock = new NotingLock();
    const db = new DB({
      lock,
      randHeight: () => {
        throw fault;
      },
    });
    expect(thrownBy(() => db.put(utf8('a'), bytes()))).toBe(fault);
    expect(lock.idle).toBe(true);
    expect(db.length).toBe(0);
  });

  test('a full DB', () => {
    const lock = new NotingLock();
    const db = new DB(withInternals({ lock, capacity: 0 }, new FaultyMemory({ kvLimit: 10 })));
    expect(() => db.put(utf8('key'), new Uint8Array(8))).toThrow(CapacityError);
    expect(lock.idle).toBe(true);
  });

  test('a cursor of a DB that was reset, and a released one', () => {
    const lock = new NotingLock();
    const db = dbWith(lock);
    const it = db.iterator();
    it.first();
    db.reset();
    for (const release of [false, true]) {
      if (release) it.release();
      for (const move of [
        () => it.first(),
        () => it.last(),
        () => it.seek(bytes()),
        () => it.next(),
        () => it.prev(),
      ]) {
        expect(move).toThrow();
        expect(lock.idle).toBe(true);
      }
    }
  });
});

describe('a lock that can not be had', () => {
  const fault = new Error('not now');
  const refusing = (side: 'lock' | 'rlock') => {
    const lock = new NotingLock();
    const db = dbWith(lock);
    const it = db.iterator();
    it.seek(utf8('c'));
    const before = snapshot(db);
    lock.take();
    lock[side] = () => {
      throw fault;
    };
    return { lock, db, it, before };
  };

  test('stops a write before it begins, and is not given back', () => {
    const { lock, db, before } = refusing('lock');
    const writes = [
      () => db.put(utf8('a'), utf8('changed')),
      () => db.put(utf8('new'), bytes()),
      () => db.delete(utf8('a')),
      () => db.putMany([[utf8('a'), bytes()]]),
      () => db.deleteRange({}),
      () => db.reset(),
    ];
    for (const write of writes) expect(thrownBy(write)).toBe(fault);
    expect(lock.take()).toEqual([]);
    expect(snapshot(db)).toEqual(before);
    checkStructure(db);
  });

  test('stops a read before it begins, and is not given back', () => {
    const { lock, db, it } = refusing('rlock');
    const reads = [
      () => db.get(utf8('a')),
      () => db.has(utf8('a')),
      () => db.find(utf8('a')),
      () => db.length,
      () => db.kvData,
      () => it.first(),
      () => it.last(),
      () => it.seek(utf8('a')),
      () => it.next(),
      () => it.prev(),
    ];
    for (const read of reads) expect(thrownBy(read)).toBe(fault);
    expect(lock.take()).toEqual([]);
  });
});

describe('LocalRWLock', () => {
  test('any number of readers, one writer at a time', () => {
    const lock = new LocalRWLock();
    lock.rlock();
    lock.rlock();
    lock.runlock();
    lock.runlock();
    lock.lock();
    lock.unlock();
    lock.lock();
    lock.unlock();
    lock.rlock();
    lock.runlock();
  });

  const misuses: [name: string, use: (lock: LocalRWLock) => void, message: string][] = [
    ['unlock without lock', (lock) => lock.unlock(), 'unlock() without a matching lock()'],
    ['runlock without rlock', (lock) => lock.runlock(), 'runlock() without a matching rlock()'],
    [
      'unlock in a read',
      (lock) => {
        lock.rlock();
        lock.unlock();
      },
      'unlock() without a matching lock()',
    ],
    [
      'runlock in a write',
      (lock) => {
        lock.lock();
        lock.runlock();
      },
      'runlock() without a matching rlock()',
    ],
    [
      'a second unlock',
      (lock) => {
        lock.lock();
        lock.unlock();
        lock.unlock();
      },
      'unlock() without a matching lock()',
    ],
    [
      'a second runlock',
      (lock) => {
        lock.rlock();
        lock.runlock();
        lock.runlock();
      },
      'runlock() without a matching rlock()',
    ],
    [
      'a write inside a write',
      (lock) => {
        lock.lock();
        lock.lock();
      },
      'write inside a write',
    ],
    [
      'a write inside a read',
      (lock) => {
        lock.rlock();
        lock.lock();
      },
      'write inside a read',
    ],
    [
      'a read inside a write',
      (lock) => {
        lock.lock();
        lock.rlock();
      },
      'read inside a write',
    ],
    [
      'a write beside one of two reads',
      (lock) => {
        lock.rlock();
        lock.rlock();
        lock.runlock();
        lock.lock();
      },
      'write inside a read',
    ],
  ];

  test.each(misuses)('%s is misuse', (_, use, message) => {
    const error = thrownBy(() => use(new LocalRWLock()));
    expect(error).toBeInstanceOf(LockMisuseError);
    expect(error.message).toContain(message);
  });

  test('that is held says so to those who are turned away', () => {
    const db = new DB();
    const advice = 'must not call the DB; or db.lock is held: release it first';
    db.lock.rlock();
    expect(thrownBy(() => db.put(bytes(), bytes())).message).toContain(`write inside a read: a comparer`);
    expect(thrownBy(() => db.put(bytes(), bytes())).message).toContain(advice);
    db.lock.runlock();
    db.lock.lock();
    expect(thrownBy(() => db.has(bytes())).message).toContain(`read inside a write: a comparer`);
    expect(thrownBy(() => db.has(bytes())).message).toContain(advice);
    expect(thrownBy(() => db.reset()).message).toContain(`write inside a write: a comparer`);
    db.lock.unlock();
  });

  test('is as it was after a misuse', () => {
    const lock = new LocalRWLock();
    lock.lock();
    expect(() => lock.rlock()).toThrow(LockMisuseError);
    expect(() => lock.lock()).toThrow(LockMisuseError);
    lock.unlock();
    lock.rlock();
    expect(() => lock.lock()).toThrow(LockMisuseError);
    lock.runlock();
    expect(() => lock.runlock()).toThrow(LockMisuseError);
    lock.lock();
    lock.unlock();
  });

  test('is what a DB takes by default: a lock of its own for each', () => {
    // eslint-disable-next-line prefer-const -- its comparer comes first
    let other: DB;
    const comparer = {
      name: 'asks another DB',
      compare: (a: Uint8Array, b: Uint8Array) => {
        other.put(utf8('noted'), a);
        return Buffer.compare(a, b);
      },
    };
    other = new DB();
    const db = new DB({ comparer });
    db.put(utf8('a'), bytes());
    db.put(utf8('b'), bytes());
    expect(db.get(utf8('b'))).toEqual(bytes());
    expect(other.length).toBe(1);
  });

  test('shared by two DBs, each may use it in turn', () => {
    const lock = new LocalRWLock();
    const one = new DB({ lock });
    const two = new DB({ lock });
    one.put(utf8('a'), utf8('1'));
    for (const [key, value] of one) two.put(key, value);
    expect(two.length).toBe(1);
    lock.lock();
    expect(() => one.get(utf8('a'))).toThrow(LockMisuseError);
    lock.unlock();
    expect(one.has(utf8('a'))).toBe(true);
  });
});

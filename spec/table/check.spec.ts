import { DB, MemDBError, StructureError, checkStructure } from '../../lib/index.js';
import { HEAD, HEIGHT, KEY_LENGTH, NEXT, OFFSET, tableOf, VALUE_LENGTH } from '../../lib/internals.js';
import { bytes, utf8 } from '../support/bytes.js';
import { thrownBy } from '../support/faults.js';

/** Eight entries a..h (the deleted x lay between d and e), with towers of these heights. */
const HEIGHTS = { a: 1, b: 3, c: 1, d: 2, e: 1, f: 4, g: 2, h: 1, x: 3 };
type Letter = keyof typeof HEIGHTS;

function sound() {
  const order: Letter[] = ['d', 'a', 'x', 'h', 'c', 'f', 'b', 'e', 'g'];
  const heights = order.map((letter) => HEIGHTS[letter]);
  const db = new DB({ randHeight: () => heights.shift()! });
  const nodes = {} as Record<Letter, number>;
  for (const letter of order) {
    nodes[letter] = db.nodeLength;
    db.put(utf8(letter === 'x' ? 'dx' : letter), utf8(`value of ${letter}`));
  }
  db.delete(utf8('dx'));
  return { db, nodes, table: tableOf(db), node: db.nodeData, kv: db.kvData };
}

type Sound = ReturnType<typeof sound>;

it('finds nothing wrong with a sound DB', () => {
  checkStructure(new DB());
  checkStructure(new DB({ capacity: 0 }));
  checkStructure(sound().db);
});

describe('it finds', () => {
  const damages: [name: string, damage: (s: Sound) => void, message: RegExp][] = [
    ['a head of another height', ({ node }) => (node[HEAD + HEIGHT] = 11), /^the head has height 11$/],
    ['a head with an offset', ({ node }) => (node[HEAD + OFFSET] = 1), /^the head has a record$/],
    ['a head with a key', ({ node }) => (node[HEAD + KEY_LENGTH] = 1), /^the head has a record$/],
    ['a head with a value', ({ node }) => (node[HEAD + VALUE_LENGTH] = 1), /^the head has a record$/],
    ['a height of 0', ({ node, nodes }) => (node[nodes.c + HEIGHT] = 0), /^node \d+ has height 0$/],
    ['a height of 13', ({ node, nodes }) => (node[nodes.c + HEIGHT] = 13), /^node \d+ has height 13$/],
    ['a negative height', ({ node, nodes }) => (node[nodes.c + HEIGHT] = -1), /^node \d+ has height -1$/],
    [
      'a negative offset',
      ({ node, nodes }) => (node[nodes.c + OFFSET] = -1),
      /^the record of node \d+ is not inside kvData$/,
    ],
    [
      'an offset beyond the end',
      ({ node, nodes, db }) => (node[nodes.c + OFFSET] = db.kvLength),
      /^the record of node \d+ is not inside kvData$/,
    ],
    [
      'a negative key length',
      ({ node, nodes }) => (node[nodes.c + KEY_LENGTH] = -1),
      /^the record of node \d+ is not inside kvData$/,
    ],
    [
      'a negative value length',
      ({ node, nodes }) => (node[nodes.c + VALUE_LENGTH] = -1),
      /^the record of node \d+ is not inside kvData$/,
    ],
    [
      'a key that goes beyond the end',
      ({ node, nodes }) => (node[nodes.c + KEY_LENGTH] = 1000),
      /^the record of node \d+ is not inside kvData$/,
    ],
    [
      'a last value that goes one byte beyond the end',
      ({ node, nodes }) => node[nodes.g + VALUE_LENGTH]++,
      /^the record of node \d+ is not inside kvData$/,
    ],
    [
      'a broken record of a deleted node',
      ({ node, nodes }) => (node[nodes.x + OFFSET] = -7),
      /^the record of node \d+ is not inside kvData$/,
    ],
    [
      'a last node that goes beyond the end',
      ({ node, nodes }) => (node[nodes.g + HEIGHT] = 3),
      /^the last node ends at slot \d+, and nodeData at \d+$/,
    ],
    [
      'a length that cuts the last node',
      ({ table }) => table.storage.nodes.length--,
      /^the last node ends at slot \d+, and nodeData at \d+$/,
    ],
    [
      'more slots used than there are',
      ({ table }) => (table.storage.nodes.length = 10_000),
      /^nodeData holds more slots than it has$/,
    ],
    [
      'more bytes used than there are',
      ({ table }) => (table.storage.kv.length = 10_000),
      /^kvData holds more bytes than it has$/,
    ],
    ['a tower height of 0', ({ table }) => (table.towers.height = 0), /^the tower height is 0$/],
    ['a tower height of 13', ({ table }) => (table.towers.height = 13), /^the tower height is 13$/],
    [
      'a level linked above those in use',
      ({ table }) => (table.towers.height = 3),
      /^level 3 is linked, but 3 are in use$/,
    ],
    [
      'a link into the middle of a node',
      ({ node, nodes }) => node[nodes.c + NEXT]++,
      /^a link leads to slot \d+, where no node starts$/,
    ],
    [
      'a link beyond the end',
      ({ node, nodes, db }) => (node[nodes.c + NEXT] = db.nodeLength + 3),
      /^a link leads to slot \d+, where no node starts$/,
    ],
    [
      'a negative link',
      ({ node, nodes }) => (node[nodes.c + NEXT] = -4),
      /^a link leads to slot -4, where no node starts$/,
    ],
    [
      'a broken first link',
      ({ node }) => node[HEAD + NEXT]++,
      /^a link leads to slot \d+, where no node starts$/,
    ],
    [
      'two keys in the wrong order',
      ({ node, nodes, kv }) => (kv[node[nodes.c + OFFSET]] = 'a'.charCodeAt(0)),
      /^node \d+ is not below its successor \d+$/,
    ],
    [
      'two equal keys',
      ({ node, nodes, kv }) => (kv[node[nodes.c + OFFSET]] = 'b'.charCodeAt(0)),
      /^node \d+ is not below its successor \d+$/,
    ],
    [
      'a node linked to itself',
      ({ node, nodes }) => (node[nodes.c + NEXT] = nodes.c),
      /^node \d+ is not below its successor \d+$/,
    ],
    [
      'a circle',
      ({ node, nodes }) => (node[nodes.h + NEXT] = nodes.b),
      /^node \d+ is not below its successor \d+$/,
    ],
    [
      'an upper level that leaves a node out',
      ({ node, nodes }) => (node[nodes.b + NEXT + 1] = nodes.f),
      /^level 1 goes to \d+ where level 0 has \d+$/,
    ],
    [
      'an upper level that begins too late',
      ({ node, nodes }) => (node[HEAD + NEXT + 2] = nodes.f),
      /^level 2 goes to \d+ where level 0 has \d+$/,
    ],
    [
      'an upper level that ends too early',
      ({ node, nodes }) => (node[nodes.b + NEXT + 2] = 0),
      /^level 2 goes to 0 where level 0 has \d+$/,
    ],
    [
      'an upper level that goes on to a deleted node',
      ({ node, nodes }) => (node[nodes.g + NEXT + 1] = nodes.x),
      /^level 1 leads to \d+, which level 0 has not$/,
    ],
    [
      'level 0 leaving a node out that an upper level has',
      ({ node, nodes }) => (node[nodes.c + NEXT] = nodes.e),
      /^level 1 goes to \d+ where level 0 has \d+$|^level 1 leads to \d+, which level 0 has not$/,
    ],
    [
      'level 0 ending too early',
      ({ node, nodes }) => (node[nodes.g + NEXT] = 0),
      /^there are 7 entries, and length is 8$/,
    ],
    [
      'a deleted node still linked',
      ({ node, nodes }) => {
        node[nodes.d + NEXT] = nodes.x;
      },
      /^level 1 goes to \d+ where level 0 has \d+$/,
    ],
    [
      'a wrong last node',
      ({ table, nodes }) => (table.towers.ends[0] = nodes.g),
      /^level 0 ends at \d+, not at \d+$/,
    ],
    ['a length too large', ({ table }) => table.length++, /^there are 8 entries, and length is 9$/],
    ['a length too small', ({ table }) => table.length--, /^there are 8 entries, and length is 7$/],
    ['a size too large', ({ table }) => table.size++, /^the entries have 88 bytes, and size is 89$/],
    ['a size too small', ({ table }) => table.size--, /^the entries have 88 bytes, and size is 87$/],
    [
      'a value length that size does not count',
      ({ node, nodes }) => node[nodes.c + VALUE_LENGTH]--,
      /^the entries have 87 bytes, and size is 88$/,
    ],
  ];

  test.each(damages)('%s', (_, damage, message) => {
    const all = sound();
    damage(all);
    const error = thrownBy(() => checkStructure(all.db));
    expect(error.message).toMatch(message);
    expect(error).toBeInstanceOf(StructureError);
    expect(error).toBeInstanceOf(MemDBError);
    expect((error as Error & { code?: string }).code).toBe('MEMDB_CORRUPTION');
  });

  test('damage with a custom comparer, in its order', () => {
    const comparer = { name: 'reverse', compare: (a: Uint8Array, b: Uint8Array) => Buffer.compare(b, a) };
    const db = new DB({ comparer });
    for (const key of 'abc') db.put(utf8(key), bytes());
    checkStructure(db);
    db.kvData[0] = 'z'.charCodeAt(0);
    expect(thrownBy(() => checkStructure(db)).message).toMatch(/is not below its successor/);
  });
});

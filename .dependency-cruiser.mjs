// Which file may import which: `npm run rooms`. lib/ is a house of rooms (folders), and imports only go down.
// Types count like values: a room that needs a type of another can't be read without it.

/** For each room of lib/, lowest first: the rooms that it may import, beside itself. A new room gets a line here. */
const BELOW = {
  base: [],
  storage: ['base'],
  lock: ['base'],
  skiplist: ['storage', 'base'],
  index: ['skiplist', 'storage', 'base'],
  table: ['index', 'skiplist', 'storage', 'lock', 'base'],
  dump: ['table', 'index', 'skiplist', 'storage', 'lock', 'base'],
  shared: ['table', 'index', 'skiplist', 'storage', 'lock', 'base'],
  // What users hold. These two stand side by side on the same floor.
  db: ['shared', 'dump', 'table', 'index', 'skiplist', 'storage', 'lock', 'base'],
  leveldb: ['shared', 'dump', 'table', 'index', 'skiplist', 'storage', 'lock', 'base'],
  check: ['db', 'leveldb', 'table', 'storage', 'base'],
};

/**
 * Rooms in front of the house: they use what any user may use, so they may import the public door and no room. Only arguments are
 * checked, and refused, in the same words everywhere, and one of each class is kept for the engine.
 */
const IN_FRONT = ['map', 'level', 'etcd'];
const FOR_ALL = 'base/(arguments|bytes|kept)\\.ts$';

const anyOf = (names) => `(${names.join('|')})`;
const inRooms = (names) => `^lib/${anyOf(names)}/`;
const KNOWN = [inRooms([...Object.keys(BELOW), ...IN_FRONT]), '^lib/(index|internals)\\.ts$'];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    // A room that reaches up, or sideways, can't be understood, tested or replaced on its own. One rule for each.
    ...Object.entries(BELOW).map(([room, below]) => ({
      name: `down-from-${room}`,
      comment: `lib/${room} may import ${['itself', ...below].join(', ')}, and nothing else of lib/.`,
      severity: 'error',
      from: { path: inRooms([room]) },
      to: { path: '^lib/', pathNot: inRooms([room, ...below]) },
    })),

    // Each of these is a way to use the store, not a part of it. What they lack belongs on the public door.
    ...IN_FRONT.map((room) => ({
      name: `front-door-for-${room}`,
      comment: `lib/${room} may import itself, lib/index.ts, what checks arguments, base/kept.ts, and nothing else of lib/.`,
      severity: 'error',
      from: { path: inRooms([room]) },
      to: { path: '^lib/', pathNot: `^lib/(${room}/|index\\.ts$|${FOR_ALL})` },
    })),

    // Without these, a folder that the table above does not know could import whatever it likes.
    {
      name: 'every-room-has-a-floor',
      comment:
        'A file of lib/ is in a room of the table in .dependency-cruiser.mjs, or is one of the two doors.',
      severity: 'error',
      from: {},
      to: { path: '^lib/', pathNot: KNOWN },
    },
    {
      name: 'unknown-rooms-import-nothing',
      comment: 'Give the room a line in the table in .dependency-cruiser.mjs first.',
      severity: 'error',
      from: { path: '^lib/', pathNot: KNOWN },
      to: {},
    },

    // It gives away everything. What lib/ needs from inside, it imports from the room that has it.
    {
      name: 'no-internals-in-lib',
      comment: 'lib/internals.ts, and those of rooms, are the doors for tests; nothing in lib/ imports them.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '/internals\\.ts$' },
    },

    // Two files that import each other can only be read together, and one of them runs before the other's constants
    // are there.
    {
      name: 'no-circles',
      comment: 'No file may come back to itself by its imports.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },

    // The package has no dependencies and runs in browsers, too.
    {
      name: 'lib-stands-alone',
      comment: 'lib/ imports nothing from outside lib/: no package, nothing of Node, no test or tool.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/level/' },
      to: { pathNot: '^lib/' },
    },
    {
      name: 'level-on-abstract-level',
      comment: 'lib/level is built on abstract-level, and on nothing else from outside lib/.',
      severity: 'error',
      from: { path: '^lib/level/' },
      to: { pathNot: '^(lib|node_modules/abstract-level)/' },
    },

    // So that a room can be rearranged without touching tests.
    {
      name: 'specs-by-the-doors',
      comment: 'Specs and their support import lib/ by its doors, or lib/internals.ts.',
      severity: 'error',
      from: { path: '^spec/' },
      to: { path: '^lib/', pathNot: `^lib/((${IN_FRONT.join('|')})/)?(index|internals)\\.ts$` },
    },

    // What is measured and shown is the built package, as users get it; sources beside it would be a second copy.
    {
      name: 'programs-by-the-package',
      comment: "perf/, examples/, scripts/ and spec/programs/ import the package by its name, 'flat-memdb'.",
      severity: 'error',
      from: { path: '^(perf|examples|scripts|spec/programs)/' },
      to: { path: '^lib/' },
    },

    // The playground looks inside, by the door for tests. All else that the site runs is the built package.
    {
      name: 'site-by-the-doors',
      comment: 'site/ imports lib/ by its doors, or lib/internals.ts.',
      severity: 'error',
      from: { path: '^site/' },
      to: { path: '^lib/', pathNot: `^lib/((${IN_FRONT.join('|')})/)?(index|internals)\\.ts$` },
    },

    // Otherwise a mistyped path would be a way past every rule above.
    {
      name: 'imports-lead-somewhere',
      comment: 'A relative import must name a file that is there.',
      severity: 'error',
      from: {},
      to: { path: '^\\.', couldNotResolve: true },
    },
  ],
  options: {
    // The package's own name leads to dist/, which is there after a build only, and is nobody's business here.
    doNotFollow: { path: ['node_modules', '^dist/'] },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};

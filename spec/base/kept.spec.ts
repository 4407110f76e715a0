import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/* Needs the package as it is built, and an engine that says which code it drops: V8 does. */

const PACKAGE = join(__dirname, '../../dist/commonjs');

/**
 * Makes something, uses it until its code is optimised, and drops it, again and again.
 * @param setup comes before, once
 */
function program(use: string, setup: string): string {
  return `
    const { DB, MemTable, SkipList, ValueType } = require(${JSON.stringify(join(PACKAGE, 'index.js'))});
    const { MemoryLevel } = require(${JSON.stringify(join(PACKAGE, 'level.js'))});
    let db;
    class Unkept {
      count = 0;
      add(n) {
        this.count += n;
      }
    }
    const key = new Uint8Array(8);
    const view = new DataView(key.buffer);
    const keyOf = (n) => (view.setUint32(0, Math.imul(n, 0x9e3779b1)), view.setUint32(4, n), key);
    ${use.includes('await') ? 'async' : ''} function use() {
      ${use}
    }
    (async () => {
      ${setup}
      for (let round = 0; round < 4; round++) {
        await use();
        gc();
      }
    })();`;
}

/** The functions whose code was dropped because what it was made for had been collected. */
function forgotten(use: string, setup = ''): string[] {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '--single-threaded', '--trace-deopt', '--eval', program(use, setup)],
    { maxBuffer: 1 << 26, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  const lines = stdout.split('\n').filter((line) => /weak.objects?/i.test(line));
  return lines.map((line) => /SharedFunctionInfo ([^>]*)>/.exec(line)?.[1] ?? line);
}

const COUNT = 20_000;

it('the engine forgets what it learnt of a class when its last instance is collected', () => {
  const use = `const one = new Unkept(); for (let i = 0; i < 100 * ${COUNT}; i++) one.add(i);`;
  expect(forgotten(use)).toContain('add');
});

it.each([
  {
    name: 'DB',
    use: `
      const db = new DB();
      for (let i = 0; i < ${COUNT}; i++) db.put(keyOf(i), key);
      for (let i = 0; i < ${COUNT}; i++) db.get(keyOf(i));
      const it = db.iterator();
      while (it.next()) it.value;
      for (let i = 0; i < ${COUNT}; i++) it.seek(keyOf(i));
      for (let i = 0; i < ${COUNT}; i++) db.delete(keyOf(i));`,
  },
  {
    name: 'walk over a DB',
    use: `
      const db = new DB();
      for (let i = 0; i < ${COUNT}; i++) db.put(keyOf(i), key);
      for (const [key, value] of db.entries()) key.length + value.length;
      for (const [key, value] of db.entries({ reverse: true })) key.length + value.length;`,
  },
  {
    name: 'dump',
    use: `
      const db = new DB();
      for (let i = 0; i < ${COUNT}; i++) db.put(keyOf(i), key);
      for (let i = 0; i < 4; i++) DB.load(db.dump());`,
  },
  {
    name: 'MemTable',
    use: `
      const table = new MemTable();
      for (let i = 0; i < ${COUNT}; i++) table.add(i, ValueType.Value, keyOf(i), key);
      for (let i = 0; i < ${COUNT}; i++) table.get(keyOf(i));
      const it = table.iterator();
      while (it.next()) it.value;
`,
  },
  {
    name: 'walk over a MemTable',
    use: `
      const table = new MemTable();
      for (let i = 0; i < ${COUNT}; i++) table.add(i, ValueType.Value, keyOf(i), key);
      for (const key of table.keys()) key.length;
      for (const key of table.keys({ reverse: true })) key.length;`,
  },
  {
    name: 'SkipList',
    use: `
      const list = new SkipList();
      for (let i = 0; i < ${COUNT}; i++) list.insert(keyOf(i));
      for (let i = 0; i < ${COUNT}; i++) list.contains(keyOf(i));
      const it = list.iterator();
      while (it.next()) it.key;`,
  },
  {
    name: 'iterator over a MemoryLevel',
    setup: `
      db = new MemoryLevel({ keyEncoding: 'view', valueEncoding: 'view' });
      for (let i = 0; i < ${COUNT}; i++) await db.put(keyOf(i), key);`,
    use: `
      for (const reverse of [false, true, false, true]) {
        await db.iterator({ reverse }).all();
        await db.keys({ reverse }).all();
        await db.values({ reverse }).all();
      }`,
  },
])('it does not when the last $name of a program is', ({ use, setup }) => {
  expect(forgotten(use, setup)).toEqual([]);
});

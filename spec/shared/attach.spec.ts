import { DB } from '../../lib/index.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const SHARED = { shared: true as const, maxCapacity: 1 << 12 };

test('a handle that was changed is refused, and takes no place', () => {
  const db = DB.create({ ...SHARED, threads: 2 });
  const handle = db.handle as typeof db.handle & {
    table: { header: SharedArrayBuffer; halves: object[]; lock: object };
  };
  const { table } = handle;
  const changed: unknown[] = [
    JSON.parse(JSON.stringify(handle)),
    { kind: handle.kind, version: handle.version },
    ...[
      null,
      {},
      { ...table, lock: undefined },
      { ...table, header: undefined },
      { ...table, header: new SharedArrayBuffer(8) },
      { ...table, halves: undefined },
      { ...table, halves: [] },
      { ...table, halves: table.halves.slice(1) },
      { ...table, halves: [table.halves[0], undefined] },
      { ...table, halves: [table.halves[0], { ...table.halves[1], kv: new ArrayBuffer(1 << 12) }] },
    ].map((other) => ({ ...handle, table: other })),
  ];
  for (const each of changed) {
    const attach = () => DB.attach(each as typeof handle);
    expect(attach).toThrow(TypeError);
    expect(attach).toThrow(/handle/);
  }
  DB.attach(handle).put(bytes('a'), bytes('1'));
  expect(db.length).toBe(1);
});

/*
 * Names all that flat-memdb/level has, and types as users of memory-level know them: `npm run check-types` compiles it with several
 * versions and settings of TypeScript. It is run, too.
 */
import type { AbstractLevel, AbstractSublevel } from 'abstract-level';
import { MemoryLevel } from 'flat-memdb/level';
import type { DatabaseOptions, OpenOptions } from 'flat-memdb/level';

interface User {
  name: string;
}

const options: DatabaseOptions<string, User> = {
  valueEncoding: 'json',
  storeEncoding: 'view',
  createIfMissing: true,
  errorIfExists: false,
};
const opening: OpenOptions = { passive: false, createIfMissing: true, errorIfExists: false };

async function main(): Promise<void> {
  const db = new MemoryLevel<string, User>(options);
  await db.open();
  await db.open(opening);
  await db.put('ada', { name: 'Ada' });
  const user: User | undefined = await db.get('ada');
  const there: User | undefined = db.getSync('ada');
  const sublevel: AbstractSublevel<typeof db, string | Uint8Array, string, number> = db.sublevel<
    string,
    number
  >('scores', { valueEncoding: 'json' });
  await sublevel.open();
  await sublevel.batch().put('ada', 3).write();
  for await (const [key, score] of sublevel.iterator({ gte: 'a' }))
    console.assert(key === 'ada' && score === 3);
  const snapshot = db.snapshot();
  await db.del('ada', {});
  console.assert((await db.get('ada', { snapshot }))?.name === user?.name);
  await snapshot.close();
  const any: AbstractLevel<string | Uint8Array, string, User> = db;
  await any.clear();
  const plain: MemoryLevel = new MemoryLevel();
  await plain.put('a', '1');
  const bytes = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' });
  const value: Uint8Array | undefined = await bytes.get(Uint8Array.of(1));
  console.assert(value === undefined && there !== undefined);
  await Promise.all([db, plain, bytes].map((each) => each.close()));
}

void main();

// A process that serves a MemoryLevel until it is killed, and tells the one that began it where.
import { MemoryLevel } from 'flat-memdb/level';
import type { Database } from '../../examples/level-app/app.js';
import { serve } from '../../examples/level-app/server.js';

const db: unknown = new MemoryLevel();
const { url } = await serve(db as Database);
process.once('disconnect', () => process.exit());
process.send!(url);

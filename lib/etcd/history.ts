import type { Bounds } from './arguments.js';
import { messageOf, type Connection } from './connection.js';
import { bytesOf, numberOf } from './revisions.js';
import { rewound } from './rewound.js';
import type { Versions } from './versions.js';

const FUTURE = 'required revision is a future revision';

/**
 * That etcd had, at the mirror's revision, as many entries as the mirror, and what was put last. A cluster whose data was lost may have the
 * same identity, and be further on again: its revisions alone tell nothing.
 * @throws MemDBError where it had something else; Compacted where it does not know any more
 */
export async function requireSameHistory(
  connection: Connection,
  { start, end }: Bounds,
  versions: Versions,
): Promise<void> {
  const { revision, length, lastPut } = versions;
  const request = { key: start, range_end: end, limit: 1, revision, min_mod_revision: lastPut };
  let answer;
  try {
    answer = await connection.range(request);
  } catch (error) {
    if (messageOf(error).includes(FUTURE)) throw rewound(`etcd is before revision ${revision}`);
    throw error;
  }
  const isSame =
    Number(answer.count) === length &&
    answer.kvs.every(({ key, value, mod_revision }) =>
      versions.isKnown({ key, value: bytesOf(value), sequence: numberOf(mod_revision) }),
    ) &&
    (answer.kvs.length > 0 || !versions.hasLastPut);
  if (!isSame) throw rewound(`etcd has something else at revision ${revision} than the mirror`);
}

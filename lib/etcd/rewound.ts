import { MemDBError } from '../index.js';

/** That what etcd has does not go on from what the mirror has. */
export function rewound(what: string): MemDBError {
  return new MemDBError(
    'MEMDB_MIRROR_REWOUND',
    `${what}: it was restored from a backup, or is another cluster. Open a new mirror`,
  );
}

/** @throws MemDBError where etcd is at a revision before what the mirror has */
export function requireForward(revision: number, known: number): void {
  if (revision < known)
    throw rewound(`etcd is at revision ${revision}, which is before ${known}, which the mirror has`);
}

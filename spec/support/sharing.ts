import type { Store } from './machine.js';

/**
 * One store that is several: each call is made by the next of them. Cursors and iterables stay with the one that made them.
 */
export function byTurns(stores: readonly Store[]): Store {
  let turn = 0;
  return new Proxy({} as Store, {
    get(_, name) {
      const store = stores[turn++ % stores.length];
      const member: unknown = Reflect.get(store, name, store);
      return typeof member === 'function' ? (member.bind(store) as unknown) : member;
    },
  });
}

import { Table, byteOrder, checkTable, type Order } from '../../lib/internals.js';
import { utf8 } from '../support/bytes.js';

const EMPTY = new Uint8Array(0);

/** An order of bytes that does something else in the middle of a comparison to come. */
class Interrupting implements Order {
  interrupt: (() => void) | undefined;

  compare: Order['compare'] = (...args) => {
    const { interrupt } = this;
    this.interrupt = undefined;
    interrupt?.();
    return byteOrder.compare(...args);
  };
}

function tableOf(order: Order, indexed: boolean): Table {
  const table = new Table({ order, capacity: 1000, memory: { ...memory, indexed } });
  for (const key of 'bdfhjl') table.put(utf8(key), 1, EMPTY);
  return table;
}

const memory = {
  kvLimit: 2 ** 31 - 1,
  nodeLimit: 2 ** 31 - 1,
  allocate: (bytes: number) => new ArrayBuffer(bytes),
};

describe.each([true, false])('a position (indexed: %s)', (indexed) => {
  test('is refused once the structure of the table has changed, and nothing is', () => {
    const order = new Interrupting();
    const table = tableOf(order, indexed);
    order.interrupt = () => expect(table.delete(utf8('b'), 1)).toBe(true);
    expect(() => table.put(utf8('e'), 1, EMPTY)).toThrow('a position was used after a change');
    expect(table.length).toBe(5);
    checkTable(table);
    table.put(utf8('e'), 1, EMPTY);
    expect(table.length).toBe(6);
    checkTable(table);
  });
});

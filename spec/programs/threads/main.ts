/**
 * Threads that share a DB: whether they agree, what kills leave behind, and how many there may be.
 *
 *     node build/spec/programs/threads/main.js [agree|kills|recover|guests] [--seed N] [--facts N] [--kills N] [--entries N]
 *
 * Prints a line of figures for each check; the first that fails ends it with exit code 1.
 */
import { parseArgs } from 'node:util';
import type { Told } from '../../support/tally.js';
import { SHAPES, checkAgreement } from './agree.js';
import { checkGuests } from './guests.js';
import { checkDeathsInRecover, checkKills } from './kills.js';

interface Sizes {
  /** What each thread writes down until it has done enough. */
  readonly facts: number;
  readonly kills: number;
  readonly entries: number;
}

const CHECKS: Record<string, (seed: number, sizes: Sizes) => AsyncGenerator<Told>> = {
  async *agree(seed, { facts }) {
    for (const shape of SHAPES) yield await checkAgreement(shape, seed, facts);
  },
  async *kills(seed, { kills }) {
    for (const shape of SHAPES) yield await checkKills({ ...shape, maxCapacity: 1 << 20 }, seed, kills);
  },
  async *recover(seed, { entries }) {
    for (const reverse of [false, true]) {
      const shape = { name: reverse ? 'reverse' : 'bytewise', maxCapacity: 1 << 23, reverse };
      yield await checkDeathsInRecover(shape, entries, seed);
    }
  },
  async *guests() {
    yield { line: await checkGuests(), tally: { operations: 0 } };
  },
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string', default: '1' },
      facts: { type: 'string', default: '12000' },
      kills: { type: 'string', default: '8' },
      entries: { type: 'string', default: '15000' },
    },
  });
  const sizes = { facts: +values.facts, kills: +values.kills, entries: +values.entries };
  for (const name of positionals.length > 0 ? positionals : Object.keys(CHECKS)) {
    if (!Object.hasOwn(CHECKS, name)) {
      throw new RangeError(`there is no check '${name}'; there are ${Object.keys(CHECKS).join(', ')}`);
    }
    for await (const { line } of CHECKS[name](Number(values.seed), sizes)) console.log(line);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exit(1); // With threads that are still at work.
}

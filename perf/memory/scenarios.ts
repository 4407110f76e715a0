// What `npm run memory` does with which store, and how often.
import { choose } from '../options.js';

export const KEY_BYTES = 16;
export const VALUE_BYTES = 100;

export const SCENARIO_IDS = ['window-50k', 'window-1m', 'overwrite', 'delete', 'queue'] as const;
export type ScenarioId = (typeof SCENARIO_IDS)[number];

/**
 * What one turn is: `window` puts one new key, above all others, and deletes the lowest; `overwrite` puts a random one of the
 * keys; `delete` deletes a random one.
 */
export type Kind = 'window' | 'overwrite' | 'delete';

export interface Scenario {
  readonly id: ScenarioId;
  readonly title: string;
  readonly kind: Kind;
  /** Entries that are put, in ascending order, before the first turn. */
  readonly entries: number;
  readonly turns: number;
  /** The stores that are measured unless others are asked for; all where there is no list. */
  readonly only?: readonly StoreId[];
  /** The stores that take all turns; the others take a tenth. All where there is no list. */
  readonly whole?: readonly StoreId[];
}

export const STORE_IDS = [
  'flat-memdb',
  'flat-memdb-off',
  'goleveldb',
  'memory-level',
  'sorted-btree-strings',
  'sorted-btree-bytes',
] as const;
export type StoreId = (typeof STORE_IDS)[number];

export interface StoreColumn {
  readonly label: string;
  /** Index into the palette of plots: that of the column in perf/competitors, where there is one. */
  readonly colour: number;
}

export const OWN: StoreId = 'flat-memdb';
export const GO: StoreId = 'goleveldb';
export const STORES: Readonly<Record<StoreId, StoreColumn>> = {
  'flat-memdb': { label: 'flat-memdb', colour: 0 },
  'flat-memdb-off': { label: 'autoCompact: false', colour: 5 },
  goleveldb: { label: 'goleveldb (Go)', colour: 1 },
  'memory-level': { label: 'memory-level', colour: 2 },
  'sorted-btree-strings': { label: 'sorted-btree (strings)', colour: 3 },
  'sorted-btree-bytes': { label: 'sorted-btree (bytes)', colour: 4 },
};

export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'window-50k',
    title: 'sliding window of 50,000, turned over ten times',
    kind: 'window',
    entries: 50_000,
    turns: 500_000,
  },
  {
    id: 'window-1m',
    title: 'sliding window of 1,000,000, turned over ten times',
    kind: 'window',
    entries: 1_000_000,
    turns: 10_000_000,
    only: [OWN, GO],
  },
  {
    id: 'overwrite',
    title: '10,000 keys, 10 million overwrites in random order',
    kind: 'overwrite',
    entries: 10_000,
    turns: 10_000_000,
  },
  {
    id: 'delete',
    title: '90 % of 500,000 deleted in random order',
    kind: 'delete',
    entries: 500_000,
    turns: 450_000,
  },
  {
    id: 'queue',
    title: '50 million entries through 10,000',
    kind: 'window',
    entries: 10_000,
    turns: 50_000_000,
    whole: [OWN],
  },
];

export function scenarioOf(id: ScenarioId): Scenario {
  return SCENARIOS.find((scenario) => scenario.id === id)!;
}

/** What one process does, or two: see `isTimedApart`. */
export interface Job {
  scenario: ScenarioId;
  store: StoreId;
  kind: Kind;
  entries: number;
  turns: number;
  /** Entries of a load that is timed afterwards, to compare with: 0 for none. */
  load: number;
}

export interface Choice {
  /** Scenarios and stores by name, separated by commas; all by default. */
  only?: string | undefined;
  competitors?: string | undefined;
  quick: boolean;
  /** How often each is measured; 1 by default, and 5 where the longest call has a limit. */
  runs?: number | undefined;
}

export interface Plan {
  scenarios: ScenarioId[];
  stores: StoreId[];
  /** In the order in which they are done. */
  jobs: Job[];
  /** Whom nobody asked for, in sentences. */
  leftOut: string[];
}

const QUICK = 10;
const PART = 10;
const RUNS_OF_LIMITED = 5;

export function plan({ only, competitors, quick, runs }: Choice): Plan {
  const scenarios = choose('--only', only, SCENARIO_IDS, (id, name) => id === name);
  const stores = choose('--competitors', competitors, STORE_IDS, (id, name) => id === name);
  const jobs: Job[] = [];
  const leftOut: string[] = [];
  for (const scenario of SCENARIOS.filter(({ id }) => scenarios.includes(id))) {
    const isMeant = (store: StoreId) => competitors !== undefined || scenario.only?.includes(store) !== false;
    const out = stores.filter((store) => !isMeant(store));
    if (out.length > 0) {
      const labels = out.map((store) => STORES[store].label).join(', ');
      leftOut.push(`${scenario.id}: ${labels} left out, for time; --competitors asks for them.`);
    }
    for (const store of stores.filter(isMeant)) {
      const job = jobOf(scenario, store, quick);
      const isLimited = scenario.id === 'window-1m' && store === OWN && !quick;
      for (let i = 0; i < (runs ?? (isLimited ? RUNS_OF_LIMITED : 1)); i++) jobs.push(job);
    }
  }
  return { scenarios, stores, jobs, leftOut };
}

function jobOf(scenario: Scenario, store: StoreId, quick: boolean): Job {
  const { id, kind } = scenario;
  const part = (isPart(scenario, store) ? PART : 1) * (quick ? QUICK : 1);
  const turns = scenario.turns / part;
  return {
    scenario: id,
    store,
    kind,
    // What is deleted must have been put.
    entries: kind === 'delete' ? scenario.entries / part : scenario.entries,
    turns,
    load: id === 'queue' && store === OWN ? turns : 0,
  };
}

/**
 * Whether calls are timed one by one in a process of their own. What a clock reads is garbage in JavaScript, some 16 bytes each
 * time, which would count as memory of the store.
 */
export function isTimedApart(store: StoreId): boolean {
  return store !== GO;
}

/** Whether a store takes a tenth of the turns. */
export function isPart({ whole }: Scenario, store: StoreId): boolean {
  return whole?.includes(store) === false;
}

/** Calls of the store in a turn. */
export function callsOf(kind: Kind): number {
  return kind === 'window' ? 2 : 1;
}


import { runOtherTests } from './others/others.js';
import { runQuadstoreTests } from './quadstore/quadstore.js';
import { MemoryLevelContextProvider } from './backends/memorylevel.js';
import { prefixes } from './utils/prefixes.js';
import test from 'node:test';

test('Other', async (t) => {
  await runOtherTests(t);
});

test('Quadstore', async (t) => {

  await t.test('Using a MemoryLevel backend', async (t) => {
    const qcp = new MemoryLevelContextProvider();
    await runQuadstoreTests(t, qcp);
  });

  await t.test('Using a MemoryLevel backend with custom prefixes', async (t) => {
    const qcp = new MemoryLevelContextProvider(prefixes);
    await runQuadstoreTests(t, qcp);
  });

});

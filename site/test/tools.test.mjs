// The two systems side by side, and the page that measures.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { start } from './browser.mjs';

let site;
before(async () => (site = await start()));
after(() => site.close());

const rows = (page, table) =>
  page
    .locator(`#${table} tbody tr`)
    .evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));

test('the two systems show what the two have', async () => {
  const page = await site.open('systems.html');
  await page.locator('#versions tbody tr').first().waitFor();
  assert.deepEqual(await rows(page, 'db-entries'), [
    ['color', 'green'],
    ['taste', 'sweet'],
  ]);
  const versions = (await rows(page, 'versions')).map(
    ([key, sequence, type]) => `${key} ${sequence} ${type}`,
  );
  assert.deepEqual(versions, [
    'color 6 1, value',
    'color 3 1, value',
    'color 1 1, value',
    'shape 4 0, tombstone',
    'shape 2 1, value',
    'taste 5 1, value',
  ]);
  // A sequence number and a type, least byte first: 6 << 8 | 1.
  assert.equal((await rows(page, 'versions'))[0][4], '01 06 00 00 00 00 00 00');
  assert.match(await page.textContent('#answer'), /“blue”, of number 3/);
  // The oldest reader is at 3: what it sees stays, and what is newer.
  const kept = () =>
    page
      .locator('#flushed tbody tr[data-kept="true"]')
      .evaluateAll((all) => all.map(({ cells }) => `${cells[0].textContent} ${cells[1].textContent}`));
  assert.deepEqual(await kept(), ['color 6', 'color 3', 'shape 4', 'shape 2', 'taste 5']);
  await page.fill('#key', 'taste');
  await page.click('#delete');
  assert.deepEqual(await rows(page, 'db-entries'), [['color', 'green']]);
  assert.equal((await rows(page, 'versions'))[5][1], '7');
  await page.click('#flush .bar button'); // nobody reads at 3 any more
  await page.check('#bottom');
  assert.deepEqual(await kept(), ['color 6']);
  assert.deepEqual(page.troubles, []);
  await page.close();
});

test('a link restores the two systems', async () => {
  const page = await site.open('systems.html');
  await page.fill('#key', 'smell');
  await page.fill('#value', 'of roses');
  await page.click('#put');
  await page.fill('#read-key', 'smell');
  await page.locator('#read-at').fill('7');
  await page.click('#snapshot');
  await page.waitForTimeout(1000);
  const say = async (page) => [
    await rows(page, 'versions'),
    await rows(page, 'flushed'),
    await page.textContent('#answer'),
  ];
  const there = await say(page);
  const other = await site.browser.newPage();
  await other.goto(page.url());
  await other.locator('#versions tbody tr').nth(6).waitFor();
  assert.deepEqual(await say(other), there);
  await other.close();
  await page.close();
});

test('measuring ends with figures of everybody, a bar for each', async () => {
  const page = await site.open('measure.html');
  await page.selectOption('#entries', '1000');
  await page.click('#start');
  await page.locator('#figures').waitFor({ timeout: 60_000 });
  const figures = await rows(page, 'figures');
  assert.equal(figures.length, 6);
  for (const [row, ...values] of figures) {
    assert.equal(values.length, 4, row);
    for (const value of values) assert.ok(Number(value.replaceAll(',', '')) >= 0, `${row}: ${value}`);
  }
  assert.equal(await page.locator('svg.bars rect').count(), 24);
  assert.equal(await page.evaluate(() => document.querySelector('#progress').value), 1);
  // What would take too long is left out, and the page says so; measuring can be stopped.
  await page.selectOption('#entries', '200000');
  await page.click('#start');
  await page.click('#stop');
  await page.locator('[role="status"]', { hasText: 'Stopped' }).waitFor();
  assert.deepEqual(page.troubles, []);
  await page.close();
});

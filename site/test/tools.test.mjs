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
    page.locator('#flushed tbody tr[data-kept="true"]').evaluateAll((all) =>
      all.map(({ cells }) =>
        [...cells]
          .slice(0, 3)
          .map(({ textContent }) => textContent)
          .join(' '),
      ),
    );
  assert.deepEqual(await kept(), [
    'color 6 green',
    'color 3 blue',
    'shape 4 tombstone',
    'shape 2 round',
    'taste 5 sweet',
  ]);
  assert.deepEqual(await rows(page, 'seen'), [
    ['6', 'green', 'newer than the snapshot: passed over'],
    ['3', 'blue', 'the answer'],
    ['1', 'red', 'older than the answer: not looked at'],
  ]);
  // A read that meets a tombstone, one between two versions, and one before all.
  await page.fill('#read-key', 'shape');
  await page.locator('#read-at').fill('5');
  assert.match(await page.textContent('#answer'), /a tombstone, of number 4/);
  assert.deepEqual(await rows(page, 'seen'), [
    ['4', 'tombstone', 'the answer'],
    ['2', 'round', 'older than the answer: not looked at'],
  ]);
  await page.locator('#read-at').fill('1');
  assert.match(await page.textContent('#answer'), /undefined/);
  await page.fill('#key', 'taste');
  await page.click('#delete');
  assert.deepEqual(await rows(page, 'db-entries'), [['color', 'green']]);
  assert.equal((await rows(page, 'versions'))[5][1], '7');
  await page.click('#flush .bar button'); // nobody reads at 3 any more
  await page.check('#bottom');
  assert.deepEqual(await kept(), ['color 6 green']);
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
  await page.locator('#read-at').fill('5');
  await page.check('#bottom');
  await page.waitForTimeout(1000);
  const say = async (page) => [
    await rows(page, 'versions'),
    await rows(page, 'flushed'),
    await page.textContent('#answer'),
    await page.isChecked('#bottom'),
    await page.locator('#flush .bar button').allTextContents(),
  ];
  const there = await say(page);
  assert.match(there[2], /get\(“smell”, 5\)/);
  assert.deepEqual([there[3], there[4].length], [true, 2]);
  const other = await site.browser.newPage();
  await other.goto(page.url());
  await other.locator('#versions tbody tr').nth(6).waitFor();
  assert.deepEqual(await say(other), there);
  await other.close();
  await page.close();
});

test('measuring ends with figures of everybody, a bar for each', async () => {
  const page = await site.open('measure.html', { viewport: { width: 390, height: 844 } });
  await page.selectOption('#entries', '1000');
  await page.click('#start');
  await page.locator('#figures').waitFor({ timeout: 60_000 });
  const figures = await rows(page, 'figures');
  assert.equal(figures.length, 6);
  for (const [row, ...values] of figures) {
    assert.equal(values.length, 4, row);
    for (const value of values) assert.ok(Number(value.replaceAll(',', '')) >= 0, `${row}: ${value}`);
  }
  // In each row, bars are as long as what they stand for.
  const bars = await page
    .locator('svg.bars')
    .evaluateAll((all) =>
      all.map((svg) => [...svg.querySelectorAll('rect')].map((bar) => Number(bar.getAttribute('width')))),
    );
  assert.equal(bars.length, 6);
  const scale = await page.evaluate(() => {
    const svg = document.querySelector('svg.bars');
    return svg.clientWidth / svg.viewBox.baseVal.width;
  });
  assert.ok(scale > 0.95 && scale < 1.2, `letters are ${scale} times as large as others`);
  figures.forEach(([row, ...values], i) => {
    const numbers = values.map((value) => Number(value.replaceAll(',', '')));
    const most = Math.max(...numbers);
    bars[i].forEach((width, j) =>
      assert.ok(
        Math.abs(width / Math.max(...bars[i]) - numbers[j] / most) < 0.03,
        `${row}: ${values[j]} is ${width} long`,
      ),
    );
  });
  assert.equal(await page.evaluate(() => document.querySelector('#progress').value), 1);
  // What would take too long is left out, and the page says so; measuring can be stopped.
  await page.selectOption('#entries', '200000');
  await page.click('#start');
  await page.click('#stop');
  await page.locator('[role="status"]', { hasText: 'Stopped' }).waitFor();
  assert.deepEqual(page.troubles, []);
  await page.close();
});

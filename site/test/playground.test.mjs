// The playground: what is drawn is what the DB has, after random operations and at each of their steps; links restore states; keys
// and pointer do what they should; a million entries are drawn as fast as a few.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { settled, start } from './browser.mjs';

let site;
before(async () => (site = await start()));
after(() => site.close());

async function open(options) {
  const page = await site.open('index.html', options);
  await settled(page);
  return page;
}

const frame = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

async function ask(page, kind, key, value = '') {
  await page.fill('#key', key);
  await page.fill('#value', value);
  await page.click(`#${kind}`);
  await frame(page);
  assert.equal(await page.locator('#status.wrong').count(), 0, await page.textContent('#status'));
}

/** What is wrong with what is drawn: by what the DB says of itself when it is asked by its calls, and by the pixels. */
function wrongWithDrawing() {
  const { db, drawing, canvas, state } = globalThis.playground;
  const text = (bytes) => new TextDecoder().decode(bytes);
  const wrong = [];
  const nodes = db.nodeData;
  const entryAt = (rank) => (rank < db.length ? text(db.at(rank)[0]) : undefined);
  const heights = new Map();
  for (const { node, rank, height, isLoose } of drawing.columns) {
    if (isLoose) continue;
    const key = text(db.kvData.subarray(nodes[node], nodes[node] + nodes[node + 1]));
    if (entryAt(rank) !== key) wrong.push(`entry ${rank} is drawn as ${key} and is ${entryAt(rank)}`);
    if (nodes[node + 3] !== height) wrong.push(`${key} is drawn ${height} high`);
    heights.set(key, height);
  }
  if (!state.view.isPath && drawing.low === 0) {
    const first = drawing.columns[0]?.rank ?? 0;
    const shown = Math.ceil((canvas.width - drawing.headWidth) / state.view.pixels);
    for (let rank = first; rank < Math.min(db.length, first + shown); rank++) {
      if (!heights.has(entryAt(rank))) wrong.push(`${entryAt(rank)} is in view and not drawn`);
    }
  }
  // A tower has a box on each of its levels, and none above: its line is there, or the paper is.
  const picture = document.querySelector('#towers canvas');
  const copy = document.createElement('canvas');
  copy.width = picture.width;
  copy.height = picture.height;
  const c = copy.getContext('2d', { willReadFrequently: true });
  c.drawImage(picture, 0, 0);
  const scale = picture.width / canvas.width;
  const paper = c.getImageData(3, 3, 1, 1).data.join();
  for (const { x, width, height, node } of drawing.columns) {
    if (width < 34 || x < drawing.headWidth || x + width > canvas.width) continue;
    for (let level = drawing.low; level < drawing.levels; level++) {
      const y = canvas.height - 40 - (level - drawing.low + 1) * 20 + 4;
      const isBox =
        c.getImageData(Math.round((x + 16) * scale), Math.round(y * scale), 1, 1).data.join() !== paper;
      if (isBox !== level < height)
        wrong.push(`node ${node}: ${isBox ? 'a' : 'no'} box on level ${level} of ${height}`);
    }
  }
  return wrong;
}

test('the drawing agrees with the DB after random operations', async () => {
  const page = await open();
  let seed = 7;
  const random = (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const model = new Map(
    ['03', '06', '07', '09', '12', '19', '21', '25', '26'].map((key, i) => [key, `value ${i + 1}`]),
  );
  for (let i = 0; i < 80; i++) {
    const key = String(random(40)).padStart(2, '0');
    const kind = ['put', 'put', 'delete', 'get', 'seek'][random(5)];
    await ask(page, kind, key, `value of ${i}`);
    if (kind === 'put') model.set(key, `value of ${i}`);
    if (kind === 'delete') model.delete(key);
    // At the end of the operation the arrays are what they are.
    await page.evaluate(() => globalThis.playground.setStep(Infinity));
    await page.evaluate((isPath) => globalThis.playground.look({ isPath }), i % 7 === 3);
    await frame(page);
    assert.deepEqual(await page.evaluate(wrongWithDrawing), [], `${i}: ${kind} ${key}`);
  }
  const entries = await page.evaluate(() => {
    const text = (bytes) => new TextDecoder().decode(bytes);
    return [...globalThis.playground.db].map(([key, value]) => [text(key), text(value)]);
  });
  assert.deepEqual(
    entries,
    [...model].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  await page.click('#check');
  await page.locator('#status', { hasText: 'found nothing wrong' }).waitFor();
  assert.deepEqual(page.troubles, []);
  await page.close();
});

test('a search for 17 goes the way of the paper, and steps go back and forward', async () => {
  const page = await open();
  await ask(page, 'seek', '17');
  const steps = await page.locator('#steps li').allTextContents();
  const way = steps
    .filter((text) => /so go there/.test(text))
    .map((text) => /next one is “(\d+)”/.exec(text)[1]);
  assert.deepEqual(way, ['06', '09', '12']);
  assert.match(steps.at(-1), /seek landed on “19”/);
  const { length } = steps;
  for (let i = 0; i < length - 1; i++) await page.click('#forward');
  await frame(page);
  assert.ok(await page.locator('#forward').isDisabled());
  assert.match(await page.textContent('#step-text'), /landed on/);
  for (let i = 0; i < length - 1; i++) await page.click('#back');
  await frame(page);
  assert.match(await page.textContent('#step-text'), /where is it/);
  await page.close();
});

test('the steps of a put show the arrays as they were at that moment', async () => {
  const page = await open();
  const before = await page.evaluate(() =>
    globalThis.playground.db.nodeData.slice(0, globalThis.playground.db.nodeLength).join(),
  );
  await ask(page, 'put', '17', 'seventeen');
  const seen = await page.evaluate(() => {
    const { playground } = globalThis;
    const all = playground.trace.steps.map((step, i) => {
      playground.setStep(i);
      const { moment } = playground;
      return {
        text: step.text,
        slots: Array.from({ length: moment.nodeLength }, (_, slot) => moment.slot(slot)).join(),
        writes: step.writes,
      };
    });
    return { all, now: playground.db.nodeData.slice(0, playground.db.nodeLength).join() };
  });
  assert.equal(seen.all[0].slots, before);
  assert.equal(seen.all.at(-1).slots, seen.now);
  // As in the paper: two levels, so two links to it, the lowest first.
  const links = seen.all.filter(({ text }) => /becomes one to the new node/.test(text));
  assert.equal(links.length, 2);
  const changes = seen.all.filter(({ slots }, i) => i > 0 && slots !== seen.all[i - 1].slots);
  assert.equal(changes.length, 4); // the node, its links, and these two
  await ask(page, 'delete', '17');
  const links2 = (await page.locator('#steps li').allTextContents()).filter((text) =>
    /Slot \d+: the link/.test(text),
  );
  assert.equal(links2.length, 2);
  await page.close();
});

test('slots and bytes that a step reads or writes are lit up in the tables', async () => {
  const page = await open();
  await ask(page, 'put', '17', 'seventeen');
  const count = await page.locator('#steps li').count();
  let written = 0;
  for (let i = 0; i < count; i++) {
    await page.locator('#steps li button').nth(i).click();
    await frame(page);
    const lit = await page.evaluate(() => {
      const { trace, state } = globalThis.playground;
      const step = trace.steps[state.step];
      const marked = (kind) =>
        [...document.querySelectorAll(`#nodes .${kind}`)].map(({ dataset }) => Number(dataset.slot));
      const bytes = [...document.querySelectorAll('#bytes .is-written')].map(({ dataset }) =>
        Number(dataset.byte),
      );
      return { writes: step.writes, marked: marked('is-written'), bytes, writtenBytes: step.writtenBytes };
    });
    assert.deepEqual(
      lit.marked.sort((a, b) => a - b),
      lit.writes.slice().sort((a, b) => a - b),
    );
    written += lit.marked.length;
    if (lit.writtenBytes.length > 0)
      assert.equal(lit.bytes.length, lit.writtenBytes[0][1] - lit.writtenBytes[0][0]);
  }
  assert.ok(written >= 8);
  await page.close();
});

test('a link restores its state, elsewhere and later', async () => {
  const page = await open();
  await page.selectOption('#data', 'lines');
  await page.fill('#lines', 'zebra\nапельсин\tорех\nape\nbee\ncat\ndog\neel\nfox\n');
  await page.click('#load-lines');
  await settled(page);
  await ask(page, 'put', 'cow', 'moo “&#%"');
  await ask(page, 'delete', 'bee');
  await ask(page, 'put', 'eel', 'again');
  await page.click('#forward');
  await page.click('#forward');
  await page.evaluate(() => globalThis.playground.look({ isPath: false, first: 2, pixels: 90 }));
  await page.waitForTimeout(1000);
  const say = () => {
    const { db, state, drawing } = globalThis.playground;
    return {
      nodes: db.nodeData.slice(0, db.nodeLength).join(),
      bytes: db.kvData.slice(0, db.kvLength).join(),
      state,
      drawing: JSON.stringify(drawing),
      text: document.querySelector('#step-text').textContent,
    };
  };
  const there = await page.evaluate(say);
  const link = page.url();
  assert.match(link, /#s=/);
  const other = await site.browser.newPage({ viewport: { width: 1280, height: 900 } });
  await other.goto(link);
  await settled(other);
  await frame(other);
  assert.deepEqual(await other.evaluate(say), there);
  await other.close();
  // One that is damaged is no state, and does no harm.
  const broken = await site.open(`index.html#s=${'A'.repeat(40)}`);
  await settled(broken);
  assert.equal(await broken.evaluate(() => globalThis.playground.db.length), 9);
  assert.deepEqual(broken.troubles, []);
  await broken.close();
  await page.close();
});

test('the keyboard moves, zooms and steps', async () => {
  const page = await open();
  await page.selectOption('#data', 'words-200');
  await settled(page);
  await page.focus('#towers');
  const view = () => page.evaluate(() => globalThis.playground.state.view);
  await page.keyboard.press('End');
  const atEnd = await view();
  assert.ok(atEnd.first > 150);
  await page.keyboard.press('ArrowLeft');
  assert.ok((await view()).first < atEnd.first);
  await page.keyboard.press('Home');
  assert.equal((await view()).first, 0);
  await page.keyboard.press('-');
  assert.ok((await view()).pixels < atEnd.pixels);
  await ask(page, 'get', 'zebra');
  await page.focus('#towers');
  await page.keyboard.press('.');
  assert.equal(await page.evaluate(() => globalThis.playground.state.step), 1);
  await page.keyboard.press(',');
  assert.equal(await page.evaluate(() => globalThis.playground.state.step), 0);
  assert.match(await page.getAttribute('#towers canvas', 'aria-label'), /Step 0: get “zebra”/);
  await page.close();
});

test('the word list: a get is answered by the hash index, a seek of what is not there by the pages', async () => {
  const page = await open();
  await page.selectOption('#data', 'words');
  await settled(page);
  assert.equal(await page.evaluate(() => globalThis.playground.db.length), 274137);
  // Nodes wait for being entered until reads have entered them.
  await page.evaluate(() => {
    const { db } = globalThis.playground;
    for (let i = 0; i < 20_000; i++) db.has(new Uint8Array(1));
  });
  await ask(page, 'get', 'quarantine');
  assert.equal(await page.getAttribute('#answered-by', 'data-by'), 'hash');
  assert.match(await page.textContent('#status'), /^get gave “\d+”/);
  await ask(page, 'seek', 'quarantinz');
  assert.equal(await page.getAttribute('#answered-by', 'data-by'), 'pages');
  assert.deepEqual(await page.evaluate(wrongWithDrawing), []);
  await ask(page, 'scan', 'quar', 'quas');
  assert.match(await page.textContent('#status'), /^scan gave \d+ entries/);
  assert.deepEqual(page.troubles, []);
  await page.close();
});

test('of a million entries, only what is in view is drawn', async () => {
  const page = await open();
  await page.selectOption('#data', 'million');
  await settled(page);
  assert.equal(await page.evaluate(() => globalThis.playground.db.length), 1_000_000);
  for (const [first, pixels] of [
    [0, 84],
    [500_000.5, 84],
    [999_000, 20],
    [0, 0],
    [300_000, 0.05],
  ]) {
    await page.evaluate((view) => globalThis.playground.look({ isPath: false, ...view }), { first, pixels });
    await frame(page);
    const drawn = await page.evaluate(() => globalThis.playground.drawing.columns.length);
    assert.ok(drawn > 5 && drawn <= 600, `${drawn} columns`);
    assert.deepEqual(await page.evaluate(wrongWithDrawing), [], `${first}, ${pixels}`);
  }
  assert.deepEqual(page.troubles, []);
  await page.close();
});

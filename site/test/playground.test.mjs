// The playground: what is drawn is what the DB has, after random operations and at each of their steps; links restore states; keys
// and pointer do what they should; a million entries are drawn as fast as a few.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { settled, start } from './browser.mjs';
import { wayIn, wrongWithDrawing, wrongWithTables } from './drawing.mjs';

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
    assert.deepEqual(await page.evaluate(wrongWithTables), [], `${i}: ${kind} ${key}`);
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
  const links = [
    ['head', '06', 3],
    ['06', '09', 1],
    ['09', '12', 0],
  ];
  for (let i = 0; i < length; i++) {
    if (i > 0) await page.click('#forward');
    await frame(page);
    const gone = steps.slice(0, i + 1).filter((text) => /so go there/.test(text)).length;
    assert.deepEqual(
      await page.evaluate(wayIn, links),
      links.map((_, link) => link < gone),
      `step ${i}`,
    );
  }
  assert.ok(await page.locator('#forward').isDisabled());
  assert.match(await page.textContent('#step-text'), /landed on/);
  for (let i = 0; i < length - 1; i++) await page.click('#back');
  await frame(page);
  assert.match(await page.textContent('#step-text'), /where is it/);
  await page.close();
});

test('a step lights up what it reads', async () => {
  const page = await open();
  // The head's highest link, to the node at slot 21, and where its key is: two bytes from byte 9 on.
  await ask(page, 'seek', '17');
  await page.click('#forward');
  await frame(page);
  const lit = await page.evaluate(() => ({
    slots: [...document.querySelectorAll('#nodes .is-read')].map(({ dataset }) => Number(dataset.slot)),
    bytes: [...document.querySelectorAll('#bytes .is-read')].map(({ dataset }) => Number(dataset.byte)),
  }));
  assert.deepEqual(lit, { slots: [7, 21, 22], bytes: [9, 10] });
  await page.close();
});

test('a scan lights up entry after entry', async () => {
  const page = await open();
  await ask(page, 'scan', '09', '22');
  const steps = await page.locator('#steps li').allTextContents();
  const entries = steps
    .filter((text) => /entry: “|one: “/.test(text))
    .map((text) => /“(\d+)” =/.exec(text)[1]);
  assert.deepEqual(entries, ['09', '12', '19', '21']);
  const found = await page.evaluate(() => {
    const { db, trace } = globalThis.playground;
    return trace.steps
      .filter(({ kind }) => kind === 'scan')
      .map(({ found, readBytes }) => [
        new TextDecoder().decode(
          db.kvData.subarray(db.nodeData[found], db.nodeData[found] + db.nodeData[found + 1]),
        ),
        new TextDecoder().decode(db.kvData.subarray(...readBytes[0])),
      ]);
  });
  assert.deepEqual(found, [
    ['09', '09value 4'],
    ['12', '12value 5'],
    ['19', '19value 6'],
    ['21', '21value 7'],
  ]);
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
    playground.setStep(0);
    return { all, now: playground.db.nodeData.slice(0, playground.db.nodeLength).join() };
  });
  assert.equal(seen.all[0].slots, before);
  await frame(page);
  const slots = before.split(',').map(Number);
  assert.deepEqual(await page.evaluate(wrongWithTables, slots), [], 'the tables before the first step');
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

test('a value that is replaced gets a record of its own, and steps go back to the old one', async () => {
  const page = await open();
  const before = await page.evaluate(() => [
    ...globalThis.playground.db.nodeData.slice(0, globalThis.playground.db.nodeLength),
  ]);
  await ask(page, 'put', '12', 'twelve');
  assert.deepEqual(await page.evaluate(wrongWithTables, before), [], 'before the first step');
  const steps = await page.locator('#steps li').allTextContents();
  const record = steps.findIndex((text) =>
    /another record: offset 81, key length 2, value length 6/.test(text),
  );
  assert.ok(record > 0, steps.join('\n'));
  await page.locator('#steps li button').nth(record).click();
  await frame(page);
  const written = await page
    .locator('#nodes .is-written')
    .evaluateAll((all) => all.map(({ dataset }) => Number(dataset.slot)));
  assert.deepEqual(written, [40, 41, 42]);
  assert.deepEqual(await page.evaluate(wrongWithTables), []);
  await page
    .locator('#steps li button')
    .nth(record - 1)
    .click();
  await frame(page);
  const row = await page.locator('#nodes tr', { hasText: '12' }).last().textContent();
  assert.match(row.replace(/\s+/g, ' '), /40 36 2 7 1 45/);
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
    // Key and value, behind the nine records that were there.
    if (lit.writtenBytes.length > 0)
      assert.deepEqual(
        lit.bytes,
        Array.from('17seventeen', (_, i) => 81 + i),
      );
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
      tables: ['nodes', 'bytes'].map((id) => document.querySelector(`#${id}`).textContent),
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
  // And another one, of which every field is something else than at the start.
  await page.selectOption('#data', 'words-200');
  await settled(page);
  await ask(page, 'put', 'middle', 'of it');
  await page.click('#forward');
  await page.locator('#nodes tbody button').nth(4).click();
  await page.locator('#nodes-from').fill('33');
  await page.locator('#bytes-from').fill('21');
  await page.evaluate(() => globalThis.playground.look({ isPath: true, first: 7.5, pixels: 61 }));
  await page.waitForTimeout(1000);
  const words = await page.evaluate(say);
  assert.deepEqual(await page.evaluate(wrongWithTables), []);
  assert.deepEqual(
    { ...words.state, operations: words.state.operations.length, selected: words.state.selected > 0 },
    {
      data: 'words-200',
      lines: '',
      operations: 1,
      step: 1,
      view: { isPath: true, first: 7.5, pixels: 61 },
      selected: true,
      nodes: 33,
      bytes: 21,
    },
  );
  const another = await site.browser.newPage({ viewport: { width: 1280, height: 900 } });
  await another.goto(page.url());
  await settled(another);
  await frame(another);
  assert.deepEqual(await another.evaluate(say), words);
  await another.close();
  // One that is damaged is no state, and does no harm.
  const broken = await site.open(`index.html#s=${'A'.repeat(40)}`);
  await settled(broken);
  assert.equal(await broken.evaluate(() => globalThis.playground.db.length), 9);
  assert.deepEqual(broken.troubles, []);
  await broken.close();
  await page.close();
});

test('the canvas has the colours of the page, whichever these are', async () => {
  const page = await open({ colorScheme: 'light' });
  const papers = () =>
    page.evaluate(() => {
      const picture = document.querySelector('#towers canvas');
      const [red, green, blue] = picture.getContext('2d').getImageData(3, 3, 1, 1).data;
      return [`rgb(${red}, ${green}, ${blue})`, globalThis.getComputedStyle(document.body).backgroundColor];
    });
  const seen = new Set();
  // By the system, and by the switch: light, dark, and as the system again.
  for (const change of [
    () => {},
    () => page.emulateMedia({ colorScheme: 'dark' }),
    () => page.click('#theme-button'),
    () => page.click('#theme-button'),
    () => page.click('#theme-button'),
  ]) {
    await change();
    await frame(page);
    const [canvas, body] = await papers();
    assert.equal(canvas, body);
    seen.add(body);
  }
  assert.equal(seen.size, 2);
  await page.close();
});

test('the first view takes less than 300 KB compressed', async () => {
  const page = await site.open('project/site.html');
  // What the page before asked for can't be read any more once it is left.
  await page.waitForLoadState('networkidle');
  const url = `${site.url}index.html`;
  const asked = new Set();
  page.on('request', (request) => {
    if (asked.size > 0 || request.url() === url) asked.add(request);
  });
  const all = [];
  page.on('response', (response) => {
    if (asked.has(response.request())) all.push(response);
  });
  await page.goto(url);
  await settled(page);
  const sizes = await Promise.all(all.map(async (response) => gzipSync(await response.body()).length));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  assert.ok(
    sizes.length >= 4 && bytes > 30_000 && bytes < 300 * 1024,
    `${sizes.length} files, ${bytes} bytes`,
  );
  await page.close();
});

test('all of it can be done by the keyboard', async () => {
  const page = await open();
  const press = (...keys) =>
    keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
  const focused = () => page.evaluate(() => document.activeElement.id);
  const tabTo = async (id) => {
    for (let i = 0; i < 60 && (await focused()) !== id; i++) await press('Tab');
    assert.equal(await focused(), id);
  };
  await tabTo('data');
  await press('End'); // nothing
  await settled(page);
  assert.equal(await page.evaluate(() => globalThis.playground.db.length), 0);
  await tabTo('key');
  await press('Control+a');
  await page.keyboard.type('hello');
  await tabTo('put');
  await press('Enter');
  await frame(page);
  assert.equal(await page.evaluate(() => globalThis.playground.db.length), 1);
  await page.focus('#key');
  await press('Enter'); // looks for it
  await frame(page);
  assert.match(await page.textContent('#status'), /seek landed on “hello”/);
  await tabTo('towers');
  await press('.');
  await frame(page);
  assert.equal(await page.evaluate(() => globalThis.playground.state.step), 1);
  await tabTo('forward');
  await press('Space');
  await frame(page);
  assert.equal(await page.evaluate(() => globalThis.playground.state.step), 2);
  assert.deepEqual(page.troubles, []);
  await page.close();
});

test('a step out of view is brought into view', async () => {
  const page = await open();
  await page.selectOption('#data', 'words');
  await settled(page);
  await ask(page, 'seek', 'quarantine');
  await page.evaluate(() => globalThis.playground.look({ isPath: false, first: 3, pixels: 84 }));
  await page.click('#last-step');
  await frame(page);
  const isShown = await page.evaluate(() => {
    const { drawing, trace, canvas } = globalThis.playground;
    const column = drawing.columns.find(({ node }) => node === trace.steps.at(-1).found);
    return column !== undefined && column.x >= drawing.headWidth && column.x + column.width <= canvas.width;
  });
  assert.ok(isShown);
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
  await frame(page);
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
  assert.equal((await page.textContent('#index td.is-found')).trim(), 'quarantine');
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
  await ask(page, 'delete', '09');
  await ask(page, 'put', '12', 'twelve');
  await ask(page, 'scan', '26', '03');
  await page.selectOption('#data', 'million');
  await settled(page);
  assert.equal(await page.evaluate(() => globalThis.playground.db.length), 1_000_000);
  assert.deepEqual(await page.evaluate(wrongWithTables), []);
  await page.evaluate(() => globalThis.playground.scroll({ nodes: 543_210, bytes: 123_456 }));
  await frame(page);
  assert.deepEqual(await page.evaluate(wrongWithTables), []);
  for (const [first, pixels] of [
    [0, 84],
    [500_000.5, 84],
    [999_000, 20],
    [0, 0],
    [300_000, 0.05],
    [123_456.7, 0.3],
    [700_001, 0.01],
    [432_100, 1.5],
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

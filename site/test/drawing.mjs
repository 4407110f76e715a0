// What is looked at in the page: the pixels of the towers and the cells of the tables, beside what the DB says of itself when it is
// asked by its calls, and beside its arrays. Each function runs in the page.

/** What is wrong with what is drawn. */
export function wrongWithDrawing() {
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
  if (!state.view.isPath && drawing.low > 0) {
    // From afar the tall ones of the window are drawn, and all of them, up to a number.
    const first = Math.floor(state.view.first);
    const end = state.view.first + (canvas.width - drawing.headWidth) / state.view.pixels;
    const tall = [];
    for (let node = nodes[4], rank = 0; node !== 0 && rank <= end; node = nodes[node + 4], rank++) {
      if (rank >= first && nodes[node + 3] > drawing.low) tall.push(node);
    }
    const drawn = drawing.columns.map(({ node }) => node);
    if (drawn.join() !== tall.slice(0, drawn.length).join())
      wrong.push('others than the tall ones are drawn');
    if (drawn.length < Math.min(tall.length, 600)) wrong.push(`${drawn.length} of ${tall.length} are drawn`);
  }
  // A tower has a box on each of its levels, and none above: its line is there, or the paper is. Each link to it ends in an arrow, and
  // links leave it on each level.
  const picture = document.querySelector('#towers canvas');
  const copy = document.createElement('canvas');
  copy.width = picture.width;
  copy.height = picture.height;
  const c = copy.getContext('2d', { willReadFrequently: true });
  c.drawImage(picture, 0, 0);
  const scale = picture.width / canvas.width;
  const at = (x, y) => c.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data.join();
  const paper = at(3, 3);
  // From afar they are bars of a pixel, which must be seen all the same.
  const channels = (pixel) => pixel.split(',').slice(0, 3).map(Number);
  for (const { x, width, node } of drawing.columns) {
    if (width >= 3 || x < drawing.headWidth || x + 1 > canvas.width) continue;
    const bar = channels(at(Math.round(x), canvas.height - 40 - 10));
    const contrast = channels(paper).reduce((sum, channel, i) => sum + Math.abs(channel - bar[i]), 0);
    if (contrast < 150) wrong.push(`node ${node} can hardly be seen`);
  }
  for (const { x, width, height, node } of drawing.columns) {
    if (width < 34 || x < drawing.headWidth || x + width > canvas.width) continue;
    const left = x + 11;
    const right = left + Math.min(width - 22, 66);
    for (let level = drawing.low; level < drawing.levels; level++) {
      const top = canvas.height - 40 - (level - drawing.low + 1) * 20;
      const isBox = at(x + 16, top + 4) !== paper;
      if (isBox !== level < height)
        wrong.push(`node ${node}: ${isBox ? 'a' : 'no'} box on level ${level} of ${height}`);
      const isLinked = [
        drawing.before[level],
        ...drawing.columns.filter((each) => each.height > level).map((each) => each.node),
      ].some((from) => nodes[from + 4 + level] === node);
      const isArrow = at(Math.floor(left) - 5, top + 12) !== paper;
      if (isArrow !== isLinked) wrong.push(`node ${node}: ${isArrow ? 'an' : 'no'} arrow on level ${level}`);
      if (level < height && at(right + 3, top + 10) === paper)
        wrong.push(`node ${node}: nothing leaves it on level ${level}`);
    }
  }
  return wrong;
}

/** Of some links, by the keys of their ends, whether they are drawn as a part of the way that was gone. */
export function wayIn(links) {
  const { db, drawing, canvas, colours } = globalThis.playground;
  const picture = document.querySelector('#towers canvas');
  const scale = picture.width / canvas.width;
  const c = picture.getContext('2d');
  const columnOf = (key) =>
    drawing.columns.find(({ node }) => {
      const start = db.nodeData[node];
      return new TextDecoder().decode(db.kvData.subarray(start, start + db.nodeData[node + 1])) === key;
    });
  return links.map(([from, to, level]) => {
    const begin = from === 'head' ? 52 : columnOf(from).x + 11 + Math.min(columnOf(from).width - 22, 66);
    const x = (begin + columnOf(to).x + 11) / 2;
    const y = canvas.height - 40 - (level - drawing.low + 1) * 20 + 10;
    const [red, green, blue] = c.getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data;
    return `rgb(${red}, ${green}, ${blue})` === colours.accent;
  });
}

/** What is wrong with the tables of the two arrays, where `slots` are those of nodeData: as they are now, if they are left out. */
export function wrongWithTables(slots) {
  const { db } = globalThis.playground;
  const nodes = slots ?? db.nodeData;
  const wrong = [];
  const names = { offset: 0, 'key length': 1, 'value length': 2, height: 3 };
  const heads = [...document.querySelectorAll('#nodes thead th')].map((cell) => cell.textContent.trim());
  const rows = document.querySelectorAll('#nodes tbody tr');
  if (rows.length < 2 && db.length > 0) wrong.push('no nodes are shown');
  // From which on they are shown, and how many there are.
  let expected = 16;
  let count = 0;
  const { nodes: first } = globalThis.playground.state;
  for (let node = 16; node < db.nodeLength; node += 4 + db.nodeData[node + 3], count++) {
    if (count === first) expected = node;
  }
  const said = document.querySelector('#nodes-bar span').textContent;
  if (said !== `of ${count.toLocaleString('en')}, as they were added`) wrong.push(`${count} nodes: ${said}`);
  for (const row of rows) {
    const node = Number.parseInt(/\d+/.exec(row.cells[0].textContent)[0], 10);
    const height = node === 0 ? 12 : nodes[node + 3];
    if (node !== 0) {
      if (node !== expected) wrong.push(`node ${node} is shown instead of ${expected}`);
      expected += 4 + height;
    }
    [...row.cells].forEach((cell, i) => {
      const [, name] = /^\+\d+ (.*)$/.exec(heads[i]) ?? [];
      if (name === undefined) return;
      const level = /^next (\d+)$/.exec(name)?.[1];
      const slot = level === undefined ? names[name] : 4 + Number(level);
      if (heads[i] !== `+${slot} ${name}`) wrong.push(`${heads[i]} is said of slot ${slot}`);
      const isThere = slot < 4 + height;
      const said = /^-?\d+/.exec(cell.textContent.trim())?.[0] ?? '';
      if (said !== (isThere ? String(nodes[node + slot]) : ''))
        wrong.push(`${name} of node ${node} is ${nodes[node + slot]} and shown as ${said}`);
    });
    const key = new TextDecoder().decode(db.kvData.subarray(nodes[node], nodes[node] + nodes[node + 1]));
    if (node !== 0 && row.querySelector('.key').textContent.replace(' (no entry any more)', '') !== key)
      wrong.push(`node ${node} is not named ${key}`);
  }
  for (const cell of document.querySelectorAll('#bytes td[data-byte]')) {
    const byte = Number(cell.dataset.byte);
    const isUsed = byte < db.kvLength;
    const shown = cell.textContent.trim();
    if (isUsed && slots === undefined && shown !== db.kvData[byte].toString(16).padStart(2, '0'))
      wrong.push(`byte ${byte} is shown as ${shown}`);
    if (!isUsed && shown !== '··') wrong.push(`byte ${byte} is not used, and shown as ${shown}`);
  }
  return wrong;
}

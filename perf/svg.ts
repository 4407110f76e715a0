// Small multiples of line plots, on logarithmic axes unless asked otherwise, as SVG: one panel per row of the table, every line labelled at
// its end instead of in a legend.

export interface Line {
  label: string;
  /** Index into the palette, so that a competitor keeps its colour. */
  colour: number;
  /** Drawn thicker and on top. */
  bold: boolean;
  points: { x: number; y: number }[];
}

export interface Panel {
  title: string;
  lines: Line[];
}

export interface Axes {
  /** Whether x is not on a logarithmic axis. */
  isLinear?: boolean;
  /** Whether points are not marked: there are too many. */
  isPlain?: boolean;
  xName: string;
  yName: string;
  xText(value: number): string;
  yText(value: number): string;
}

export interface Theme {
  text: string;
  faint: string;
  grid: string;
  palette: readonly string[];
}

/** Transparent, for GitHub's light and dark pages; one file for each, chosen by a <picture> element. */
export const LIGHT: Theme = {
  text: '#1f2328',
  faint: '#59636e',
  grid: '#d1d9e0',
  palette: ['#cf222e', '#0969da', '#1a7f37', '#8250df', '#bf3989', '#9a6700', '#57606a'],
};
export const DARK: Theme = {
  text: '#f0f6fc',
  faint: '#9198a1',
  grid: '#3d444d',
  palette: ['#ff7b72', '#58a6ff', '#56d364', '#bc8cff', '#f778ba', '#d29922', '#9ea7b3'],
};

const PANEL = { width: 430, height: 262, left: 54, right: 164, top: 44, bottom: 40 };
const COLUMNS = 2;
const LABEL_HEIGHT = 13;
const FONT = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";

export function smallMultiples(title: string, panels: readonly Panel[], axes: Axes, theme: Theme): string {
  const columns = Math.min(COLUMNS, panels.length);
  const width = columns * PANEL.width;
  const height = 34 + Math.ceil(panels.length / columns) * PANEL.height;
  const parts = panels.map((panel, i) => {
    const x = (i % columns) * PANEL.width;
    const y = 34 + Math.floor(i / columns) * PANEL.height;
    return `<g transform="translate(${x},${y})">\n${drawPanel(panel, axes, theme)}\n</g>`;
  });
  return svgOf(title, width, height, parts, theme);
}

function svgOf(title: string, width: number, height: number, parts: readonly string[], theme: Theme): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="${FONT}" font-size="11">
<title>${escapeXml(title)}</title>
${text(8, 20, title, `fill="${theme.text}" font-size="15" font-weight="600"`)}
${parts.join('\n')}
</svg>
`;
}

export interface Bar {
  label: string;
  value: number;
  /** How the value is written. */
  text: string;
  /** Index into the palette. */
  colour: number;
  bold: boolean;
}

export interface BarPanel {
  title: string;
  bars: Bar[];
}

const BARS = { width: 430, left: 164, right: 84, top: 26, bottom: 14, height: 17, gap: 6 };

/** Panels of bars from a common zero, each labelled with its value. */
export function barCharts(title: string, panels: readonly BarPanel[], theme: Theme): string {
  const columns = Math.min(COLUMNS, panels.length);
  const most = Math.max(...panels.map(({ bars }) => bars.length));
  const panelHeight = BARS.top + most * (BARS.height + BARS.gap) + BARS.bottom;
  const parts = panels.map((panel, i) => {
    // Down one column, then the next: what belongs together stands below each other.
    const rows = Math.ceil(panels.length / columns);
    const [x, y] = [Math.floor(i / rows) * BARS.width, 34 + (i % rows) * panelHeight];
    return `<g transform="translate(${x},${y})">\n${drawBars(panel, theme)}\n</g>`;
  });
  const height = 34 + Math.ceil(panels.length / columns) * panelHeight;
  return svgOf(title, columns * BARS.width, height, parts, theme);
}

function drawBars({ title, bars }: BarPanel, theme: Theme): string {
  const { width, left, right, top, height, gap } = BARS;
  const scale = linearScale(
    bars.map(({ value }) => value),
    0,
    width - left - right,
  );
  const parts = [text(8, 14, title, `fill="${theme.text}" font-size="12" font-weight="600"`)];
  bars.forEach(({ label, value, text: shown, colour, bold }, i) => {
    const y = top + i * (height + gap);
    const fill = theme.palette[colour % theme.palette.length];
    const weight = bold ? ' font-weight="700"' : '';
    const length = Math.max(1, round(scale.at(Math.max(0, value))));
    parts.push(
      text(left - 8, y + 12, label, `fill="${theme.text}" text-anchor="end"${weight}`),
      `<rect x="${left}" y="${y}" width="${length}" height="${height}" fill="${fill}"/>`,
      text(left + length + 6, y + 12, shown, `fill="${fill}"${weight}`),
    );
  });
  return parts.join('\n');
}

function drawPanel(panel: Panel, axes: Axes, theme: Theme): string {
  const { width, height, left, right, top, bottom } = PANEL;
  const points = panel.lines.flatMap((line) => line.points);
  const across = points.map((point) => point.x);
  const x = axes.isLinear
    ? linearScale(across, left, width - right)
    : logScale(across, left, width - right, 1);
  const y = logScale(
    points.map((point) => point.y),
    height - bottom,
    top,
    1.12,
  );
  const axis = `fill="${theme.faint}"`;
  const parts = [
    text(8, 16, panel.title, `fill="${theme.text}" font-size="13" font-weight="600"`),
    text(8, 32, axes.yName, axis),
    text((left + width - right) / 2, height - 6, axes.xName, `${axis} text-anchor="middle"`),
  ];
  for (const tick of axes.isLinear ? quarters(x.high) : decades(x.low, x.high)) {
    const at = round(x.at(tick));
    parts.push(stroke(`M${at} ${top}V${height - bottom}`, theme.grid, 0.7));
    parts.push(text(at, height - bottom + 15, axes.xText(tick), `${axis} text-anchor="middle"`));
  }
  for (const tick of ticks(y.low, y.high)) {
    const at = round(y.at(tick));
    parts.push(stroke(`M${left} ${at}H${width - right}`, theme.grid, 0.7));
    parts.push(text(left - 6, at + 4, axes.yText(tick), `${axis} text-anchor="end"`));
  }
  const lines = panel.lines
    .filter((line) => line.points.length > 0)
    .sort((a, b) => Number(a.bold) - Number(b.bold));
  for (const line of lines) {
    const colour = theme.palette[line.colour % theme.palette.length];
    const path = line.points.map((point) => `${round(x.at(point.x))} ${round(y.at(point.y))}`).join('L');
    parts.push(stroke(`M${path}`, colour, line.bold ? 2.8 : 1.4));
    for (const point of axes.isPlain ? [] : line.points) {
      const radius = line.bold ? 2.8 : 1.8;
      parts.push(
        `<circle cx="${round(x.at(point.x))}" cy="${round(y.at(point.y))}" r="${radius}" fill="${colour}"/>`,
      );
    }
  }
  const ends = lines.map((line) => line.points[line.points.length - 1]);
  const places = spreadOut(
    ends.map((end) => y.at(end.y)),
    LABEL_HEIGHT,
    top - 6,
    height - bottom + 6,
  );
  lines.forEach((line, i) => {
    const colour = theme.palette[line.colour % theme.palette.length];
    const from = { x: round(x.at(ends[i].x)), y: round(y.at(ends[i].y)) };
    const labelX = width - right + 16;
    parts.push(stroke(`M${from.x + 4} ${from.y}L${labelX - 3} ${round(places[i])}`, colour, 0.6));
    const weight = line.bold ? ' font-weight="700"' : '';
    parts.push(text(labelX, round(places[i] + 4), line.label, `fill="${colour}"${weight}`));
  });
  return parts.join('\n');
}

interface Scale {
  low: number;
  high: number;
  at(value: number): number;
}

/** Maps values to pixels by their logarithm; `margin` is the factor left free at both ends. */
function logScale(values: number[], from: number, to: number, margin: number): Scale {
  const low = Math.min(...values) / margin;
  const high = Math.max(...values, low * 1.5) * margin;
  const span = Math.log(high / low);
  return { low, high, at: (value) => from + ((to - from) * Math.log(value / low)) / span };
}

/** Maps values from 0 on to pixels. */
function linearScale(values: number[], from: number, to: number): Scale {
  const high = Math.max(...values, 1);
  return { low: 0, high, at: (value) => from + ((to - from) * value) / high };
}

function quarters(high: number): number[] {
  return [0, 1, 2, 3, 4].map((quarter) => (quarter * high) / 4);
}

/** The powers of ten from `low` to `high`. */
function decades(low: number, high: number): number[] {
  const found: number[] = [];
  for (let tick = 10 ** Math.ceil(Math.log10(low) - 1e-9); tick <= high * 1.0001; tick *= 10)
    found.push(tick);
  return found;
}

/** Powers of ten and, where these are few, their doubles and fives. */
export function ticks(low: number, high: number): number[] {
  const coarse = decades(low, high);
  if (coarse.length >= 3) return coarse;
  const fine = decades(low / 10, high).flatMap((tick) => [tick, 2 * tick, 5 * tick]);
  return fine.filter((tick) => tick >= low * 0.9999 && tick <= high * 1.0001);
}

/**
 * Moves labels apart so that they keep `distance`, in the order of the places they belong to, as near to these as it
 * goes, and within `top` to `bottom` if they fit there at all.
 */
export function spreadOut(
  wanted: readonly number[],
  distance: number,
  top: number,
  bottom: number,
): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  // Neighbours that come too close form a block around the mean of their wishes; blocks merge until none touch.
  const blocks: { first: number; members: number[] }[] = [];
  const firstOf = (members: number[]) => {
    const mean = members.reduce((sum, i, rank) => sum + wanted[i] - rank * distance, 0) / members.length;
    return Math.max(top, Math.min(mean, bottom - (members.length - 1) * distance));
  };
  for (const i of order) {
    let block = { first: firstOf([i]), members: [i] };
    for (
      let last = blocks.at(-1);
      last && last.first + last.members.length * distance > block.first;
      last = blocks.at(-1)
    ) {
      blocks.pop();
      const members = [...last.members, ...block.members];
      block = { first: firstOf(members), members };
    }
    blocks.push(block);
  }
  const places = new Array<number>(wanted.length);
  for (const { first, members } of blocks)
    members.forEach((i, rank) => (places[i] = first + rank * distance));
  return places;
}

function stroke(path: string, colour: string, width: number): string {
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeXml(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(content: string): string {
  return content.replace(/[<>&"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

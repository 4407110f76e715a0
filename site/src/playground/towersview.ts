/*
 * The canvas of the towers: its size, and what pointer, wheel and keys do to it.
 */
import { HEAD_WIDTH, type Drawing } from './columns.js';
import { boxWidth, left, paint, roomFor } from './paint.js';
import type { Playground, TowersView } from './playground.js';

const ZOOM = 1.35;

export function towersOf(playground: Playground): TowersView {
  const frame = document.querySelector<HTMLElement>('#towers')!;
  const canvas = frame.querySelector('canvas')!;
  const c = canvas.getContext('2d')!;
  let width = frame.clientWidth || 900;
  let height = roomFor(1);

  const view: TowersView = {
    get width() {
      return width;
    },
    get height() {
      return height;
    },
    paint(drawing) {
      height = roomFor(drawing.levels);
      canvas.style.height = `${height}px`;
      const { db, moment, trace, state, colours } = playground;
      const step = trace?.steps[state.step];
      const scale = devicePixelRatio || 1;
      if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
        canvas.width = Math.round(width * scale);
        canvas.height = Math.round(height * scale);
      }
      c.setTransform(scale, 0, 0, scale, 0, 0);
      paint({ c, width, height }, { db, drawing, moment, trace, step, selected: state.selected, colours });
      canvas.setAttribute('aria-label', described(playground, drawing));
    },
  };

  new ResizeObserver(() => {
    if (frame.clientWidth === 0 || frame.clientWidth === width) return;
    width = frame.clientWidth;
    playground.look({});
  }).observe(frame);

  let drag: { x: number; first: number; moved: boolean } | undefined;
  frame.addEventListener('pointerdown', (event) => {
    drag = { x: event.clientX, first: playground.state.view.first, moved: false };
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener('pointermove', (event) => {
    if (drag === undefined) return;
    const moved = event.clientX - drag.x;
    if (Math.abs(moved) > 4) drag.moved = true;
    if (drag.moved)
      playground.look({ isPath: false, first: drag.first - moved / playground.state.view.pixels });
  });
  frame.addEventListener('pointerup', (event) => {
    if (drag !== undefined && !drag.moved) {
      const x = event.clientX - frame.getBoundingClientRect().left;
      const hit = playground.drawing?.columns.find(
        (column) => x >= left(column) && x <= left(column) + boxWidth(column),
      );
      playground.select(hit?.node ?? 0);
    }
    drag = undefined;
  });
  frame.addEventListener(
    'wheel',
    (event) => {
      const { first, pixels } = playground.state.view;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const x = event.clientX - frame.getBoundingClientRect().left;
        zoomAt(x, Math.exp(-event.deltaY / 300));
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
        event.preventDefault();
        playground.look({ isPath: false, first: first + (event.deltaX || event.deltaY) / pixels });
      }
    },
    { passive: false },
  );
  frame.addEventListener('keydown', (event) => {
    const { first, pixels } = playground.state.view;
    const page = (width - HEAD_WIDTH) / pixels;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => playground.look({ isPath: false, first: first - page / 10 }),
      ArrowRight: () => playground.look({ isPath: false, first: first + page / 10 }),
      PageUp: () => playground.look({ isPath: false, first: first - page }),
      PageDown: () => playground.look({ isPath: false, first: first + page }),
      Home: () => playground.look({ isPath: false, first: 0 }),
      End: () => playground.look({ isPath: false, first: playground.db.length }),
      '+': () => zoomAt(width / 2, ZOOM),
      '-': () => zoomAt(width / 2, 1 / ZOOM),
      ',': () => playground.setStep(playground.state.step - 1),
      '.': () => playground.setStep(playground.state.step + 1),
    };
    const move = moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move();
  });

  function zoomAt(x: number, factor: number): void {
    const { first, pixels } = playground.state.view;
    playground.look({ isPath: false, pixels: pixels * factor });
    const now = playground.state.view.pixels;
    playground.look({ first: first + (x - HEAD_WIDTH) / pixels - (x - HEAD_WIDTH) / now });
  }
  return view;
}

function described({ db, state, trace }: Playground, { columns, low, isPath }: Drawing): string {
  const [first] = columns;
  const last = columns.at(-1);
  const step = trace?.steps[state.step];
  if (first === undefined || last === undefined) return 'An empty skip list: the head alone.';
  const what = isPath
    ? `The ${columns.length} towers that the search touches`
    : low > 0
      ? `The towers of level ${low} and above, of entries ${first.rank + 1} to ${last.rank + 1}`
      : `The towers of entries ${first.rank + 1} to ${last.rank + 1}`;
  return `${what}, of ${db.length} in all. ${step === undefined ? '' : `Step ${state.step}: ${step.text}.`}`;
}

// npm run perf:site: frames a second while the playground's view moves over a million entries, in Chromium, at several zooms. A frame
// has a real wheel event, and all that follows from it.
import { settled, start } from '../site/test/browser.mjs';

const SECONDS = 5;
const ZOOMS = [
  { what: 'towers with names', pixels: 84 },
  { what: 'towers as bars', pixels: 6 },
  { what: 'from afar, 1 px for 8', pixels: 0.125 },
  { what: 'the whole list', pixels: 0 },
];

const site = await start();
try {
  const page = await site.open('index.html', { reducedMotion: null });
  await page.selectOption('#data', 'million');
  await settled(page);
  console.log(
    `Chromium ${site.browser.version()}, a canvas of 1,240 pixels, 1,000,000 entries, ${SECONDS} s each`,
  );
  console.log(
    'view                     frames/s   ms a frame: median   99th   longest   ms of script: median   99th',
  );
  for (const { what, pixels } of ZOOMS) {
    const { gaps, scripts } = await page.evaluate(pan, { pixels, seconds: SECONDS });
    const sorted = (values) => values.sort((a, b) => a - b);
    const at = (values, part) => sorted(values)[Math.floor((values.length - 1) * part)].toFixed(1);
    const perSecond = (gaps.length / (gaps.reduce((sum, gap) => sum + gap, 0) / 1000)).toFixed(0);
    console.log(
      `${what.padEnd(24)} ${perSecond.padStart(8)} ${at(gaps, 0.5).padStart(20)} ${at(gaps, 0.99).padStart(6)} ${at(gaps, 1).padStart(9)} ${at(scripts, 0.5).padStart(22)} ${at(scripts, 0.99).padStart(6)}`,
    );
  }
} finally {
  await site.close();
}

/** In the page: turns the wheel once a frame. @returns milliseconds between frames, and of script in each */
function pan({ pixels, seconds }) {
  const { playground } = globalThis;
  playground.look({ isPath: false, first: 200_000, pixels });
  const towers = document.querySelector('#towers');
  const gaps = [];
  const scripts = [];
  const draw = playground.draw.bind(playground);
  playground.draw = () => {
    const from = performance.now();
    draw();
    scripts.push(performance.now() - from);
  };
  return new Promise((done) => {
    const begin = performance.now();
    let last = begin;
    const frame = (now) => {
      gaps.push(now - last);
      last = now;
      if (now - begin > seconds * 1000) {
        playground.draw = draw;
        done({ gaps: gaps.slice(2), scripts });
        return;
      }
      const { first } = playground.state.view;
      towers.dispatchEvent(
        new WheelEvent('wheel', { deltaX: first > 700_000 ? -5e6 : 60, cancelable: true, bubbles: true }),
      );
      // Where the whole list is in view there is nowhere to go: it is drawn anew all the same.
      playground.changed();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
}

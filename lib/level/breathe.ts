declare interface Engine {
  setImmediate?: (callback: () => void) => unknown;
  setTimeout?: (callback: () => void, milliseconds: number) => unknown;
}

/** Resolves once others had their turn: input and output, timers, the screen. */
export function breathe(): Promise<void> {
  const { setImmediate, setTimeout } = globalThis as Engine;
  return new Promise((resolve) => {
    if (setImmediate !== undefined) setImmediate(resolve);
    else if (setTimeout !== undefined) setTimeout(resolve, 0);
    else resolve();
  });
}

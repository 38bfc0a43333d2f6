/** Draws again and again, one frame after the other, until it is disposed of. */

const DRAW_MS = 500;
/** What can't wait is drawn sooner, but no more than four times a second. */
const MIN_DRAW_MS = 250;
/** A frame of very many peers takes a while: this many times as long passes before the next. */
const PAUSE_PER_FRAME = 20;

export interface Redraw extends AsyncDisposable {
  /** There is something new to be seen, as after a change of the size. */
  soon(): void;
}

export function redraw(draw: () => Promise<void>): Redraw {
  let isOver = false;
  let drawnMs = -Infinity;
  let wake = () => {};

  async function drawAll() {
    while (!isOver) {
      drawnMs = performance.now();
      await draw();
      await pause(Math.max(DRAW_MS, (performance.now() - drawnMs) * PAUSE_PER_FRAME));
    }
  }

  async function pause(ms: number) {
    if (isOver) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    wake = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
  }

  const drawn = drawAll();
  return {
    soon() {
      if (performance.now() - drawnMs >= MIN_DRAW_MS) wake();
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      wake();
      await drawn;
    },
  };
}

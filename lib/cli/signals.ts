/** How a person or a machine ends an app. */

/** Calls back on a signal, where the platform has it. */
export function onSignal(name: Deno.Signal, handler: () => void) {
  // Windows knows only some signals, and refuses the others.
  if (Deno.build.os === "windows" && name !== "SIGINT") return;
  Deno.addSignalListener(name, handler);
}

/** `deno task` passes a Ctrl-C on to an app that the terminal has told already: one press, two signals. */
const SAME_PRESS_MS = 100;

/** The first Ctrl-C ends in order; resolves with the exit code at the second. */
export function secondInterrupt(end: AbortController): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let firstMs = Infinity;
  onSignal("SIGINT", () => {
    const nowMs = performance.now();
    firstMs = Math.min(firstMs, nowMs);
    if (nowMs > firstMs + SAME_PRESS_MS) resolve(130);
    else end.abort();
  });
  return promise;
}

/** Where a file may grow no further, a write is to fail; the signal that comes with it would end the process. */
export function surviveFileSizeLimit() {
  onSignal("SIGXFSZ" as Deno.Signal, () => {});
}

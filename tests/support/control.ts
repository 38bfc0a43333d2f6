/** How busy this machine is while something is measured in real time, by the same clock in the same run. */

/** A timer of 5 ms, as any process here could have it. */
const EVERY_MS = 5;
/**
 * What is measured takes some twenty turns of processes that wait for each other, like noticing, connecting,
 * logging in, subscribing, and a tick on its way; each may come as late as the control's latest.
 */
const TURNS = 20;

export interface Control extends Disposable {
  /** What a bound is to be widened by: next to nothing where nothing else runs. */
  slackMs(): number;
}

export function control(): Control {
  let latestMs = 0;
  let dueMs = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    latestMs = Math.max(latestMs, performance.now() - dueMs);
    dueMs = performance.now() + EVERY_MS;
  }, EVERY_MS);
  return {
    slackMs: () => TURNS * Math.max(latestMs, performance.now() - dueMs),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** A callback again and again, at times that need not be exact. */

/** Calls back soon after every so often, until it is disposed of; never, where that is Infinity. */
export function every(us: number, callback: () => void): Disposable {
  if (us === Infinity) return { [Symbol.dispose]() {} };
  // Asked for that often, or else what is shown of an interval would wait for the next one.
  const timer = setInterval(callback, Math.min(us / 1000, 100));
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

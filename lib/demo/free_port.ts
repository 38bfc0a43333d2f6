/** Below all ports that a system gives to connections by itself: Linux from 32768 on, others from 49152. */
const FIRST = 10_000;
const COUNT = 22_000;

/**
 * A port that was free a moment ago, for a server that is to be started now or later: until then no connection
 * that somebody makes is given it.
 */
export function freePort(): number {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`no port from ${FIRST} to ${FIRST + COUNT - 1} is free`);
}

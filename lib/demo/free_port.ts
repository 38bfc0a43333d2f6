/** Below what a system gives to connections by itself: Linux from 32768 on, others from 49152, unless told otherwise. */
const FIRST = 10_000;
const COUNT = 22_000;

/** They are tried in turn, so that none is named twice before it is used. */
let next = Math.floor(Math.random() * COUNT);

/**
 * A port that was free a moment ago, for a server that is started now or later: no connection that somebody makes
 * meanwhile is given it. Needs --allow-net.
 *
 * @throws {Error} where none is free
 */
export function freePort(): number {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + next++ % COUNT;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      // Windows keeps some for itself.
      const { AddrInUse, PermissionDenied } = Deno.errors;
      if (!(error instanceof AddrInUse || error instanceof PermissionDenied)) throw error;
    }
  }
  throw new Error(`no port from ${FIRST} to ${FIRST + COUNT - 1} is free`);
}

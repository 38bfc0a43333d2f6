/** Below what a system gives to connections by itself: Linux from 32768 on, others from 49152, unless told otherwise. */
const FIRST = 10_000;
/** Who asks for ports has one of so many stretches of them to himself. */
const STRETCHES = 220;
const LENGTH = 100;

/** Listens on the first port of ours until we end, which nobody else can. */
let claim: Deno.TcpListener | undefined;
/** They are tried in turn, so that none is named twice before it is used. */
let next = 0;

/**
 * A port that was free a moment ago, for a server that is started now or later: no connection that somebody makes
 * meanwhile is given it, and nobody else who asks here. Needs --allow-net. The first call claims a stretch of them,
 * for as long as the process or worker lasts.
 *
 * @throws {Error} where none is free
 */
export function freePort(): number {
  const listener = listenOnFreePort();
  listener.close();
  return listener.addr.port;
}

/**
 * The same for who listens at once: a process that is started in between, by another thread, has what we listened on
 * until it has become its program, and the port with it.
 */
export function listenOnFreePort(): Deno.TcpListener {
  const { port: first } = (claim ??= claimed()).addr;
  for (let tries = 1; tries < LENGTH; tries++) {
    const listener = listen(first + 1 + next++ % (LENGTH - 1));
    if (listener) return listener;
  }
  throw new Error(`no port from ${first + 1} to ${first + LENGTH - 1} is free`);
}

function claimed(): Deno.TcpListener {
  const from = Math.floor(Math.random() * STRETCHES);
  for (let tries = 0; tries < STRETCHES; tries++) {
    const listener = listen(FIRST + (from + tries) % STRETCHES * LENGTH);
    if (listener) return listener;
  }
  throw new Error(`no port from ${FIRST} to ${FIRST + STRETCHES * LENGTH - 1} is free`);
}

function listen(port: number): Deno.TcpListener | undefined {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch (error) {
    // Windows keeps some for itself.
    const { AddrInUse, PermissionDenied } = Deno.errors;
    if (error instanceof AddrInUse || error instanceof PermissionDenied) return undefined;
    throw error;
  }
}

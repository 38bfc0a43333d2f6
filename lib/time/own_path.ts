/** What of a delay is our own: a message's way through our sockets, on a loopback within this process. */

import type { Clock } from "./clock.ts";
import { timeout, type Wait } from "./wait.ts";

/** So many messages in the first second: each way takes some 50 µs, and the median says the rest. */
const MESSAGES = 20;
const EVERY_MS = 50;
/** About what a tick takes with its header. */
const BYTES = 160;

export interface OwnPathOptions {
  clock: Clock;
  wait?: Wait;
  /** Ends it; not an error. */
  signal: AbortSignal;
}

export class OwnPath {
  readonly #tookUs: number[] = [];

  /**
   * From right before a message is written until right after it is read, in whole µs: the median so far. It
   * is what our two ends have at least, as this one is awake when it arrives.
   */
  get us(): number | undefined {
    const sorted = this.#tookUs.toSorted((a, b) => a - b);
    return sorted.length === 0 ? undefined : Math.round(sorted[Math.floor(sorted.length / 2)]);
  }

  /** Measures for a second, without asking for a permission that isn't there. */
  async measure({ clock, wait = timeout, signal }: OwnPathOptions): Promise<void> {
    const hostname = "127.0.0.1";
    const { state } = Deno.permissions.querySync({ name: "net", host: hostname });
    if (state !== "granted") return;
    using listener = Deno.listen({ hostname, port: 0 });
    const { port } = listener.addr;
    const ends = await Promise.all([Deno.connect({ hostname, port }), listener.accept()]);
    using from = ends[0];
    using to = ends[1];
    if ((to.remoteAddr as Deno.NetAddr).port !== (from.localAddr as Deno.NetAddr).port) return; // a stranger
    from.setNoDelay(true);
    const message = new Uint8Array(BYTES);
    const buffer = new Uint8Array(BYTES);
    while (this.#tookUs.length < MESSAGES) {
      await wait(EVERY_MS, signal);
      if (signal.aborted) return;
      const arriving = to.read(buffer);
      const fromUs = clock.monoUs();
      const written = from.write(message);
      await arriving;
      this.#tookUs.push(clock.monoUs() - fromUs);
      await written;
    }
  }
}

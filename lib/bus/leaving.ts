/** From a server that is going down to another one, before it does. */

import { type Wait, within } from "../time/wait.ts";
import type { Dialled } from "./attempt.ts";
import type { Connection } from "./driver.ts";
import { reasonOf } from "./reason.ts";

export interface LeavingOptions {
  wait: Wait;
  /** Another connection is looked for in place of the one in use. */
  onLeaving: () => void;
  dial: (signal: AbortSignal) => Promise<Dialled | undefined>;
  isUsed: (connection: Connection) => boolean;
  /** Takes the new connection in place of the old one; both are received from then on. */
  use: (dialled: Dialled) => void;
  /** The old one is closed. */
  onLeft: (connection: Connection) => void;
  onFault: (reason: string) => void;
}

/** How long both are received: a cluster needs a moment to learn of the new one. */
const OVERLAP_MS = 1000;
/** How long a connection may take to end in order. */
const DRAIN_MS = 500;

export class Leaving {
  readonly #options: LeavingOptions;
  readonly #left = new Map<Connection, Promise<void>>();
  #overlap = new AbortController();

  constructor(options: LeavingOptions) {
    this.#options = options;
  }

  /** Leaves a connection, once, as soon as there is another one. */
  leave(lame: Connection) {
    if (this.#left.has(lame)) return;
    this.#overlap.abort(); // the one before has had its time
    const left = this.#leave(lame)
      .catch((error) => this.#options.onFault(reasonOf(error)))
      .finally(() => this.#left.delete(lame));
    this.#left.set(lame, left);
  }

  /** The new one is lost: the old ones are closed at once. */
  hurry() {
    this.#overlap.abort();
    for (const connection of this.#left.keys()) connection.close();
  }

  /** Resolves once all are closed. */
  async end(): Promise<void> {
    this.hurry();
    await Promise.all(this.#left.values());
  }

  async #leave(lame: Connection) {
    const { wait, onLeaving, dial, isUsed, use, onLeft } = this.#options;
    const gone = new AbortController();
    lame.closed.then(() => gone.abort());
    if (isUsed(lame)) onLeaving();
    const dialled = await dial(gone.signal);
    if (!dialled) return;
    if (!isUsed(lame)) return dialled.connection.close();
    const overlap = this.#overlap = new AbortController();
    use(dialled);
    await wait(OVERLAP_MS, overlap.signal);
    // A client may not say that it was closed meanwhile.
    const drained = Promise.race([lame.drain(), lame.closed]);
    if (!await within(DRAIN_MS, drained, wait)) lame.close();
    onLeft(lame);
  }
}

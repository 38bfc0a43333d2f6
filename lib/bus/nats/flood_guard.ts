/** Waits for an answer of the server's, but not for one that comes behind a flood. */

/** No answer comes behind more in good order: 4,000 ticks with all that rides on them. */
const MAX_BYTES = 1024 * 1024;

export class FloodGuard {
  #leftBytes = Infinity;
  #onFlood = () => {};

  /** Takes in that so much was read. */
  read(bytes: number) {
    this.#leftBytes -= bytes;
    if (this.#leftBytes < 0) this.#onFlood();
  }

  /** @throws {Error} where a flood is read before the answer is there */
  async unlessFlooded<T>(answer: Promise<T>): Promise<T> {
    const { promise: flooded, reject } = Promise.withResolvers<never>();
    this.#leftBytes = MAX_BYTES;
    this.#onFlood = () => reject(new Error("its answer comes behind a flood"));
    try {
      return await Promise.race([answer, flooded]);
    } finally {
      this.#leftBytes = Infinity;
    }
  }
}

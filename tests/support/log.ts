/** What has happened so far, in order, and waiting for what is still to come. */

import { deadline } from "./deadline.ts";

export class Log<T> {
  readonly items: T[] = [];
  #ended = false;
  #more = Promise.withResolvers<void>();

  push(item: T) {
    this.items.push(item);
    this.#wake();
  }

  /** Nothing more will come. */
  end() {
    this.#ended = true;
    this.#wake();
  }

  /**
   * The index of the first item that fits, from `from` on; waits until it is there.
   *
   * @throws {Error} where it isn't there in time, or can't come any more, with the last items
   */
  async find(
    what: string,
    fits: (item: T, index: number) => boolean,
    { from = 0, withinMs = 60_000 } = {},
  ): Promise<number> {
    const look = async () => {
      for (let index = from;; index++) {
        while (index >= this.items.length) {
          if (this.#ended) throw new Error(`no ${what}, and none will come`);
          await this.#more.promise;
        }
        if (fits(this.items[index], index)) return index;
      }
    };
    try {
      return await deadline(withinMs, what, look());
    } catch (error) {
      const last = JSON.stringify(this.items.slice(-5));
      throw new Error(`${(error as Error).message}; the last of ${this.items.length}: ${last}`);
    }
  }

  /** Waits until there are so many items. */
  async reach(length: number, what: string, withinMs?: number) {
    if (length > 0) await this.find(what, () => true, { from: length - 1, withinMs });
  }

  #wake() {
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }
}

/** First in, first out, with a limit: adding, taking and dropping cost the same however many wait. */

/** Fewer aren't worth copying the others. */
const MIN_TAKEN = 256;

export class BoundedQueue<T> {
  readonly #limit: number;
  #items: T[] = [];
  /** Those before it are taken, and let go of once they are the half of all. */
  #head = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Adds one; returns the oldest, which is dropped, where there are as many as may be. */
  push(item: T): T | undefined {
    const [dropped] = this.length >= this.#limit ? this.take(1) : [];
    this.#items.push(item);
    return dropped;
  }

  /** Takes the oldest ones, so many at most. */
  take(count: number): T[] {
    const taken = this.#items.slice(this.#head, this.#head + count);
    this.#head += taken.length;
    if (this.#head === this.#items.length) {
      this.#items.length = this.#head = 0;
    } else if (this.#head >= MIN_TAKEN && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }
}

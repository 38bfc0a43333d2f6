/** What would be on stderr, held as long as there is a screen: the last lines of it. */

import { withoutColour } from "../report/text/layout.ts";

const MAX_HELD = 100;

export class HeldLines {
  readonly #lines: string[] = [];
  #leftOut = 0;

  add(line: string) {
    this.#lines.push(line);
    if (this.#lines.length <= MAX_HELD) return;
    this.#lines.shift();
    this.#leftOut++;
  }

  /** The last ones, without what is the same in all of them: the date, and the app's name. */
  last(count: number, name: string): string[] {
    return this.#lines.slice(-count).map((line) =>
      withoutColour(line).replace(/^\d{4}-\d\d-\d\dT(\S+Z) /, "$1 ").replace(` ${name}: `, " ")
    );
  }

  /** All as they were, for the time after the screen. */
  takeAll(): string[] {
    const before = this.#leftOut > 0 ? [`(${this.#leftOut} lines before these are left out)`] : [];
    return [...before, ...this.#lines.splice(0)];
  }
}

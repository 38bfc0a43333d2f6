/** The servers of one bus: those it was given, and those a cluster named. */

/** A cluster may name any number; dialling more than these would only cost time. */
export const MAX_LEARNED = 16;

export class KnownServers {
  /** The one it is or was connected to, as host:port. */
  last: string | undefined;
  /** That one fell silent, or is going down: the others come first. */
  suspect = false;
  readonly given: readonly string[];
  readonly #isPinned: boolean;
  #learned: string[] = [];

  /** @param pinned none but those given are ever used */
  constructor(given: readonly string[], { pinned = false }: { pinned?: boolean } = {}) {
    this.given = given;
    this.#isPinned = pinned;
  }

  /** In the order they are tried in: the one it was on last comes first, or last where it is suspect. */
  inTurn(): string[] {
    const { last } = this;
    const others = [...this.given, ...this.#learned].filter((server) => server !== last);
    const own = last === undefined ? [] : [last];
    return [...new Set(this.suspect ? [...others, ...own] : [...own, ...others])];
  }

  /** Takes in the servers there are; those that it was given stay, whatever is named. */
  learn(named: readonly string[]) {
    if (this.#isPinned) return;
    const others = new Set(named.filter((server) => !this.given.includes(server)));
    this.#learned = [...others].slice(0, MAX_LEARNED);
  }
}

/** The servers of one bus: those it was given, and those a cluster named. */

export class KnownServers {
  /** The one it is or was connected to, as host:port. */
  last: string | undefined;
  /** That one fell silent, or is going down: the others come first. */
  suspect = false;
  readonly #given: string[];
  #learned = new Map<string, string | undefined>();

  constructor(given: string[]) {
    this.#given = given;
  }

  /** By host:port, with the name that their certificates are verified by; their address, where it is none. */
  get learned(): ReadonlyMap<string, string | undefined> {
    return this.#learned;
  }

  /** In the order they are tried in: the one it was on last comes first, or last where it is suspect. */
  inTurn(): string[] {
    const { last } = this;
    const others = [...this.#given, ...this.#learned.keys()].filter((server) => server !== last);
    const own = last === undefined ? [] : [last];
    return [...new Set(this.suspect ? [...others, ...own] : [...own, ...others])];
  }

  /** A cluster names its servers by their addresses; their certificates name the host they are known by. */
  learn(named: string[]) {
    const name = this.#learned.get(this.last!) ?? nameOf(this.last!);
    const others = named.filter((server) => !this.#given.includes(server));
    this.#learned = new Map(others.map((server) => [server, name]));
  }
}

/** The name of a host, by which its certificate is verified; an address has none, and is verified itself. */
function nameOf(server: string): string | undefined {
  const host = server.replace(/:\d+$/, "");
  return /^[\d.]+$|:/.test(host) ? undefined : host;
}

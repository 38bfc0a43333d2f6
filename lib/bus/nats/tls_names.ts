/** What the certificate of a server has to be for, where that isn't the host it is dialled by. */

export class TlsNames {
  readonly #given: ReadonlySet<string>;
  #names = new Map<string, string | undefined>();

  /** @param given host:port of the servers that a person named, each verified by its own host */
  constructor(given: readonly string[]) {
    this.#given = new Set(given);
  }

  /** The name; undefined where it is the host of host:port itself. */
  of(server: string): string | undefined {
    return this.#names.get(server);
  }

  /** A cluster names its servers by their addresses; their certificates name the host they are known by. */
  learn(from: string, named: readonly string[]) {
    const name = this.#names.get(from) ?? nameOf(from);
    const others = [...named, from].filter((server) => !this.#given.has(server));
    this.#names = new Map(others.map((server) => [server, name]));
  }
}

/** The name of a host; an address has none, and is verified itself. */
function nameOf(server: string): string | undefined {
  const host = server.replace(/:\d+$/, "");
  return /^[\d.]+$|:/.test(host) ? undefined : host;
}

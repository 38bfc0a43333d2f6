/** What a server is called: by where it is, and by the name that somebody gave to it. */

import type { ServerIdentity } from "./bus.ts";

/** A server without a name makes one up, which says nothing to anybody. */
const MADE_UP = /^N[A-Z2-7]{55}$/;

/** The name that somebody gave to a server. */
export function givenName({ name }: ServerIdentity): string | undefined {
  return name === undefined || MADE_UP.test(name) ? undefined : name;
}

/** host:port, with its name, cluster and product where they are known: `127.0.0.1:4222 (n1 of c1, server 2.9.10)`. */
export function serverLabel({ server, ...identity }: { server: string } & ServerIdentity): string {
  const { cluster, product } = identity;
  const name = givenName(identity);
  const inCluster = name === undefined || cluster === undefined ? name : `${name} of ${cluster}`;
  const known = [inCluster, product].filter((text) => text !== undefined);
  return known.length === 0 ? server : `${server} (${known.join(", ")})`;
}

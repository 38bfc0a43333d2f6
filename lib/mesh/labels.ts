/** What servers are called in a grid: their names, where each has one of its own, or else where they are. */

import type { ServerIdentity } from "../bus/bus.ts";
import { printable } from "../text/printable.ts";

/** A server without a name makes one up, which says nothing to anybody. */
const MADE_UP = /^N[A-Z2-7]{55}$/;

const MAX_LENGTH = 24;

/** The name that somebody gave to a server. */
export function nameOf({ name }: ServerIdentity): string | undefined {
  return name === undefined || MADE_UP.test(name) ? undefined : printable(name, MAX_LENGTH);
}

export function labelsOf(nodes: readonly { server: string; identity: ServerIdentity }[]): string[] {
  const names = nodes.map(({ identity }) => nameOf(identity));
  return nodes.map(({ server }, at) => {
    const name = names[at];
    const isOwn = name !== undefined && names.indexOf(name) === names.lastIndexOf(name);
    return isOwn ? name : printable(server, MAX_LENGTH);
  });
}

/** All that is known of a server: its name and cluster, what it is, and where. */
export function aboutText(
  { server, identity }: { server: string; identity: ServerIdentity },
): string {
  const { product, cluster } = identity;
  const name = nameOf(identity);
  const ofCluster = cluster === undefined ? "" : `of ${printable(cluster, MAX_LENGTH)}`;
  const named = [name, ofCluster].filter(Boolean).join(" ");
  return [named, product && printable(product, 40), printable(server, 60)]
    .filter(Boolean).join(", ");
}

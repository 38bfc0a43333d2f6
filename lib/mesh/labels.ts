/** What servers are called in a grid: their names, where each has one of its own, or else where they are. */

import type { ServerIdentity } from "../bus/bus.ts";
import { givenName } from "../bus/server_name.ts";
import { printable } from "../text/printable.ts";

const MAX_LENGTH = 24;

/** The name that somebody gave to a server, as it may be shown. */
export function nameOf(identity: ServerIdentity): string | undefined {
  const name = givenName(identity);
  return name === undefined ? undefined : printable(name, MAX_LENGTH);
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

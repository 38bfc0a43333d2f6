/** Reads where a NATS Streaming cluster is: `stan://host:port/cluster-id`. */

import { quoted } from "../../text/printable.ts";
import type { Address } from "../kind.ts";
import { readServers } from "../nats/address.ts";

const EXPECTED = "expected stan://HOST[:4222]/CLUSTER-ID, several hosts by commas";

/** @throws {SyntaxError} where it is none; never quotes credentials */
export function readAddress(written: string): Address {
  const [, hosts, cluster] = /^\s*stan:\/\/([^/]*)\/([\w-]{1,64})\/?\s*$/i.exec(written) ?? [];
  if (written.includes("@")) readServers(written); // says what to do instead
  if (hosts === undefined || /\/\//.test(hosts)) {
    throw new SyntaxError(`invalid server ${quoted(written)}: ${EXPECTED}`);
  }
  return { servers: readServers(hosts).addresses, tls: false, path: cluster };
}

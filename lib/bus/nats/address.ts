/** Reads where the NATS servers are, as users write it. */

import { quoted } from "../../text/printable.ts";

/** The servers of one bus. */
export interface Servers {
  /** host:port of each. */
  addresses: string[];
  /** Whether one was written tls://, which insists on TLS for all. */
  tls: boolean;
}

const EXPECTED = "expected host:port, nats://host:port or tls://host:port, several by commas";

/**
 * Reads `host`, `host:port`, `nats://…`, `tls://…`, IPv6 with or without brackets, separated by commas.
 *
 * @throws {SyntaxError} where one of them is none; never quotes credentials
 */
export function readServers(written: string): Servers {
  // Looked for in all of it: a password may hold a comma.
  if (written.includes("@")) {
    throw new SyntaxError(
      "a server's URL must not hold credentials; expected host:port, and NATS_USER and NATS_PASSWORD, " +
        "NATS_TOKEN, --creds or --nkey",
    );
  }
  const servers: Servers = { addresses: [], tls: false };
  for (const one of written.split(",")) {
    const { address, tls } = readServer(one.trim());
    servers.addresses.push(address);
    servers.tls ||= tls;
  }
  return servers;
}

function readServer(written: string): { address: string; tls: boolean } {
  const [, scheme = "nats", rest] = /^(?:([a-z]+):\/\/)?(.*?)\/?$/is.exec(written)!;
  const wrong = new SyntaxError(`invalid server ${quoted(written)}: ${EXPECTED}`);
  if (!["nats", "tls"].includes(scheme.toLowerCase())) throw wrong;
  const bare6 = /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(rest);
  const address = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(bare6 ? `[${rest}]` : rest);
  if (!address) throw wrong;
  const [, host, port = "4222"] = address;
  // No name is longer than 253 (RFC 1035 §2.3.4).
  if (host.length > 253) throw wrong;
  if (Number(port) < 1 || Number(port) > 65_535) throw wrong;
  // The URL parser knows what an IPv6 address is.
  if (!URL.canParse(`http://${host}:${port}`)) throw wrong;
  return { address: `${host}:${Number(port)}`, tls: scheme.toLowerCase() === "tls" };
}

/** Whether it is host:port, as a cluster names its servers; it may name anything. */
export function isAddress(named: unknown): named is string {
  if (typeof named !== "string" || !/:\d{1,5}$/.test(named) || named.includes("@")) return false;
  try {
    return readServers(named).addresses[0] === named;
  } catch {
    return false; // not read, so none
  }
}

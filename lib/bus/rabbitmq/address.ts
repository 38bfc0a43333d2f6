/** Reads where the RabbitMQ servers are, as users write it. */

import { quoted } from "../../text/printable.ts";
import type { Address } from "../kind.ts";

const PORTS = { amqp: "5672", amqps: "5671" } as const;
const EXPECTED = "expected amqp://host:port/vhost or amqps://…, several by commas";
/** A short string of AMQP 0-9-1 (§4.2.5.3). */
const MAX_VHOST_BYTES = 255;

/**
 * Reads `amqp://host`, `amqps://host:port/vhost`, several separated by commas; all are on one virtual host, "/" where
 * none is named.
 *
 * @throws {SyntaxError} where one of them is none; never quotes credentials
 */
export function readAddress(written: string): Address {
  if (written.includes("@")) {
    throw new SyntaxError(
      "a server's URL must not hold credentials; expected amqp://host:port, and RABBITMQ_USER " +
        "and RABBITMQ_PASSWORD",
    );
  }
  const read = written.split(",").map((one) => readServer(one.trim()));
  const paths = new Set(read.flatMap(({ path }) => path === undefined ? [] : [path]));
  if (paths.size > 1) {
    throw new SyntaxError(`${quoted(written)} names several virtual hosts; expected one`);
  }
  const [path = "/"] = paths;
  return { servers: read.map(({ server }) => server), tls: read.some(({ tls }) => tls), path };
}

function readServer(written: string): { server: string; tls: boolean; path?: string } {
  const wrong = new SyntaxError(`invalid server ${quoted(written)}: ${EXPECTED}`);
  const [, scheme = "amqp", rest] = /^(?:([a-z]+):\/\/)?(.*)$/is.exec(written)!;
  const name = scheme.toLowerCase();
  if (name !== "amqp" && name !== "amqps") throw wrong;
  const parts = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?(?:\/([^/?#]*))?$/i.exec(rest);
  if (!parts) throw wrong;
  const [, host, port = PORTS[name], encoded = ""] = parts;
  // No name is longer than 253 (RFC 1035 §2.3.4).
  if (host.length > 253 || Number(port) < 1 || Number(port) > 65_535) throw wrong;
  // The URL parser knows what an IPv6 address is.
  if (!URL.canParse(`http://${host}:${port}`)) throw wrong;
  return {
    server: `${host}:${Number(port)}`,
    tls: name === "amqps",
    path: encoded === "" ? undefined : vhostOf(encoded, wrong),
  };
}

function vhostOf(encoded: string, wrong: SyntaxError): string {
  try {
    const vhost = decodeURIComponent(encoded);
    if (new TextEncoder().encode(vhost).length <= MAX_VHOST_BYTES) return vhost;
  } catch { /* half a code of a character: as wrong as one that is too long */ }
  throw wrong;
}

/** The first line, which a NATS server sends by itself: who it is, and what it wants. */

import type { ServerInfo } from "@nats-io/nats-core";
import { cut, SHOWN } from "./excerpt.ts";
import { HandshakeCut } from "./handshake_cut.ts";
import type { Socket } from "./socket.ts";

/** A cluster's greeting names its servers, 30 bytes each. */
export const LONGEST_GREETING = 256 * 1024;

export interface Greeting {
  info: ServerInfo;
  /** All that was read. */
  bytes: Uint8Array;
  /** How much of it comes after the greeting. */
  beyond: number;
}

/** What other servers say first, by their first characters. */
const OTHERS = {
  "HTTP/": "HTTP",
  "AMQP": "AMQP",
  "SSH-": "SSH",
  "\x15\x03": "TLS", // an alert
  "\x16\x03": "TLS", // a handshake
};

/** @throws {Error} where there is none, or none that can be read */
export async function readGreeting(socket: Socket): Promise<Greeting> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (true) {
    const chunk = await socket.read().catch((cause) => {
      if (cause instanceof HandshakeCut) throw cause;
      throw new Error("it hangs up without a greeting", { cause });
    });
    if (!chunk) throw new Error("it hangs up without a greeting");
    chunks.push(chunk);
    length += chunk.length;
    checkStart(chunks);
    const newline = chunk.indexOf(10);
    const lineLength = length - chunk.length + newline + 1;
    if ((newline < 0 ? length : lineLength) > LONGEST_GREETING) {
      throw new Error(`its greeting is longer than ${LONGEST_GREETING} bytes`);
    }
    if (newline < 0) continue;
    const bytes = joined(chunks);
    return { info: infoOf(bytes.subarray(0, lineLength)), bytes, beyond: length - lineLength };
  }
}

function checkStart(chunks: Uint8Array[]) {
  let start = "";
  for (let at = 0; at < chunks.length && start.length <= SHOWN; at++) {
    start += new TextDecoder().decode(chunks[at].subarray(0, SHOWN + 1));
  }
  if ("INFO ".startsWith(start.slice(0, 5).toUpperCase())) return;
  const other = Object.entries(OTHERS).find(([first]) => start.startsWith(first))?.[1];
  const fault = other ? `it speaks ${other}, not NATS` : "it doesn't greet as NATS does";
  throw new Error(`${fault}: ${JSON.stringify(cut(start.trim()))}`);
}

function infoOf(line: Uint8Array): ServerInfo {
  try {
    const info = JSON.parse(new TextDecoder().decode(line).slice("INFO ".length));
    if (info === null || typeof info !== "object") throw new TypeError("not an object");
    return info;
  } catch (error) {
    throw new Error(`its greeting can't be read: ${(error as Error).message}`);
  }
}

export function joined(chunks: Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const all = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

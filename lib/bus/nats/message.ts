/** What arrives, taken out of the client's own form. */

import type { NatsConnection } from "@nats-io/transport-deno";
import type { Moment } from "../../time/clock.ts";
import type { Message } from "../bus.ts";

export type ClientMessage = Parameters<
  NonNullable<NonNullable<Parameters<NatsConnection["subscribe"]>[1]>["callback"]>
>[1];

/** The client takes time by the square of how many headers there are: 100,000 would be a standstill of a minute. */
const MAX_HEADERS = 2048;

export function messageOf(message: ClientMessage, headerName: string, arrived?: Moment): Message {
  return new ReadLater(message, headerName, arrived);
}

/** The client decodes what is asked for: of ten messages at once, that costs a third of each by itself. */
class ReadLater implements Message {
  readonly arrived?: Moment;
  redelivered?: boolean;
  replayed?: boolean;
  ack?(): void;
  readonly #message: ClientMessage;
  readonly #headerName: string;
  #read: HeaderRead | undefined;

  constructor(message: ClientMessage, headerName: string, arrived?: Moment) {
    this.#message = message;
    this.#headerName = headerName;
    this.arrived = arrived;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get body(): Uint8Array {
    return this.#message.data;
  }

  get header(): string | undefined {
    return this.#readHeader().header;
  }

  get headerFault(): string | undefined {
    return this.#readHeader().headerFault;
  }

  #readHeader(): HeaderRead {
    return this.#read ??= headerOf(this.#message, this.#headerName);
  }
}

type HeaderRead = Pick<Message, "header" | "headerFault">;

function headerOf(message: ClientMessage, name: string): HeaderRead {
  // What it is besides its body: subject and headers.
  const besides = ((message as { size?(): number }).size?.() ?? 0) - message.data.length;
  if (besides > MAX_HEADERS) return { headerFault: "header too long" };
  try {
    return { header: (onlyHeader(message, name) ?? message.headers?.get(name)) || undefined };
  } catch {
    return { headerFault: "broken header" };
  }
}

const text = new TextDecoder();

/** What the client makes its headers of. */
interface Raw {
  _msg?: { hdr?: number };
  _rdata?: Uint8Array;
}

/** The value of a header that is the only one, as on a tick: read so, it takes a third of the client's time. */
function onlyHeader(message: ClientMessage, name: string): string | undefined {
  const { _msg, _rdata } = message as Raw;
  if (!_rdata || !_msg?.hdr || _msg.hdr < 0) return undefined;
  const written = text.decode(_rdata.subarray(0, _msg.hdr));
  const before = `NATS/1.0\r\n${name}:`;
  if (!written.startsWith(before)) return undefined;
  const end = written.indexOf("\r\n", before.length);
  return end === written.length - 4 && written.endsWith("\r\n")
    ? written.slice(before.length, end).trim()
    : undefined;
}

/** How a message may be sent to a server, by what it says of itself: an account's limits are in that too. */
export function formOf(
  body: string,
  header: string | undefined,
  headerName: string,
  { max_payload: limit = Infinity, headers = true }: { max_payload?: number; headers?: boolean },
): "whole" | "body alone" | "too large" {
  if (body.length > limit) return "too large";
  if (header === undefined) return "whole";
  const fits = body.length + headerBytes(headerName, header) <= limit;
  return headers && fits ? "whole" : "body alone";
}

/** @param headers whether the server takes any */
export function whyBodyAlone(headers: boolean): string {
  return headers
    ? "with it, they exceed the server's maximum payload"
    : "the server takes no headers";
}

/** "NATS/1.0", the header's line and an empty one, each with its end. */
function headerBytes(name: string, header: string): number {
  return "NATS/1.0\r\n".length + name.length + ": ".length + header.length + "\r\n\r\n".length;
}

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
  const { subject, data: body } = message;
  // What it is besides its body: subject and headers.
  const besides = ((message as { size?(): number }).size?.() ?? 0) - body.length;
  if (besides > MAX_HEADERS) return { subject, body, arrived, headerFault: "header too long" };
  try {
    return { subject, body, arrived, header: message.headers?.get(headerName) || undefined };
  } catch {
    return { subject, body, arrived, headerFault: "broken header" };
  }
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

/** "NATS/1.0", the header's line and an empty one, each with its end. */
function headerBytes(name: string, header: string): number {
  return "NATS/1.0\r\n".length + name.length + ": ".length + header.length + "\r\n\r\n".length;
}

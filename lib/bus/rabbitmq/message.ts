/** What arrives, taken out of the client's own form. */

import { Buffer } from "node:buffer";
import type { Moment } from "../../time/clock.ts";
import type { Message } from "../bus.ts";

/** As the client has it. */
export interface Delivery {
  routingKey: string;
  /** Bytes; or what the client has read in them, where their sender calls them a text or JSON. */
  body: unknown;
  headers?: Record<string, unknown>;
  redelivered?: boolean;
}

export function messageOf(delivery: Delivery, headerName: string, arrived?: Moment): Message {
  const { routingKey: subject, redelivered, headers } = delivery;
  const header = headers?.[headerName];
  return {
    subject,
    body: bytesOf(delivery.body),
    arrived,
    ...(redelivered ? { redelivered } : {}),
    ...(typeof header === "string" ? { header } : {}),
    ...(header === undefined || typeof header === "string" ? {} : { headerFault: "broken header" }),
  };
}

function bytesOf(body: unknown): Uint8Array {
  if (Buffer.isBuffer(body)) return new Uint8Array(body.buffer, body.byteOffset, body.length);
  return new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
}

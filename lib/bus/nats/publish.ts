/** A message on its way out: one frame, encoded at once; the client would put it together part by part. */

import * as client from "@nats-io/transport-deno";
import { headers, type NatsConnection } from "@nats-io/transport-deno";
import { TICK_HEADER } from "../../wire.ts";

/** JSR's transport doesn't have it. */
const sendFrame: typeof client.sendFrame | undefined = Reflect.get(client, "sendFrame");
const encoder = new TextEncoder();

/** @throws {Error} where the client refuses it, for its subject or its size */
export function publish(nc: NatsConnection, subject: string, body: string, header?: string) {
  const frame = sendFrame && frameOf(subject, body, header, nc.info?.max_payload);
  if (frame !== undefined) return sendFrame!(nc, encoder.encode(frame));
  const rides = headers();
  if (header !== undefined) rides.set(TICK_HEADER, header);
  nc.publish(subject, body, { headers: rides });
}

/** Undefined where it is for the client to say what is wrong with it, or how long it is. */
export function frameOf(
  subject: string,
  body: string,
  header: string | undefined,
  maxPayload = Infinity,
): string | undefined {
  if (!/^[!-~]+$/.test(subject) || !/^[ -~]*$/.test(body) || !/^[ -~]*$/.test(header ?? "")) return;
  const headers = `NATS/1.0\r\n${header === undefined ? "" : `${TICK_HEADER}: ${header}\r\n`}\r\n`;
  const length = headers.length + body.length;
  if (length > maxPayload) return;
  return `HPUB ${subject} ${headers.length} ${length}\r\n${headers}${body}\r\n`;
}

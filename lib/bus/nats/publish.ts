/** A message on its way out: one frame, encoded at once; the client would put it together part by part. */

import * as client from "@nats-io/transport-deno";
import { headers, type NatsConnection } from "@nats-io/transport-deno";

type SendFrame = (nc: NatsConnection, frame: Uint8Array) => void;

/** JSR's transport doesn't have it. */
const sendFrame: SendFrame | undefined = Reflect.get(client, "sendFrame");
const encoder = new TextEncoder();

/** The one header that rides along. */
export interface Header {
  name: string;
  text: string;
}

/** @throws {Error} where the client refuses it, for its subject or its size */
export function publish(nc: NatsConnection, subject: string, body: string, header?: Header) {
  const frame = sendFrame && frameOf(subject, body, header, nc.info?.max_payload);
  if (frame !== undefined) return sendFrame!(nc, encoder.encode(frame));
  if (header === undefined) return nc.publish(subject, body);
  const rides = headers();
  rides.set(header.name, header.text);
  nc.publish(subject, body, { headers: rides });
}

/** Undefined where it is for the client to say what is wrong with it, or how long it is. */
export function frameOf(
  subject: string,
  body: string,
  header: Header | undefined,
  maxPayload = Infinity,
): string | undefined {
  if (!/^[!-~]+$/.test(subject) || !/^[ -~]*$/.test(body) || !/^[ -~]*$/.test(header?.text ?? "")) {
    return;
  }
  if (header === undefined) {
    return body.length > maxPayload ? undefined : `PUB ${subject} ${body.length}\r\n${body}\r\n`;
  }
  const headers = `NATS/1.0\r\n${header.name}: ${header.text}\r\n\r\n`;
  const length = headers.length + body.length;
  if (length > maxPayload) return;
  return `HPUB ${subject} ${headers.length} ${length}\r\n${headers}${body}\r\n`;
}

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

/** What a message carries for a bus on top of core NATS. */
export interface Rides {
  /** Where the answer goes. */
  reply?: string;
  /** Beside the header of the message itself. */
  beside?: Header;
}

/** @throws {Error} where the client refuses it, for its subject or its size */
export function publish(
  nc: NatsConnection,
  subject: string,
  body: string,
  header?: Header,
  { reply, beside }: Rides = {},
) {
  const frame = sendFrame &&
    frameOf(subject, body, header, nc.info?.max_payload, { reply, beside });
  if (frame !== undefined) return sendFrame!(nc, encoder.encode(frame));
  const ours = [header, beside].filter((one) => one !== undefined);
  if (ours.length === 0) return nc.publish(subject, body, { reply });
  const rides = headers();
  for (const { name, text } of ours) rides.set(name, text);
  nc.publish(subject, body, { headers: rides, reply });
}

/** Undefined where it is for the client to say what is wrong with it, or how long it is. */
export function frameOf(
  subject: string,
  body: string,
  header: Header | undefined,
  maxPayload = Infinity,
  { reply, beside }: Rides = {},
): string | undefined {
  if (!/^[!-~]+$/.test(subject) || !/^[ -~]*$/.test(body) || !/^[ -~]*$/.test(header?.text ?? "")) {
    return;
  }
  const to = reply === undefined ? subject : `${subject} ${reply}`;
  const lines = headerLine(header) + headerLine(beside);
  if (lines === "") {
    return body.length > maxPayload ? undefined : `PUB ${to} ${body.length}\r\n${body}\r\n`;
  }
  const headers = `NATS/1.0\r\n${lines}\r\n`;
  const length = headers.length + body.length;
  if (length > maxPayload) return;
  return `HPUB ${to} ${headers.length} ${length}\r\n${headers}${body}\r\n`;
}

function headerLine(header?: Header): string {
  return header === undefined ? "" : `${header.name}: ${header.text}\r\n`;
}

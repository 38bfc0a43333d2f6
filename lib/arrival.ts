/** What arrives: a message with its moment, and the tick that is read of it. */

import type { Message } from "./bus/bus.ts";
import type { Moment, MonoUs, WallUs } from "./time/clock.ts";
import { readBody, type TickHeader } from "./wire.ts";
import { readHeader } from "./wire/read_header.ts";

/** A message, not yet looked at, and when it arrived. */
export interface Arrival {
  message: Message;
  moment: Moment;
}

/** A tick that was received. */
export interface ReceivedTick {
  /** What it came on. */
  subject: string;
  /** `t_sign`: the time in the body, by the sender's clock. */
  signUs: WallUs;
  /** `t_real`: when it arrived, by the local clock. */
  realUs: WallUs;
  /** The same moment, by the local monotonic clock. */
  monoUs: MonoUs;
  /** What its headers say; a peer that sends only a number has none. */
  header?: TickHeader;
  /** Why the headers it came with could not be used, although its body could. */
  headerFault?: string;
  /** The bus says that it delivered it before. */
  redelivered?: boolean;
  /** The bus had it stored before the subscription began, or while it was away. */
  fromStore?: boolean;
  /** It arrived during a local stall, and may have waited for its end; the recorder finds that. */
  duringStall?: boolean;
}

/** A message that wasn't a tick. */
export interface RejectedMessage {
  /** What it came on. */
  subject: string;
  /** Why it was none. */
  reason: string;
  /** What it held. */
  body: Uint8Array;
}

/** Reads a tick, or says why it is none. */
export function readArrival(
  { message, moment }: Arrival,
): { tick: ReceivedTick; rejected?: undefined } | { tick?: undefined; rejected: RejectedMessage } {
  const { subject, body, header, headerFault } = message;
  const read = readBody(body);
  if (read.fault !== undefined) return { rejected: { subject, reason: read.fault, body } };
  const { signUs } = read;
  const { wallUs: realUs, monoUs } = moment;
  const tick: ReceivedTick = { subject, signUs, realUs, monoUs };
  const told = headerFault === undefined ? readHeader(header) : { headerFault };
  // Not by Object.assign(), which takes longer than all else here.
  if (told.header) tick.header = told.header;
  if (told.headerFault !== undefined) tick.headerFault = told.headerFault;
  if (message.redelivered) tick.redelivered = true;
  if (message.replayed) tick.fromStore = true;
  return { tick };
}

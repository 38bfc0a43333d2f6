/** What a stream is read by: an ordered consumer of our own, or a durable one that the server keeps. */

import type { Consumer, JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { Policy } from "./position.ts";
import { isNotFound } from "./words.ts";

export interface ConsumerOptions {
  js: JetStreamClient;
  jsm: JetStreamManager;
  subject: string;
  durable?: string;
}

/**
 * A request that expires may be gone for the server before the client asks again: at 1 s, a second was missed now and
 * then. So it lasts until it is used up; that there is none is seen by two heartbeats that don't come.
 */
const PULL = { expires: 30_000, idle_heartbeat: 500, max_messages: 1000 };
/** What a durable consumer was asked for by an app that is gone, it still gives away. */
const DURABLE_PULL = { ...PULL, expires: 1000 };
/** A consumer that nobody reads any more is gone after this long. */
const FORGET_NS = 30e9;
/** What isn't acknowledged within this is brought again. */
const ACK_WAIT_NS = 5e9;
const MAX_UNACKNOWLEDGED = 20_000;

/** How it is asked for messages. */
export function pullOf(durable?: string) {
  return durable === undefined ? PULL : DURABLE_PULL;
}

/**
 * @param policy where it begins; a durable one that is there goes on where it was
 * @throws {Error} where it can't be had
 */
export async function consumerOf(
  stream: string,
  policy: Policy,
  { js, jsm, subject, durable }: ConsumerOptions,
): Promise<Consumer> {
  if (durable === undefined) {
    return await js.consumers.get(stream, {
      filter_subjects: subject,
      inactive_threshold: FORGET_NS / 1e6,
      ...policy,
    });
  }
  const durable_name = durable.replaceAll(".", "_");
  const known = await jsm.consumers.info(stream, durable_name).catch((error) => {
    if (!isNotFound(error)) throw error;
  });
  if (known && known.config.filter_subject !== subject) {
    throw new Error(`the durable ${durable_name} is there for ${known.config.filter_subject}`);
  }
  if (!known) {
    await jsm.consumers.add(stream, {
      durable_name,
      ack_policy: "explicit",
      ack_wait: ACK_WAIT_NS,
      max_ack_pending: MAX_UNACKNOWLEDGED,
      filter_subject: subject,
      ...policy,
    });
  }
  return await js.consumers.get(stream, durable_name);
}

/** What asks a streaming server for a subject, and takes what it delivers. */

import { timeout } from "../../time/wait.ts";
import { reasonOf } from "../reason.ts";
import {
  acknowledgement,
  type Delivery,
  endRequest,
  readDelivery,
  readSubscriptionResponse,
  type StartPosition,
  subscriptionRequest,
} from "./messages.ts";
import type { Session } from "./session.ts";

export interface ReadOptions {
  session: Session;
  subject: string;
  start: StartPosition;
  durable?: string;
  take: (delivery: Delivery) => void;
  onFault: (reason: string) => void;
}

export interface Reader {
  acknowledge(sequence: number): void;
  /** A durable one is kept by the server; any other one it may forget. */
  stop(): void;
}

/** What isn't acknowledged within this is brought again. */
const ACK_WAIT_S = 5;
const MAX_IN_FLIGHT = 8192;
const ANSWER_MS = 2000;
/** How long the first message from a place may take, where there is any. */
const FIRST_MS = 250;

/**
 * Resolves once it is subscribed; deliveries may come before.
 *
 * @throws {Error} with what the server says
 */
export async function read(options: ReadOptions): Promise<Reader> {
  const { session, subject, start, durable } = options;
  const { line, clientId, server } = session;
  const inbox = `_INBOX.${session.id}.${crypto.randomUUID().slice(0, 8)}`;
  const stopReading = readInbox(inbox, options);
  const asked = { clientId, subject, inbox, start, durable };
  const limits = { maxInFlight: MAX_IN_FLIGHT, ackWaitS: ACK_WAIT_S };
  try {
    const request = subscriptionRequest({ ...asked, ...limits });
    const answer = await session.request(server.subscribe, request, ANSWER_MS);
    const { ackInbox, error } = readSubscriptionResponse(answer);
    if (error !== "") throw new Error(error);
    const keeps = durable !== undefined && server.closeSubscription !== "";
    return {
      acknowledge(sequence) {
        if (!line.isDown) line.client.publish(ackInbox, acknowledgement(subject, sequence));
      },
      stop() {
        stopReading();
        if (line.isDown) return;
        const at = keeps ? server.closeSubscription : server.unsubscribe;
        line.client.publish(at, endRequest({ clientId, subject, ackInbox }));
      },
    };
  } catch (error) {
    stopReading();
    throw error;
  }
}

/** Resolves with the first message from a place on, acknowledged by nobody; nothing where there is none. */
export async function storedAt(
  start: StartPosition,
  { signal, ...options }: Pick<ReadOptions, "session" | "subject" | "onFault"> & {
    signal: AbortSignal;
  },
): Promise<Delivery | undefined> {
  const found = new AbortController();
  let first: Delivery | undefined;
  const reader = await read({
    ...options,
    start,
    take(delivery) {
      first ??= delivery;
      found.abort();
    },
  });
  await timeout(FIRST_MS, AbortSignal.any([found.signal, signal]));
  reader.stop();
  return first;
}

/** Returns how to stop it; nothing that comes ends the client's read loop. */
function readInbox(
  inbox: string,
  { session: { line }, take, onFault }: ReadOptions,
): () => void {
  const subscription = line.client.subscribe(inbox, {
    callback(error, message) {
      if (error || message.data.length === 0) return;
      let delivery: Delivery;
      try {
        delivery = readDelivery(message.data);
      } catch (error) {
        return onFault(`unreadable message: ${reasonOf(error)}`);
      }
      take(delivery);
    },
  });
  return () => {
    if (!line.isDown) subscription.unsubscribe();
  };
}

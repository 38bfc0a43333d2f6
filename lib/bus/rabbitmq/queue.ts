/** A queue as it is declared: one of its own that goes with the connection, or one that stays. */

import { type Channel, type ClientConnection, codeOf } from "./client.ts";
import { patternOf } from "./subject.ts";

/** A queue that is there. */
export interface Queue {
  name: string;
  /** A channel, on which it was declared. */
  channel: Channel;
  /** How many messages wait in it. */
  stored: number;
  /** How many others receive from it. */
  consumers: number;
}

/** What a server keeps at most for one that has stopped reading: 17 minutes of 100 ticks a second. */
const MAX_TRANSIENT = 100_000;
/** What it keeps for one that is away: an hour of the same; then it refuses more, as nothing is to be lost silently. */
const MAX_DURABLE = 360_000;
/** And how long, where nobody comes back. */
const EXPIRES_MS = 24 * 3600 * 1000;

/** One that ends with its connection, named by the server. */
export async function transientQueue(client: ClientConnection): Promise<Queue> {
  const channel = await client.channel();
  const { queue: name } = await channel.queueDeclare({
    queue: "",
    exclusive: true,
    autoDelete: true,
    arguments: { "x-max-length": MAX_TRANSIENT },
  });
  return { name, channel, stored: 0, consumers: 0 };
}

/** One that stays, of this name; one that is there is used as it is. */
export async function durableQueue(client: ClientConnection, name: string): Promise<Queue> {
  let channel = await client.channel();
  channel.on("error", () => {}); // comes by the promise as well
  let found;
  try {
    found = await channel.queueDeclare({ queue: name, passive: true });
  } catch (error) {
    if (codeOf(error) !== "NOT_FOUND") throw error;
    channel = await client.channel(); // the one before ends with the fault
    found = await channel.queueDeclare({
      queue: name,
      durable: true,
      arguments: {
        "x-single-active-consumer": true, // a second app of the name stands by
        "x-max-length": MAX_DURABLE,
        "x-overflow": "reject-publish",
        "x-expires": EXPIRES_MS,
      },
    });
  }
  return { name, channel, stored: found.messageCount, consumers: found.consumerCount };
}

/** Has it receive what is published on a subject, wildcards allowed; does no harm where it does so already. */
export async function bind({ name: queue, channel }: Queue, exchange: string, subject: string) {
  await channel.queueBind({ queue, exchange, routingKey: patternOf(subject) });
}

/** The exchange that all ticks go through. */

import { BusRefusal } from "../bus.ts";
import { type Channel, type ClientConnection, codeOf, wordsOf } from "./client.ts";

/**
 * Sees to it that there is a topic exchange of this name; one that is there is used as it is.
 *
 * @throws {BusRefusal} where there is none and we may not make it, or it is of another type
 */
export async function ensureExchange(client: ClientConnection, exchange: string): Promise<void> {
  const attempt = async (declare: (channel: Channel) => Promise<void>): Promise<unknown> => {
    const channel = await client.channel(); // a fault ends it
    channel.on("error", () => {}); // comes by the promise as well
    try {
      await declare(channel);
    } catch (error) {
      return error;
    } finally {
      await channel.close();
    }
  };
  const name = JSON.stringify(exchange);
  const fault = await attempt((channel) =>
    channel.exchangeDeclare({ exchange, type: "topic", durable: true })
  );
  if (fault === undefined) return;
  const code = codeOf(fault);
  const words = wordsOf(fault);
  const [, type] = /inequivalent arg 'type'.* but current is '?(\w+)/.exec(words) ?? [];
  if (type !== undefined) {
    throw new BusRefusal(`the exchange ${name} is of type ${type}, not topic; --exchange NAME`);
  }
  if (code === "PRECONDITION_FAILED") return; // it is a topic exchange that differs in how long it lives
  if (code !== "ACCESS_REFUSED") throw fault;
  // Whoever may not make one may be allowed to use it.
  const missing = await attempt((channel) => channel.exchangeDeclare({ exchange, passive: true }));
  if (missing === undefined) return;
  if (codeOf(missing) !== "NOT_FOUND") throw missing;
  throw new BusRefusal(`no exchange ${name}, and not allowed to create it: ${words}`);
}

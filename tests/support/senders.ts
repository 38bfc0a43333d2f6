/** Many senders on one connection, each with a few ticks: what they left out, sent twice, and didn't lose is known. */

import { bodyOf } from "../../lib/wire.ts";
import { connect, rawClient, WITH_HEADERS } from "./raw_client.ts";
import { seeded } from "./simulation.ts";

/** What an observer that misses nothing has to count, of all of them. */
export interface Sent {
  received: number;
  lost: number;
  unsent: number;
  skipped: number;
  duplicate: number;
  bare: number;
}

export interface ManySenders extends Disposable {
  readonly sent: Sent;
  /** Sends one slot of each: at least once each in the first round and in the last one. */
  round(isLast?: boolean): Promise<void>;
  /** Publishes something else behind all that was sent, and waits until the server has it. */
  publish(subject: string): Promise<void>;
}

/** @param subjectOf of each sender by its number */
export async function manySenders(
  address: string,
  count: number,
  subjectOf: (sender: number) => string,
): Promise<ManySenders> {
  const client = await rawClient(address);
  await client.write(connect(WITH_HEADERS));
  const random = seeded(count);
  const sent: Sent = { received: 0, lost: 0, unsent: 0, skipped: 0, duplicate: 0, bare: 0 };
  const left = Array.from({ length: count }, () => ({ unsent: 0, skipped: 0 }));
  let seq = 0;

  function messageOf(sender: number, fate: string): string {
    const body = bodyOf(Date.now() * 1000);
    const subject = subjectOf(sender);
    if (sender % 50 === 49) {
      sent.bare++;
      return `PUB ${subject} ${body.length}\r\n${body}\r\n`;
    }
    const { unsent, skipped } = left[sender];
    const run = `${sender}`.padStart(8, "0");
    const tick = `1; run=${run}; seq=${seq}; late=3; unsent=${unsent}; skipped=${skipped}`;
    const header = `NATS/1.0\r\nTick: ${tick}\r\n\r\n`;
    const sizes = `${header.length} ${header.length + body.length}`;
    const message = `HPUB ${subject} ${sizes}\r\n${header}${body}\r\n`;
    sent.received++;
    if (fate !== "twice") return message;
    sent.duplicate++;
    return message + message;
  }

  function fateOf(sender: number, isEdge: boolean): string {
    const chance = random();
    if (isEdge || sender % 50 === 49) return "sent";
    const fates = [["lost", 0.05], ["unsent", 0.07], ["skipped", 0.08], ["twice", 0.1]] as const;
    return fates.find(([, upTo]) => chance < upTo)?.[0] ?? "sent";
  }

  async function written(text: string) {
    await client.write(`${text}PING\r\n`);
    await client.linesToPong();
  }

  return {
    sent,
    async round(isLast = false) {
      let text = "";
      for (let sender = 0; sender < count; sender++) {
        const fate = fateOf(sender, seq === 0 || isLast);
        if (fate === "sent" || fate === "twice") text += messageOf(sender, fate);
        else sent[fate as "lost" | "unsent" | "skipped"]++;
        if (fate === "unsent" || fate === "skipped") left[sender][fate]++;
      }
      seq++;
      await written(text);
    },
    async publish(subject) {
      const body = bodyOf(Date.now() * 1000);
      await written(`PUB ${subject} ${body.length}\r\n${body}\r\n`);
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

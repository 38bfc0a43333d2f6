/** An app that sends, receives and watches its link, and nothing else: what tests/bench/cost.ts holds the real one against. */

import { connectNats } from "../support/bus.ts";
import { publishTicks, receiveTicks } from "../../lib/tick.ts";

const [server, publish, subscribe] = Deno.args;
const bus = connectNats({ servers: [server], name: publish });
await bus.ready;

async function send() {
  for await (const _ of publishTicks(bus, { subject: publish }));
}

async function receive() {
  for await (const _ of receiveTicks(bus, { subject: subscribe }));
}

async function watchLink() {
  while (true) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await bus.flush(250);
  }
}

await Promise.all([send(), receive(), watchLink()]);

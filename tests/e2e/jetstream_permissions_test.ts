/** Users of a server with JetStream who may do a part of what tick asks for: what they may not is said in one line. */

import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-deno";
import { startNatsServer } from "../../lib/demo/nats_server.ts";
import { eventText } from "../../lib/report/text/event.ts";
import { openPlace } from "../support/contract_servers.ts";
import { deadline } from "../support/deadline.ts";
import { needsJetStream } from "../support/jetstream_server.ts";
import { natsServer } from "../support/nats_server.ts";
import { Opened } from "../support/opened.ts";

interface User {
  may: { publish: string[]; subscribe: string[] };
  /** The one line. */
  said: RegExp;
  publishes: boolean;
  receives: boolean;
}

const USERS: Record<string, User> = {
  "the API of JetStream and an inbox alone": {
    may: { publish: ["$JS.API.>"], subscribe: ["_INBOX.>"] },
    said: /^not allowed to publish on a \(permissions violation\); ticks are not being sent$/,
    publishes: false,
    receives: true,
  },
  "JetStream and the subject to publish on": {
    may: { publish: ["$JS.API.>", "a"], subscribe: ["_INBOX.>"] },
    said: /^$/,
    publishes: true,
    receives: true,
  },
  "core NATS alone": {
    may: { publish: ["a"], subscribe: ["b"] },
    said:
      /^not allowed to subscribe to b \(Permissions Violation for Subscription to "_INBOX\.[^"]+"\)$/,
    publishes: true,
    receives: false,
  },
  "core NATS and an inbox": {
    may: { publish: ["a"], subscribe: ["b", "_INBOX.>"] },
    said:
      /^not allowed to subscribe to b \(Permissions Violation for Publish to "\$JS\.API\.STREAM\.NAMES"\)$/,
    publishes: true,
    receives: false,
  },
  "all but to make consumers": {
    may: { publish: ["$JS.API.STREAM.>", "a"], subscribe: ["_INBOX.>"] },
    said:
      /^not allowed to subscribe to b \(Permissions Violation for Publish to "\$JS\.API\.CONSUMER\.CREATE\.[^"]+"\)$/,
    publishes: true,
    receives: false,
  },
};

async function serverFor({ publish, subscribe }: User["may"]) {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "tick-jetstream-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const config = `${folder}/server.conf`;
  const permissions = `{ publish: ${JSON.stringify(publish)}, subscribe: ${
    JSON.stringify(subscribe)
  } }`;
  await Deno.writeTextFile(
    config,
    `jetstream { store_dir: ${JSON.stringify(`${folder}/store`)} }
accounts { TICK { jetstream: enabled, users: [
  { user: admin, password: all }
  { user: me, password: some, permissions: ${permissions} } ] } }`,
  );
  const server = stack.use(await startNatsServer(await natsServer(), ["-c", config]));
  const login = { user: "admin", pass: "all" };
  const admin = await connect({ servers: server.address, reconnect: false, ...login });
  stack.defer(() => admin.close());
  const jsm = await jetstreamManager(admin);
  await jsm.streams.add({ name: "ticks", subjects: ["a", "b"], storage: "memory" });
  const all = stack.move();
  return {
    address: server.address,
    admin,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

for (const [what, { may, said, publishes, receives }] of Object.entries(USERS)) {
  Deno.test(`JetStream: who may use ${what} is told so`, needsJetStream, async () => {
    await using server = await serverFor(may);
    await using opened = new Opened();
    const variables = { NATS_USER: "me", NATS_PASSWORD: "some" };
    const url = `jetstream://${server.address}`;
    opened.bus = await openPlace({ url, variables }, { ...opened.options, subjects: ["a", "b"] });
    await deadline(30_000, "connection", opened.bus.ready);
    opened.bus.subscribe("b", (message) => opened.received.push(message));
    opened.publish("1", { subject: "a" });
    if (said.source !== "^$") await opened.event("denied");
    await opened.bus.flush(1000); // whoever has no inbox is answered nothing
    assert.equal(opened.publish("2", { subject: "a" }), publishes ? "sent" : "denied");
    if (receives) {
      await server.admin.request("b", "3");
      await opened.received.reach(1, "message");
    }
    const texts = opened.events.items.filter(({ type }) => type !== "connected").map(eventText);
    assert.match(texts.join("\n"), said);
  });
}

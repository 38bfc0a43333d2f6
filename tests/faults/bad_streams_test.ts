/** A server that lets an app in, and then sends what no good one sends, or nothing. */

import { answerPings, letIn } from "../support/fake_server.ts";
import { type Misbehaviour, testMisbehaviour } from "../support/misbehaviour.ts";
import { lasting } from "../support/pair.ts";

const MISBEHAVIOURS: Misbehaviour[] = [
  {
    does: "sends half a message",
    said: /has not answered for/,
    async behave(client) {
      if (!await letIn(client)) return;
      await client.write("MSG app2_tick 1 100\r\n17900");
      await client.drain();
    },
  },
  {
    does: "sends messages of a wrong length",
    said: /malformed message on app2_tick: empty/,
    async behave(client) {
      if (!await letIn(client)) return;
      const send = (length: string) =>
        client.write(`MSG app2_tick 1 ${length}\r\n1790000000.123456\r\n`);
      const answering = answerPings(client);
      await send("0"); // the client skips to the end of the line
      await lasting(100);
      await send(["40", "-1", "1e3", "99999999999", ""][client.nth % 5]);
      await answering;
    },
  },
  {
    does: "resets the connection in mid-stream",
    said: /lost( \(.*\))?; reconnecting/,
    async behave(client) {
      if (!await letIn(client)) return;
      await client.write("MSG app2_tick 1 100\r\n17900");
      await lasting(50); // ticks of the app's that stay unread make the close a reset
    },
  },
  {
    does: "pings without end",
    said: /fault: the server sends more than 100 PINGs a second/,
    async behave(client) {
      if (!await letIn(client)) return;
      const answering = answerPings(client);
      const pings = "PING\r\n".repeat(1000);
      while (await client.write(pings));
      await answering;
    },
  },
  {
    does: "answers no ping",
    said: /has not answered for/,
    async behave(client) {
      if (await letIn(client)) await client.drain();
    },
  },
  {
    does: "sends unknown verbs without end",
    said: /fault: the server sends what isn't NATS: "ELLO/,
    async behave(client) {
      if (!await letIn(client)) return;
      const answering = answerPings(client);
      const verbs = "HELLO 1 2 3\r\n".repeat(100);
      while (await client.write(verbs));
      await answering;
    },
  },
];

MISBEHAVIOURS.forEach(testMisbehaviour);

/** A server far away: nothing is lost by us, whatever the round trip. */

import assert from "node:assert/strict";
import { startNatsServer } from "../../lib/demo/nats_server.ts";
import { configured, startApp1, tlsBlock } from "../support/authentication.ts";
import { certificates } from "../support/certificates.ts";
import { delayedLink } from "../support/delayed_link.ts";
import { natsServer, needsNatsServer } from "../support/nats_server.ts";
import { type JsonObject, summaryOf } from "../support/pair.ts";

/** Sends so many ticks over a link of this round trip; returns the events and the summary. */
async function sent(
  count: number,
  { roundTripMs, address, args = [], reads = [] }: {
    roundTripMs: number;
    address: string;
    args?: string[];
    reads?: string[];
  },
) {
  using link = delayedLink(address);
  link.upUs = link.downUs = roundTripMs * 500;
  const server = args.includes("--tls-ca") ? `tls://${link.address}` : link.address;
  const options = ["--server", server, "--count", String(count), "--subscribe", "app1_tick"];
  await using app = startApp1([...options, "--json", ...args], { reads });
  await app.ended(60_000);
  const objects: JsonObject[] = app.out.items.map(({ text }) => JSON.parse(text));
  const events = objects.filter(({ type }) => type === "event").map(({ event }) => event);
  // What the link itself held up for longer than it was to is no fault of the app's.
  const heldMs = Math.max(...link.held.map(({ heldUs }) => heldUs / 1000)) - roundTripMs / 2;
  return { events, summary: summaryOf(app), isLinkTrue: heldMs < 100 };
}

function assertSteady(events: string[]) {
  assert.deepEqual(events.filter((event) => /connect|unresponsive/.test(event)), ["connected"]);
}

for (const [roundTripMs, count] of [[260, 300], [2000, 800]]) {
  Deno.test(`a round trip of ${roundTripMs} ms costs no tick`, needsNatsServer, async () => {
    await using server = await startNatsServer(await natsServer());
    const { events, summary, isLinkTrue } = await sent(count, {
      roundTripMs,
      address: server.address,
    });
    if (isLinkTrue) assertSteady(events);
    const { sent: ticks, unsent } = summary.schedule;
    assert.equal(ticks, count);
    if (isLinkTrue) assert.equal(unsent, 0);
  });
}

for (
  const [timeoutS, verify, what] of [
    // The server's last word is half a round trip on its way: of 100 ms it comes within ours of the handshake.
    [0.1, false, "before ours is over"],
    [0.3, false, "after ours is over"],
    [0.3, true, "after ours is over, with a client certificate that it would take"],
  ] as const
) {
  Deno.test(
    `a server's own time limit for the TLS handshake is named, ${what}`,
    needsNatsServer,
    async () => {
      const made = await certificates();
      const files = Object.fromEntries(
        ["address.pem", "address.key", "ca.pem", "client.pem", "client.key"].map((name) => [
          name,
          made.path(name),
        ]),
      );
      const config = made.path("server.conf");
      await Deno.writeTextFile(
        config,
        `tls { cert_file: "${files["address.pem"]}", key_file: "${files["address.key"]}", ` +
          `ca_file: "${files["ca.pem"]}", verify: ${verify}, timeout: ${timeoutS} }`,
      );
      await using server = await startNatsServer(await natsServer(), ["-c", config]);
      using link = delayedLink(server.address);
      link.upUs = link.downUs = 100_000;
      const shown = ["--tls-cert", files["client.pem"], "--tls-key", files["client.key"]];
      await using app = startApp1([
        ...["--server", `tls://${link.address}`, "--tls-ca", files["ca.pem"]],
        ...(verify ? shown : []),
      ], { reads: Object.values(files) });
      const reason =
        /it hangs up during the TLS handshake, after 0\.\d s; its tls \{ timeout \} may/;
      await app.err.find("its reason", ({ text }) => reason.test(text));
      // It is no refusal: with a better link all is well.
      link.upUs = link.downUs = 0;
      await app.err.find("connection", ({ text }) => /connected to/.test(text));
    },
  );
}

Deno.test("a round trip of 200 ms costs no tick by TLS either", needsNatsServer, async () => {
  const made = await certificates();
  await using server = await configured(tlsBlock(made.path, "address"));
  const ca = made.path("ca.pem");
  const { events, summary, isLinkTrue } = await sent(200, {
    roundTripMs: 200,
    address: server.address,
    args: ["--tls-ca", ca],
    reads: [ca],
  });
  if (isLinkTrue) assertSteady(events);
  assert.equal(summary.schedule.sent, 200);
  if (isLinkTrue) assert.equal(summary.schedule.unsent, 0);
});

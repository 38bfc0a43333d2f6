/** The link between an app and the server cut, or stalled in one direction; the peer frozen. */

import assert from "node:assert/strict";
import type { BareMessage } from "../support/bare_peer.ts";
import { broker, needsRun } from "../support/nats_server.ts";
import { LONG } from "../support/long.ts";
import {
  assertAccounts,
  endPair,
  lasting,
  nextEvent,
  nextTick,
  type Pair,
  startPair,
} from "../support/pair.ts";
import { headerNumber, wireTap } from "../support/wire_tap.ts";

const FAULTS: Record<string, { fail(pair: Pair): void; heal(pair: Pair): void }> = {
  "cut": { fail: ({ link1 }) => link1.cut(), heal: ({ link1 }) => link1.open() },
  "stalled": { fail: ({ link1 }) => link1.freeze(), heal: ({ link1 }) => link1.thaw() },
  "stalled towards the server": {
    fail: ({ link1 }) => link1.freeze("up"),
    heal: ({ link1 }) => link1.thaw(),
  },
  "stalled from the server": {
    fail: ({ link1 }) => link1.freeze("down"),
    heal: ({ link1 }) => link1.thaw(),
  },
};

for (const [name, { fail, heal }] of Object.entries(FAULTS)) {
  for (const lastsS of LONG ? [0.2, 2, 10] : [0.7]) {
    Deno.test(
      `a link ${name} for ${lastsS} s: fresh ticks both ways once it is healed, by one connection`,
      needsRun,
      async () => {
        await using server = await broker();
        // A busy machine takes its time to let somebody in, and is not to be asked again for that.
        await using pair = await startPair(server.address, ["--dial-timeout", "30s"]);
        const apps = [pair.app1, pair.app2];
        fail(pair);
        await lasting(lastsS * 1000);
        const from = apps.map(({ out }) => out.items.length);
        const before = pair.link1.connections;
        heal(pair);
        const healedS = Date.now() / 1000;
        for (const [i, app] of apps.entries()) {
          const { tick } = await nextTick(app, {
            from: from[i],
            fits: ({ t_sign }) => t_sign > healedS,
          });
          const tookMs = (tick.t_real - healedS) * 1000; // until it was received; it is shown up to 0.1 s later
          console.log(`a fresh tick after ${tookMs.toFixed(0)} ms`);
        }
        // One that it gave up since, as the machine was busy, it has told of.
        const givenUp = pair.app1.out.items.slice(from[0])
          .filter(({ text }) => /"event":"(unresponsive|disconnected)"/.test(text)).length;
        const connections = pair.link1.connections - before;
        assert.ok(connections <= 2 + givenUp, `${connections} connections, ${givenUp} given up`);
        assertAccounts(await endPair(pair));
      },
    );
  }
}

const FROZEN_S = LONG ? 20 : 2;
/** A machine that is busy may starve the server, too, and what is on a connection that is given up for it is lost. */
const TRIES = 3;

Deno.test(
  `a peer frozen for ${FROZEN_S} s: ours goes on by its schedule, and nothing of it is lost`,
  needsRun,
  async () => {
    for (let left = TRIES; left > 0 && !await isReceivedWhole(left === 1); left--);
  },
);

/** Whether no connection was given up meanwhile; then all of it is asserted, and where it is to be anyway. */
async function isReceivedWhole(isLast: boolean): Promise<boolean> {
  await using server = await broker();
  using tap = await wireTap(server.address, ["app1_tick"]);
  await using pair = await startPair(server.address);
  const { app1, app2 } = pair;
  const from = app1.out.items.length;
  const fromTap = tap.messages.items.length;
  app2.kill("SIGSTOP");
  await lasting(FROZEN_S * 1000);
  const received = tap.messages.items.slice(fromTap);
  app2.kill("SIGCONT");
  const [first, last] = [received[0], received.at(-1)!];
  const slots = headerNumber(last, "seq") - headerNumber(first, "seq");
  const slotMs = (tick: BareMessage) =>
    Number(tick.body) * 1000 - headerNumber(tick, "late") / 1000;
  const lastedMs = slotMs(last) - slotMs(first);
  assert.ok(slots > 10 && Math.abs(lastedMs - slots * 10) < 10, `${slots} in ${lastedMs} ms`);
  const { cause } = await nextEvent(app1, "outage", {
    from,
    fits: ({ length }) => length > 1,
  });
  assert.equal(cause, "peer stalled");
  const [one, two] = await endPair(pair);
  assertAccounts([one, two]);
  const said = [app1, app2].flatMap(({ err }) => err.items.map(({ text }) => text)).join("\n");
  if (!isLast && /reconnecting/.test(said)) return false;
  assert.equal(one.peers[0].sequence.lost, 0, said);
  // What came while it was frozen is received and marked: without it, the frozen time is in no percentile.
  assert.equal(two.peers[0].sequence.lost, 0, said);
  assert.ok(two.peers[0].duringStall > 50, `${two.peers[0].duringStall} during stalls`);
  assert.ok(two.peers[0].dt.max > FROZEN_S / 2, `${two.peers[0].dt.max} s`);
  const { max } = two.peers[0].undisturbed;
  assert.ok(max < FROZEN_S / 2, `${max} s without what came during stalls`);
  return true;
}

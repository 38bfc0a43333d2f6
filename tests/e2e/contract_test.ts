/** What every bus keeps, on every server there is: one test a server, one step a clause. */

import assert from "node:assert/strict";
import { BusRefusal } from "../../lib/bus/bus.ts";
import { certificates } from "../support/certificates.ts";
import {
  type ContractRow,
  type ContractServer,
  type Gate,
  type Open,
  openPlace,
  ROWS,
} from "../support/contract_servers.ts";
import { control } from "../support/control.ts";
import { deadline } from "../support/deadline.ts";
import { Opened, textOf } from "../support/opened.ts";

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`);

type Clause = (opened: Opened, row: ContractRow, server: ContractServer) => Promise<void>;

const OTHERS = "a body of others may be any bytes";
const WILDCARDS = "a wildcard takes one part, or the rest";

const CLAUSES: Record<string, Clause> = {
  async "messages arrive in the order they were published"(opened) {
    await opened.receive();
    const bodies = numbered("message", 200);
    for (const body of bodies) assert.equal(opened.publish(body), "sent");
    await opened.received.reach(bodies.length, "message");
    assert.deepEqual(opened.texts(), bodies);
  },

  async "a header goes along, and none where there is none"(opened) {
    await opened.receive();
    opened.publish("with", { header: "1; seq=7; run=abc" });
    opened.publish("without");
    await opened.received.reach(2, "message");
    assert.deepEqual(opened.received.items.map(({ header }) => header), [
      "1; seq=7; run=abc",
      undefined,
    ]);
    assert.deepEqual(opened.received.items.map(({ subject }) => subject), [
      opened.subject,
      opened.subject,
    ]);
  },

  async "a body is text in UTF-8, with any character in it"(opened) {
    await opened.receive();
    const body = "1795503377.582859\r\n\0\x01é €\u{1f552}";
    opened.publish(body);
    await opened.received.reach(1, "message");
    assert.deepEqual(opened.texts(), [body]);
  },

  async [OTHERS](opened, row, server) {
    await opened.receive();
    const all = Uint8Array.from({ length: 512 }, (_, index) => index % 256);
    await row.publishBytes!(server, opened.subject, all);
    await opened.received.reach(1, "message");
    assert.deepEqual([...opened.received.items[0].body], [...all]);
    assert.equal(opened.received.items[0].header, undefined);
  },

  async [WILDCARDS](opened) {
    await opened.receive("wild.*.b");
    await opened.receive("rest.>");
    const subjects = ["wild.a.b", "wild.a.c", "wild.b", "rest", "rest.a", "rest.a.b", "wild.z.b"];
    for (const subject of subjects) opened.publish(subject, { subject });
    await opened.received.reach(4, "message");
    assert.ok(await opened.bus.flush(10_000));
    assert.deepEqual(opened.texts().sort(), ["rest.a", "rest.a.b", "wild.a.b", "wild.z.b"]);
  },

  async "each message has one fate, where the bus acknowledges"(opened) {
    await opened.receive();
    const bodies = numbered("message", 50);
    for (const body of bodies) opened.publish(body);
    assert.ok(await opened.bus.flush(10_000));
    await opened.received.reach(bodies.length, "message");
    const told = opened.fates.items.map(({ id, fate }) => `${id}: ${fate.type}`);
    const wanted = bodies.map((body) => `${body}: acknowledged`);
    assert.deepEqual(told.sort(), opened.bus.can.acknowledges ? wanted.sort() : []);
  },

  async "nothing arrives any more once it is disposed of"(opened) {
    const received: string[] = [];
    const subscription = opened.bus.subscribe("gone", (message) => {
      message.ack?.();
      received.push(textOf(message));
    });
    await opened.receive();
    subscription[Symbol.dispose]();
    assert.ok(await opened.bus.flush(10_000));
    opened.publish("a", { subject: "gone" });
    opened.publish("b");
    await opened.received.reach(1, "message");
    assert.deepEqual([received, opened.texts()], [[], ["b"]]);
  },
};

/**
 * Nothing that was told to be unsent arrives; and nothing twice, but on a bus that stores: what it didn't see
 * acknowledged it brings again, and doesn't always say so.
 */
function assertGateHeld(opened: Opened) {
  const { sent, unsent } = opened;
  if (!opened.bus.can.stores) {
    assert.deepEqual(opened.texts(), [...new Set(opened.texts())], "twice");
  }
  assert.deepEqual(opened.texts().filter((body) => unsent.includes(body)), [], "unsent, and sent");
  assert.deepEqual(opened.texts().filter((body) => !sent.includes(body)), [], "never published");
}

/** One fate for each that was sent, however it ended. */
async function assertFates(opened: Opened) {
  if (!opened.bus.can.acknowledges) return;
  assert.ok(await opened.bus.flush(10_000));
  await opened.fates.reach(opened.sent.length, "fate");
  assert.deepEqual(opened.fates.items.map(({ id }) => id).sort(), [...opened.sent].sort());
}

/** What happens to a server, with all buses on it. */
type Fault = (server: ContractServer, all: Opened[]) => Promise<void>;

const BLOCKED = "a server that takes nothing is told of, and what was for it is unsent";

const FAULTS: Record<string, Fault> = {
  async "each is back within a second after kill -9, and sends nothing of before"(server, all) {
    for (const opened of all) {
      await opened.receive();
      for (const body of numbered("before", 20)) opened.publish(body);
      await opened.received.reach(20, "message");
      for (const body of numbered("meanwhile", 20)) opened.publish(body);
    }
    await server.kill();
    for (const opened of all) {
      await opened.event("disconnected");
      for (const body of numbered("down", 20)) {
        assert.equal(opened.publish(body), "disconnected");
      }
    }
    using machine = control();
    await server.restart();
    const upMs = performance.now();
    await Promise.all(all.map((opened) => opened.event("reconnected")));
    const tookMs = performance.now() - upMs;
    assert.ok(tookMs < 1000 + machine.slackMs(), `${tookMs} ms`);
    for (const opened of all) {
      await opened.publishUntilReceived();
      assertGateHeld(opened);
      await assertFates(opened);
    }
  },

  async "a frozen server is named within 2.5 s, and nothing waits for it"(server, all) {
    for (const opened of all) {
      await opened.receive();
      for (const body of numbered("before", 20)) opened.publish(body);
      await opened.received.reach(20, "message");
    }
    using machine = control();
    await server.freeze();
    const frozenMs = performance.now();
    try {
      await Promise.all(all.map((opened) => opened.event("unresponsive")));
      const tookMs = performance.now() - frozenMs;
      assert.ok(tookMs < 2500 + machine.slackMs(), `${tookMs} ms`);
      for (const opened of all) {
        const named = opened.events.items.find(({ type }) => type === "unresponsive")!;
        assert.ok("server" in named && named.server === server.address);
        for (const body of numbered("down", 20)) {
          assert.equal(opened.publish(body), "disconnected");
        }
      }
    } finally {
      server.thaw();
    }
    for (const opened of all) {
      await opened.event("reconnected");
      await opened.publishUntilReceived();
      assertGateHeld(opened);
      await assertFates(opened);
    }
  },

  async [BLOCKED](server, all) {
    for (const opened of all) await opened.receive();
    // A server may tell only whoever publishes.
    const publishing = setInterval(() => {
      for (const opened of all) opened.publishNext("tick");
    }, 10);
    try {
      await server.block!();
      await Promise.all(all.map((opened) => opened.event("blocked")));
    } finally {
      clearInterval(publishing);
    }
    for (const opened of all) {
      for (const body of numbered("down", 20)) {
        assert.equal(opened.publish(body), "blocked");
      }
    }
    await server.unblock!();
    for (const opened of all) {
      await opened.event("unblocked");
      await opened.publishUntilReceived();
      assertGateHeld(opened);
      await assertFates(opened);
      const types = opened.events.items.map(({ type }) => type);
      const between = types.slice(types.indexOf("blocked"), types.lastIndexOf("unblocked"));
      assert.deepEqual(between, ["blocked"], "it is left alone meanwhile");
    }
  },
};

const AGAIN =
  "what is unconfirmed when the server is killed is published again, where that is asked for";

/** Frozen first, so that the server has none of it. */
async function assertPublishedAgain(server: ContractServer, opened: Opened) {
  await opened.receive();
  for (const body of numbered("before", 20)) opened.publish(body);
  await opened.received.reach(20, "message");
  await opened.fates.reach(20, "fate");
  await server.freeze();
  // As many as before: a server in memory has as many again then, but they are others.
  const unconfirmed = numbered("unconfirmed", 20);
  for (const body of unconfirmed) assert.equal(opened.publish(body), "sent");
  await server.kill();
  await opened.event("disconnected");
  assert.equal(opened.publish("down"), "disconnected");
  await server.restart();
  server.thaw();
  await opened.event("republished");
  for (const body of unconfirmed) {
    await opened.received.find(body, (message) => textOf(message) === body);
  }
  await opened.fates.reach(40, "fate");
  assert.deepEqual([...new Set(opened.fates.items.map(({ fate }) => fate.type))], ["acknowledged"]);
  const again = opened.events.items.filter((event) => event.type === "republished");
  assert.deepEqual(again.map(({ count }) => count), [20]);
  assertGateHeld(opened);
  await assertFates(opened);
}

/** It lets in with the right thing, and refuses each wrong one in a line that holds no secret. */
async function assertGate(gate: Gate) {
  const opened = new Opened();
  await using bus = await openPlace(gate.right, opened.options);
  await deadline(30_000, "connection", bus.ready);
  for (const [what, place] of Object.entries(gate.wrong)) {
    await using refused = await openPlace(place, opened.options);
    await assert.rejects(
      deadline(30_000, `refusal of ${what}`, refused.refused),
      (error: Error) => {
        assert.ok(error instanceof BusRefusal, `${what}: ${error}`);
        assert.doesNotMatch(error.message, /\n|secret/, what);
        return true;
      },
    );
  }
}

/** Clauses about what this bus doesn't have. */
async function leftOut(server: ContractServer, row: ContractRow, open: Open): Promise<string[]> {
  await using opened = await Opened.by((options) => open(server, options));
  return [
    ...(opened.bus.can.wildcards ? [] : [WILDCARDS]),
    ...(row.publishBytes ? [] : [OTHERS]),
  ];
}

async function acknowledges(server: ContractServer, open: Open): Promise<boolean> {
  await using opened = await Opened.by((options) => open(server, options));
  return opened.bus.can.acknowledges;
}

for (const row of ROWS) {
  const { name, ignore } = row;
  Deno.test({
    name: `${name} keeps the contract`,
    ignore,
    async fn(step) {
      const made = row.tls ? await certificates() : undefined;
      await using server = await row.start(made);
      for (const [bus, open] of Object.entries(row.buses)) {
        const left = await leftOut(server, row, open);
        for (const [clause, check] of Object.entries(CLAUSES)) {
          if (left.includes(clause)) continue;
          await step.step(`${bus}: ${clause}`, async () => {
            await using opened = await Opened.by((options) => open(server, options));
            await check(opened, row, server);
          });
        }
      }
      if (row.login) {
        await step.step("a wrong login is refused in one line", async () => {
          await using gate = await row.login!(server);
          await assertGate(gate);
        });
      }
      if (row.tls) {
        await step.step("TLS lets in by certificates alone", async () => {
          await using gate = await row.tls!(server, made!);
          await assertGate(gate);
        });
      }
      for (const [bus, open] of Object.entries(row.buses)) {
        if (!await acknowledges(server, open)) continue;
        await step.step(`${bus}: ${AGAIN}`, async () => {
          await using opened = await Opened.by((options) =>
            // It is frozen for as long as this machine takes, and not to be given up meanwhile.
            open(server, { ...options, republish: true, silentMs: 30_000 })
          );
          await assertPublishedAgain(server, opened);
        });
      }
      for (const [fault, check] of Object.entries(FAULTS)) {
        if (fault === BLOCKED && !server.block) continue;
        await step.step(fault, async () => {
          await using stack = new AsyncDisposableStack();
          const all = [];
          for (const open of Object.values(row.buses)) {
            all.push(stack.use(await Opened.by((options) => open(server, options))));
          }
          await check(server, all);
        });
      }
    },
  });
}

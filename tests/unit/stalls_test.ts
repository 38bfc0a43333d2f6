/** Ticks that arrive while our own process stalls: they count like all others, and are marked. */

import assert from "node:assert/strict";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import { tickJson } from "../../lib/report/json.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import { EPOCH_US, simulate } from "../support/simulation.ts";

const MS = 1000;
const S = 1000 * MS;

function setup() {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10 * MS, lossTimeoutUs: S });
  const events: TickEvent[] = [];
  return {
    recorder,
    events,
    /** A tick of ours, at its slot or so much later. */
    send(seq: number, lateUs = 0, skipped = 0) {
      const atUs = seq * 10 * MS + lateUs;
      recorder.sent({
        ...{
          run: "aaaaaaaa",
          seq,
          timerErrorUs: lateUs,
          last: false,
          sent: true,
          unsent: 0,
          skipped,
        },
        signUs: EPOCH_US + atUs as WallUs,
        monoUs: atUs as MonoUs,
      });
    },
    receive(seq: number, atUs: number, wayUs = 300): ReceivedTick {
      const tick: ReceivedTick = {
        subject: "app2_tick",
        signUs: EPOCH_US + atUs - wayUs as WallUs,
        realUs: EPOCH_US + atUs as WallUs,
        monoUs: atUs as MonoUs,
        header: { run: "bbbbbbbb", seq, timerErrorUs: 0, unsent: 0, skipped: 0 },
      };
      events.push(...recorder.received(tick));
      return tick;
    },
    statistics: () => recorder.peers.get("app2_tick")!.statistics(10 * S as MonoUs),
  };
}

Deno.test("ticks that travel for 800 ms keep their samples where we stall for 60 ms now and then", () => {
  const stalls = Array.from({ length: 28 }, (_, n) => {
    const fromUs = (n + 1) * 700 * MS + 1;
    return { fromUs, toUs: fromUs + 60 * MS };
  });
  const { app1 } = simulate({
    seed: 800,
    seconds: 20,
    app1: { stalls },
    app2: { wayUs: (_, __, seq) => [seq % 10 === 0 ? 800 * MS : 300] },
  });
  const { dt, delay, duringStall } = app1.recorder.peers.get("app2_tick")!
    .statistics(app1.monoUs(20 * S));
  assert.ok(Math.abs(dt.percentilesUs["99"] - 800 * MS) < 70 * MS, `${dt.percentilesUs["99"]}`);
  assert.ok(delay!.percentilesUs["99"] > 790 * MS, `${delay!.percentilesUs["99"]}`);
  // Nothing but what arrived in 60 of 700 ms, or just after that, is marked.
  assert.ok(duringStall > 100 && duringStall < 28 * 8, `${duringStall}`);
});

Deno.test("a tick is marked by when it arrives, not by how long it travelled", () => {
  const { send, receive, statistics } = setup();
  send(0);
  receive(0, 5 * MS);
  send(10, MS, 9); // 91 ms late: from 10 ms to 101 ms we stood still
  assert.equal(receive(1, 101 * MS + 100, 90 * MS).duringStall, true);
  send(11, 0, 9);
  // It was under way during the stall, and arrives when that is over.
  assert.equal(receive(2, 130 * MS, 100 * MS).duringStall, undefined);
  const { duringStall, dt } = statistics();
  assert.deepEqual([duringStall, dt.count, dt.max.us], [1, 3, 100 * MS]);
});

Deno.test("a tick is marked that is taken in before our own overdue one", () => {
  const { send, receive } = setup();
  send(0);
  assert.equal(receive(0, 59 * MS).duringStall, undefined); // 49 ms overdue: no stall yet
  assert.equal(receive(1, 60 * MS).duringStall, true);
});

Deno.test("what a summary would be without the marked ticks is in it, where that differs", () => {
  const { send, receive, statistics } = setup();
  send(0);
  for (let seq = 0; seq < 99; seq++) receive(seq, seq * 100 + 1);
  assert.equal(statistics().undisturbed, undefined);
  send(50, 0, 49); // stalled from 10 ms to 500 ms
  receive(99, 500 * MS + 50, 400 * MS);
  const { dt, undisturbed } = statistics();
  assert.deepEqual([dt.count, dt.max.us, dt.percentilesUs["99"]], [100, 400 * MS, 300]);
  assert.deepEqual([undisturbed!.count, undisturbed!.max.us], [99, 300]);
});

Deno.test("a tick's JSON says where it arrived during a stall", () => {
  const { send, receive } = setup();
  send(0);
  assert.equal(JSON.parse(tickJson(receive(0, MS))).duringStall, undefined);
  assert.equal(JSON.parse(tickJson(receive(1, 100 * MS))).duringStall, true);
});

Deno.test("ticks that are stale by our own stall are counted, and not reported as the peer's", () => {
  const { send, receive, statistics, events } = setup();
  send(0);
  receive(0, 5 * MS);
  send(100, 0, 99);
  receive(1, S + 10, 900 * MS);
  assert.equal(statistics().stale, 1);
  assert.deepEqual(events.filter(({ type }) => type === "stale"), []);
});

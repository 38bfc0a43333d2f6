/** What this process doesn't read in time is its own, and nothing else is: by recorder and summary, in no real time. */

import assert from "node:assert/strict";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { summaryText } from "../../lib/report/text/summary.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import { fakeClock } from "../support/fakes.ts";
import { EPOCH_US } from "../support/simulation.ts";

const MS = 1000;
const S = 1e6;
const EVERY_US = 10 * MS;
const RUN = "bbbbbbbb";
const server = "127.0.0.1:4222";

interface Slot {
  subject?: string;
  seq: number;
  /** When it arrives; 300 µs after it was sent, where that isn't given. */
  atUs: number;
  sentUs?: number;
  last?: true;
}

function setup() {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: EVERY_US, lossTimeoutUs: S });
  const events: TickEvent[] = [];
  function receive({ subject = "a", seq, atUs, sentUs = atUs - 300, last }: Slot) {
    events.push(...recorder.received({
      subject,
      signUs: EPOCH_US + sentUs as WallUs,
      realUs: EPOCH_US + atUs as WallUs,
      monoUs: atUs as MonoUs,
      header: { run: RUN, seq, timerErrorUs: 0, unsent: 0, skipped: 0, last },
    }));
  }
  function summary(atUs: number) {
    const clock = fakeClock({ monoUs: atUs, wallUs: EPOCH_US + atUs });
    events.push(...recorder.end(atUs as MonoUs));
    return summaryOf({ name: "app1", startUs: 0, recorder, clock, ended: true });
  }
  return {
    recorder,
    events,
    receive,
    /** The slots from one to another, that one left out, each sent in its time, and when it is read. */
    receiveSlots(
      from: number,
      to: number,
      readUs = (sentUs: number) => sentUs + 300,
      subject = "a",
    ) {
      for (let seq = from; seq < to; seq++) {
        const sentUs = seq * EVERY_US;
        receive({ subject, seq, sentUs, atUs: readUs(sentUs) });
      }
    },
    ends(atUs: number, forMs: number) {
      if (forMs > 0) recorder.bus({ type: "unread", server, forMs }, atUs as MonoUs);
      recorder.bus({ type: "disconnected", server }, atUs as MonoUs);
      recorder.bus({ type: "reconnected", server, afterMs: 50 }, atUs + 50 * MS as MonoUs);
    },
    summary,
    counts(atUs: number) {
      const [{ sequence }] = summary(atUs).peers;
      const { slots, received, lost, unread } = sequence;
      assert.equal(received + lost + unread, slots);
      return { received, lost, unread };
    },
  };
}

Deno.test("what is missing where a connection ends behind is unread, and lost is what was before and after", () => {
  const { receive, receiveSlots, ends, counts, events } = setup();
  receiveSlots(0, 100);
  receiveSlots(110, 200); // ten are lost
  ends(2.5 * S, 500);
  receiveSlots(260, 300);
  receive({ seq: 230, atUs: 3 * S }); // it came by another way after all
  receiveSlots(305, 400); // and five
  assert.deepEqual(counts(6 * S), { received: 326, lost: 15, unread: 59 });
  const causes = events.flatMap((event) => event.type === "outage" ? event.cause : []);
  assert.deepEqual(causes.slice(0, 2), ["lost on the way", "not read in time"]);
});

Deno.test("what is missing where a connection ends that was read in time is lost", () => {
  const { receiveSlots, ends, counts } = setup();
  receiveSlots(0, 200);
  ends(2.5 * S, 0);
  receiveSlots(260, 300);
  assert.deepEqual(counts(6 * S), { received: 240, lost: 60, unread: 0 });
});

Deno.test("what was lost while we were behind is lost, also where that is taken in behind the end", () => {
  const { receiveSlots, ends, counts } = setup();
  const lateUs = (sentUs: number) => sentUs + S;
  receiveSlots(0, 100, lateUs);
  ends(2.5 * S, 1000);
  receiveSlots(110, 140, lateUs); // read before the end
  receiveSlots(300, 400);
  assert.deepEqual(counts(6 * S), { received: 230, lost: 10, unread: 160 });
});

for (const times of [3, 10, 100]) {
  Deno.test(`a backlog that is read ${times} times as fast as it was sent is received whole`, () => {
    const { receiveSlots, counts, summary, events } = setup();
    receiveSlots(0, 3000, (sentUs) => sentUs * 1.5); // behind by 15 s in the end
    receiveSlots(3000, 4000, (sentUs) => 45 * S + (sentUs - 30 * S) / times);
    receiveSlots(4000, 5000, (sentUs) => Math.max(sentUs, 45 * S + (sentUs - 30 * S) / times));
    assert.deepEqual(counts(51 * S), { received: 5000, lost: 0, unread: 0 });
    assert.equal(summary(51 * S).peers[0].implausibleNumbers, 0);
    assert.deepEqual(events.filter(({ type }) => type === "implausible number"), []);
  });
}

Deno.test("times that go back and forth make no number plausible that the time doesn't allow", () => {
  const { receive, receiveSlots, counts, summary } = setup();
  receiveSlots(0, 200);
  for (let n = 0; n < 20; n++) {
    const atUs = 2 * S + n * MS;
    receive({ seq: 200 + 5000 * n, atUs, sentUs: atUs - 50 * S });
    receive({ seq: 5200 + 5000 * n, atUs, sentUs: atUs });
  }
  receiveSlots(201, 400);
  const { received } = counts(5 * S);
  assert.ok(received >= 399, `${received} received`);
  const [{ sequence, implausibleNumbers }] = summary(5 * S).peers;
  assert.ok(sequence.slots <= 1000 && implausibleNumbers >= 38, JSON.stringify(sequence));
});

Deno.test("what waits to be read at the end is said: how many slots were due of those that sent", () => {
  const { recorder, receive, receiveSlots, summary } = setup();
  const lateUs = (sentUs: number) => sentUs + 300 + Math.max(0, sentUs - S) / 2; // 2 s behind at 5 s
  for (const subject of ["silent", "ended", "a", "b"]) {
    receiveSlots(0, subject === "silent" ? 50 : 500, lateUs, subject);
  }
  receive({ subject: "ended", seq: 500, sentUs: 5 * S, atUs: lateUs(5 * S), last: true });
  assert.equal(summary(8 * S).leftUnread, undefined);
  recorder.bus({ type: "left unread", server, forMs: 3000 }, 8 * S as MonoUs);
  const ended = summary(8 * S);
  // Of a and b each what was due after 4.99 s.
  assert.deepEqual(ended.leftUnread, { peers: 2, due: 2 * 300 });
  const said =
    /^unread +up to 600 ticks after the last ones of 2 peers, not read and in no count$/m;
  assert.match(summaryText(ended), said);
});

Deno.test("what wasn't read of a peer that never comes again is said, and of one that does counted", () => {
  const { receiveSlots, ends, summary } = setup();
  receiveSlots(0, 200, undefined, "a");
  receiveSlots(0, 200, undefined, "b");
  ends(4 * S - 5 * MS, 2000);
  receiveSlots(450, 500, undefined, "a");
  ends(9 * S, 500);
  receiveSlots(950, 1000, undefined, "a");
  const { peers: [a], leftUnread } = summary(12 * S);
  assert.equal(a.sequence.unread, 250 + 450);
  assert.deepEqual(leftUnread, { peers: 1, due: 200 });
});

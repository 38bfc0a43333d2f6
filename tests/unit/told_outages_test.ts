import assert from "node:assert/strict";
import { eventText } from "../../lib/report/text/event.ts";
import { ToldOutages } from "../../lib/report/text/told_outages.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import type { WallUs } from "../../lib/time/clock.ts";

const outage = (subject: string): TickEvent => ({
  ...{ type: "outage", subject, startUs: 0 as WallUs, endUs: 1e6 as WallUs, lengthUs: 1e6 },
  ...{ seq: 100, missing: 99, unsent: 90, skipped: 0, cause: "both connections lost" },
});
const lost = (seq: number, length: number, subject = "a"): TickEvent => ({
  ...{ type: "lost", subject, run: "aaaaaaaa", seq, length },
});
const again = (subject: string): TickEvent => ({ type: "receiving again", subject, afterMs: 1000 });

Deno.test("ToldOutages covers the return and the losses of the outage before", () => {
  const told = new ToldOutages();
  const events = [outage("a"), again("a"), lost(100, 9), lost(190, 9)];
  assert.deepEqual(events.map((event) => told.covers(event)), [false, true, true, true]);
});

Deno.test("ToldOutages covers no loss outside of the outage, nor another peer's", () => {
  const told = new ToldOutages();
  told.covers(outage("a"));
  const events = [lost(99, 1), lost(198, 2), lost(199, 1), lost(100, 9, "b"), again("b")];
  for (const event of events) assert.equal(told.covers(event), false, JSON.stringify(event));
});

Deno.test("ToldOutages covers no return where there was no outage, or another one since", () => {
  const told = new ToldOutages();
  assert.equal(told.covers(again("a")), false);
  told.covers(outage("a"));
  told.covers({ type: "no ticks", subject: "a", forMs: 1000 });
  assert.equal(told.covers(again("a")), false);
});

Deno.test("ToldOutages hands out the causes since the last interval once, each once", () => {
  const told = new ToldOutages();
  told.covers(outage("a"));
  told.covers(outage("a"));
  assert.equal(told.takeCauses("a"), "both connections lost");
  assert.equal(told.takeCauses("a"), undefined);
});

Deno.test("an outage's line counts what was lost only where that is known", () => {
  const one = outage("a");
  assert.equal(eventText(one), "a: outage of 1.0 s (both connections lost): 9 lost, 90 not sent");
  const uncounted = { ...one, isUncounted: true, cause: "peer restarted" } as TickEvent;
  assert.equal(eventText(uncounted), "a: outage of 1.0 s (peer restarted)");
  const open = { ...uncounted, isOpen: true, cause: "unknown" } as TickEvent;
  assert.equal(eventText(open), "a: outage of 1.0 s (unknown), until the end");
});

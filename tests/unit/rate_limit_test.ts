import assert from "node:assert/strict";
import { RateLimit } from "../../lib/report/text/rate_limit.ts";
import type { TickEvent } from "../../lib/stats/events.ts";
import { fakeClock } from "../support/fakes.ts";

/** A limit on a clock that takes no time, and all that it says. */
function limited() {
  const clock = fakeClock();
  const limit = new RateLimit(clock);
  const said: string[] = [];
  const take = (all: { text: string }[]) => said.push(...all.map(({ text }) => text));
  return {
    said,
    limit,
    add: (event: TickEvent) => take(limit.add(event)),
    pass(ms: number) {
      clock.advance(ms * 1000);
      take(limit.due());
    },
    end: () => take(limit.due({ all: true })),
  };
}

const receiving = (subject: string): TickEvent => ({ type: "receiving", subject, run: "aaaaaaaa" });
const lost: TickEvent = { type: "disconnected", server: "a:1" };
const again: TickEvent = { type: "reconnected", server: "a:1", afterMs: 5 };

Deno.test("RateLimit shows three peers that are received in one second", () => {
  const { said, add } = limited();
  for (const subject of ["a", "b", "c"]) add(receiving(subject));
  assert.equal(said.length, 3);
});

Deno.test("RateLimit shows an event that repeats once in its second, and the last one at its end", () => {
  const { said, add, pass } = limited();
  const stale = (ageMs: number): TickEvent => ({ type: "stale", subject: "a", ageMs });
  for (const ageMs of [300, 400, 500]) add(stale(ageMs));
  assert.equal(said.length, 1);
  pass(999);
  assert.equal(said.length, 1);
  pass(1);
  assert.equal(said.length, 2);
  assert.match(said[1], /500 ms.* \(and 1 more like it before\)$/);
});

Deno.test("RateLimit ends with the last state: lost, again, lost", () => {
  const { said, add, pass, limit } = limited();
  for (const event of [lost, again, lost]) add(event);
  assert.deepEqual([said.length, limit.holds], [2, true]);
  pass(1000);
  assert.equal(said.length, 3);
  assert.equal(said[2], said[0]);
  assert.equal(limit.holds, false);
});

Deno.test("RateLimit shows what it held back in the order in which it happened", () => {
  const { said, add, pass } = limited();
  for (const event of [again, lost, lost, again]) add(event);
  pass(1000);
  assert.deepEqual(said.slice(2), [said[1], said[0]]);
});

Deno.test("RateLimit gives what it holds back the time at which it happened", () => {
  const clock = fakeClock({ wallUs: 5e6 });
  const limit = new RateLimit(clock);
  limit.add(lost);
  clock.advance(200_000);
  limit.add(lost);
  clock.advance(800_000);
  assert.deepEqual(limit.due().map(({ atUs }) => atUs), [5_200_000]);
});

Deno.test("RateLimit says at the end what it still holds back", () => {
  const { said, add, end } = limited();
  for (const event of [lost, again, lost]) add(event);
  end();
  assert.equal(said.length, 3);
  end();
  assert.equal(said.length, 3);
});

Deno.test("RateLimit tells all that is wrong in one line a second, the last second's too", () => {
  const { said, add, pass } = limited();
  const rejected = (reason: string): TickEvent => ({
    type: "rejected",
    subject: "a",
    reason,
    count: 2,
  });
  add(rejected("empty"));
  add(rejected("too long"));
  add(rejected("empty"));
  add(rejected("empty"));
  assert.equal(said.length, 1);
  pass(1000);
  assert.equal(said.length, 2);
  assert.equal(said[1], "malformed message on a: too long, 2 times; empty, 4 times");
});

Deno.test("RateLimit gives 32 subjects a line of their own, and one to all others", () => {
  const { said, add, pass } = limited();
  for (let n = 0; n < 1000; n++) add(receiving(`peer.${n}`));
  assert.equal(said.length, 33);
  pass(1000);
  assert.equal(said.length, 34);
  assert.match(said[33], /peer\.999.*966 more/);
});

Deno.test("RateLimit forgets subjects once their second is over", () => {
  const { said, add, pass } = limited();
  for (let n = 0; n < 32; n++) add(receiving(`peer.${n}`));
  pass(1000);
  for (let n = 100; n < 132; n++) add(receiving(`peer.${n}`));
  assert.equal(said.length, 64);
});

Deno.test("RateLimit tells a denial to publish from one to subscribe", () => {
  const { said, add } = limited();
  add({ type: "denied", operation: "publish", subject: "a" });
  add({ type: "denied", operation: "subscribe", subject: "a" });
  assert.equal(said.length, 2);
});

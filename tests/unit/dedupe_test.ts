import assert from "node:assert/strict";
import { Overlap } from "../../lib/bus/dedupe.ts";
import type { MonoUs } from "../../lib/time/clock.ts";

const still = { monoUs: () => 0 as MonoUs };
const message = (body: string, header?: string) => ({
  subject: "app1_tick",
  body: new TextEncoder().encode(body),
  header,
});

Deno.test("Overlap lets a message through that only one side brings", () => {
  const overlap = new Overlap(still);
  assert.ok(overlap.isFirst("old", message("1.000000", "seq=1")));
  assert.ok(overlap.isFirst("new", message("1.010000", "seq=2")));
});

Deno.test("Overlap lets a message through once, whichever side brings it first", () => {
  const overlap = new Overlap(still);
  assert.ok(overlap.isFirst("old", message("1.000000")));
  assert.ok(!overlap.isFirst("new", message("1.000000")));
  assert.ok(overlap.isFirst("new", message("1.010000")));
  assert.ok(!overlap.isFirst("old", message("1.010000")));
});

Deno.test("Overlap lets a message through twice that was sent twice", () => {
  const overlap = new Overlap(still);
  const sides = ["old", "old", "new", "new", "new"] as const;
  const through = sides.map((side) => overlap.isFirst(side, message("1.000000")));
  assert.deepEqual(through, [true, true, false, false, true]);
});

Deno.test("Overlap tells messages apart by subject, header, body and length", () => {
  const overlap = new Overlap(still);
  const long = "1".repeat(100);
  assert.ok(overlap.isFirst("old", message("1.000000", "seq=1")));
  assert.ok(overlap.isFirst("new", message("1.000000", "seq=2")));
  assert.ok(overlap.isFirst("new", message("1.000000")));
  assert.ok(overlap.isFirst("new", { ...message("1.000000", "seq=1"), subject: "app2_tick" }));
  assert.ok(overlap.isFirst("old", message(long)));
  assert.ok(overlap.isFirst("new", message(`${long}1`)));
});

Deno.test("Overlap counts only what is still to come of the side that was left", () => {
  const overlap = new Overlap(still);
  overlap.isFirst("old", message("1.000000"));
  overlap.isFirst("new", message("1.010000"));
  overlap.leave("old");
  const bodies = ["1.000000", "1.000000", "1.010000", "1.020000", "1.020000"];
  const through = bodies.map((body) => overlap.isFirst("new", message(body)));
  assert.deepEqual(through, [false, true, true, true, true]);
});

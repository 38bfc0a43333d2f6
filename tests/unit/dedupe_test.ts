import assert from "node:assert/strict";
import { Overlap } from "../../lib/bus/dedupe.ts";

const message = (body: string, header?: string) => ({
  subject: "app1_tick",
  body: new TextEncoder().encode(body),
  header,
});

Deno.test("Overlap lets a message through that only one side brings", () => {
  const overlap = new Overlap();
  assert.ok(overlap.isFirst("old", message("1.000000", "seq=1")));
  assert.ok(overlap.isFirst("new", message("1.010000", "seq=2")));
});

Deno.test("Overlap lets a message through once, whichever side brings it first", () => {
  const overlap = new Overlap();
  assert.ok(overlap.isFirst("old", message("1.000000")));
  assert.ok(!overlap.isFirst("new", message("1.000000")));
  assert.ok(overlap.isFirst("new", message("1.010000")));
  assert.ok(!overlap.isFirst("old", message("1.010000")));
});

Deno.test("Overlap lets a message through twice that was sent twice", () => {
  const overlap = new Overlap();
  const sides = ["old", "old", "new", "new", "new"] as const;
  const through = sides.map((side) => overlap.isFirst(side, message("1.000000")));
  assert.deepEqual(through, [true, true, false, false, true]);
});

Deno.test("Overlap tells messages apart by subject, header, body and length", () => {
  const overlap = new Overlap();
  const long = "1".repeat(100);
  assert.ok(overlap.isFirst("old", message("1.000000", "seq=1")));
  assert.ok(overlap.isFirst("new", message("1.000000", "seq=2")));
  assert.ok(overlap.isFirst("new", message("1.000000")));
  assert.ok(overlap.isFirst("new", { ...message("1.000000", "seq=1"), subject: "app2_tick" }));
  assert.ok(overlap.isFirst("old", message(long)));
  assert.ok(overlap.isFirst("new", message(`${long}1`)));
});

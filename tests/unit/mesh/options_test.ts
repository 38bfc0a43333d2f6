/** The command line of the mesh. */

import assert from "node:assert/strict";
import { readMeshOptions } from "../../../lib/mesh/options.ts";
import { ClockOffset, NoOffset } from "../../../lib/stats/clock/offset.ts";
import type { MonoUs } from "../../../lib/time/clock.ts";

const read = (...args: string[]) => readMeshOptions(args, () => undefined);

Deno.test("the servers may stand without --server, before or behind other options", async () => {
  for (const args of [["a:1,b:2", "-i", "20ms"], ["-i", "20ms", "a:1,b:2"], ["-s", "a:1,b:2"]]) {
    assert.deepEqual((await read(...args)).target.address.servers, ["a:1", "b:2"]);
  }
  assert.equal((await read("-i", "20ms", "a:1,b:2")).intervalUs, 20_000);
});

Deno.test("one server alone needs --discover", async () => {
  await assert.rejects(
    read("a:1"),
    /^UsageError: expected two servers or more, by commas, not "a:1" alone/,
  );
  const { discover, target } = await read("--discover", "a:1");
  assert.deepEqual([discover, target.address.servers], [true, ["a:1"]]);
});

Deno.test("a server that is given twice is named", async () => {
  await assert.rejects(read("a:1,b:2,a:1"), /^UsageError: --server: "a:1" is given twice/);
});

Deno.test("an option of the apps that has no use in a mesh is refused", async () => {
  await assert.rejects(read("--live", "a:1,b:2"), /^UsageError: --live does not apply to mesh/);
  await assert.rejects(read("--subscribe", "x", "a:1,b:2"), /--subscribe does not apply to mesh/);
});

Deno.test("NoOffset is exactly zero, whatever the ticks say", () => {
  const [none, estimated] = [new NoOffset(), new ClockOffset()];
  const times = { t1Us: 0, t2Us: 50_000, t3Us: 50_100, t4Us: 300 };
  for (const offset of [none, estimated]) offset.record(times, 1000 as MonoUs);
  assert.deepEqual(none.at(), { offsetUs: 0, boundUs: 0, roundTripUs: 0 });
  assert.notDeepEqual(estimated.at(1000 as MonoUs)?.offsetUs, 0);
});

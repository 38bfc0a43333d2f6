/** Whether what comes is read in time, as the fill of reads tells. */

import assert from "node:assert/strict";
import { Backlog } from "../../lib/bus/nats/backlog.ts";
import type { MonoUs } from "../../lib/time/clock.ts";

const FULL = 32 * 1024;

function backlog() {
  const told: string[] = [];
  const it = new Backlog({
    onBehind: (forMs) => told.push(`behind ${forMs}`),
    onCaughtUp: (forMs) => told.push(`caught up ${forMs}`),
  });
  const read = (ms: number, bytes: number) => it.read(bytes, ms * 1000 as MonoUs);
  /** So many full reads, 1 ms apart. */
  const full = (fromMs: number, count: number) => {
    for (let n = 0; n < count; n++) read(fromMs + n, FULL);
  };
  return { told, read, full, behindMs: (ms: number) => it.behindMs(ms * 1000 as MonoUs) };
}

Deno.test("Backlog is behind by the time since all there was had been read, and told once", () => {
  const { told, read, full, behindMs } = backlog();
  read(0, 100);
  full(2000, 20); // it stood still for two seconds, and finds more than the buffer holds
  assert.deepEqual(told, ["behind 2002"]);
  assert.equal(behindMs(2019), 2019);
  read(2020, 100);
  assert.deepEqual(told, ["behind 2002", "caught up 2020"]);
});

Deno.test("Backlog is no burst, however long nothing came before it", () => {
  const { told, read, full, behindMs } = backlog();
  read(0, 100);
  full(60_000, 2);
  read(60_002, 100);
  full(61_002, 2);
  assert.deepEqual(told, []);
  assert.equal(behindMs(61_003), 0);
});

Deno.test("Backlog is none as long as all there is has been read within a second", () => {
  const { told, read, full, behindMs } = backlog();
  for (let ms = 0; ms < 10_000; ms += 500) {
    full(ms, 400);
    read(ms + 400, 100);
    assert.equal(behindMs(ms + 400), 0);
  }
  assert.deepEqual(told, []);
});

Deno.test("Backlog was one where the end comes right behind its last read, and was none a while later", () => {
  const { read, full, behindMs } = backlog();
  read(0, 100);
  full(3000, 20);
  read(3020, 100); // the last there was
  assert.equal(behindMs(3022), 3022);
  assert.equal(behindMs(4100), 0);
  read(3021, 0); // the end
  assert.equal(behindMs(4100), 3021);
});

Deno.test("Backlog is over with the second read that isn't full", () => {
  const { read, full, behindMs } = backlog();
  read(0, 100);
  full(3000, 20);
  read(3020, 100);
  read(3021, 100);
  assert.equal(behindMs(3022), 0);
});

import assert from "node:assert/strict";
import type { Fate } from "../../lib/bus/bus.ts";
import { Fates } from "../../lib/stats/fates.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { StoreWatch } from "../../lib/stats/peer/store_watch.ts";
import type { SequenceAccounts } from "../../lib/stats/sequence/accounts.ts";
import type { ReceivedTick } from "../../lib/arrival.ts";
import { publishTicks } from "../../lib/tick.ts";
import type { MonoUs, WallUs } from "../../lib/time/clock.ts";
import { headerOf } from "../../lib/wire.ts";
import { readHeader } from "../../lib/wire/read_header.ts";
import { EPOCH_US } from "../support/simulation.ts";

const FATES: Fate[] = [
  { type: "acknowledged" },
  { type: "refused", reason: "full" },
  { type: "unroutable" },
  { type: "unconfirmed", reason: "connection lost" },
  { type: "acknowledged" },
];

Deno.test("Fates add up to what was sent, with what has none yet", () => {
  const fates = new Fates();
  FATES.forEach((fate, seq) => fates.record(fate, { seq, signUs: 0 }, 1000 * (seq + 1)));
  const { acknowledgedAfter, ...counts } = fates.statistics(7)!;
  assert.deepEqual(counts, {
    acknowledged: 2,
    refused: 1,
    unroutable: 1,
    unconfirmed: 1,
    pending: 2,
    republished: 0,
  });
  assert.equal(acknowledgedAfter.count, 2);
  assert.equal(acknowledgedAfter.minUs, 1000);
  assert.equal(acknowledgedAfter.max.us, 5000);
});

Deno.test("Fates are none where the bus gives no word", () => {
  assert.equal(new Fates().statistics(7), undefined);
});

Deno.test("publishTicks() says on each tick how many were acknowledged before it", async () => {
  const headers: (string | undefined)[] = [];
  const told: string[] = [];
  const bus = {
    can: { acknowledges: true, stores: false, headers: true, wildcards: false },
    publish(_: string, __: string, header?: string, onFate?: (fate: Fate) => void) {
      headers.push(header);
      onFate!(FATES[headers.length - 1]);
      return "sent" as const;
    },
  };
  async function* beats() {
    for (let slot = 0; slot < 5; slot++) {
      yield { slot, slotUs: 0 as MonoUs, skipped: 0, last: false };
    }
  }
  const onFate = ({ type }: Fate, { seq }: { seq: number }) => told.push(`${seq} ${type}`);
  for await (const _ of publishTicks(bus, { subject: "a", beats: beats(), onFate }));
  const acked = headers.map((header) => readHeader(header).header!.acked ?? 0);
  assert.deepEqual(acked, [0, 1, 1, 1, 1]);
  assert.deepEqual(told, [
    "0 acknowledged",
    "1 refused",
    "2 unroutable",
    "3 unconfirmed",
    "4 acknowledged",
  ]);
});

Deno.test("headerOf() leaves out acked where nothing was acknowledged", () => {
  const header = { run: "a", seq: 7, timerErrorUs: 0, unsent: 0, skipped: 0 };
  assert.doesNotMatch(headerOf({ ...header, acked: 0 }), /acked/);
  assert.match(headerOf({ ...header, acked: 5 }), /; acked=5/);
});

function tick(seq: number, acked?: number, flags: Partial<ReceivedTick> = {}): ReceivedTick {
  return {
    subject: "a",
    signUs: 0 as WallUs,
    realUs: 0 as WallUs,
    monoUs: 0 as MonoUs,
    header: { run: "r", seq, timerErrorUs: 0, unsent: 0, skipped: 0, acked },
    ...flags,
  };
}

const accounts = (received: number, lost: number) =>
  ({ account: () => ({ received, lost }) }) as unknown as SequenceAccounts;

Deno.test("StoreWatch bounds what was acknowledged and lost by both ends' counts", () => {
  const watch = new StoreWatch();
  watch.take(tick(0));
  watch.take(tick(10, 9));
  // 9 of 0 to 9 were acknowledged, 7 of 0 to 10 received: 2 of the 4 lost at least.
  assert.deepEqual(watch.statistics("r", accounts(7, 4)).acknowledgedLost, { min: 2, max: 4 });
  assert.deepEqual(watch.statistics("r", accounts(11, 0)).acknowledgedLost, { min: 0, max: 0 });
});

Deno.test("StoreWatch leaves out what was acknowledged before we received any", () => {
  const watch = new StoreWatch();
  watch.take(tick(100, 100));
  watch.take(tick(110, 110));
  assert.deepEqual(watch.statistics("r", accounts(10, 1)).acknowledgedLost, { min: 0, max: 1 });
});

Deno.test("StoreWatch knows nothing of what a bus acknowledges that doesn't", () => {
  const watch = new StoreWatch();
  watch.take(tick(0));
  assert.deepEqual(watch.statistics("r", accounts(1, 0)), { redelivered: 0, fromStore: 0 });
});

Deno.test("StoreWatch counts what was brought again and what was kept", () => {
  const watch = new StoreWatch();
  watch.take(tick(0, 0, { redelivered: true }));
  watch.take(tick(1, 0, { redelivered: true, fromStore: true }));
  const { redelivered, fromStore } = watch.statistics("r", accounts(2, 0));
  assert.deepEqual([redelivered, fromStore], [2, 1]);
});

Deno.test("a tick that the bus had stored counts in all else, with the time that it was stored in its dt", () => {
  const recorder = new Recorder({ run: "aaaaaaaa", intervalUs: 10_000, lossTimeoutUs: 1e6 });
  const [realUs, monoUs] = [EPOCH_US as WallUs, 0 as MonoUs];
  const signUs = realUs - 3600e6 as WallUs;
  const header = { run: "bbbbbbbb", seq: 0, timerErrorUs: 0, unsent: 0, skipped: 0 };
  recorder.received({ subject: "b", signUs, realUs, monoUs, header, fromStore: true });
  const { fromStore, sequence, dt } = recorder.peers.get("b")!.statistics(monoUs);
  assert.deepEqual([fromStore, sequence.received, dt.count, dt.max.us], [1, 1, 1, 3600e6]);
});

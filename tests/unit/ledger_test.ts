import assert from "node:assert/strict";
import { Ledger } from "../bench/ledger.ts";

Deno.test("Ledger matches tick by tick what was acknowledged with what was received", () => {
  const ledger = new Ledger();
  for (let seq = 0; seq < 6; seq++) ledger.slot({ seq, sent: seq !== 5 });
  for (const seq of [0, 1, 2]) ledger.fate(seq, { type: "acknowledged" });
  ledger.fate(3, { type: "refused", reason: "full" });
  ledger.fate(4, { type: "unconfirmed", reason: "no word in time" });
  // As many as were acknowledged, and yet not the same ones: counts alone would show nothing.
  for (const seq of [0, 2, 2, 4]) ledger.received(seq);
  assert.deepEqual(ledger.acknowledgedAndLost, [1]);
  assert.deepEqual(ledger.counts(), {
    ...{ sent: 5, unsent: 1, withFate: 5, acknowledged: 3 },
    ...{ acknowledgedAndLost: 1, lost: 2, strangers: 0 },
  });
});

Deno.test("Ledger knows what was received and never sent, and takes no second fate", () => {
  const ledger = new Ledger();
  ledger.received(7);
  assert.equal(ledger.counts().strangers, 1);
  ledger.fate(7, { type: "acknowledged" });
  assert.throws(() => ledger.fate(7, { type: "unroutable" }), /seq 7 has two fates/);
});

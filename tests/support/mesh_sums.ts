/** Whether what a mesh counted adds up, and is the same at both ends. */

import assert from "node:assert/strict";
import type { MeshResult } from "./mesh.ts";

/** At the end: nothing is under way. */
export function assertSums({ servers, paths }: MeshResult) {
  for (const { server, slots, sent, unsent, skipped } of servers) {
    assert.equal(sent + unsent + skipped, slots, `slots of ${server}`);
  }
  for (const path of paths) {
    const { from, to, slots, before, received, lost, unsent, skipped, pending } = path;
    const what = `${from} -> ${to}: ${JSON.stringify(path)}`;
    assert.equal(pending, 0, what);
    assert.equal(before + received + lost + unsent + skipped, slots, what);
    const sender = servers.find(({ server }) => server === from)!;
    assert.equal(slots, sender.slots, what);
    // Those before the first one received were sent, unsent or skipped, too.
    assert.ok(unsent <= sender.unsent && skipped <= sender.skipped, what);
    assert.ok(received + lost <= sender.sent && received + lost >= sender.sent - before, what);
  }
}

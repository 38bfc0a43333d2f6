import assert from "node:assert/strict";
import process from "node:process";
import { timeout, turn, within } from "../../lib/time/wait.ts";

Deno.test("timeout() resolves at once where the time is over, and nothing warns of that", async () => {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error) => warnings.push(message);
  process.on("warning", onWarning);
  try {
    for (const ms of [0, -0.5, -1e9, -Infinity]) await timeout(ms);
    await turn();
  } finally {
    process.off("warning", onWarning);
  }
  assert.deepEqual(warnings, []);
});

Deno.test("timeout() resolves as soon as its signal aborts, however long it is", async () => {
  const stop = new AbortController();
  const waiting = [timeout(1e12, stop.signal), timeout(Infinity, stop.signal)];
  stop.abort();
  await Promise.all([...waiting, timeout(Infinity, stop.signal)]);
});

Deno.test("within() says whether a promise is fulfilled in time, and waits no longer for it", async () => {
  assert.equal(await within(Infinity, Promise.resolve()), true);
  assert.equal(await within(Infinity, Promise.reject(new Error("no"))), false);
  assert.equal(await within(0, new Promise(() => {})), false);
});

/** A screen, and then an error that nobody expects. */

import { openScreen } from "../../lib/live/screen.ts";
import { lineWriter } from "../../lib/report/lines.ts";
import { Recorder } from "../../lib/stats/recorder.ts";
import { summaryOf } from "../../lib/stats/summary.ts";
import { systemClock as clock } from "../../lib/time/clock.ts";

const recorder = new Recorder({
  ...{ run: "aaaaaaaa", intervalUs: 10_000, lossTimeoutUs: 1e6, staleUs: 250_000 },
});
const startUs = clock.monoUs();
const err = lineWriter(Deno.stderr);
const screen = openScreen({
  ...{ name: "app1", recorder, clock, startUs, err, out: lineWriter(Deno.stdout), colour: false },
  variable: () => undefined,
  summary: () =>
    Promise.resolve(summaryOf({ name: "app1", startUs, recorder, clock, ended: false })),
  outcomes: () => [],
  signal: new AbortController().signal,
});
screen.err.line("what was said before");
await err.flush();
const fail = () => {
  throw new Error("unexpected");
};
if (Deno.args[0] === "throw") setTimeout(fail, 0);
else setTimeout(() => void Promise.reject(new Error("unexpected")), 0);

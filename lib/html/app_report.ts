/** `--report` of an app: written when it starts, every minute, and at its end. */

import config from "../../deno.json" with { type: "json" };
import type { Outcome } from "../expect.ts";
import type { ReplacedFile } from "../files/replaced.ts";
import { Feed } from "../live/feed.ts";
import { WHOLE_RUN } from "../live/history.ts";
import { viewOf } from "../live/view.ts";
import type { TickEvent } from "../stats/events.ts";
import type { Recorder } from "../stats/recorder.ts";
import type { Summary } from "../stats/summary.ts";
import type { Clock, MonoUs } from "../time/clock.ts";
import { timeout, type Wait } from "../time/wait.ts";
import { KeptColumns } from "./kept_columns.ts";
import { withLongest } from "./outages.ts";
import { runPage } from "./run_page.ts";
import type { PeerReport } from "./run_report.ts";

export interface AppReportOptions {
  file: ReplacedFile;
  recorder: Recorder;
  clock: Clock;
  startUs: MonoUs;
  /** The options given, as a file of options would have them: no secret is among them. */
  options: Record<string, unknown>;
  report: (event: TickEvent) => void;
  /** What is known now; of many peers it is computed without holding up a tick. */
  summary: () => Promise<Summary>;
  outcomes: (summary: Summary) => Outcome[];
  wait?: Wait;
}

export interface AppReport extends AsyncDisposable {
  /** The same, and the report takes it in too. */
  also(report: (event: TickEvent) => void): (event: TickEvent) => void;
  /** Writes it for the last time. @throws {Error} where it can't be written */
  end(summary: Summary, outcomes: Outcome[]): Promise<void>;
}

/** How often is taken in what is new, so that little is left to do at once; and after how many times it is written. */
const LOOK_MS = 1000;
const LOOKS = 60;
/** So many peers have columns as fine as a live page's; those after them have half as many. */
const FINE_PEERS = 4;
const COARSE = { ...WHOLE_RUN, maxColumns: WHOLE_RUN.maxColumns / 2 };

/** Begins to write; a file that can't be written for a time is an event, and is tried again. */
export function openAppReport(options: AppReportOptions): AppReport {
  const { file, recorder, clock, startUs, report, wait = timeout } = options;
  const feed = new Feed(clock, (index) => [index < FINE_PEERS ? WHOLE_RUN : COARSE]);
  recorder.follow(feed, startUs);
  const kept = new KeptColumns();
  const ending = new AbortController();
  let [server, isFailing] = ["", false];

  function pageOf(summary: Summary, outcomes: Outcome[], { ended = false } = {}): string {
    const { name, text, peers } = viewOf(summary, outcomes);
    const outagesOf = new Map(summary.peers.map(({ subject, outages }) => [subject, outages]));
    kept.take(feed.take(clock.monoUs(), { ended }));
    return runPage({
      name,
      startS: feed.startS,
      asOfS: clock.wallUs() / 1e6,
      state: ended ? "ended" : "running",
      isComplete: true,
      peers: peers.map(({ subject, shown, tiles }): PeerReport => {
        const { plot, outages } = kept.of(subject);
        return { shown, tiles, plot, outages: withLongest(outages, outagesOf.get(subject)!) };
      }),
      text,
      outcomes,
      options: options.options,
      versions: [["tick", config.version], ["Deno", Deno.version.deno], ["server", server]],
      notes: [],
    });
  }

  async function follow() {
    for (let look = 0; !ending.signal.aborted; look++) {
      kept.take(feed.take(clock.monoUs()));
      // What is written only once has to wait for the end.
      if (file.isRegular && look % LOOKS === 0) await writeNow();
      await wait(LOOK_MS, ending.signal);
    }
  }

  async function writeNow() {
    const summary = await options.summary();
    const page = pageOf(summary, options.outcomes(summary));
    try {
      await file.write(page);
      isFailing = false;
    } catch (error) {
      const { message: reason } = (error as Error).cause as Error;
      if (!isFailing) report({ type: "no report", path: file.path, reason });
      isFailing = true;
    }
  }

  const following = follow();

  return {
    also: (report) => (event) => {
      report(event);
      feed.event(event);
      if (event.type === "connected" || event.type === "reconnected" || event.type === "moved") {
        server = event.product === undefined ? event.server : `${event.product}, ${event.server}`;
      }
    },
    async end(summary, outcomes) {
      ending.abort();
      await following;
      await file.write(pageOf(summary, outcomes, { ended: true }));
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await following;
    },
  };
}

/** The live page and the metrics of one app. */

import config from "../../deno.json" with { type: "json" };
import type { TickEvent } from "../stats/events.ts";
import { joinedOf } from "../stats/joined.ts";
import type { Recorder } from "../stats/recorder.ts";
import type { Summary } from "../stats/summary.ts";
import type { Clock, MonoUs } from "../time/clock.ts";
import type { Outcome } from "../expect.ts";
import { summaryJson } from "../report/json.ts";
import { DELAY_BOUNDS_S } from "../report/exposition.ts";
import { metricsText } from "../report/prometheus.ts";
import { eventText } from "../report/text/event.ts";
import { Feed } from "./feed.ts";
import { type Endpoints, type HttpOptions, serve } from "./server.ts";
import type { Endpoint } from "./page.ts";
import { viewOf } from "./view.ts";
import { eventOf, MAX_STREAMS, Streams } from "./streams.ts";

export interface LiveOptions {
  recorder: Recorder;
  clock: Clock;
  startUs: MonoUs;
  intervalUs: number;
  report: (event: TickEvent) => void;
  /** What is known now; of many peers it is computed without holding up a tick. */
  summary: () => Promise<Summary>;
  outcomes: (summary: Summary) => Outcome[];
}

export interface Live extends AsyncDisposable {
  /** The same, and the page is told too. */
  also(report: (event: TickEvent) => void): (event: TickEvent) => void;
  /** Shows this last. */
  end(summary: Summary, outcomes: Outcome[]): void;
}

/** Columns are sent so often, and the summary at each fourth time: ten events a second together. */
const SEND_MS = 125;
const SUMMARY_EVERY = 4;
/** To compute a summary takes this part of the time at most: of thousands of peers there is one less often. */
const SUMMARY_PART = 10;
/** Without a page columns are only closed. */
const IDLE_EVERY = 8;
/** Ticks are to have come within this; or within five of our intervals, if those are longer. */
const HEALTHY_US = 1e6;

/** Starts to serve; where that can't be, an event says so and the app goes on without. */
export function openLive(http: HttpOptions, options: LiveOptions): Live {
  const { recorder, clock, startUs, report } = options;
  const feed = new Feed(clock);
  recorder.follow(feed, startUs);
  const textOf = (summary: Summary, outcomes: Outcome[]) =>
    summaryJson(clock.wallUs(), summary, outcomes, joinedOf(recorder, clock.monoUs()));
  let last: string | undefined;
  let computing: Promise<Summary> | undefined;
  /** Whoever asks meanwhile gets the same. */
  const summaryNow = () => computing ??= options.summary().finally(() => computing = undefined);
  const summaryText = async () => {
    if (last !== undefined) return last;
    const summary = await summaryNow();
    return textOf(summary, options.outcomes(summary));
  };
  let [shown, notBeforeUs] = ["", -Infinity];
  async function show() {
    const fromUs = clock.monoUs();
    if (computing || fromUs < notBeforeUs) return;
    const summary = await summaryNow();
    if (last !== undefined) return;
    shown = eventOf("summary", viewOf(summary, options.outcomes(summary)));
    streams.send(shown);
    const toUs = clock.monoUs();
    notBeforeUs = toUs + SUMMARY_PART * (toUs - fromUs);
  }
  const streams = new Streams(() => {
    const { startS } = feed;
    const boundsS = DELAY_BOUNDS_S;
    return eventOf("history", { startS, boundsS, peers: feed.taken() }) + shown;
  });
  const told = { summaryNow, summaryText, show };
  const server = started(http, endpointsOf(options, feed, streams, told), report);
  let turn = 0;
  const timer = setInterval(() => {
    turn++;
    if (streams.count === 0 && turn % IDLE_EVERY > 0) return;
    const peers = feed.take(clock.monoUs());
    streams.send(eventOf("columns", { peers }));
    if (turn % SUMMARY_EVERY === 0 && streams.count > 0) show();
  }, SEND_MS);

  return {
    also: (report) => (event) => {
      report(event);
      feed.event(event);
      const { type } = event;
      streams.send(eventOf("event", { at: clock.wallUs() / 1e6, type, text: eventText(event) }));
    },
    end(summary, outcomes) {
      last = textOf(summary, outcomes);
      clearInterval(timer);
      const peers = feed.take(clock.monoUs(), { ended: true });
      const text = eventOf("summary", viewOf(summary, outcomes));
      streams.end(eventOf("columns", { peers }) + text + eventOf("end", {}));
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      streams.end("");
      await server[Symbol.asyncDispose]();
    },
  };
}

interface Told {
  summaryNow: () => Promise<Summary>;
  summaryText: () => Promise<string>;
  show: () => Promise<void>;
}

function endpointsOf(
  { clock, intervalUs }: LiveOptions,
  feed: Feed,
  streams: Streams,
  { summaryNow, summaryText, show }: Told,
): Endpoints {
  const json = "application/json";
  const text = "text/plain; charset=utf-8";
  return {
    "/metrics": async () => ({
      type: "text/plain; version=0.0.4; charset=utf-8",
      body: metricsText(await summaryNow(), config.version, {
        totalsOf: (subject) => feed.totalsOf(subject),
        isNamed: (subject) => feed.isNamed(subject),
        delays: feed.delays,
      }),
    }),
    "/healthz"() {
      const { lastTickUs } = feed;
      const agoUs = lastTickUs === undefined ? Infinity : clock.monoUs() - lastTickUs;
      if (agoUs <= Math.max(HEALTHY_US, 5 * intervalUs)) return { type: text, body: "ok\n" };
      const reason = agoUs === Infinity
        ? "no tick received yet"
        : `no tick for ${(agoUs / 1e6).toFixed(1)} s`;
      return { type: text, status: 503, body: `${reason}\n` };
    },
    "/summary.json": async () => ({ type: json, body: `${await summaryText()}\n` }),
    "/events"() {
      if (streams.count >= MAX_STREAMS) {
        return { type: text, status: 503, body: `${MAX_STREAMS} pages are open, which is all\n` };
      }
      const body = streams.open();
      // At once, and then every so often.
      show();
      return { type: "text/event-stream", body };
    },
  };
}

/** Serves; an event says where, or why that can't be. */
export function started(
  http: HttpOptions,
  endpoints: Endpoints,
  report: (event: TickEvent) => void,
  assets?: Record<string, Endpoint>,
): AsyncDisposable {
  const written = http.hostname.includes(":") ? `[${http.hostname}]` : http.hostname;
  return serve(http, endpoints, {
    assets,
    onListening: (port) => report({ type: "page", url: `http://${written}:${port}/` }),
    onError({ code, message }) {
      const reason = code === "EADDRINUSE"
        ? "the port is in use; give this app another --http PORT"
        : message;
      report({ type: "no page", address: `${written}:${http.port}`, reason });
    },
  });
}

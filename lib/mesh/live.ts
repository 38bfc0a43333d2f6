/** The page and the metrics of a mesh. */

import config from "../../deno.json" with { type: "json" };
import css from "../live/page.css" with { type: "text" };
import { Feed } from "../live/feed.ts";
import { started } from "../live/live.ts";
import type { Endpoint } from "../live/page.ts";
import type { Endpoints, HttpOptions } from "../live/server.ts";
import { eventOf, MAX_STREAMS, Streams } from "../live/streams.ts";
import { eventText } from "../report/text/event.ts";
import type { TickEvent } from "../stats/events.ts";
import type { Clock } from "../time/clock.ts";
import { matrixLine } from "./json.ts";
import { aboutText } from "./labels.ts";
import type { Matrix, Mesh } from "./mesh.ts";
import meshCss from "./mesh.css" with { type: "text" };
import { meshMetricsText } from "./metrics.ts";
import html from "./page.html" with { type: "text" };
import page from "./page.js" with { type: "text" };
import { named } from "./sayer.ts";
import { viewOf } from "./view.ts";

const CSS = "text/css; charset=utf-8";
const ASSETS: Record<string, Endpoint> = {
  "/": { type: "text/html; charset=utf-8", body: html },
  "/page.css": { type: CSS, body: css },
  "/mesh.css": { type: CSS, body: meshCss },
  "/mesh.js": { type: "text/javascript; charset=utf-8", body: page },
};

const SEND_MS = 1000;

export interface MeshLive extends AsyncDisposable {
  /** Takes what happened at the n-th server. */
  event(event: TickEvent, node: number): void;
  /** Shows this last. */
  end(matrix: Matrix): void;
}

/** Starts to serve; where that can't be, an event says so and the mesh goes on without. */
export function openMeshLive(
  http: HttpOptions,
  { mesh, clock, report }: { mesh: Mesh; clock: Clock; report: (event: TickEvent) => void },
): MeshLive {
  // One for each receiving server; none keeps columns.
  const feeds = mesh.nodes.map(({ recorder, startUs }) => {
    const feed = new Feed(clock, () => []);
    recorder.follow(feed, startUs);
    return feed;
  });
  let last: Matrix | undefined;
  const now = () => last ?? mesh.matrix();
  const matrixEvent = () => eventOf("matrix", viewOf(now(), mesh.nodes.map(aboutText)));
  const streams = new Streams(matrixEvent);
  const timer = setInterval(() => {
    if (streams.count > 0) streams.send(matrixEvent());
  }, SEND_MS);
  const text = "text/plain; charset=utf-8";
  const endpoints: Endpoints = {
    "/metrics": () => ({
      type: "text/plain; version=0.0.4; charset=utf-8",
      body: meshMetricsText(now(), mesh.nodes, {
        version: config.version,
        totalsOf: ({ from, to }) => feeds[to].totalsOf(mesh.nodes[from].subject),
      }),
    }),
    "/healthz"() {
      const out = now().paths.filter(({ peer }) => !peer || peer.outages.openUs !== undefined);
      if (out.length === 0) return { type: text, body: "ok\n" };
      return { type: text, status: 503, body: `no ticks by ${out.length} paths\n` };
    },
    "/summary.json": () => ({
      type: "application/json",
      body: `${matrixLine(clock.wallUs(), now(), mesh.nodes)}\n`,
    }),
    "/events"() {
      if (streams.count < MAX_STREAMS) return { type: "text/event-stream", body: streams.open() };
      return { type: text, status: 503, body: `${MAX_STREAMS} pages are open, which is all\n` };
    },
  };
  const server = started(http, endpoints, report, ASSETS);
  return {
    event(event, node) {
      feeds[node].event(event);
      const at = clock.wallUs() / 1e6;
      const shown = named(event, node, mesh);
      const head = shown === event ? `${mesh.labels[node]}: ` : "";
      streams.send(eventOf("event", { at, text: head + eventText(shown) }));
    },
    end(matrix) {
      last = matrix;
      clearInterval(timer);
      streams.end(matrixEvent() + eventOf("end", {}));
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      streams.end("");
      await server[Symbol.asyncDispose]();
    },
  };
}

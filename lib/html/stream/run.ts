/** The report of a run out of what its app printed as JSON, line by line. */

import config from "../../../deno.json" with { type: "json" };
import { MAX_PLOTTED } from "../../live/feed.ts";
import { viewOf } from "../../live/view.ts";
import { printable } from "../../text/printable.ts";
import { UsageError } from "../../text/usage_error.ts";
import { withLongest } from "../outages.ts";
import type { PeerReport, RunReport } from "../run_report.ts";
import type { JsonLine } from "./json_line.ts";
import { readJsonLine } from "./json_line.ts";
import type { TextLine } from "./lines.ts";
import { StreamedPeer } from "./peer.ts";
import { outcomesOfJson, summaryOfJson } from "./summary.ts";

const CUT_OFF = "No summary: the output ends before the run did, or was cut off. " +
  "What follows is what the lines before it say.";

/** @throws {UsageError} where a line is none of an app's JSON, or comes after the summary */
export async function reportOf(lines: AsyncIterable<TextLine>): Promise<RunReport> {
  const run = new StreamedRun();
  for await (const line of lines) run.take(line);
  return run.report();
}

class StreamedRun {
  readonly #peers = new Map<string, StreamedPeer>();
  #startUs: number | undefined;
  #lastS: number | undefined;
  #summary: JsonLine | undefined;
  #isCut = false;
  #hasMore = false;
  #server = "";

  take(text: TextLine) {
    if (text.text.trim() === "") return;
    const line = readJsonLine(text);
    if (line === undefined) {
      this.#isCut = true;
      return;
    }
    if (this.#summary) {
      throw new UsageError(`line ${text.number} comes after the summary: one run at a time`);
    }
    const { type, subject } = line;
    const atS = type === "tick" ? line.t_real : line.at;
    this.#startUs ??= Math.round((type === "summary" ? atS - line.ran : atS) * 1e6);
    this.#lastS = Math.max(atS, this.#lastS ?? atS);
    if (type === "summary") this.#summary = line;
    if (type === "event") this.#event(line);
    if (type === "tick") this.#peerOf(subject)?.tick(line);
    if (type === "interval") this.#peerOf(subject)?.interval(line);
  }

  #event(line: JsonLine) {
    const { event, subject, server, product } = line;
    if (["connected", "reconnected", "moved"].includes(event)) {
      this.#server = product === undefined ? server : `${product}, ${server}`;
    }
    if (event === "outage" || event === "lost") this.#peerOf(subject)?.event(line);
  }

  #peerOf(subject: string): StreamedPeer | undefined {
    const known = this.#peers.get(subject);
    if (known) return known;
    if (this.#peers.size >= MAX_PLOTTED) {
      this.#hasMore = true;
      return undefined;
    }
    const peer = new StreamedPeer(this.#startUs!);
    this.#peers.set(subject, peer);
    return peer;
  }

  report(): RunReport {
    if (this.#startUs === undefined) throw new UsageError("it holds no line of --json");
    const more = `Of more than ${MAX_PLOTTED} peers, the first ${MAX_PLOTTED} are plotted.`;
    const common = {
      startS: this.#startUs / 1e6,
      asOfS: this.#lastS,
      versions: [["tick that made this page", config.version], ["server", this.#server]],
      notes: this.#hasMore ? [more] : [],
    } satisfies Partial<RunReport>;
    return this.#summary ? this.#whole(common, this.#summary) : this.#partial(common);
  }

  #whole(common: Pick<RunReport, "versions" | "notes">, line: JsonLine): RunReport {
    const [summary, outcomes] = [summaryOfJson(line), outcomesOfJson(line)];
    const { name, text, peers } = viewOf(summary, outcomes);
    const outagesOf = new Map(summary.peers.map(({ subject, outages }) => [subject, outages]));
    return {
      ...{ ...common, name, text, outcomes, state: "ended", isComplete: true },
      peers: peers.map(({ subject, shown, tiles }): PeerReport => {
        const streamed = this.#peers.get(subject);
        const outages = withLongest(streamed?.outages.all ?? [], outagesOf.get(subject)!);
        return { shown, tiles, outages, plot: streamed?.plot };
      }),
    };
  }

  #partial(common: Pick<RunReport, "versions" | "notes">): RunReport {
    const within = this.#isCut ? " Its last line is incomplete." : "";
    return {
      ...{ ...common, name: "tick", outcomes: [], state: "cut off", isComplete: false },
      notes: [CUT_OFF + within, ...common.notes],
      peers: [...this.#peers].map(([subject, peer]): PeerReport => ({
        shown: printable(subject),
        tiles: peer.tiles,
        outages: peer.outages.all,
        plot: peer.plot,
      })),
    };
  }
}

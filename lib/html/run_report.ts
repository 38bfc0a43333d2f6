/** What the report of a run holds, whoever it is made by: an app, or out of what an app has printed as JSON. */

import type { Outcome } from "../expect.ts";
import type { PeerMessage, TierMessage } from "../live/feed.ts";
import type { OutageSpan } from "../live/spans.ts";
import type { Tile } from "../live/view.ts";

export interface PeerReport {
  /** The subject, for a person. */
  shown: string;
  tiles: Tile[];
  outages: OutageSpan[];
  /** The whole run in columns; none where it isn't known, or of peers beyond those that are plotted. */
  plot?: Pick<PeerMessage, "of" | "counts"> & {
    tier: Pick<TierMessage, "widthS" | "from" | "columns">;
  };
}

export interface RunReport {
  name: string;
  /** UNIX time of the run's start, which columns count from; none where nothing is known of it. */
  startS?: number;
  /** What is said lasts until then. */
  asOfS?: number;
  /** Whether that is the end: "ended", "running", or why there is no more. */
  state: string;
  isComplete: boolean;
  peers: PeerReport[];
  /** The summary as a terminal has it, where there is one. */
  text?: string;
  outcomes: Outcome[];
  /** The options that were given, by their names; none where they aren't known. */
  options?: Record<string, unknown>;
  /** What took part, with its version; "" where it is not known. */
  versions: [what: string, version: string][];
  /** What else has to be said of it. */
  notes: string[];
}

/** What of one peer is read out of an app's JSON: of all ticks the columns, and the outages. */

import { DelayBuckets } from "../../live/delay_buckets.ts";
import { rowOf } from "../../live/feed.ts";
import { PeerHistory, WHOLE_RUN } from "../../live/history.ts";
import type { Tile } from "../../live/view.ts";
import { OutageSpans } from "../../live/spans.ts";
import { ms } from "../../report/text/layout.ts";
import { Era } from "../../stats/delay/era.ts";
import type { GivenUp } from "../../stats/sequence/gap.ts";
import type { MonoUs } from "../../time/clock.ts";
import type { PeerReport } from "../run_report.ts";
import { IntervalColumns } from "./interval_columns.ts";
import { distributionOf, outageOfJson } from "./summary.ts";
import type { JsonLine } from "./json_line.ts";

const ERA = new Era();

export class StreamedPeer {
  readonly outages = new OutageSpans();
  readonly #history: PeerHistory;
  readonly #dt = new DelayBuckets();
  readonly #intervals = { delay: new IntervalColumns(), dt: new IntervalColumns() };
  readonly #startUs: number;
  #hasDelay = true;
  #ticks = 0;
  #intervalsRead = 0;
  #lost = 0;
  #min = Infinity;
  #max = -Infinity;

  constructor(startUs: number) {
    this.#startUs = startUs;
    this.#history = new PeerHistory(startUs, [WHOLE_RUN]);
  }

  tick({ t_real, dt }: JsonLine) {
    const [atUs, dtUs] = [Math.round(t_real * 1e6), Math.round(dt * 1e6)];
    this.#ticks++;
    this.#min = Math.min(this.#min, dtUs);
    this.#max = Math.max(this.#max, dtUs);
    this.#dt.record(dtUs);
    const flags = { duringStall: false, stale: false };
    // Nothing is known of the clocks, as of a peer that sends no header.
    this.#history.sampled({
      ...{ dtUs, seq: -1, atUs, monoUs: atUs as MonoUs, era: ERA },
      ...flags,
    });
  }

  event({ event, at, slots, ...fields }: JsonLine) {
    if (event === "outage") this.outages.add(outageOfJson(fields));
    if (event !== "lost") return;
    this.#lost += slots;
    const gap = { lost: slots } as GivenUp;
    this.#history.givenUp(gap, at * 1e6);
  }

  interval({ at, length, received, lost, delay, dt }: JsonLine) {
    this.#intervalsRead++;
    const lengthUs = length * 1e6;
    const middleUs = at * 1e6 - lengthUs / 2 - this.#startUs;
    const values = { lengthUs, received, lost };
    if (!delay) this.#hasDelay = false;
    const both = { delay: delay ?? dt, dt };
    for (const kind of ["delay", "dt"] as const) {
      const statistics = distributionOf(both[kind]);
      this.#intervals[kind].add(middleUs, { ...values, statistics });
    }
  }

  /** By tick, where ticks were printed, and by interval else. */
  get plot(): PeerReport["plot"] {
    if (this.#ticks > 0) {
      const { from, columns } = this.#history.tiers[0].take(Infinity);
      const widthS = this.#history.tiers[0].widthUs / 1e6;
      const rows = columns.map((column) => rowOf(column, this.#history));
      return { of: "dt", counts: this.#dt.counts, tier: { widthS, from, columns: rows } };
    }
    if (this.#intervalsRead === 0) return undefined;
    const of = this.#hasDelay ? "delay" : "dt";
    return { of, counts: [], tier: this.#intervals[of].tier };
  }

  /** What can be said without a summary. */
  get tiles(): Tile[] {
    const tile = (id: string, name: string, value: string, detail: string, isBad = false) => ({
      ...{ id, name, value, detail, isBad },
    });
    return [
      tile("received", "ticks printed", String(this.#ticks), ""),
      tile("lost", "reported lost", String(this.#lost), "", this.#lost > 0),
      tile("outages", "outages that ended", String(this.outages.added), "", this.outages.added > 0),
      ...this.#ticks === 0 ? [] : [
        tile("min", "dt min", ms(this.#min, 3), "ms, clock offset included"),
        tile("max", "dt max", ms(this.#max, 3), "ms, clock offset included"),
      ],
    ];
  }
}

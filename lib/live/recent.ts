/** What a screen shows beside the summary: the last minutes of every peer, and the last outages. */

import type { TickEvent } from "../stats/events.ts";
import type { Consumer, Follower } from "../stats/interval/kept.ts";
import type { Outage } from "../stats/outages.ts";
import type { MonoUs } from "../time/clock.ts";
import { Column, type ColumnView } from "./column.ts";
import { PeerHistory } from "./history.ts";

export const COLUMN_US = 2e6;
/** As many as the widest screen shows. */
const MAX_COLUMNS = 200;
/** A tick is taken in up to this long after it arrived: as long as that, a column isn't over. */
const TAKEN_IN_US = 200_000;
const MAX_OUTAGES = 20;
/** Peers that have a chart: those beyond them have their statistics alone. */
const MAX_CHARTS = 64;
const NOTHING: Follower = { received() {}, sampled: () => false, givenUp() {}, forgotten() {} };

/** One peer's last columns up to now, the one that is being filled last; undefined before its first tick. */
export interface Chart {
  of: "delay" | "dt";
  columns: (ColumnView | undefined)[];
}

export type PeerOutage = Outage & { subject: string };

export class Recent implements Consumer {
  /** In the order of their end. */
  readonly outages: PeerOutage[] = [];
  readonly #fromUs: MonoUs;
  readonly #histories = new Map<string, PeerHistory>();

  constructor(fromUs: MonoUs) {
    this.#fromUs = fromUs;
  }

  follow(subject: string): Follower {
    if (this.#histories.size >= MAX_CHARTS) return NOTHING;
    const history = new PeerHistory(this.#fromUs, [
      { widthUs: COLUMN_US, maxColumns: MAX_COLUMNS, whenFull: "forget" },
    ]);
    this.#histories.set(subject, history);
    return {
      received() {},
      sampled: (sample) => history.sampled(sample),
      givenUp: (gap, nowUs) => history.givenUp(gap, nowUs),
      forgotten: () => void this.#histories.delete(subject),
    };
  }

  event(event: TickEvent) {
    if (event.type !== "outage") return;
    this.outages.push(event);
    if (this.outages.length > MAX_OUTAGES) this.outages.shift();
  }

  /** So many columns of a peer, if it is known. */
  chartOf(subject: string, count: number, nowUs: MonoUs): Chart | undefined {
    const history = this.#histories.get(subject);
    if (!history) return undefined;
    history.settle();
    const { of, baseUs, tiers: [{ first, columns }] } = history;
    const end = Math.floor((nowUs - TAKEN_IN_US - this.#fromUs) / COLUMN_US) + 1;
    const viewAt = (index: number) =>
      columns.length === 0 || index < first
        ? undefined
        : (columns[index - first] ?? new Column()).view(baseUs);
    return { of, columns: Array.from({ length: count }, (_, n) => viewAt(end - count + n)) };
  }
}

/** What a page is fed with: columns as they close ten times a second, and the summary twice a second. */

import type { OutageCause } from "../stats/outages.ts";
import type { Consumer, Follower } from "../stats/interval/kept.ts";
import type { TickEvent } from "../stats/events.ts";
import type { Clock, MonoUs } from "../time/clock.ts";
import type { PeerTotals } from "../report/prometheus.ts";
import { SHOWN } from "./column.ts";
import type { Column } from "./column.ts";
import { DelayBuckets } from "./delay_buckets.ts";
import { PeerHistory, TIERS } from "./history.ts";
import type { TierOptions } from "./tier.ts";
import type { OutageSpan } from "./spans.ts";

/** Peers beyond so many have no plots, and only their sums. */
export const MAX_PLOTTED = 16;
/** Peers beyond so many have no metrics of their own: they are in the sums of all alone. */
export const MAX_NAMED = 1000;
/** A tick is taken in up to this long after it arrived: its column must not be closed before then. */
const TAKEN_IN_US = 300_000;

interface Kept extends PeerTotals {
  delays: DelayBuckets;
  outageUs: Map<OutageCause, number>;
  history?: PeerHistory;
  isNamed: boolean;
  /** Outages that were handed out. */
  toldOutages: number;
  clock?: (nowUs: MonoUs) => { offsetUs: number; boundUs: number } | undefined;
}

/** Columns of one width, from the n-th one on; all that there are where `isWhole`. */
export interface TierMessage {
  widthS: number;
  from: number;
  isWhole: boolean;
  /** count, min, percentiles, max, lost, offset, bound: in ms where it is a time, null where it isn't known. */
  columns: (number | null)[][];
}

export interface PeerMessage {
  of: "delay" | "dt";
  tiers: TierMessage[];
  /** All of them, where there is a new one. */
  outages?: OutageSpan[];
  /** How many delays there are by bucket. */
  counts: readonly number[];
}

export class Feed implements Consumer {
  /** Of the first column, by our wall clock. */
  readonly startS: number;
  lastTickUs: MonoUs | undefined;
  readonly #fromUs: MonoUs;
  readonly #peers = new Map<string, Kept>();
  /** The delays of all peers together, and of those that are gone. */
  readonly delays = new DelayBuckets();
  #plotted = 0;
  #named = 0;
  readonly #tiersOf: (index: number) => readonly TierOptions[];

  /** @param tiersOf the columns that are kept of the n-th peer, from 0, of those that are plotted */
  constructor(clock: Clock, tiersOf: (index: number) => readonly TierOptions[] = () => TIERS) {
    this.#tiersOf = tiersOf;
    this.#fromUs = clock.monoUs();
    this.startS = clock.wallUs() / 1e6;
  }

  follow(subject: string): Follower {
    const delays = new DelayBuckets();
    const isNamed = this.#named < MAX_NAMED;
    if (isNamed) this.#named++;
    const kept: Kept = { delays, outageUs: new Map(), outages: 0, toldOutages: 0, isNamed };
    const isPlotted = this.#plotted < MAX_PLOTTED;
    const tiers = isPlotted ? this.#tiersOf(this.#plotted++) : [];
    const history = new PeerHistory(this.#fromUs, tiers, (us) => {
      delays.record(us);
      this.delays.record(us);
    });
    if (isPlotted) kept.history = history;
    this.#peers.set(subject, kept);
    return {
      received: ({ monoUs }) => void (this.lastTickUs = monoUs),
      sampled(sample) {
        kept.clock = (nowUs) => sample.era.clock.offset.at(nowUs);
        return history.sampled(sample);
      },
      givenUp: (gap, nowUs) => history.givenUp(gap, nowUs),
      forgotten: () => {
        if (kept.history) this.#plotted--;
        if (isNamed) this.#named--;
        this.#peers.delete(subject);
      },
    };
  }

  event(event: TickEvent) {
    if (event.type !== "outage") return;
    const kept = this.#peers.get(event.subject);
    if (!kept) return;
    kept.history?.outages.add(event);
    if (event.isOpen) return;
    const { cause, causes = [], lengthUs } = event;
    kept.outages++;
    const add = (cause: OutageCause, us: number) =>
      kept.outageUs.set(cause, (kept.outageUs.get(cause) ?? 0) + us);
    for (const { cause, us } of causes) add(cause, us);
    // What isn't named goes with what explains most, so that the sum is that of the outages.
    add(cause, causes.reduce((rest, { us }) => rest - us, lengthUs));
  }

  totalsOf(subject: string): PeerTotals | undefined {
    return this.#peers.get(subject);
  }

  /** Whether a peer has metrics of its own: it keeps them as long as it is here. */
  isNamed(subject: string): boolean {
    return this.#peers.get(subject)?.isNamed ?? false;
  }

  /** What became known since the last time, at the very end all of it; of all peers that are plotted. */
  take(nowUs: MonoUs, { ended = false } = {}): Record<string, PeerMessage> {
    return this.#each((kept, history) => {
      const { clock } = kept;
      const estimate = clock?.(nowUs);
      if (estimate) history.recordClock(estimate, nowUs);
      history.settle();
      const untilUs = ended ? Infinity : nowUs - this.#fromUs - TAKEN_IN_US;
      const isNew = kept.toldOutages !== history.outages.added;
      kept.toldOutages = history.outages.added;
      const tiers = history.tiers.map((tier): TierMessage => {
        const { from, columns, isWhole } = tier.take(untilUs);
        const widthS = tier.widthUs / 1e6;
        return { widthS, from, isWhole, columns: columns.map((each) => rowOf(each, history)) };
      });
      return { tiers, outages: isNew ? history.outages.all : undefined };
    });
  }

  /** All that was handed out so far. */
  taken(): Record<string, PeerMessage> {
    return this.#each((_, history) => ({
      tiers: history.tiers.map(({ widthUs, taken: { from, columns } }): TierMessage => ({
        ...{ widthS: widthUs / 1e6, from, isWhole: true },
        columns: columns.map((each) => rowOf(each, history)),
      })),
      outages: history.outages.all,
    }));
  }

  #each(
    told: (kept: Kept, history: PeerHistory) => Pick<PeerMessage, "tiers" | "outages">,
  ): Record<string, PeerMessage> {
    const messages: Record<string, PeerMessage> = Object.create(null);
    for (const [subject, kept] of this.#peers) {
      const { history, delays: { counts } } = kept;
      if (history) messages[subject] = { of: history.of, counts, ...told(kept, history) };
    }
    return messages;
  }
}

/** One column as a page has it: see {@linkcode TierMessage}. */
export function rowOf(column: Column, { baseUs }: PeerHistory): (number | null)[] {
  const { count, minUs, percentilesUs, maxUs, lost, offsetUs, boundUs } = column.view(baseUs);
  const times = [minUs, ...percentilesUs.slice(0, SHOWN.length), maxUs].map(ms);
  return [count, ...times, lost, ms(offsetUs), ms(boundUs)];
}

function ms(us: number): number | null {
  return Number.isNaN(us) ? null : Math.round(us) / 1000;
}

/** Several observers as one. */

import { worstFirst } from "../report/text/peers.ts";
import { type Joined, JoinedSums } from "../stats/joined.ts";
import type { PeerStatistics } from "../stats/peer/statistics.ts";
import { quoted } from "../text/printable.ts";
import { UsageError } from "../text/usage_error.ts";
import { type Counts, sumOf } from "./counts.ts";
import { MAX_WORST, type Observer, type ReadObserver } from "./observer.ts";
import { type OutageSums, sumOfOutages } from "./outages.ts";
import { type SharedSenders, SharedSendersWatch } from "./shared.ts";

export interface Merged {
  observers: Observer[];
  /** Senders that were received, each once, but for those that were forgotten. */
  senders: number;
  /** Of these, those that were forgotten. */
  forgotten: number;
  counts: Counts;
  outages: OutageSums;
  /** The widest bound of a clock that a delay was recorded with. */
  maxBoundUs: number;
  joined: Joined;
  /** Received by more than one: their ticks are in the counts of each of those. */
  shared: SharedSenders;
  worst: PeerStatistics[];
}

/** Takes in one observer after another, so that no more than one of their files is in memory. */
export class Merger {
  readonly #observers: Observer[] = [];
  readonly #senders = new SharedSendersWatch();
  readonly #joined = new JoinedSums();

  /** @throws {UsageError} where it is one that was taken in before */
  add({ observer, senders }: ReadObserver) {
    const same = this.#observers.find((other) => isSame(other, observer));
    if (same) {
      const run = observer.run === "" ? "" : ` (run ${observer.run})`;
      throw new UsageError(
        `${quoted(observer.file)} and ${quoted(same.file)} are of the same observer${run}`,
      );
    }
    this.#observers.push(observer);
    this.#joined.add(observer.joined);
    this.#senders.add(observer.file, senders);
  }

  get merged(): Merged {
    const observers = this.#observers;
    const forgotten = observers.reduce((sum, { forgotten }) => sum + forgotten, 0);
    return {
      observers,
      senders: this.#senders.count + forgotten,
      forgotten,
      counts: sumOf(observers.map(({ counts }) => counts)),
      outages: sumOfOutages(observers.map(({ outages }) => outages)),
      maxBoundUs: Math.max(0, ...observers.map(({ maxBoundUs }) => maxBoundUs)),
      joined: this.#joined.joined,
      shared: this.#senders.shared,
      worst: worstFirst(observers.flatMap(({ worst }) => worst), []).slice(0, MAX_WORST),
    };
  }
}

/** By its run; one that sent nothing has none, and no two end at the same microsecond. */
function isSame(a: Observer, b: Observer): boolean {
  if (a.run !== "" || b.run !== "") return a.run === b.run;
  return a.name === b.name && a.atUs === b.atUs;
}

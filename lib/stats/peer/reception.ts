/** Which sender of a subject is the peer, and what each tick of it says: of times, of outages, and of us. */

import type { PeerEvent } from "../events.ts";
import type { ReceivedTick } from "../../arrival.ts";
import type { LocalState } from "../local_faults.ts";
import { type Arrived, isAhead, isCopy } from "../sequence/arrived.ts";
import { KeptTick } from "./kept_tick.ts";
import type { OutageWatch } from "./outage_watch.ts";
import { followInterval, hasEnded, type Sender, type Senders } from "./senders.ts";
import type { PeerStatistics } from "./statistics.ts";
import type { PeerTimes } from "./times.ts";

export interface ReceptionOptions {
  subject: string;
  first: ReceivedTick;
  senders: Senders;
  times: PeerTimes;
  outages: OutageWatch;
  local: LocalState;
  report: (event: PeerEvent) => void;
}

export class Reception {
  /** Senders that sent at once. */
  senderCount = 1;
  receivedOfUs: PeerStatistics["receivedOfUs"];
  /** The peer's round trip to its server, as it told last. */
  peerRttUs: number | undefined;
  readonly #options: ReceptionOptions;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  /** Takes in a tick, by what its number was; of the peer, or of another sender beside it. */
  take(tick: ReceivedTick, arrived: Arrived | "bare") {
    const { senders, times, local } = this.#options;
    const sender = senders.of(tick);
    const isNewest = tick === sender.newest || arrived === "bare" || isAhead(arrived);
    if (sender === senders.current) {
      senders.stays();
      return this.#takeCurrent(tick, arrived);
    }
    if (isNewest && senders.takesOver(sender, tick)) return this.#switchTo(sender, tick, arrived);
    if (isNewest) {
      if (senders.beside(sender, tick)) this.#reportSenders(sender);
      sender.newest = KeptTick.over(sender.newest, tick);
    }
    sender.last = KeptTick.over(sender.last, tick);
    if (!isCopy(arrived)) times.followBeside(tick, sender, local);
  }

  #takeCurrent(tick: ReceivedTick, arrived: Arrived | "bare") {
    const { first, senders: { current }, times, outages, local } = this.#options;
    followInterval(current, tick);
    if (tick !== first) outages.end(tick, current);
    if (!isCopy(arrived)) times.follow(tick, current, local);
    this.#advance(tick, current);
  }

  /** Another sender is the peer from now on: its next run, or one that was beside it. */
  #switchTo(sender: Sender, tick: ReceivedTick, arrived: Arrived | "bare") {
    const { subject, senders, times, outages, local, report } = this.#options;
    const before = senders.current;
    senders.current = sender;
    senders.stays();
    this.peerRttUs = undefined;
    times.delays.switchTo(sender.run, tick.monoUs);
    if (sender.wasReceived) outages.end(tick, sender);
    else {
      sender.wasReceived = true;
      const afterMs = (tick.monoUs - before.last.monoUs) / 1000;
      outages.endWithRestart(tick, sender.newest === tick ? before : sender);
      report({ type: "peer restarted", subject, run: sender.run, afterMs });
    }
    if (!isCopy(arrived)) times.follow(tick, sender, local);
    this.#advance(tick, sender);
  }

  #reportSenders({ run }: Sender) {
    this.senderCount++;
    const { subject, senders, report } = this.#options;
    report({ type: "several senders", subject, runs: [senders.current.run!, run!] });
  }

  #advance(tick: ReceivedTick, sender: Sender) {
    const { header } = tick;
    sender.last = KeptTick.over(sender.last, tick);
    const before = sender.newest.header;
    // What a reordered tick says is of the past.
    if (header && before && tick !== sender.newest && header.seq <= before.seq) return;
    sender.newest = KeptTick.over(sender.newest, tick);
    const { subject, local, report } = this.#options;
    if (header?.rttUs !== undefined) this.peerRttUs = header.rttUs;
    if (header?.received && (header.echo === undefined || header.echo.run === local.run)) {
      this.receivedOfUs = { ...header.received };
      if (header.echo) this.receivedOfUs.asOfSeq = header.echo.seq;
    }
    if (hasEnded(sender)) report({ type: "peer ended", subject, run: sender.run! });
  }
}

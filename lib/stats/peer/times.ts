/** The times in one peer's ticks: whether they can be true, what they say of delay and clocks, and which are stale. */

import type { PeerEvent } from "../events.ts";
import type { ReceivedTick } from "../../arrival.ts";
import type { Anomalies } from "./anomalies.ts";
import type { LocalState } from "../local_faults.ts";
import type { Keeping } from "../delay/keeping.ts";
import { PeerDelays } from "../delay/placing.ts";
import { delayOf, type Sample } from "../delay/sample.ts";
import { KeptTick } from "./kept_tick.ts";
import type { Sender, Senders } from "./senders.ts";

export interface PeerTimesOptions {
  subject: string;
  run: string | undefined;
  senders: Senders;
  anomalies: Anomalies;
  report: (event: PeerEvent) => void;
  staleUs: number;
  onSample: (sample: Sample) => boolean;
  /** Steps of our own clock so far. */
  localSteps: number;
  keeping?: Keeping;
}

export class PeerTimes {
  readonly delays: PeerDelays;
  /** The tick that rides back to the peer: none of before a clock stepped. */
  echoed: KeptTick | undefined;
  /** Steps of either clock. */
  clockSteps = 0;
  /** Times that a tick contradicted what all before it said of the offset. */
  clockContradictions = 0;
  duringStall = 0;
  implausible = 0;
  readonly #options: PeerTimesOptions;
  #localSteps: number;
  #stale = 0;
  #inStale = false;

  constructor(options: PeerTimesOptions) {
    this.#options = options;
    this.#localSteps = options.localSteps;
    const observer = {
      sampled: options.onSample,
      placed: (sample: Sample) => this.#place(sample),
    };
    this.delays = new PeerDelays(options.run, observer, options.keeping);
  }

  followLocalClock(local: LocalState) {
    if (local.steps === this.#localSteps) return;
    this.#localSteps = local.steps;
    this.#stepped();
  }

  /** The delay of a tick that is no copy, and what it tells of the clock, where its time can be told. */
  follow(tick: ReceivedTick, sender: Sender, local: LocalState) {
    const { header, monoUs } = tick;
    const { newest } = sender;
    const steps = (header?.steps ?? 0) - (newest.header?.steps ?? 0);
    // Of before a step of either clock, overtaken by what came after it.
    if (steps < 0 || monoUs < local.steppedUs) return this.delays.recordUnplaced();
    if (steps > 0) {
      this.#stepped();
      this.#reportStep(tick, sender);
    }
    const slots = header && newest.header ? newest.header.seq - header.seq : 0;
    const timed = sender.times.check(tick, Math.max(0, slots * sender.intervalUs));
    if (timed === "implausible") return this.#doubt(tick);
    if (timed === "stepped") {
      this.clockSteps++;
      this.delays.clockStepped();
      this.#reportStep(tick, sender);
    }
    this.echoed = sender.timed = KeptTick.over(sender.timed, tick);
    const echo = header?.echo;
    const echoesOurs = echo?.run === local.run && local.hasSent(echo.seq, echo.signUs);
    const agreement = this.delays.follow(tick, echoesOurs);
    if (agreement !== "agrees") this.#contradict(agreement.contradictsByUs);
    if (tick.duringStall) this.duringStall++;
    const ageUs = this.delays.ageUs(tick, sender.times.minDtUs);
    this.delays.record(tick, this.#followAge(ageUs, tick.duringStall));
  }

  /** Of one that isn't the peer, dt counts where it can be by the same clock: a run before this one, mostly. */
  followBeside(tick: ReceivedTick, sender: Sender, local: LocalState) {
    if (tick.monoUs < local.steppedUs) this.delays.recordUnplaced();
    else if (sender.times.check(tick) === "implausible") this.#doubt(tick);
    else this.delays.recordBeside(tick);
  }

  #stepped() {
    this.clockSteps++;
    this.delays.clockStepped();
    for (const { times } of this.#options.senders.all()) times.restart();
  }

  #reportStep({ realUs, signUs }: ReceivedTick, { timed }: Sender) {
    if (!timed) return;
    const byMs = (timed.realUs - timed.signUs - (realUs - signUs)) / 1000;
    const { subject, report } = this.#options;
    report({ type: "peer clock stepped", subject, byMs });
  }

  /** A clock moved faster than NTP slews, and no step was announced: what was known of it is void. */
  #contradict(byUs: number) {
    this.clockContradictions++;
    const { subject, anomalies } = this.#options;
    anomalies.add({ type: "clock contradiction", subject, byMs: byUs / 1000, count: 1 });
  }

  #doubt({ realUs, signUs }: ReceivedTick) {
    this.implausible++;
    const { subject, senders, anomalies } = this.#options;
    const { timed } = senders.current;
    const dtUs = timed ? timed.realUs - timed.signUs : 0;
    const byMs = (dtUs - (realUs - signUs)) / 1000;
    anomalies.add({ type: "implausible time", subject, byMs, count: 1 });
  }

  /** Ticks that were stale on arrival, by the offset as it is known now. */
  get stale(): number {
    return this.delays.unsettled.reduce(
      (sum, sample) => this.#isStaleAfterAll(sample) ? sum + 1 : sum,
      this.#stale,
    );
  }

  /** Whether it is stale; reported at the first one of a burst, but where we stood still ourselves. */
  #followAge(ageUs: number, duringStall = false): boolean {
    const { subject, staleUs, report } = this.#options;
    const stale = ageUs > staleUs;
    if (stale) this.#stale++;
    if (stale && !this.#inStale && !duringStall) {
      report({ type: "stale", subject, ageMs: ageUs / 1000 });
    }
    this.#inStale = stale;
    return stale;
  }

  /** The offset wasn't known when it arrived, or not well. */
  #place(sample: Sample) {
    if (this.#isStaleAfterAll(sample)) this.#followAge(sample.delay!.delayUs, sample.duringStall);
  }

  #isStaleAfterAll(sample: Sample): boolean {
    return !sample.stale && (delayOf(sample)?.delayUs ?? 0) > this.#options.staleUs;
  }
}

/** The facts of one app: what it sent, and what it received from each peer. */

import type { BusEvent } from "../bus/bus.ts";
import type { Moment, MonoUs } from "../time/clock.ts";
import { StepWatch } from "../time/step_watch.ts";
import type { TickEvent } from "./events.ts";
import type { ReceivedTick, RejectedMessage } from "../arrival.ts";
import type { AboutTick, SentTick } from "../tick.ts";
import type { TickHeader } from "../wire.ts";
import { type IntervalCursor, Intervals } from "./interval/intervals.ts";
import type { Consumer } from "./interval/kept.ts";
import { Connections } from "./connections.ts";
import type { TimeSums } from "./delay/sums.ts";
import type { ForgottenStatistics } from "./forgotten.ts";
import { type LocalState, OwnFaults } from "./local_faults.ts";
import type { PeerRecord } from "./peer/peer.ts";
import { Peers, type PeersOptions } from "./peers.ts";
import { Rejections, TOO_MANY_SUBJECTS } from "./rejections.ts";
import { Schedule } from "./schedule.ts";
import { SentRing } from "./sent_ring.ts";

export interface RecorderOptions extends PeersOptions {
  run: string;
  /** What is received, for a person. */
  subscribe?: string;
  /** How often it is reported that nobody sends, after the first time; never, when it isn't given. */
  everyUs?: number;
}

export class Recorder {
  readonly #peers: Peers;
  readonly schedule: Schedule;
  readonly #rejections = new Rejections();
  readonly connections = new Connections();
  readonly #options: RecorderOptions;
  readonly #watch = new StepWatch();
  #watchedUs = -Infinity;
  readonly #local: LocalState;
  readonly #sent = new SentRing();
  readonly #faults = new OwnFaults((fromUs, toUs) => this.schedule.stalled(fromUs, toUs));
  #events: TickEvent[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.schedule = new Schedule(options.intervalUs);
    this.#local = {
      run: options.run,
      steps: 0,
      steppedUs: -Infinity as MonoUs,
      stalledUs: (fromUs, toUs) => this.#faults.stalledUs(fromUs, toUs),
      disconnectedUs: (fromUs, toUs) => this.#faults.disconnectedUs(fromUs, toUs),
      deniedUs: (fromUs, toUs) => this.#faults.deniedUs(fromUs, toUs),
      isUnread: (fromUs, toUs) => this.#faults.isUnread(fromUs, toUs),
      serverAt: (us) => this.connections.serverAt(us),
      hasSent: (seq, signUs) => this.#sent.has(seq, signUs),
    };
    this.#peers = new Peers(this.#local, options);
  }

  /** By subject. */
  get peers(): Map<string, PeerRecord> {
    return this.#peers.all;
  }

  /** What those that are gone for long add up to. */
  get forgotten(): ForgottenStatistics | undefined {
    return this.#peers.forgotten.statistics;
  }

  /** The times of those together. */
  get forgottenTimes(): TimeSums {
    return this.#peers.forgotten.times;
  }

  /** This app's round trip to the server in µs. */
  get rttUs(): number | undefined {
    return this.connections.rttUs;
  }

  /** Steps of our wall clock so far. */
  get clockSteps(): number {
    return this.#local.steps;
  }

  /** What rides on our next tick, which is about to be sent. */
  about({ wallUs, monoUs, seq, last }: AboutTick): Partial<TickHeader> {
    this.#followClock({ wallUs, monoUs });
    this.#sent.add(seq, wallUs);
    const rides = this.#peers.about(wallUs, last);
    rides.steps = this.#local.steps;
    if (rides.echo && this.rttUs !== undefined) rides.rttUs = this.rttUs;
    return rides;
  }

  sent(tick: SentTick) {
    const stallUs = this.schedule.record(tick);
    if (stallUs > 0) this.#events.push({ type: "stall", forMs: stallUs / 1000 });
  }

  received(tick: ReceivedTick): TickEvent[] {
    this.#followClock({ wallUs: tick.realUs, monoUs: tick.monoUs });
    if (this.schedule.isStalledAt(tick.monoUs)) tick.duringStall = true;
    if (tick.header?.run === this.#local.run) return this.#rejections.addOwn(tick);
    const events = this.#peers.received(tick);
    if (!events) {
      this.reject({ subject: tick.subject, reason: TOO_MANY_SUBJECTS, body: new Uint8Array() });
      return [];
    }
    return this.#events.length === 0 ? events : [...this.#events.splice(0), ...events];
  }

  /** Messages that were no ticks of a peer, by reason. */
  get rejected(): ReadonlyMap<string, number> {
    return this.#rejections.counts;
  }

  reject(message: RejectedMessage) {
    this.#rejections.add(message);
  }

  /** Takes in what happened to our own connection. */
  bus(event: BusEvent, nowUs: MonoUs) {
    this.connections.follow(event, nowUs);
    if (event.type === "republished") this.schedule.fates.republished += event.count;
    this.#faults.follow(event, nowUs);
  }

  /** Takes in a round trip to the server. */
  roundTrip(us: number) {
    this.connections.roundTrip(us);
  }

  /** What became true by waiting: peers that fell silent, losses, what was rejected since the last call. */
  check(nowUs: MonoUs): TickEvent[] {
    const events: TickEvent[] = [...this.#events.splice(0), ...this.#rejections.take(nowUs)];
    for (const event of this.#peers.check(nowUs)) events.push(event);
    const { subscribe = "", everyUs } = this.#options;
    if (this.peers.size === 0) events.push(...this.connections.waiting(subscribe, nowUs, everyUs));
    return events;
  }

  /** The end has come: gives up on what is still missing, however short it has been. */
  end(nowUs: MonoUs): TickEvent[] {
    const events = [...this.check(nowUs), ...this.#rejections.take(nowUs, { ended: true })];
    return [...events, ...this.#peers.end(nowUs)];
  }

  /** A cursor over the intervals from a moment on, each as long as is asked for; with further percentiles, to be judged. */
  intervals(everyUs: number, fromUs: MonoUs, percents?: readonly number[]): IntervalCursor {
    const intervals: Intervals = new Intervals({
      ...{ everyUs, fromUs, percents, onDispose: () => this.#peers.drop(intervals) },
      reconnectsAt: (us) => this.connections.reconnectsAt(us),
    });
    this.follow(intervals, fromUs);
    return intervals;
  }

  /** Tells a consumer of every tick of every peer from a moment on. */
  follow(consumer: Consumer, fromUs: MonoUs) {
    this.#peers.follow(consumer, fromUs);
  }

  #followClock(moment: Moment) {
    // A tick is stamped as it arrives, and may be taken in behind one of ours that was sent after it.
    // Those that one read brought are of one moment.
    if (moment.monoUs <= this.#watchedUs) return;
    this.#watchedUs = moment.monoUs;
    const steppedUs = this.#watch.check(moment);
    if (steppedUs === 0) return;
    this.#local.steps++;
    this.#local.steppedUs = moment.monoUs;
    this.#events.push({ type: "clock stepped", byMs: steppedUs / 1000 });
    // Neither an echo of what we sent before, nor one of what we received before, is of any use now.
    this.#sent.clear();
    for (const peer of this.peers.values()) {
      peer.times.echoed = undefined;
      peer.echoes.restart();
    }
  }
}

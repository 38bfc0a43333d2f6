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
import { type LocalState, OwnFaults } from "./local_faults.ts";
import { type PeerOptions, PeerRecord } from "./peer/peer.ts";
import { Rejections, TOO_MANY_SUBJECTS } from "./rejections.ts";
import { Schedule } from "./schedule.ts";
import { SentRing } from "./sent_ring.ts";

/** Subjects beyond this many are counted as rejected: a wildcard can match anything. */
const MAX_PEERS = 10_000;

export interface RecorderOptions extends PeerOptions {
  run: string;
  /** What is received, for a person. */
  subscribe?: string;
  /** How often it is reported that nobody sends, after the first time; never, when it isn't given. */
  everyUs?: number;
}

export class Recorder {
  readonly peers = new Map<string, PeerRecord>();
  readonly schedule: Schedule;
  readonly #rejections = new Rejections();
  readonly connections = new Connections();
  readonly #options: RecorderOptions;
  readonly #watch = new StepWatch();
  #watchedUs = -Infinity;
  readonly #local: LocalState;
  readonly #sent = new SentRing();
  readonly #faults = new OwnFaults((fromUs, toUs) => this.schedule.stalled(fromUs, toUs));
  readonly #consumers = new Set<Consumer>();
  #events: TickEvent[] = [];
  #next = 0;

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
      serverAt: (us) => this.connections.serverAt(us),
      hasSent: (seq, signUs) => this.#sent.has(seq, signUs),
    };
  }

  /** This app's round trip to the server in µs. */
  get rttUs(): number | undefined {
    return this.connections.rttUs;
  }

  /** Steps of our wall clock so far. */
  get clockSteps(): number {
    return this.#local.steps;
  }

  /** What rides on our next tick, which is about to be sent: of several peers, each in turn. */
  about({ wallUs, monoUs, seq, last }: AboutTick): Partial<TickHeader> {
    this.#followClock({ wallUs, monoUs });
    this.#sent.add(seq, wallUs);
    const rides = this.#peerInTurn()?.about(last) ?? {};
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
    const { subject } = tick;
    let peer = this.peers.get(subject);
    if (!peer) {
      if (this.peers.size >= MAX_PEERS) {
        this.reject({ subject, reason: TOO_MANY_SUBJECTS, body: new Uint8Array() });
        return [];
      }
      peer = new PeerRecord(tick, this.#local, this.#options);
      this.peers.set(subject, peer);
      for (const consumer of this.#consumers) peer.followers.add(consumer, tick.monoUs);
    }
    return [...this.#events.splice(0), ...peer.received(tick, this.#local)];
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
    const events: TickEvent[] = [...this.#events.splice(0), ...this.#rejections.take()];
    for (const peer of this.peers.values()) events.push(...peer.check(nowUs));
    const { subscribe = "", everyUs } = this.#options;
    if (this.peers.size === 0) events.push(...this.connections.waiting(subscribe, nowUs, everyUs));
    return events;
  }

  /** The end has come: gives up on what is still missing, however short it has been. */
  end(nowUs: MonoUs): TickEvent[] {
    return [...this.check(nowUs), ...[...this.peers.values()].flatMap((peer) => peer.end(nowUs))];
  }

  /** A cursor over the intervals from a moment on, each as long as is asked for, with further percentiles. */
  intervals(everyUs: number, fromUs: MonoUs, percents?: readonly number[]): IntervalCursor {
    const drop = () => {
      this.#consumers.delete(intervals);
      for (const peer of this.peers.values()) peer.followers.drop(intervals);
    };
    const intervals = new Intervals({
      ...{ everyUs, fromUs, percents, onDispose: drop },
      reconnectsAt: (us) => this.connections.reconnectsAt(us),
    });
    this.follow(intervals, fromUs);
    return intervals;
  }

  /** Tells a consumer of every tick of every peer from a moment on. */
  follow(consumer: Consumer, fromUs: MonoUs) {
    this.#consumers.add(consumer);
    for (const peer of this.peers.values()) peer.followers.add(consumer, fromUs);
  }

  #followClock(moment: Moment) {
    // A tick is stamped as it arrives, and may be taken in behind one of ours that was sent after it.
    if (moment.monoUs < this.#watchedUs) return;
    this.#watchedUs = moment.monoUs;
    const steppedUs = this.#watch.check(moment);
    if (steppedUs === 0) return;
    this.#local.steps++;
    this.#local.steppedUs = moment.monoUs;
    this.#events.push({ type: "clock stepped", byMs: steppedUs / 1000 });
    // Neither an echo of what we sent before, nor one of what we received before, is of any use now.
    this.#sent.clear();
    for (const peer of this.peers.values()) peer.times.echoed = undefined;
  }

  #peerInTurn(): PeerRecord | undefined {
    if (this.peers.size <= 1) return this.peers.values().next().value;
    return [...this.peers.values()][this.#next++ % this.peers.size];
  }
}

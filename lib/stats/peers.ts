/** The peers of one app: each subject is one, so many at once; one that is gone for long is forgotten. */

import type { ReceivedTick } from "../arrival.ts";
import type { MonoUs, WallUs } from "../time/clock.ts";
import type { TickHeader } from "../wire.ts";
import { COARSE, FINE } from "./delay/keeping.ts";
import { EchoTurns, findEcho } from "./echo_turns.ts";
import type { PeerEvent, TickEvent } from "./events.ts";
import { Forgotten } from "./forgotten.ts";
import type { Consumer } from "./interval/kept.ts";
import type { LocalState } from "./local_faults.ts";
import type { PeerOptions } from "./peer/options.ts";
import { PeerRecord } from "./peer/peer.ts";
import type { PeerStatistics } from "./peer/statistics.ts";

export interface PeersOptions extends PeerOptions {
  /** So many at once, as a wildcard can match anything; 10,000, when it isn't given. */
  maxPeers?: number;
  /** One that has sent nothing for so long is forgotten; never, when it isn't given. */
  forgetUs?: number;
  /** Told of each that is forgotten, as it was in the end. */
  onForgotten?: (peer: PeerStatistics) => void;
}

const MAX_PEERS = 10_000;
/** So many at once have delays as exact as can be; of those that come after them a tenth of the memory is enough. */
const FINE_PEERS = 64;

export class Peers {
  /** By subject. */
  readonly all = new Map<string, PeerRecord>();
  readonly forgotten = new Forgotten();
  readonly #turns = new EchoTurns();
  readonly #local: LocalState;
  readonly #options: PeersOptions;
  readonly #consumers = new Set<Consumer>();

  constructor(local: LocalState, options: PeersOptions) {
    this.#local = local;
    this.#options = options;
  }

  /** Takes in a tick; nothing where it is of one peer too many: none that is here is given up for it. */
  received(tick: ReceivedTick): PeerEvent[] | undefined {
    const peer = this.all.get(tick.subject) ?? this.#begin(tick);
    if (!peer) return undefined;
    findEcho(tick, this.#local.run);
    const events = peer.received(tick, this.#local);
    this.#turns.add(peer);
    return events;
  }

  /** What rides back to peers on our next tick, which may be the last. */
  about(nowUs: WallUs, last = false): Partial<TickHeader> {
    const rides = this.#turns.take(nowUs);
    if (rides.echo || !last) return rides;
    const [peer] = this.all.values();
    const echo = peer?.echoes.next;
    return echo ? { echo, received: peer.sequences.account(echo.run) } : {};
  }

  /** What became true by waiting. */
  check(nowUs: MonoUs): TickEvent[] {
    const events: TickEvent[] = [];
    const { forgetUs = Infinity } = this.#options;
    for (const peer of this.all.values()) {
      peer.check(nowUs, events);
      // One alone takes no room that another one could need.
      if (nowUs - peer.lastUs < forgetUs || this.all.size === 1) continue;
      if (this.#couldBeReceivedUs(peer.lastUs, nowUs) >= forgetUs) {
        events.push(...this.#forget(peer, nowUs));
      }
    }
    return events;
  }

  /** The end has come: gives up on what is still missing, however short it has been. */
  end(nowUs: MonoUs): TickEvent[] {
    return [...this.all.values()].flatMap((peer) => peer.end(nowUs));
  }

  /** Tells a consumer of every tick of every peer from a moment on. */
  follow(consumer: Consumer, fromUs: MonoUs) {
    this.#consumers.add(consumer);
    for (const peer of this.all.values()) peer.followers.add(consumer, fromUs);
  }

  /** Tells it no longer. */
  drop(consumer: Consumer) {
    this.#consumers.delete(consumer);
    for (const peer of this.all.values()) peer.followers.drop(consumer);
  }

  #begin(tick: ReceivedTick): PeerRecord | undefined {
    const { maxPeers = MAX_PEERS } = this.#options;
    if (this.all.size >= maxPeers) return undefined;
    const { sharesClock } = this.#options;
    const keeping = { ...this.all.size < FINE_PEERS ? FINE : COARSE, sharesClock };
    const peer = new PeerRecord(tick, this.#local, { ...this.#options, keeping });
    this.all.set(tick.subject, peer);
    for (const consumer of this.#consumers) {
      peer.followers.add(consumer, tick.monoUs);
    }
    return peer;
  }

  #couldBeReceivedUs(fromUs: MonoUs, toUs: MonoUs): number {
    const { disconnectedUs, deniedUs } = this.#local;
    return toUs - fromUs - disconnectedUs(fromUs, toUs) - deniedUs(fromUs, toUs);
  }

  /** Gives its memory back; were it to come again, it would be a peer anew. */
  #forget(peer: PeerRecord, nowUs: MonoUs): TickEvent[] {
    const { subject } = peer;
    const events: TickEvent[] = peer.end(nowUs);
    const statistics = peer.statistics(nowUs, true);
    this.forgotten.add(statistics, peer.times.delays, nowUs);
    this.all.delete(subject);
    this.#turns.forget(peer);
    peer.followers.forgotten();
    this.#options.onForgotten?.(statistics);
    const { sequence: { received, lost }, bare } = statistics;
    const afterMs = (nowUs - peer.lastUs) / 1000;
    return [...events, { type: "forgotten", subject, afterMs, received: received + bare, lost }];
  }
}

/** Which peers' echoes ride on our next tick: as many as fit, of those that have something new, in turn. */

import type { ReceivedTick } from "../arrival.ts";
import { BoundedQueue } from "../queue.ts";
import type { WallUs } from "../time/clock.ts";
import type { Echo, TickHeader } from "../wire.ts";
import { echoAmong, echoText } from "../wire/more_echoes.ts";
import type { PeerRecord } from "./peer/peer.ts";

/** What all echoes of a tick may take of its header, in characters; the first one is written out, as it ever was. */
const ROOM = 256;
const FIRST_ROOM = "; echo=12345678,123456789,1795503377.582859,1795503377.582859; echoes=".length;
/** Of those in turn, so many are looked at for one tick. */
const MAX_LOOKED = 16;

export class EchoTurns {
  readonly #waiting = new BoundedQueue<PeerRecord>(Infinity);
  readonly #isWaiting = new Set<PeerRecord>();
  /** One that had no room on the tick before. */
  #left: PeerRecord | undefined;
  /** On which tick each was the first one: of that alone rides what was received of it. */
  readonly #firstOn = new WeakMap<PeerRecord, number>();
  #ticks = 0;

  /** Takes in that a tick of a peer was received. */
  add(peer: PeerRecord) {
    if (!peer.echoes.isDue || this.#isWaiting.has(peer)) return;
    this.#isWaiting.add(peer);
    this.#waiting.push(peer);
  }

  forget(peer: PeerRecord) {
    this.#isWaiting.delete(peer);
  }

  /** What rides on our next tick. */
  take(nowUs: WallUs): Partial<TickHeader> {
    const alone = this.#onlyOne();
    if (alone) return this.#rideAlone(alone);
    const group = this.#takeGroup(nowUs);
    if (group.length === 0) return {};
    const on = (peer: PeerRecord) => this.#firstOn.get(peer) ?? 0;
    const first = group.map(({ peer }) => peer).reduce((a, b) => on(b) < on(a) ? b : a);
    this.#firstOn.set(first, ++this.#ticks);
    const { echo } = group.find(({ peer }) => peer === first)!;
    const rides: Partial<TickHeader> = { echo, received: first.sequences.account(echo.run) };
    const others = group.filter(({ peer }) => peer !== first);
    if (others.length > 0) rides.moreEchoes = others.map(({ text }) => text).join(" ");
    for (const { peer } of group) this.add(peer);
    return rides;
  }

  /** The one that waits, where no other does: as of one peer, nothing is to be chosen. */
  #onlyOne(): PeerRecord | undefined {
    if (this.#isWaiting.size !== 1 || this.#left || this.#waiting.length !== 1) return undefined;
    const [peer] = this.#waiting.take(1);
    this.#isWaiting.delete(peer);
    return peer.echoes.isDue ? peer : undefined;
  }

  #rideAlone(peer: PeerRecord): Partial<TickHeader> {
    const echo = peer.echoes.next!;
    peer.echoes.took();
    this.#firstOn.set(peer, ++this.#ticks);
    this.add(peer);
    return { echo, received: peer.sequences.account(echo.run) };
  }

  #takeGroup(nowUs: WallUs): { peer: PeerRecord; echo: Echo; text: string }[] {
    const group = [];
    let [length, shortest] = [0, Infinity];
    for (let looked = 0; looked < MAX_LOOKED; looked++) {
      const peer = this.#left ?? this.#waiting.take(1)[0];
      this.#left = undefined;
      if (!peer) break;
      if (!this.#isWaiting.has(peer) || !peer.echoes.isDue) {
        this.#isWaiting.delete(peer);
        continue;
      }
      const echo = peer.echoes.next!;
      const text = echoText(echo, nowUs);
      length += text.length + 1;
      shortest = Math.min(shortest, text.length + 1);
      // Whichever is the first one, it isn't among the others.
      if (length - shortest > ROOM - FIRST_ROOM) {
        this.#left = peer;
        break;
      }
      this.#isWaiting.delete(peer);
      peer.echoes.took();
      group.push({ peer, echo, text });
    }
    return group;
  }
}

/** Puts the echo of our own tick in the place of another's, where it is among the further ones of a tick. */
export function findEcho(tick: ReceivedTick, run: string) {
  const { header, signUs } = tick;
  if (header?.moreEchoes === undefined) return;
  const { moreEchoes } = header;
  header.moreEchoes = undefined;
  if (header.echo?.run === run) return;
  const echo = echoAmong(moreEchoes, run, signUs);
  if (!echo) return;
  header.echo = echo;
  // It is of the run that was echoed first.
  header.received = undefined;
}

/** Histories of two clocks and of two ways between them, drawn at random, whose truth is known at every moment. */

import type { MonoUs } from "../../lib/time/clock.ts";
import { ClockOffset } from "../../lib/stats/clock/offset.ts";
import { type Random, seeded } from "./simulation.ts";

const S = 1e6;

/** A wall clock: from each moment on it runs at another rate, or is stepped. */
export interface Change {
  atUs: number;
  /** How fast it gains from then on, in parts per million; as before where it isn't given. */
  ppm?: number;
  /** Steps are announced. */
  stepUs?: number;
}

interface Piece {
  atUs: number;
  /** What it shows at `atUs`, beyond the true time. */
  aheadUs: number;
  rate: number;
  steps: number;
}

export class SimulatedClock {
  readonly #pieces: Piece[];
  /** Where it was read last: readings are near each other. */
  #at = 0;

  constructor(aheadUs: number, changes: Change[] = []) {
    let piece: Piece = { atUs: 0, aheadUs, rate: 0, steps: 0 };
    this.#pieces = [piece];
    for (const { atUs, ppm, stepUs = 0 } of changes.toSorted((a, b) => a.atUs - b.atUs)) {
      piece = {
        atUs,
        aheadUs: piece.aheadUs + piece.rate * (atUs - piece.atUs) + stepUs,
        rate: ppm === undefined ? piece.rate : ppm / 1e6,
        steps: piece.steps + (stepUs === 0 ? 0 : 1),
      };
      this.#pieces.push(piece);
    }
  }

  /** How far it is ahead of the true time, exactly. */
  aheadUs(atUs: number): number {
    const piece = this.#pieceOf(atUs);
    return piece.aheadUs + piece.rate * (atUs - piece.atUs);
  }

  /** What it shows, in whole µs, rounded down. */
  readUs(atUs: number): number {
    return Math.floor(atUs + this.aheadUs(atUs));
  }

  /** How often it was stepped by then. */
  steps(atUs: number): number {
    return this.#pieceOf(atUs).steps;
  }

  #pieceOf(atUs: number): Piece {
    while (this.#pieces[this.#at].atUs > atUs && this.#at > 0) this.#at--;
    while (this.#at + 1 < this.#pieces.length && this.#pieces[this.#at + 1].atUs <= atUs) {
      this.#at++;
    }
    return this.#pieces[this.#at];
  }
}

/** How long one tick is under way in µs; never, where it is lost. */
export type Way = (atUs: number) => number;

export interface History {
  local: SimulatedClock;
  peer: SimulatedClock;
  seconds: number;
  /** One exchange begins so often. */
  everyUs?: number;
  there: Way;
  back: Way;
  /** How long the peer holds what it echoes. */
  heldUs: (atUs: number) => number;
}

/** What was found at one arrival. */
export interface Found {
  atUs: number;
  offsetUs: number;
  boundUs: number;
  /** The estimate minus the truth of the moment at which the tick was sent, and of that at which it arrived. */
  errorUs: number;
  arrivalErrorUs: number;
  /** How long the tick was under way. */
  delayUs: number;
}

interface Arrival {
  sentUs: number;
  receivedUs: number;
  answeredUs: number;
  atUs: number;
}

/**
 * Plays a history to an estimate as a recorder does: a step of either clock is announced, and what was
 * stamped before it isn't used after it. Returns by how much exchanges contradicted those before, and when.
 */
export function play(
  { local, peer, seconds, everyUs = 10_000, there, back, heldUs }: History,
  onFound: (found: Found) => void,
): { atUs: number; byUs: number }[] {
  const clock = new ClockOffset();
  const contradictions: { atUs: number; byUs: number }[] = [];
  let [localSteps, peerSteps] = [0, 0];
  for (const { sentUs, receivedUs, answeredUs, atUs } of arrivals()) {
    const [localNow, peerThen] = [local.steps(atUs), peer.steps(answeredUs)];
    if (peerThen < peerSteps) continue; // overtaken by what came after a step
    if (localNow > localSteps || peerThen > peerSteps) clock.restart();
    [localSteps, peerSteps] = [localNow, peerThen];
    const [t3Us, t4Us, nowUs] = [peer.readUs(answeredUs), local.readUs(atUs), atUs as MonoUs];
    const echoes = receivedUs < Infinity && local.steps(sentUs) === localNow &&
      peer.steps(receivedUs) === peerThen;
    const times = { t1Us: local.readUs(sentUs), t2Us: peer.readUs(receivedUs), t3Us, t4Us };
    const agreed = echoes ? clock.record(times, nowUs) : clock.received(t4Us - t3Us, nowUs);
    if (agreed !== "agrees") contradictions.push({ atUs, byUs: agreed.contradictsByUs });
    const estimate = clock.at(nowUs);
    // A step that is still under way isn't known of by anybody.
    if (!estimate || peer.steps(atUs) !== peerThen) continue;
    const { offsetUs, boundUs } = estimate;
    const arrivalErrorUs = offsetUs - (peer.aheadUs(atUs) - local.aheadUs(atUs));
    // What was sent before a step of our own is placed by the clock after it.
    const errorUs = local.steps(answeredUs) === localNow
      ? offsetUs - (peer.aheadUs(answeredUs) - local.aheadUs(answeredUs))
      : arrivalErrorUs;
    const delayUs = atUs - answeredUs;
    onFound({ atUs, offsetUs, boundUs, errorUs, arrivalErrorUs, delayUs });
  }
  return contradictions;

  /** In their order of arrival; a tick of ours that is lost is answered by one that echoes nothing. */
  function arrivals(): Arrival[] {
    const all: Arrival[] = [];
    for (let sentUs = everyUs; sentUs < seconds * S; sentUs += everyUs) {
      const receivedUs = sentUs + there(sentUs);
      const answeredUs = (receivedUs < Infinity ? receivedUs : sentUs) + heldUs(sentUs);
      const atUs = answeredUs + back(answeredUs);
      if (atUs === Infinity) continue;
      const arrival = { sentUs, receivedUs, answeredUs, atUs };
      // Mostly the last: a sort would take longer than all the rest.
      let place = all.length;
      while (place > 0 && all[place - 1].atUs > atUs) place--;
      if (place === all.length) all.push(arrival);
      else all.splice(place, 0, arrival);
    }
    return all;
  }
}

/** Exponential of mean 1, drawn beforehand, as it is needed by the ten million. */
const EXPONENTIAL = (() => {
  const random = seeded(2330);
  return Float64Array.from({ length: 1 << 16 }, () => -Math.log(1 - random()));
})();

/** A min, 0.2 ms unless it is given, and exponential jitter of the mean given; a few are lost, a few much later than the rest. */
export function wayOf(
  random: Random,
  { minUs = 200, jitterUs = 300, lost = 0, late = 0, slow = [] }: {
    minUs?: number;
    jitterUs?: number;
    /** Out of one. */
    lost?: number;
    late?: number;
    slow?: { fromUs: number; toUs: number; byUs: number }[];
  } = {},
): Way {
  let drawn = Math.floor(random() * EXPONENTIAL.length);
  return (atUs) => {
    const us = minUs + jitterUs * EXPONENTIAL[drawn++ & 0xffff];
    const slowedUs = slow.reduce(
      (sum, { fromUs, toUs, byUs }) => atUs >= fromUs && atUs < toUs ? sum + byUs : sum,
      us,
    );
    if (lost + late === 0) return slowedUs;
    const fate = random();
    if (fate < lost) return Infinity;
    return fate < lost + late ? slowedUs + 30_000 * random() : slowedUs;
  };
}

/** Any history that may be: offsets to an hour, rates, steps, asymmetries that come and go, losses, reordering. */
export function randomHistory(seed: number, seconds: number): History {
  const random = seeded(seed);
  const within = (us: number) => (2 * random() - 1) * us;
  const moments = (most: number) =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, () => random() * seconds * S);
  // What both do together is no matter: they never differ by more than 500 ppm.
  const local = changesOf();
  // Half of them differ by just that, one way or the other, for as long as it may be.
  const peer = random() < 0.5 ? changesOf() : local.map(({ atUs, ppm }) => ({
    atUs,
    ppm: ppm === undefined ? undefined : ppm > 0 ? -250 : 250,
  }));
  function changesOf(): Change[] {
    const limits = random() < 0.5;
    const rate = () => limits ? (random() < 0.5 ? 250 : -250) : within(250);
    return [
      { atUs: 0, ppm: rate() },
      ...moments(6).map((atUs) => ({ atUs, ppm: rate() })),
      ...moments(2).map((atUs) => ({
        atUs,
        stepUs: (random() < 0.5 ? -1 : 1) * 200 * 10 ** (4 * random()),
      })),
    ];
  }
  const way = () =>
    wayOf(random, {
      // Often next to nothing: then the truth is next to the bound.
      minUs: 200 * random() ** 4,
      jitterUs: 300 * random() ** 4,
      lost: random() < 0.5 ? 0 : random() * 0.3,
      late: random() < 0.5 ? 0 : random() * 0.1,
      slow: moments(2).map((fromUs) => ({
        fromUs,
        toUs: fromUs + random() * seconds * S / 2,
        byUs: 10 ** (5 * random()),
      })),
    });
  return {
    local: new SimulatedClock(within(3600 * S), local),
    peer: new SimulatedClock(within(3600 * S), peer),
    seconds,
    there: way(),
    back: way(),
    heldUs: () => 10_000 * random(),
  };
}

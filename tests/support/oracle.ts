/** Statistics worked out from a list of arrivals by their definitions, without regard to what that costs. */

import type { ReceivedTick } from "../../lib/arrival.ts";

/** A tick that was received, and what is known of it besides. */
export interface Arrival {
  tick: ReceivedTick;
  run: string;
  seq: number;
  /** By the receiver's monotonic clock. */
  monoUs: number;
  dtUs: number;
  /** How long it took, from its sender's clock being read to ours. */
  wayUs: number;
  /** It came while the receiver stood still. */
  isHeld: boolean;
}

/** What became of a slot at its sender. */
export type Fate = "sent" | "unsent" | "skipped";

export interface Sequence {
  slots: number;
  received: number;
  lost: number;
  unsent: number;
  skipped: number;
  late: number;
  duplicate: number;
  reordered: number;
  bursts: number;
  longestBurst: number;
  maxExtent: number;
}

/** Numbers before the first one received that may have been overtaken by it. */
const MAX_OVERTAKEN = 64;

/** The account of one run: RFC 7680, RFC 5560, RFC 4737 and RFC 3357, tick by tick. */
export function sequenceOf(arrivals: Arrival[], fates: Map<number, Fate>, timeoutUs: number) {
  const [first] = arrivals;
  const highest = Math.max(...arrivals.map(({ seq }) => seq));
  // A number is missed from the first arrival of a greater one on, and late once that is too long ago.
  const isInTime = ({ seq, monoUs }: Arrival) => {
    const overtaker = arrivals.find((other) => other.seq > seq)!;
    return overtaker.monoUs >= monoUs || monoUs - overtaker.monoUs <= timeoutUs;
  };
  const seen = new Set<number>();
  const inTime: Arrival[] = [];
  let [late, duplicate] = [0, 0];
  for (const arrival of arrivals) {
    const isBefore = arrival.seq < first.seq;
    const isTooEarly = isBefore && first.seq - arrival.seq > MAX_OVERTAKEN;
    if (seen.has(arrival.seq)) duplicate++;
    else if ((arrival.seq === highest || isInTime(arrival)) && !isTooEarly) inTime.push(arrival);
    else late++;
    seen.add(arrival.seq);
  }
  const received = new Set(inTime.map(({ seq }) => seq));
  const from = Math.min(...received);
  const counts = { unsent: 0, skipped: 0, lost: 0 };
  let [bursts, longestBurst, burst] = [0, 0, 0];
  for (let seq = from; seq <= highest; seq++) {
    const fate = fates.get(seq)!;
    if (received.has(seq)) {
      if (burst > 0) bursts++;
      longestBurst = Math.max(longestBurst, burst);
      burst = 0;
    } else if (fate === "sent") {
      counts.lost++;
      burst++;
    } else counts[fate]++;
  }
  const extents = inTime.map(({ seq }, i) => {
    const j = inTime.findIndex((other) => other.seq > seq);
    return j >= 0 && j < i ? i - j : 0;
  });
  return {
    slots: highest - from + 1,
    received: received.size,
    ...counts,
    late,
    duplicate,
    reordered: extents.filter((extent) => extent > 0).length,
    bursts,
    longestBurst,
    maxExtent: Math.max(0, ...extents),
  } satisfies Sequence;
}

/** The first copies, in the order in which they came. */
export function firstCopies(arrivals: Arrival[]): Arrival[] {
  const seen = new Set<string>();
  return arrivals.filter(({ run, seq }) => {
    const name = `${run} ${seq}`;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** By nearest rank. */
export function percentileOf(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(percent / 100 * sorted.length - 1e-9) - 1)];
}

export function meanOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}

export function deviationOf(values: number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, us) => sum + (us - mean) ** 2, 0) / (values.length - 1));
}

/** RFC 3550 §6.4.1, in arrival order. */
export function jitterOf(dtsUs: number[]): number {
  let jitter = 0;
  for (let i = 1; i < dtsUs.length; i++) {
    jitter += (Math.abs(dtsUs[i] - dtsUs[i - 1]) - jitter) / 16;
  }
  return dtsUs.length > 1 ? jitter : NaN;
}

/** RFC 3393, for consecutive numbers of a run. */
export function ipdvOf(arrivals: Arrival[]): number[] {
  const dts = new Map(arrivals.map(({ run, seq, dtUs }) => [`${run} ${seq}`, dtUs]));
  return arrivals.flatMap(({ run, seq, dtUs }) => {
    const before = dts.get(`${run} ${seq - 1}`);
    return before === undefined ? [] : [Math.abs(dtUs - before)];
  });
}

/** How long no tick came, each time. */
export function stretchesOf(arrivals: Arrival[], endUs: number): number[] {
  const times = [...arrivals.map(({ monoUs }) => monoUs), endUs];
  return times.slice(1).map((us, n) => us - times[n]);
}

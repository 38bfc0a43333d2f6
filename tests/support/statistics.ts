/** Statistics made by hand, each one different, of which a test changes what it is about. */

import type { DelayStatistics } from "../../lib/stats/delay/histogram.ts";
import type { Outage } from "../../lib/stats/outages.ts";
import type { IntervalStatistics, PeerStatistics } from "../../lib/stats/peer/statistics.ts";
import type { Summary } from "../../lib/stats/summary.ts";
import type { WallUs } from "../../lib/time/clock.ts";
import { EPOCH_US } from "./simulation.ts";

export function delayFigures(changed: Partial<DelayStatistics> = {}): DelayStatistics {
  return {
    count: 9955,
    minUs: 100,
    meanUs: 350,
    deviationUs: 210,
    percentilesUs: { 50: 300, 90: 500, 99: 900, 99.9: 1900, 99.99: 2900 },
    max: { us: 3000, seq: 4711, atUs: EPOCH_US + 47_110_000 },
    beyond: 0,
    ...changed,
  };
}

const LONGER: Outage = {
  startUs: EPOCH_US + 12_340_000 as WallUs,
  endUs: EPOCH_US + 12_680_000 as WallUs,
  lengthUs: 340_000,
  missing: 33,
  unsent: 20,
  skipped: 5,
  cause: "peer's connection lost",
};
const SHORTER: Outage = {
  startUs: EPOCH_US + 50_000_000 as WallUs,
  endUs: EPOCH_US + 50_120_000 as WallUs,
  lengthUs: 120_000,
  missing: 5,
  unsent: 0,
  skipped: 0,
  cause: "lost on the way",
  via: ["127.0.0.1:4222", "127.0.0.1:4223"],
};

export function peerFigures(changed: Partial<PeerStatistics> = {}): PeerStatistics {
  return {
    subject: "app2_tick",
    run: "bbbbbbbb",
    runs: 1,
    sequence: {
      slots: 10_000,
      received: 9950,
      lost: 13,
      pending: 0,
      unread: 0,
      unsent: 20,
      skipped: 17,
      late: 4,
      duplicate: 5,
      reordered: 6,
      bursts: 3,
      longestBurst: { run: "bbbbbbbb", seq: 1234, length: 8 },
      maxExtent: 2,
      misreported: 0,
    },
    bare: 0,
    headerFaults: {},
    dt: delayFigures({ minUs: -249_900, meanUs: -249_650 }),
    delay: delayFigures(),
    delayRange: {
      maxBoundUs: 150,
      percentilesUs: { 50: [160, 440], 99: [760, 1040] },
      maxUs: [2850, 3150],
    },
    pdv: delayFigures({
      minUs: 0,
      meanUs: 250,
      deviationUs: 200,
      percentilesUs: { 50: 200, 90: 400, 99: 800, 99.9: 1800, 99.99: 2800 },
      max: { us: 2900, seq: 4711, atUs: EPOCH_US + 47_110_000 },
    }),
    unplaced: 0,
    stale: 7,
    duringStall: 0,
    replayed: 0,
    unaccounted: 0,
    implausibleTimes: 0,
    implausibleNumbers: 0,
    senders: 1,
    variation: { jitterUs: 120, pairs: 9940, ipdvMeanUs: 130, ipdvMaxUs: 2700 },
    clock: { offsetUs: 250_000, boundUs: 140, roundTripUs: 280 },
    drift: { state: "known", ppm: -21.5 },
    clockSteps: 0,
    clockContradictions: 0,
    outages: {
      count: 2,
      totalUs: 460_000,
      longest: LONGER,
      longestOfOthersUs: 340_000,
      longestOnes: [LONGER, SHORTER],
    },
    redelivered: 0,
    fromStore: 0,
    ratePerS: 99.5,
    peerRttUs: 180,
    receivedOfUs: {
      ...{ received: 9989, lost: 1, late: 0, duplicate: 2, reordered: 3 },
      asOfSeq: 9991,
    },
    lossRuns: [
      { run: "bbbbbbbb", seq: 17, lost: 1, slots: 1 },
      { run: "bbbbbbbb", seq: 1234, lost: 8, slots: 8 },
      { run: "bbbbbbbb", seq: 5000, lost: 4, slots: 29 },
    ],
    ...changed,
  };
}

/** A second of app2_tick. */
export function intervalFigures(changed: Partial<IntervalStatistics> = {}): IntervalStatistics {
  const { run, variation, clock, drift } = peerFigures();
  return {
    ...{ subject: "app2_tick", lengthUs: 1e6, of: "delay" },
    ...{ received: 100, lost: 2, unread: 0, unsent: 0, skipped: 0 },
    ...{ statistics: delayFigures(), dt: delayFigures() },
    ...{ longestGapUs: 10_000, longestOfOthersUs: 10_000 },
    atEnd: {
      ...{ run, variation, clock, drift, received: 1000 },
      ...{ late: 0, duplicate: 0, reordered: 0, outages: 0, outageUs: 0, reconnects: 0 },
      ...{ coveredUs: 1e6, everyUs: 1e6, isFirst: false },
    },
    ...changed,
  };
}

export function summary(changed: Partial<Summary> = {}): Summary {
  return {
    name: "app1",
    ranMs: 100_000,
    schedule: {
      run: "aaaaaaaa",
      intervalUs: 10_000,
      slots: 10_000,
      sent: 9970,
      unsent: 10,
      skipped: 20,
      timerError: delayFigures({ count: 9980, minUs: -4 }),
      stalls: 1,
      longestStallUs: 120_000,
    },
    rttUs: 160,
    clockSteps: 0,
    reconnects: { lost: 4, unresponsive: 0, moved: 1 },
    peers: [peerFigures()],
    rejected: {},
    ...changed,
  };
}

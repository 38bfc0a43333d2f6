/** A summary out of its JSON: the way back of lib/report/seconds.ts, so that the same code words both. */

import type { Outcome } from "../../expect.ts";
import type { DelayStatistics } from "../../stats/delay/histogram.ts";
import type { RangeStatistics } from "../../stats/delay/range.ts";
import type { ForgottenStatistics } from "../../stats/forgotten.ts";
import type { Joined } from "../../stats/joined.ts";
import type { Outage } from "../../stats/outages.ts";
import type { PeerStatistics } from "../../stats/peer/statistics.ts";
import type { ScheduleStatistics } from "../../stats/schedule.ts";
import type { Summary } from "../../stats/summary.ts";
import type { WallUs } from "../../time/clock.ts";
import type { JsonLine } from "./json_line.ts";

/** @param line that the schema has said yes to */
export function summaryOfJson(line: JsonLine): Summary {
  const { name, ran, schedule, rtt, own, clockSteps, reconnects, peers, rejected } = line;
  const { forgotten, leftUnread, server } = line;
  return known<Summary>({
    ...{ name, clockSteps, reconnects, rejected, server },
    ranMs: ran * 1000,
    schedule: scheduleOf(schedule),
    rttUs: us(rtt),
    ownUs: us(own),
    peers: peers.map(peerOf),
    forgotten: forgotten && forgottenOf(forgotten),
    leftUnread,
  });
}

function forgottenOf({ peers, sequence, withoutHeader, outages }: JsonLine): ForgottenStatistics {
  const { count, total } = outages;
  return { peers, sequence, bare: withoutHeader, outages: { count, totalUs: us(total) } };
}

export function outcomesOfJson({ expectations }: JsonLine): Outcome[] {
  return expectations.map(({ intervals, ...outcome }: JsonLine) => {
    if (!intervals) return outcome;
    const { length, failed, judged } = intervals;
    return { ...outcome, intervals: { lengthUs: us(length), failed, judged } };
  });
}

/** The times of all peers together. */
export function joinedOfJson(joined: JsonLine): Joined {
  return Object.fromEntries(
    Object.entries<JsonLine>(joined).map(([kind, { statistics, base, hdr }]) => [
      kind,
      { statistics: distributionOf(statistics), baseUs: us(base), hdr },
    ]),
  );
}

/** An outage of an event or of a summary. */
export function outageOfJson(outage: JsonLine): Outage {
  const { start, end, length, causes, missing, unsent, skipped, cause, seq, via } = outage;
  const { isUnread, isOpen, isUncounted } = outage;
  return known({
    startUs: us(start) as WallUs,
    endUs: us(end) as WallUs,
    lengthUs: us(length),
    ...{ missing, unsent, skipped, cause, seq, via, isUnread, isOpen, isUncounted },
    causes: causes?.map(({ cause, length }: JsonLine) => ({ cause, us: us(length) })),
  });
}

/** Without what isn't there: an absence and an `undefined` are not the same to those who look for a key. */
function known<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** JSON has whole microseconds; what isn't known is null there, or absent. */
function us(seconds: number): number;
function us(seconds: number | null | undefined): number | undefined;
function us(seconds: number | null | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  return seconds === null ? NaN : Math.round(seconds * 1e6);
}

function scheduleOf({ interval, timerError, longestStall, fates, ...counts }: JsonLine) {
  return known<ScheduleStatistics>({
    ...counts,
    intervalUs: us(interval),
    timerError: distributionOf(timerError),
    longestStallUs: us(longestStall),
    fates: fates && { ...fates, acknowledgedAfter: distributionOf(fates.acknowledgedAfter) },
  });
}

function peerOf(peer: JsonLine): PeerStatistics {
  const { withoutHeader, dt, delay, pdv, undisturbed, delayRange, variation, clock } = peer;
  const { outages, rate, ended, peerRtt, peerReceived, sequence, ...same } = peer;
  const { jitter, pairs, ipdvMean, ipdvMax } = variation;
  const { longestBurst } = sequence;
  return known<PeerStatistics>({
    ...same,
    sequence: longestBurst
      ? { ...sequence, longestBurst: { ...longestBurst, length: longestBurst.slots } }
      : sequence,
    bare: withoutHeader,
    dt: distributionOf(dt),
    delay: delay && distributionOf(delay),
    pdv: pdv && distributionOf(pdv),
    undisturbed: undisturbed && distributionOf(undisturbed),
    delayRange: delayRange && rangeOf(delayRange),
    variation: {
      pairs,
      jitterUs: us(jitter),
      ipdvMeanUs: us(ipdvMean),
      ipdvMaxUs: us(ipdvMax),
    },
    clock: clock && {
      offsetUs: us(clock.offset),
      boundUs: us(clock.bound),
      roundTripUs: us(clock.rtt),
    },
    outages: outagesOf(outages),
    ratePerS: rate ?? NaN,
    endedUs: us(ended),
    peerRttUs: us(peerRtt),
    receivedOfUs: peerReceived,
  });
}

function outagesOf({ count, total, longest, gap, longestOnes, open }: JsonLine) {
  return known<PeerStatistics["outages"]>({
    count,
    totalUs: us(total),
    longest: longest && outageOfJson(longest),
    longestOfOthersUs: us(gap) as number,
    longestOnes: longestOnes.map(outageOfJson),
    openUs: us(open),
  });
}

/** `p99_9` is 99.9; what was asked for by `--expect` is among them. */
function percentilesOf<T>(fields: JsonLine, of: (value: JsonLine) => T): Record<string, T> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => {
      const [, whole, decimals] = /^p(\d+)(?:_(\d+))?$/.exec(key) ?? [];
      return whole === undefined ? [] : [[decimals ? `${whole}.${decimals}` : whole, of(value)]];
    }),
  );
}

export function distributionOf(fields: JsonLine): DelayStatistics {
  const { count, min, mean, stdev, max, maxSeq = -1, maxAt = 0, beyond } = fields;
  return {
    ...{ count, beyond },
    minUs: us(min),
    meanUs: us(mean),
    deviationUs: us(stdev),
    percentilesUs: percentilesOf(fields, (value: number | null) => us(value) as number),
    max: { us: us(max), seq: maxSeq, atUs: us(maxAt) },
  };
}

function rangeOf({ maxBound, max, ...percentiles }: JsonLine): RangeStatistics {
  const both = ([from, to]: (number | null)[]) => [us(from), us(to)] as [number, number];
  return {
    maxBoundUs: us(maxBound),
    percentilesUs: percentilesOf(percentiles, both),
    maxUs: both(max),
  };
}

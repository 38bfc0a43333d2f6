/** The summary as a person reads it at a glance: at most 25 lines. */

import { durationText } from "../../text/duration.ts";
import { type DelayStatistics, PERCENTILES } from "../../stats/delay/histogram.ts";
import type { IntervalStatistics, PeerStatistics } from "../../stats/peer/statistics.ts";
import type { Summary } from "../../stats/summary.ts";
import { timeText } from "./event.ts";
import { fixed, signed } from "../../text/number.ts";
import { printable } from "../../text/printable.ts";

/** More peers than this, and each gets one line; more than that, and the rest is only counted. */
const MAX_LINES = 25;

export function summaryText(summary: Summary): string {
  const { peers } = summary;
  const lines = [...localLines(summary)];
  if (peers.length === 0) lines.push("received nothing");
  else if (peers.length === 1) lines.push(...peerLines(peers[0], summary));
  else {
    const room = MAX_LINES - lines.length - 2;
    lines.push(...peers.slice(0, room).map(peerLine));
    if (peers.length > room) lines.push(`… and ${peers.length - room} more subjects`);
  }
  const rejected = Object.entries(summary.rejected).map(([reason, count]) =>
    `${printable(reason)} ${count}`
  );
  if (rejected.length > 0) lines.push(row("rejected", rejected.join(", ")));
  return lines.join("\n");
}

/** All of it in one line, while it runs. */
export function snapshotText({ name, ranMs, schedule, peers }: Summary): string {
  const received = peers.map((peer) => {
    const { percentilesUs, max } = peer.delay ?? peer.dt;
    return `${printable(peer.subject)} received ${
      peer.sequence.received + peer.bare
    }, lost ${peer.sequence.lost}, ` +
      `${peer.delay ? "delay" : "dt"} p50 ${ms(percentilesUs["50"])}, max ${ms(max.us)} ms`;
  });
  return `${name} ${durationText(ranMs)}: sent ${schedule.sent}, unsent ${schedule.unsent}, ` +
    `skipped ${schedule.skipped}; ${received.join("; ") || "received nothing"}`;
}

/** What an interval was like for one peer. */
export function intervalText(
  { subject, of, received, lost, statistics }: IntervalStatistics,
): string {
  const { percentilesUs, max, count } = statistics;
  const delays = count > 0
    ? `${of} p50 ${ms(percentilesUs["50"])}  p99 ${ms(percentilesUs["99"])}  max ${ms(max.us)} ms`
    : "";
  return `${printable(subject)}  received ${received}  lost ${lost}  ${delays}`.trimEnd();
}

function* localLines({ name, ranMs, schedule, clockSteps }: Summary): Generator<string> {
  const { run, slots, sent, unsent, skipped, timerError, stalls, longestStallUs } = schedule;
  yield `--- ${name}: ${durationText(ranMs)}${run && `, run ${run}`} ---`;
  yield row("sent", `${sent} of ${slots} slots, unsent ${unsent}, skipped ${skipped}`);
  if (timerError.count > 0) {
    const { percentilesUs, max } = timerError;
    const longest = stalls > 0 ? `, the longest ${durationText(longestStallUs / 1000)}` : "";
    yield row(
      "timer error",
      `p50 ${ms(percentilesUs["50"])}  p99 ${ms(percentilesUs["99"])}  max ${ms(max.us)} ms; ` +
        `stalls ${stalls}${longest}`,
    );
  }
  if (clockSteps > 0) yield row("own clock", `stepped ${times(clockSteps)}`);
}

function* peerLines(peer: PeerStatistics, summary: Summary): Generator<string> {
  const { sequence: s, dt, delay, pdv, variation } = peer;
  const bare = peer.run === undefined;
  yield "";
  yield `${printable(peer.subject)}, ${bare ? "a bare peer" : `run ${peer.run}`}${
    peer.runs > 1 ? ` and ${peer.runs - 1} before` : ""
  }`;
  if (bare) {
    yield row("received", `${peer.bare}; no headers, so that losses and clock can't be told`);
    const odd = oddText(peer);
    if (odd) yield row("odd", odd);
  } else {
    yield row(
      "received",
      `${s.received} of ${s.slots} slots, lost ${s.lost}, unsent ${s.unsent}, skipped ${s.skipped}; ` +
        (Number.isNaN(peer.ratePerS) ? "" : `${peer.ratePerS.toFixed(2)} /s`),
    );
    yield row(
      "beside",
      `stale ${peer.stale}, late ${s.late}, duplicate ${s.duplicate}, ${reorderedText(s)}${
        peer.duringStall > 0 ? `, ${peer.duringStall} received during local stalls` : ""
      }`,
    );
    const odd = oddText(peer);
    if (odd) yield row("odd", odd);
    if (s.longestBurst) {
      const { length, seq } = s.longestBurst;
      yield row("lost", `in ${s.bursts} bursts, the longest ${length} from number ${seq} on`);
    }
  }
  const columns = ["min", "mean", "stdev", ...PERCENTILES.map((p) => `p${p}`), "max"];
  yield row("ms", columns.map((column) => column.padStart(8)).join(" "));
  yield row("dt", cells(dt, 0));
  if (delay) yield row("delay", cells(delay, 0));
  if (pdv) yield row("PDV", cells(pdv, 0));
  yield row(
    "variation",
    `jitter ${ms(variation.jitterUs)}` +
      (variation.pairs > 0
        ? `, IPDV mean ${ms(variation.ipdvMeanUs)}, max ${ms(variation.ipdvMaxUs)} ms`
        : " ms"),
  );
  const { max, count } = delay ?? dt;
  if (count > 0) {
    yield row("max was", `${max.seq >= 0 ? `number ${max.seq} ` : ""}at ${timeText(max.atUs)}`);
  }
  if (!bare) yield row("clock", clockText(peer));
  const path = pathText(peer, summary);
  if (path) yield row("path", path);
  yield row("gaps", outagesText(peer));
  if (peer.receivedOfUs) {
    const { received, lost, late, duplicate, reordered } = peer.receivedOfUs;
    yield row(
      "it received",
      `${received} of ours, lost ${lost}; late ${late}, duplicate ${duplicate}, reordered ${reordered}` +
        (received + lost > summary.schedule.slots ? "; misreported: there were not as many" : ""),
    );
  }
  const faults = Object.entries(peer.headerFaults).map(([fault, count]) => `${fault} ${count}`);
  if (faults.length > 0) yield row("headers", faults.join(", "));
}

function peerLine(peer: PeerStatistics): string {
  const { sequence, bare } = peer;
  const { percentilesUs, max } = peer.delay ?? peer.dt;
  return row(
    printable(peer.subject, 24),
    `received ${sequence.received + bare}, lost ${sequence.lost}, ${
      peer.delay ? "delay" : "dt"
    } p50 ${ms(percentilesUs["50"])}, p99 ${ms(percentilesUs["99"])}, max ${
      ms(max.us)
    } ms, gaps ${peer.outages.count}`,
  );
}

/** What doesn't come of a bus or of a clock, but of a sender. */
function oddText(peer: PeerStatistics): string {
  const counts = [
    ["bare", peer.run === undefined ? 0 : peer.bare],
    ["replayed", peer.replayed],
    ["implausible time", peer.implausibleTimes],
    ["implausible number", peer.implausibleNumbers],
    ["misreported", peer.sequence.misreported],
    ["senders", peer.senders > 1 ? peer.senders : 0],
  ] as const;
  return counts.filter(([, count]) => count > 0).map(([what, count]) => `${what} ${count}`)
    .join(", ");
}

function reorderedText({ reordered, maxExtent }: PeerStatistics["sequence"]): string {
  return `reordered ${reordered}${reordered > 0 ? ` by up to ${maxExtent}` : ""}`;
}

function clockText(
  { clock, drift, clockSteps, clockContradictions, unplaced }: PeerStatistics,
): string {
  const slewed = clockContradictions > 0
    ? `; slewed by more than 500 ppm ${times(clockContradictions)}`
    : "";
  const stepped = (clockSteps > 0 ? `; stepped ${times(clockSteps)}, dt since then` : "") + slewed;
  const without = unplaced > 0 ? `; ${unplaced} ticks without` : "";
  if (!clock) return `offset not known: no tick of ours was echoed${stepped}${without}`;
  const { offsetUs, boundUs, roundTripUs } = clock;
  const gains = drift.state === "known"
    ? `drift ${signed(drift.ppm, 2)} ppm`
    : `drift not known: ${drift.why}`;
  return `offset ${signed(offsetUs / 1000, 3)} ± ${ms(boundUs)} ms, round trip ${
    ms(roundTripUs)
  } ms, ` +
    `${gains}${stepped}${without}`;
}

/** Half of each end's round trip to the server: what the two ways take; the rest is server and programs. */
function pathText({ delay, peerRttUs }: PeerStatistics, { rttUs }: Summary): string | undefined {
  if (rttUs === undefined || peerRttUs === undefined) return undefined;
  const upUs = peerRttUs / 2;
  const downUs = rttUs / 2;
  const rest = delay ? `, the rest of p50 ${ms(delay.percentilesUs["50"] - upUs - downUs)}` : "";
  return `up ${ms(upUs)} (half its round trip to the server), down ${
    ms(downUs)
  } (half ours)${rest} ms`;
}

function outagesText({ outages: { count, totalUs, longest, openUs } }: PeerStatistics): string {
  const open = openUs === undefined ? "" : `; silent for ${durationText(openUs / 1000)} at the end`;
  if (!longest) return `0${open}`;
  const { lengthUs, startUs, cause, missing, unsent, skipped } = longest;
  const total = count > 0 ? ` (${durationText(totalUs / 1000)} in all)` : "";
  const cost = count > 0
    ? `: ${cause}; ${missing - unsent - skipped} lost, ${unsent} unsent, ${skipped} skipped`
    : "";
  return `${count}${total}, longest silence ${durationText(lengthUs / 1000)} at ${
    timeText(startUs)
  }${cost}${open}`;
}

function cells(statistics: DelayStatistics, floorUs: number): string {
  const { minUs, meanUs, deviationUs, percentilesUs, max } = statistics;
  const values = [minUs - floorUs, meanUs - floorUs, deviationUs];
  for (const percent of PERCENTILES) values.push(percentilesUs[percent] - floorUs);
  return [...values, max.us - floorUs].map((us) => ms(us).padStart(8)).join(" ");
}

function row(title: string, text: string): string {
  return `${title.padEnd(10)} ${text}`;
}

function ms(us: number): string {
  if (!Number.isFinite(us)) return "-"; // of no tick at all
  return fixed(us / 1000, 3);
}

function times(n: number): string {
  return n === 1 ? "once" : `${n} times`;
}

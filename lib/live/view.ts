/** The numbers of a page, worded by the same code as the summary in the terminal, so that both are the same. */

import type { Outcome } from "../expect.ts";
import type { PeerStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";
import { durationText } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import { shownBoundUs } from "../report/text/headline.ts";
import { ms, percentile, shareText } from "../report/text/layout.ts";
import { worstFirst } from "../report/text/peers.ts";
import { summaryText } from "../report/text/summary.ts";

/** A number with its name and what goes with it. */
export interface Tile {
  id: string;
  name: string;
  value: string;
  detail: string;
  isBad: boolean;
}

export interface PeerView {
  subject: string;
  /** The subject, for a person. */
  shown: string;
  tiles: Tile[];
  /** By our wall clock; what lasts is not among the outages of the plots. */
  openOutage?: { startUs: number; endUs: number; cause: string };
}

export interface View {
  name: string;
  /** Peers in the order in which they were first received. */
  peers: PeerView[];
  /** The summary as a terminal has it. */
  text: string;
}

/** Peers that a page has numbers of: the first ones, which have plots, and the worst of the others. */
const MAX_VIEWED = 64;

export function viewOf(summary: Summary, outcomes: Outcome[]): View {
  const { name } = summary;
  const peers = viewed(summary.peers, outcomes);
  return {
    name,
    peers: peers.map((peer) => ({
      subject: peer.subject,
      shown: printable(peer.subject),
      tiles: tilesOf(peer),
      openOutage: peer.outages.longestOnes.find(({ isOpen }) => isOpen),
    })),
    text: summaryText(summary, outcomes),
  };
}

function viewed(peers: PeerStatistics[], outcomes: Outcome[]): PeerStatistics[] {
  if (peers.length <= MAX_VIEWED) return peers;
  const shown = new Set(peers.slice(0, MAX_VIEWED / 2));
  for (const peer of worstFirst(peers, outcomes)) {
    if (shown.size === MAX_VIEWED) break;
    shown.add(peer);
  }
  return [...shown];
}

function tilesOf(peer: PeerStatistics): Tile[] {
  const { sequence: s, run, outages, delay, dt, clock, receivedOfUs, bare } = peer;
  const sent = s.received + s.lost + s.unread + s.pending;
  const shown = delay ?? dt;
  const of = delay ? "delay" : "dt";
  const bound = delay ? `ms, ± ${ms(shownBoundUs(peer), 2)}` : "ms, clock offset included";
  const { openUs, longest, count, totalUs } = outages;
  const tile = (id: string, name: string, value: string, detail: string, isBad = false): Tile => ({
    ...{ id, name, value, detail, isBad },
  });
  const loss = run === undefined ? tile("loss", "loss", "-", `received ${bare}, no header`) : tile(
    "loss",
    "loss",
    shareText(s.lost, sent),
    `${s.lost} of ${sent} sent, received ${s.received}`,
    s.lost > 0,
  );
  const outage = openUs === undefined
    ? count > 0
      ? `longest ${durationText(longest!.lengthUs / 1000)}, total ${durationText(totalUs / 1000)}`
      : longest
      ? `longest gap ${durationText(longest.lengthUs / 1000)}`
      : ""
    : `no ticks in the last ${durationText(openUs / 1000)}`;
  return [
    loss,
    tile("outages", "outages", String(count), outage, count > 0),
    tile("p50", `${of} p50`, percentile(shown, 50, 2), bound),
    tile("p99", `${of} p99`, percentile(shown, 99, 2), bound),
    tile("max", `${of} max`, ms(shown.max.us, 2), bound),
    clock
      ? tile("offset", "clock offset", ms(clock.offsetUs), `ms, ± ${ms(clock.boundUs)}`)
      : tile("offset", "clock offset", "-", "not known"),
    receivedOfUs
      ? tile(
        "back",
        "peer received",
        String(receivedOfUs.received),
        `of our ticks, ${receivedOfUs.lost} lost`,
        receivedOfUs.lost > 0,
      )
      : tile("back", "peer received", "-", "not reported"),
  ];
}

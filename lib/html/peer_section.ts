/** What a report says of one peer: numbers, plots, outages. */

import { causeText, timeText } from "../report/text/event.ts";
import type { OutageSpan } from "../live/spans.ts";
import type { Tile } from "../live/view.ts";
import { durationText } from "../text/duration.ts";
import { BAD, type Html, markup } from "./markup.ts";
import type { PeerReport } from "./run_report.ts";

/** @param at its index, by which its plots find it; @param rows of outages, at most */
export function peerSection(peer: PeerReport, at: number, rows: number): Html {
  return markup`
    <section class="peer" data-peer="${at}">
    <h2>${peer.shown}</h2>
    <div class="tiles">${peer.tiles.map(tile)}</div>
    ${peer.plot === undefined ? undefined : plots(peer.plot.of)}
    ${outageTable(peer.outages, rows)}
    </section>
  `;
}

function tile({ id, name, value, detail, isBad }: Tile): Html {
  return markup`
    <div class="tile tile-${id}"${
    isBad ? BAD : ""
  }><span>${name}</span><b>${value}</b><small>${detail}</small></div>
  `;
}

function plots(of: "delay" | "dt"): Html {
  const what = of === "delay" ? "one-way delay" : "dt, the clock offset in it";
  return markup`
    <div class="plot">
      <h3>${what}, ms <small>min, p50, p90, p99, max of each column; outages shaded, losses marked below</small></h3>
      <div class="delay"></div>
      <p class="under">&nbsp;</p>
    </div>
    <div class="plot if-offset" hidden>
      <h3>clock offset, ms <small>peer minus local; the true offset lies within the band</small></h3>
      <div class="offset"></div>
    </div>
    <div class="plot if-counts" hidden>
      <h3>${of} of the whole run, ms <small>how many up to each bound; both scales logarithmic</small></h3>
      <canvas class="histogram" height="140" role="img"
        aria-label="histogram of the ${of}"></canvas>
    </div>
  `;
}

function outageTable(outages: OutageSpan[], rows: number): Html | undefined {
  if (outages.length === 0) return undefined;
  const longest = new Set(outages.toSorted((a, b) => lengthUs(b) - lengthUs(a)).slice(0, rows));
  const shown = outages.filter((outage) => longest.has(outage));
  const less = outages.length - shown.length;
  return markup`
    <div class="plot">
      <h3>outages${
    less > 0
      ? markup`
          <small>the ${shown.length} longest of ${outages.length}</small>
        `
      : undefined
  }</h3>
      <table class="outages">
        <thead>
          <tr>
            <th>start (UTC)</th>
            <th>length</th>
            <th>missing</th>
            <th>cause</th>
          </tr>
        </thead>
        <tbody>
    ${shown.map(outageRow)}</tbody>
      </table>
    </div>
  `;
}

function lengthUs({ startUs, endUs }: OutageSpan): number {
  return endUs - startUs;
}

function outageRow(outage: OutageSpan): Html {
  const { startUs, count, totalUs, missing, isOpen } = outage;
  const length = durationText(totalUs / 1000);
  const several = count > 1
    ? ` in ${count} outages within ${durationText(lengthUs(outage) / 1000)}`
    : "";
  const open = isOpen ? ", until the end" : "";
  return markup`
    <tr>
      <td>${timeText(startUs).replace("T", " ").replace("Z", "")}</td>
      <td>${length}${several}${open}</td>
      <td>${missing}</td>
      <td>${causeText(outage)}</td>
    </tr>
  `;
}

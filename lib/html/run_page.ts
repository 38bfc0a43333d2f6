/** The report of a run as a page: figures as text, which needs no script, and plots. */

import { DELAY_BOUNDS_S } from "../report/exposition.ts";
import { timeText } from "../report/text/event.ts";
import type { Outcome } from "../expect.ts";
import { durationText } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import { documentOf } from "./document.ts";
import { BAD, type Html, markup } from "./markup.ts";
import { peerSection } from "./peer_section.ts";
import type { PeerReport, RunReport } from "./run_report.ts";

/** Rows for outages of all peers together; beyond them the longest are shown. */
const MAX_ROWS = 1024;
/** Peers beyond these are in the summary alone, where they are among the worst. */
const MAX_SECTIONS = 64;
/** Thresholds of many peers are many lines: those that failed come first. */
const MAX_OUTCOMES = 500;

export function runPage(report: RunReport): string {
  const { name, startS } = report;
  const peers = report.peers.slice(0, MAX_SECTIONS);
  const more = report.peers.length - peers.length;
  const rowsEach = Math.max(16, Math.floor(MAX_ROWS / Math.max(1, peers.length)));
  const body = markup`
    <header>
      <h1>${name}</h1>
      <span id="state"${report.isComplete ? "" : BAD}>${stateText(report)}</span>
      <nav><button id="log" aria-pressed="true" hidden>log</button><button id="theme" hidden>theme</button></nav>
    </header>
    <main>
    ${report.notes.map((note) => markup`<p class="note">${note}</p>`)}
    ${thresholds(report.outcomes)}
    ${peers.map((peer, at) => peerSection(peer, at, rowsEach))}
    ${more > 0 ? markup`<p>and ${more} more peers</p>` : undefined}
    ${summary(report)}
    ${details(report)}
    </main>
    <noscript><p class="note">The plots need JavaScript; all else is here without it.</p></noscript>
  `;
  return documentOf({ title: `${name} – tick report`, body, data: dataOf(peers, startS) });
}

/** What the plots need, as short as can be: there are thousands of columns. */
function dataOf(peers: PeerReport[], startS = 0) {
  return {
    startS,
    boundsS: DELAY_BOUNDS_S,
    peers: peers.map(({ plot, outages }) => ({
      ...plot,
      outages: outages.map(({ startUs, endUs, cause }) => ({ startUs, endUs, cause })),
    })),
  };
}

function stateText({ state, startS, asOfS }: RunReport): string {
  if (startS === undefined || asOfS === undefined) return state;
  const length = durationText(Math.max(0, asOfS - startS) * 1000);
  return `${state}; ${timeText(startS * 1e6)} to ${timeText(asOfS * 1e6)}, ${length}`;
}

function thresholds(outcomes: Outcome[]): Html | undefined {
  if (outcomes.length === 0) return undefined;
  const sorted = outcomes.toSorted((a, b) => Number(a.ok) - Number(b.ok));
  const more = sorted.length - MAX_OUTCOMES;
  return markup`
    <section class="plot" id="thresholds">
    <h2>thresholds</h2>
    <table><tbody>
    ${sorted.slice(0, MAX_OUTCOMES).map(outcomeRow)}
    </tbody></table>
    ${more > 0 ? markup`<p>and ${more} more, none worse than these</p>` : undefined}
    </section>
  `;
}

function outcomeRow({ ok, written, wanted, found, open, subject }: Outcome): Html {
  const unsure = open === undefined ? "" : ` (${open})`;
  return markup`
    <tr class="${ok ? "ok" : "fail"}">
      <td>${ok ? "ok" : "FAIL"}</td>
      <td>${written}</td>
      <td>${subject === undefined ? "" : printable(subject)}</td>
      <td>wanted ${wanted}, found ${found}${unsure}</td>
    </tr>
  `;
}

function summary({ text }: RunReport): Html | undefined {
  if (text === undefined) return undefined;
  return markup`
    <section class="plot">
      <h2>summary</h2>
      <pre id="summary">${text}</pre>
    </section>
  `;
}

function details({ options, versions }: RunReport): Html {
  const given = options &&
    Object.entries(options).map((
      [name, value],
    ): [string, string] => [`--${name}`, valueText(value)]);
  const rows = (pairs: [string, string][]) =>
    pairs.map(([name, value]) =>
      markup`
        <tr>
          <td>${name}</td>
          <td>${printable(value, 2000)}</td>
        </tr>
      `
    );
  return markup`
    <section class="plot" id="options"><h2>options <small>${
    given === undefined ? "not known" : given.length === 0 ? "none given" : "all others by default"
  }</small></h2>
    ${
    given && given.length > 0
      ? markup`
        <table>
          <tbody>${rows(given)}</tbody>
        </table>
      `
      : undefined
  }</section>
    <section class="plot" id="versions">
      <h2>versions</h2>
      <table>
        <tbody>${rows(versions.filter(([, version]) => version !== ""))}</tbody>
      </table>
    </section>
  `;
}

/** A switch has no value to be shown. */
function valueText(value: unknown): string {
  if (value === true) return "";
  return Array.isArray(value) ? value.join(" ") : String(value);
}

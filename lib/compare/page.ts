/** A comparison as a page in one file: the table, how far the rounds went apart, and what was left out. */

import config from "../../deno.json" with { type: "json" };
import { documentOf } from "../html/document.ts";
import { type Html, markup } from "../html/markup.ts";
import { timeText } from "../report/text/event.ts";
import { durationText } from "../text/duration.ts";
import { printable, withoutSecrets } from "../text/printable.ts";
import { type Results, type Row, rowsOf, shown } from "./table.ts";

export interface ComparisonPage {
  /** Of the buses that were measured. */
  results: Results;
  /** Why others were left out. */
  leftOut: Map<string, string>;
  restarted: boolean;
  rounds: number;
  durationMs: number;
  /** When it was made. */
  atUs: number;
}

export function comparisonPage(options: ComparisonPage): string {
  const { results, leftOut, restarted, atUs } = options;
  const rows = results.size > 0 ? rowsOf(results, restarted) : [];
  const names = [...results.keys()].map(shownName);
  const hasRanges = [...results.values()].some(({ length }) => length > 1);
  const body = markup`
    <header><h1>comparison</h1><span id="state">${timeText(atUs)}</span></header>
    <main>
    <p>${settingsText(options)}</p>
    ${
    [...leftOut].map(([name, reason]) =>
      markup`<p class="note">left out ${shownName(name)}: ${printable(withoutSecrets(reason))}</p>`
    )
  }
    ${rows.length > 0 ? medians(rows, names) : undefined}
    ${hasRanges ? ranges(rows, names) : undefined}
    <section class="plot"><h2>versions</h2><table><tbody><tr><td>tick</td><td>${config.version}</td></tr>
    <tr><td>Deno</td><td>${Deno.version.deno}</td></tr></tbody></table></section>
    </main>
  `;
  return documentOf({ title: "tick comparison", body });
}

function settingsText({ rounds, durationMs, restarted }: ComparisonPage): string {
  const each = `${rounds === 1 ? "one round" : `${rounds} rounds`} of ${durationText(durationMs)}`;
  const restart = restarted ? ", with a restart in the middle" : "";
  return `Both apps on one bus after another: ${each} on each bus${restart}. ` +
    "Of both directions the worse is shown, of rates the mean, of counts the sum.";
}

function shownName(name: string): string {
  return printable(withoutSecrets(name));
}

function medians(rows: Row[], names: string[]): Html {
  return markup`<section class="plot"><h2>medians <small>× is the ratio to the first; the best is named where its rounds were all better than all of the others</small></h2>
<div class="wide"><table class="columns" id="medians">${head(["median", ...names, "best"])}<tbody>
${rows.map((row) => medianRow(row, names))}</tbody></table></div></section>`;
}

function medianRow(row: Row, names: string[]): Html {
  const { verdict } = row;
  const best = "best" in verdict ? verdict.best : -1;
  return markup`<tr><td>${row.label}</td>${
    row.buses.map(({ spread, ratio }, at) => {
      const text = spread === undefined ? "-" : shown(row, spread.median);
      const times = ratio === undefined ? "" : ` ×${ratio.toFixed(2)}`;
      return markup`<td class="${at === best ? "best" : "other"}">${text}${times}</td>`;
    })
  }<td>${"best" in verdict ? names[verdict.best] : verdict.none}</td></tr>
`;
}

function ranges(rows: Row[], names: string[]): Html {
  return markup`<section class="plot"><h2>min–max of the rounds</h2>
<div class="wide"><table class="columns" id="ranges">${head(["min–max", ...names])}<tbody>
${
    rows.map((row) =>
      markup`<tr><td>${row.label}</td>${
        row.buses.map(({ spread }) =>
          markup`<td>${spread ? `${shown(row, spread.min)}–${shown(row, spread.max)}` : "-"}</td>`
        )
      }</tr>
`
    )
  }</tbody></table></div></section>`;
}

function head(titles: string[]): Html {
  return markup`<thead><tr>${titles.map((title) => markup`<th>${title}</th>`)}</tr></thead>`;
}

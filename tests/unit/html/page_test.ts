/** A page in one file: nothing that came from outside is more than text in it. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { jsonForScript, markup } from "../../../lib/html/markup.ts";
import { runPage } from "../../../lib/html/run_page.ts";
import type { RunReport } from "../../../lib/html/run_report.ts";
import { comparisonPage } from "../../../lib/compare/page.ts";
import { tableText } from "../../../lib/compare/table.ts";
import { spanOf } from "../../../lib/live/spans.ts";
import { viewOf } from "../../../lib/live/view.ts";
import { outcomesOf, readExpectation } from "../../../lib/expect.ts";
import { peerFigures, summary } from "../../support/statistics.ts";
import { EPOCH_US } from "../../support/simulation.ts";

const HOSTILE = [
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  "</script><script>alert(1)</script>",
  "<!--<script>",
  "'`${1}&lt;&amp;",
  "a\u202eb\u0000c\u2028d\nz",
  "]]></style></title><svg/onload=alert(1)>",
];

function report(name: string, more: Partial<RunReport> = {}): RunReport {
  const peer = peerFigures({ subject: name });
  const statistics = summary({ name, peers: [peer], rejected: { [name]: 1 } });
  const outcomes = [
    ...outcomesOf(["p99<5ms", "loss=0"].map(readExpectation), statistics),
    { written: name, subject: name, ok: false, wanted: name, found: name, open: name },
  ];
  const { text, peers } = viewOf(statistics, outcomes);
  const columns = [[3, 0.1, 0.2, 0.3, 0.4, 0.5, 1, 0.01, 0.2], [
    0,
    ...Array(5).fill(null),
    0,
    null,
    null,
  ]];
  return {
    ...{ name, text, outcomes, state: name, isComplete: false },
    ...{ startS: EPOCH_US / 1e6, asOfS: EPOCH_US / 1e6 + 100 },
    peers: peers.map(({ shown, tiles }) => ({
      ...{ shown, tiles, outages: peer.outages.longestOnes.map(spanOf) },
      plot: { of: "delay", counts: [1, 2, 3], tier: { widthS: 1, from: 0, columns } },
    })),
    options: { server: name, expect: [name, name], quiet: true },
    versions: [["tick", "0.1.0"], ["server", name]],
    notes: [name],
    ...more,
  };
}

/** What isn't escaped: the elements that a page has, by their names. */
function elementsOf(page: string): string[] {
  // The scripts and the style are what they are: see the hashes.
  const bare = page.replace(/(<(script|style)\b[^>]*>)[\s\S]*?<\/\2>/g, "$1");
  return [...bare.matchAll(/<([a-z!/][^\s>]*)/gi)].map(([, name]) => name).filter((name) =>
    !name.startsWith("/")
  );
}

for (const name of HOSTILE) {
  Deno.test(`${JSON.stringify(name)} is text wherever it is shown`, () => {
    const [page, plain] = [runPage(report(name)), runPage(report("name"))];
    assert.deepEqual(elementsOf(page), elementsOf(plain));
    assert.ok(!page.includes(name));
    // deno-lint-ignore no-control-regex -- they are what is looked for
    assert.doesNotMatch(page, /[\u0000\u202e]/);
  });
}

Deno.test("markup escapes all that is put into it but markup", () => {
  assert.equal(
    markup`<b>${`<&>"'`}${[1, markup`<i>`, undefined]}</b>`.text,
    "<b>&lt;&amp;&gt;&quot;&#39;1<i></b>",
  );
  assert.equal(markup`${"a\nb\x1b"}`.text, "a\nb\\u001b");
});

Deno.test("no text within JSON ends the script that it is in", () => {
  const value = { a: HOSTILE };
  const json = jsonForScript(value);
  assert.ok(!json.includes("<"));
  assert.deepEqual(JSON.parse(json), value);
});

Deno.test("the policy allows the page's own scripts and style, by their hashes, and nothing else", () => {
  const page = runPage(report("name"));
  const [, policy] = /http-equiv="content-security-policy" content="([^"]*)"/.exec(page)!;
  const hashes = (element: string) =>
    [...page.matchAll(new RegExp(`<${element}(?: type="module")?>([\\s\\S]*?)</${element}>`, "g"))]
      .map(
        ([, text]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
      );
  assert.equal(hashes("script").length, 2);
  assert.equal(
    policy.replaceAll("&#39;", "'"),
    `default-src 'none'; style-src ${hashes("style")}; script-src ${hashes("script").join(" ")}; ` +
      "img-src data:; base-uri 'none'; form-action 'none'",
  );
  assert.doesNotMatch(page, /\b(src|href)="(?!data:)|url\(|@import|\bimport\(/);
  assert.doesNotMatch(page.replace(/<script>[\s\S]*?<\/script>/, ""), /https?:/);
});

Deno.test("the page has every number of the summary, without any script", () => {
  const each = report("app1");
  const page = runPage(each).replace(/<script[\s\S]*?<\/script>/g, "");
  const text = page.replace(/<[^>]*>/g, " ").replaceAll("&gt;", ">").replaceAll("&lt;", "<")
    .replaceAll("&#39;", "'");
  assert.ok(text.includes(each.text!));
  for (const { value, detail } of each.peers[0].tiles) {
    assert.ok(text.includes(` ${value} `) && text.includes(detail), value);
  }
  assert.match(text, /FAIL\s+loss=0\s+app1\s+wanted = 0, found 13/);
  assert.match(text, /ok\s+p99<5ms/);
  assert.match(text, /340 ms\s+33\s+peer's connection lost/);
  assert.match(text, /--expect\s+app1 app1/);
});

Deno.test("of many outages the longest are shown, in the order of their time, and how many there were", () => {
  const [outage] = peerFigures().outages.longestOnes;
  const outages = Array.from({ length: 3000 }, (_, n) => {
    const lengthUs = 100_000 + (n * 7919) % 3000 * 1000;
    const startUs = EPOCH_US + n * 10e6;
    return spanOf({ ...outage, startUs, endUs: startUs + lengthUs, lengthUs } as typeof outage);
  });
  const one = report("app1");
  one.peers[0].outages = outages;
  const page = runPage(one);
  assert.match(page, /the 1024 longest of 3000/);
  const starts = [...page.matchAll(/<td>(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})</g)].map(([, at]) =>
    at
  );
  assert.equal(starts.length, 1024);
  assert.deepEqual(starts, starts.toSorted());
});

Deno.test("a run of which nothing but a peer is known is a page as well", () => {
  const bare = report("a", {
    ...{ text: undefined, outcomes: [], options: undefined, startS: undefined, asOfS: undefined },
    peers: [{ shown: "a", tiles: [], outages: [] }],
  });
  assert.match(runPage(bare), /<small>not known<\/small>/);
});

Deno.test("of very many peers some have a section, and the others are counted", () => {
  const peers = Array.from({ length: 1000 }, () => ({ shown: "a", tiles: [], outages: [] }));
  const page = runPage(report("a", { peers }));
  assert.equal(page.match(/<section class="peer"/g)!.length, 64);
  assert.match(page, /and 936 more peers/);
});

Deno.test("a comparison's page has the table's numbers, with names as text", () => {
  for (const name of ["b", ...HOSTILE]) {
    const results = new Map([
      ["a", [{ dtP50: 0.001 }, { dtP50: 0.002 }, { dtP50: 0.003 }]],
      [name, [{ dtP50: 0.004 }, { dtP50: 0.005 }, { dtP50: 0.006 }]],
    ]);
    const leftOut = new Map([[name, name]]);
    const page = comparisonPage({
      ...{ results, leftOut, restarted: true, rounds: 3, durationMs: 10_000, atUs: EPOCH_US },
    });
    const rows = (text: string) =>
      text.split(/\n/).map((row) => row.split("|").map((cell) => cell.trim()));
    const wanted = rows(tableText(results, true)).find(([, label]) => label === "dt p50, ms")!;
    const [, label, ...cells] = wanted.slice(0, -2);
    const shown = [label, ...cells].map((cell) => `<td[^>]*>${cell}</td>`).join("");
    assert.match(page, new RegExp(shown));
    assert.ok(name === "b" || !page.includes(name));
    assert.doesNotMatch(page, /<script|<img|<svg/);
    assert.match(page, /:root:not\(\[data-theme\]\) \{\s*color-scheme: dark;\s*--back: #/);
    assert.match(page, /longest outage, s/);
  }
});

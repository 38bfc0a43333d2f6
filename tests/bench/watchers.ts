/** Whoever shows a run: what each shows of it, worded alike, so that it can be compared. */

import { durationText } from "../../lib/text/duration.ts";
import { LEAVE } from "../../lib/live/terminal.ts";
import { ms, withoutColour } from "../../lib/report/text/layout.ts";
import { type Page, startChromium } from "../support/chromium.ts";
import type { OnTerminal } from "../support/on_terminal.ts";
import { queryUrl } from "../support/prometheus.ts";
import type { JsonObject } from "../support/pair.ts";

/** Each as the summary for a person has it; the last three to the microsecond, as JSON has them. */
export const NAMES = [
  ...["received", "lost", "outages", "longest", "total"],
  ...["delay p50", "delay p99", "delay max"],
  ...["outages, s", "delays", "delay mean, s"],
] as const;
export type Name = typeof NAMES[number];
/** What one doesn't show is left out. */
export type Figures = Partial<Record<Name, string>>;

export interface Watcher {
  name: string;
  read(): Promise<Figures>;
}

/** The peer that is watched. */
const SUBJECT = "app2_tick";

/** Of the line that `--json` ends with, and `/summary.json`. */
export function ofSummary({ peers }: JsonObject): Figures {
  const { sequence, outages, delay } = peers.find(
    ({ subject }: JsonObject) => subject === SUBJECT,
  );
  const percentile = (percent: number) =>
    delay.count * (100 - percent) >= 100 ? ms(delay[`p${percent}`] * 1e6, 2) : "-";
  const { count, longest, total } = outages;
  return {
    received: String(sequence.received),
    lost: String(sequence.lost),
    outages: String(count),
    ...count > 0 && {
      longest: durationText(longest.length * 1000),
      total: durationText(total * 1000),
    },
    "delay p50": percentile(50),
    "delay p99": percentile(99),
    "delay max": ms(delay.max * 1e6, 2),
    "outages, s": total.toFixed(6),
    delays: String(delay.count),
    "delay mean, s": delay.mean.toFixed(6),
  };
}

/** Of a summary as text, and of a frame of the terminal. */
export function ofText(text: string): Figures {
  // What has no room in its line goes on in the next.
  const joined = text.replace(/\n {11}(?=\S)/g, " ");
  const [, lost, received] = /^loss +(\d+) of \d+ sent.*received (\d+)/m.exec(joined) ?? [];
  const [, outages, longest, total] =
    /^outages +(none|\d+)(?:, longest ([^,]+), total ([^,\n]+))?/m.exec(joined) ?? [];
  const [, p50, p99, max] = /^delay +p50 (\S+) +p99 (\S+) +max (\S+) ms/m.exec(joined) ?? [];
  return {
    received,
    lost,
    outages: outages === "none" ? "0" : outages,
    ...longest && { longest, total },
    ...{ "delay p50": p50, "delay p99": p99, "delay max": max },
  };
}

/** Of a page's tiles, and its summary in words; what lasts stands in the tile in place of the longest and the total. */
export async function ofTiles(page: Page, prefix: "#tile-" | ".tile-", text: string) {
  const tile = (id: string) =>
    page.evaluate(
      `["b", "small"].map((each) => document.querySelector("${prefix}${id} " + each)?.textContent ?? "")`,
    );
  const [, loss] = await tile("loss");
  const [outages, lengths] = await tile("outages");
  const [, lost, received] = /^(\d+) of \d+ sent, received (\d+)$/.exec(loss) ?? [];
  const [, longest, total] = /^longest ([^,]+), total (.+)$/.exec(lengths) ?? [];
  const words = ofText(await page.evaluate(`document.querySelector("${text}")?.textContent ?? ""`));
  const figures: Figures = {
    ...{ received, lost, outages, longest, total },
    "delay p50": (await tile("p50"))[0],
    "delay p99": (await tile("p99"))[0],
    "delay max": (await tile("max"))[0],
  };
  for (const name of ["longest", "total"] as const) figures[name] ??= words[name];
  return figures;
}

export function pageWatcher(page: Page): Watcher {
  return { name: "page", read: () => ofTiles(page, "#tile-", "#summary") };
}

/** The next frame that is drawn. */
export function terminalWatcher(terminal: OnTerminal): Watcher & { frame(): Promise<string[]> } {
  const frame = () => terminal.frame("frame", () => true, terminal.script.out.items.length);
  return {
    name: "terminal",
    frame,
    read: async () => ofText(withoutColour((await frame()).join("\n"))),
  };
}

/** The last frame that was drawn, and what was written after it. */
export function ofEnd({ text }: OnTerminal): { frame: Figures; summary: string } {
  const [drawn, summary] = text().split(LEAVE).slice(-2).map((part) =>
    withoutColour(part).replaceAll("\r", "")
  );
  // What a frame begins with, what comes before each line, and after the last one.
  const last = drawn.split("\x1b[J").at(-2)!.split("\x1b[H").at(-1)!;
  return { frame: ofText(last.replaceAll("\x1b[K", "")), summary: summary.trim() };
}

/** Of its last scrape. */
export function prometheusWatcher(api: string): Watcher {
  async function value(written: string): Promise<number | undefined> {
    const { data } = await (await fetch(queryUrl(api, written))).json();
    const [first] = data.result;
    return first === undefined ? undefined : Number(first.value[1]);
  }
  const of = `{subject="${SUBJECT}"}`;
  const QUERIES: [Name, query: string, decimals: number][] = [
    ["received", `tick_received_total${of}`, 0],
    ["lost", `tick_lost_total${of}`, 0],
    ["outages", `tick_outages_total${of}`, 0],
    ["outages, s", `sum(tick_outage_seconds_total${of}) or tick_outages_total${of}`, 6],
    ["delays", `tick_delay_seconds_count${of}`, 0],
    ["delay mean, s", `tick_delay_seconds_sum${of} / tick_delay_seconds_count${of}`, 6],
  ];
  return {
    name: "Prometheus",
    async read() {
      const values = QUERIES.map(async ([name, query, decimals]) =>
        [name, (await value(query))?.toFixed(decimals)] as const
      );
      return Object.fromEntries(await Promise.all(values)) as Figures;
    },
  };
}

/** A report, opened from disk whenever it was written. */
export function reportWatcher(
  path: string,
  { chromium, profile }: { chromium: string; profile: string },
): Watcher & AsyncDisposable & { page(): Promise<Page> } {
  let [reader, writtenMs]: [Promise<Page> | undefined, number] = [undefined, 0];
  async function page(): Promise<Page> {
    const shown = await (reader ??= startChromium(chromium, profile));
    const { mtime } = await Deno.stat(path);
    if (mtime!.getTime() > writtenMs) await shown.open(`file://${path}`);
    writtenMs = mtime!.getTime();
    return shown;
  }
  return {
    name: "report",
    page,
    read: async () => await ofTiles(await page(), ".tile-", "pre"),
    async [Symbol.asyncDispose]() {
      await (await reader)?.[Symbol.asyncDispose]();
    },
  };
}

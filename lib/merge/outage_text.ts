/** The outages of each observer, the longest ones one a line. */

import { outageCells } from "../report/text/outages.ts";
import { type Style, table, TITLE_WIDTH } from "../report/text/layout.ts";
import { timeText } from "../report/text/event.ts";
import { durationText } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import type { Observer } from "./observer.ts";

const HEAD = ["start (UTC)", "length", "lost", "not sent", "missed", "cause", "via", "sender"];

/** With the observer's own run and time, as its outages are by its clock. */
export function* outageSections(observers: Observer[], { width }: Style): Generator<string> {
  for (const observer of observers) {
    const { file, name, run, atUs, ranMs, forgotten, outages } = observer;
    const { count, longestOnes } = outages;
    if (longestOnes.length === 0) continue;
    const who = run === "" ? name : `${name}, run ${run}`;
    const when = `${timeText(atUs - ranMs * 1000)}, ${durationText(ranMs)}`;
    yield* ["", `outages of ${printable(file)} (${printable(who)}; from ${when})`];
    const rows = longestOnes.toSorted((a, b) => a.outage.startUs - b.outage.startUs)
      .map(({ outage, subject }) => [...outageCells(outage, ranMs), printable(subject, 28)]);
    const indent = " ".repeat(TITLE_WIDTH);
    // Without via, where there is no room for it: that is in the JSON.
    const all = [HEAD, ...rows];
    const fits = (lines: string[]) => lines.every((line) => indent.length + line.length <= width);
    const whole = table(all, [0, 5, 6, 7]);
    const lines = fits(whole) ? whole : table(all.map((cells) => cells.toSpliced(6, 1)), [0, 5, 6]);
    for (const line of lines) yield indent + line;
    const more = count - longestOnes.length;
    // Of those that were forgotten only the sum is known.
    if (more > 0) yield `${indent}and ${more} more${forgotten > 0 ? "" : ", shorter than these"}`;
  }
}

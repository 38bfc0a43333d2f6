/** The observers side by side, a line each. */

import { ms, percentile, shareText, type Style, table } from "../report/text/layout.ts";
import { durationText } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import type { Observer } from "./observer.ts";

/** Left out first where the screen is narrow. */
const LESS_WANTED = ["ran", "total", "max", "senders"];

export function observerTable(observers: Observer[], { width }: Style): string[] {
  const head = ["observer", "ran", "senders", "received", "lost", "loss", "outages", "total"];
  const rows = observers.map(({ file, ranMs, senders, counts: c, outages, joined }) => {
    const shown = (joined.delay ?? joined.pdv)?.statistics;
    return [
      printable(file, 28),
      durationText(ranMs),
      ...[senders, c.received + c.bare, c.lost].map(String),
      shareText(c.lost, c.received + c.lost + c.unread + c.pending),
      String(outages.count),
      outages.count > 0 ? durationText(outages.totalUs / 1000) : "-",
      ...shown
        ? [percentile(shown, 50, 2), percentile(shown, 99, 2), ms(shown.max.us, 2)]
        : ["-", "-", "-"],
    ];
  });
  let all = [[...head, "p50 ms", "p99", "max"], ...rows];
  for (const title of LESS_WANTED) {
    if (table(all, [0])[0].length <= width) break;
    const left = all[0].indexOf(title);
    all = all.map((cells) => cells.toSpliced(left, 1));
  }
  const lines = table(all, [0]);
  const varies = observers.some(({ joined }) => !joined.delay && joined.pdv);
  return varies ? [...lines, "(PDV, where no clock offset is known)"] : lines;
}

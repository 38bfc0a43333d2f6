/** What goes where: stdout is data, as dt lines or JSON; stderr is for a person, events and statistics. */

import type { Clock } from "../time/clock.ts";
import type { Report } from "../exchange.ts";
import type { Outcome } from "../expect.ts";
import type { Joined } from "../stats/joined.ts";
import type { IntervalStatistics } from "../stats/peer/statistics.ts";
import type { Summary } from "../stats/summary.ts";
import { dtText } from "./text/dt.ts";
import { timeText } from "./text/event.ts";
import { eventJson, intervalJson, summaryJson, tickJson } from "./json.ts";
import { flushed, type LineWriter } from "./lines.ts";
import { printable } from "../text/printable.ts";
import { intervalTexts, snapshotText } from "./text/moment.ts";
import { ToldOutages } from "./text/told_outages.ts";
import { styleOf, summaryText } from "./text/summary.ts";
import { RateLimit, type Said } from "./text/rate_limit.ts";

/** Disposing of it says nothing more; what is held back is lost, unless the summary was shown. */
export interface Output extends Report, Disposable {
  /** All peers in each interval that is over: where they are many, the worst are named. */
  intervals(all: IntervalStatistics[]): void;
  snapshot(summary: Summary): void;
  /**
   * The end, which is the last thing on the screen.
   *
   * @param faults what of the output could not be written elsewhere
   * @returns whether all of the output was written
   */
  summary(summary: Summary, outcomes: Outcome[], faults: string[]): Promise<boolean>;
}

export interface OutputOptions {
  name: string;
  out: LineWriter;
  err: LineWriter;
  clock: Clock;
  digits: number;
  quiet: boolean;
  json: boolean;
  colour: boolean;
  /** Of the screen, where there is one. */
  columns?: number;
  manySubjects: boolean;
  /** The times of all peers together, which JSON has. */
  joined?: () => Promise<Joined>;
}

/** A reader that has stopped must not keep us; one that takes something so often is only slow, be its machine busy. */
const SETTLED_MS = 5000;

/** How often it is looked for what was held back for long enough. */
const HELD_CHECK_MS = 100;

export function output(options: OutputOptions): Output {
  const { name, out, err, clock, digits, quiet, json, colour, columns, manySubjects } = options;
  // Where several are received, each line names its own.
  const mark = (subject: string) => manySubjects ? `${printable(subject)} ` : "";
  const [dim, plain] = colour ? ["\x1b[2m", "\x1b[0m"] : ["", ""];
  const say = (atUs: number, text: string) =>
    err.line(`${dim}${timeText(atUs)}${plain} ${name}: ${text}`);
  const rateLimit = new RateLimit(clock);
  const told = new ToldOutages();
  const sayAll = (all: Said[]) => all.forEach(({ atUs, text }) => say(atUs, text));
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** What is held back is said as soon as it may be. */
  function sayLater() {
    if (timer !== undefined || !rateLimit.holds) return;
    timer = setTimeout(() => {
      timer = undefined;
      sayAll(rateLimit.due());
      sayLater();
    }, HELD_CHECK_MS);
  }

  return {
    tick(tick) {
      if (quiet) return;
      const { realUs, signUs } = tick;
      if (json) out.line(tickJson(tick));
      else out.line(`${mark(tick.subject)}dt = ${dtText(realUs, signUs, digits)}`);
    },
    event(event) {
      const atUs = clock.wallUs();
      if (json) out.line(eventJson(atUs, event));
      if (told.covers(event)) return;
      sayAll(rateLimit.add(event));
      sayLater();
    },
    intervals(all) {
      const atUs = clock.wallUs();
      if (json) { for (const each of all) out.line(intervalJson(atUs, each)); }
      for (const text of intervalTexts(all, (subject) => told.takeCauses(subject))) say(atUs, text);
    },
    snapshot(summary) {
      err.line(snapshotText(summary));
    },
    async summary(summary, outcomes, faults) {
      clearTimeout(timer);
      if (json) out.keep(summaryJson(clock.wallUs(), summary, outcomes, await options.joined?.()));
      const fault = await settled(out); // or else lines would come after it, on a screen or in a file that takes both
      const all = fault === undefined ? faults : [...faults, fault];
      sayAll(rateLimit.due({ all: true }));
      for (const each of all) say(clock.wallUs(), each);
      if (out.dropped > 0) {
        say(clock.wallUs(), `${out.dropped} lines of output dropped: nobody read them in time`);
      }
      err.line(summaryText(summary, outcomes, styleOf({ columns, colour })));
      return all.length === 0;
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}

/** Waits until all is written, or nobody reads; returns in words why it isn't. */
export async function settled(out: LineWriter): Promise<string | undefined> {
  await flushed(out, SETTLED_MS);
  const { failure, waiting } = out;
  if (failure) return `cannot write to stdout: ${failure.message}`;
  if (waiting === 0) return undefined;
  return `${waiting} lines of output were not read in time, the last ones among them`;
}

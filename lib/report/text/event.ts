/** What an event reads like. */

import { durationText } from "../../text/duration.ts";
import type { TickEvent } from "../../stats/events.ts";
import type { Outage } from "../../stats/outages.ts";
import { printable } from "../../text/printable.ts";
import { busEventText } from "./bus_event.ts";
import { ticksText, timesText } from "./layout.ts";
import { rejectedText } from "./rejections.ts";

/** One line for a person, without its time. */
export function eventText(event: TickEvent): string {
  switch (event.type) {
    case "no peer":
      return `no ticks on ${printable(event.subject)} for ${durationText(event.forMs)}; ` +
        "waiting for a peer";
    case "receiving":
      return `receiving ${printable(event.subject)} (${
        event.run === undefined ? "a peer that sends no header" : `run ${event.run}`
      })`;
    case "no ticks":
      return `no ticks on ${printable(event.subject)} for ${durationText(event.forMs)}`;
    case "receiving again":
      return `receiving ${printable(event.subject)} again after ${durationText(event.afterMs)}`;
    case "peer restarted":
      return `${printable(event.subject)}: peer restarted (${
        event.run === undefined ? "it sends no header now" : `run ${event.run}`
      }) after ${durationText(event.afterMs)}`;
    case "stale":
      return `stale tick on ${printable(event.subject)}: ${durationText(event.ageMs)} old`;
    case "peer ended":
      return `${printable(event.subject)}: peer ended (run ${event.run})`;
    case "peer clock stepped":
      return `${printable(event.subject)}: peer's clock stepped by about ${signedText(event.byMs)}`;
    case "clock contradiction":
      return `${printable(event.subject)}: local and peer's clock moved apart by ${
        durationText(event.byMs)
      } more than 500 ppm allow; offset re-estimated${timesText(event.count)}`;
    case "lost":
      return `${printable(event.subject)}: lost ${ticksText(event.length)} (${
        seqText(event.seq, event.length)
      })`;
    case "outage": {
      const { subject, lengthUs, missing, unsent, skipped } = event;
      const head = `${printable(subject)}: outage of ${durationText(lengthUs / 1000)} (${
        causeText(event)
      })`;
      if (event.isUncounted) return event.isOpen ? `${head}, until the end` : head;
      const counts = [
        `${missing - unsent - skipped} ${event.isUnread ? "not read in time" : "lost"}`,
        ...(unsent > 0 ? [`${unsent} not sent`] : []),
        ...(skipped > 0 ? [`${skipped} missed by the sender`] : []),
      ];
      return `${head}: ${counts.join(", ")}`;
    }
    case "forgotten": {
      const { subject, afterMs, received, lost } = event;
      return `${printable(subject)} forgotten after ${durationText(afterMs)} without a tick: ` +
        `received ${received}, lost ${lost}`;
    }
    case "several senders":
      return `two senders on ${printable(event.subject)}: runs ${event.runs.join(" and ")}`;
    case "header unused":
      return `${printable(event.subject)}: ${printable(event.reason)} (header ignored)${
        timesText(event.count)
      }`;
    case "replayed":
      return `${printable(event.subject)}: duplicate from an earlier session: seq ${event.seq} ` +
        `of run ${event.run}${timesText(event.count)}`;
    case "unaccounted":
      return `${printable(event.subject)}: ${
        ticksText(event.count)
      } of more than 16 runs at once not counted (the first of run ${event.run})`;
    case "own ticks":
      return `${printable(event.subject)}: local ticks received there, excluded`;
    case "implausible time":
      return `${printable(event.subject)}: implausible time, off by ${signedText(event.byMs)}; ` +
        `excluded from the statistics${timesText(event.count)}`;
    case "implausible number":
      return `${printable(event.subject)}: implausible seq ${event.seq} of run ${event.run}, ` +
        `not counted${timesText(event.count)}`;
    case "misreported":
      return `${printable(event.subject)}: inconsistent skip counts${
        event.run === undefined ? "" : ` from run ${event.run}`
      }${timesText(event.count)}`;
    case "clock stepped":
      return `local clock stepped by ${signedText(event.byMs)}`;
    case "stall":
      return `local event loop blocked for ${durationText(event.forMs)}`;
    case "threshold failed": {
      const failed = event.outcomes.map(({ written, found, open }) =>
        `${written} (found ${found}${open === undefined ? "" : `, ${open}`})`
      );
      return `${printable(event.subject)}: threshold failed in ${
        durationText(event.lengthUs / 1000)
      }: ${failed.join(", ")}`;
    }
    case "page":
      return `live page at ${printable(event.url)}`;
    case "no page":
      return `no live page at ${printable(event.address)}: ${printable(event.reason)}`;
    case "no report":
      return `no report in ${printable(event.path)} for now: ${printable(event.reason)}`;
    case "no screen":
      return `no screen, as ${printable(event.reason)}: printing lines`;
    case "plain timer":
      return `using a plain timer, exact to about 1 ms: ${printable(event.reason)}`;
    case "rejected":
      return rejectedText(event);
    default:
      return busEventText(event);
  }
}

/** The causes of an outage, with how long each lasted where there were several. */
export function causeText({ cause, causes }: Pick<Outage, "cause" | "causes">): string {
  if (!causes) return cause;
  return causes.map(({ cause, us }) => `${cause} ${durationText(us / 1000)}`).join(", ");
}

/** `seq 4278–4309`, or `seq 4278` where it is one. */
export function seqText(seq: number, length: number): string {
  return length > 1 ? `seq ${seq}–${seq + length - 1}` : `seq ${seq}`;
}

function signedText(ms: number): string {
  return `${ms < 0 ? "-" : "+"}${durationText(Math.abs(ms))}`;
}

/** The time an event is shown with: `2026-11-24T07:46:02.123Z`. */
export function timeText(wallUs: number): string {
  return new Date(Math.floor(wallUs / 1000)).toISOString();
}

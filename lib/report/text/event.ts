/** What an event reads like. */

import { durationText } from "../../text/duration.ts";
import type { TickEvent } from "../../stats/events.ts";
import { printable } from "../../text/printable.ts";

/** One line for a person, without its time. */
export function eventText(event: TickEvent): string {
  switch (event.type) {
    case "waiting":
      return `cannot reach a ${event.bus} server at ${printable(event.server)} ` +
        `(${printable(event.reason)}); retrying${event.hint ? `. ${event.hint}` : ""}`;
    case "connected": {
      const after = event.afterMs >= 1000 ? ` after ${durationText(event.afterMs)}` : "";
      return `connected to ${printable(event.server)}${after}`;
    }
    case "disconnected":
      return `connection to ${printable(event.server)} lost${
        event.reason === undefined ? "" : ` (${printable(event.reason)})`
      }; reconnecting`;
    case "unresponsive":
      return `${printable(event.server)} has not answered for ${durationText(event.forMs)}; ` +
        "reconnecting";
    case "reconnected":
      return `reconnected to ${printable(event.server)} in ${durationText(event.afterMs)}`;
    case "moved":
      return `switched to ${printable(event.server)}: ${printable(event.from)} is shutting down`;
    case "refused":
      return `${printable(event.server)} now rejects our connection: ${
        printable(event.reason)
      }; retrying`;
    case "denied":
      return event.operation === "publish"
        ? `not allowed to publish on ${printable(event.subject)} (${deniedText(event)}); ` +
          "ticks are not being sent"
        : `not allowed to subscribe to ${printable(event.subject)} (${deniedText(event)})`;
    case "allowed":
      return event.operation === "publish"
        ? `publishing on ${printable(event.subject)} is allowed again`
        : `subscribing to ${printable(event.subject)} is allowed again`;
    case "blocked":
      return `${printable(event.server)} takes nothing for now (${
        printable(event.reason)
      }); ticks are not being sent`;
    case "unblocked":
      return `${printable(event.server)} takes ticks again after ${durationText(event.afterMs)}`;
    case "header left out":
      return `ticks are sent without their header: ${printable(event.reason)}`;
    case "fault":
      return `fault: ${printable(event.reason)}`;
    case "receiving":
      return event.run === undefined
        ? `receiving ${printable(event.subject)}: a bare peer, which sends no sequence numbers`
        : `receiving ${printable(event.subject)}: run ${event.run}`;
    case "no ticks":
      return `${printable(event.subject)} silent for ${durationText(event.forMs)}`;
    case "receiving again":
      return `${printable(event.subject)} back after ${durationText(event.afterMs)}`;
    case "peer restarted":
      return `${printable(event.subject)} restarted: ${
        event.run === undefined ? "a bare peer" : `run ${event.run}`
      }, after ${durationText(event.afterMs)}`;
    case "stale":
      return `${printable(event.subject)} arrives stale: ${durationText(event.ageMs)} old`;
    case "peer ended":
      return `${printable(event.subject)} ended: run ${event.run}`;
    case "peer clock stepped":
      return `${printable(event.subject)}: its clock stepped by about ${signedText(event.byMs)}`;
    case "clock contradiction":
      return `${printable(event.subject)}: its clock and ours moved apart by ${
        durationText(event.byMs)
      } more than 500 ppm allow; offset re-estimated${timesText(event.count)}`;
    case "lost":
      return `${printable(event.subject)} lost ${event.length} from number ${event.seq} on`;
    case "outage": {
      const { subject, lengthUs, cause, missing, unsent, skipped } = event;
      return `${printable(subject)} dark for ${durationText(lengthUs / 1000)}: ${cause}; ` +
        `${missing - unsent - skipped} lost, ${unsent} unsent, ${skipped} skipped`;
    }
    case "several senders":
      return `two senders on ${printable(event.subject)}: runs ${event.runs.join(" and ")}`;
    case "header unused":
      return `${printable(event.subject)}: ${printable(event.reason)}, only the body used${
        timesText(event.count)
      }`;
    case "replayed":
      return `${printable(event.subject)} replayed number ${event.seq} of run ${event.run}${
        timesText(event.count)
      }`;
    case "implausible time":
      return `${printable(event.subject)}: implausible time, off by ${signedText(event.byMs)}; ` +
        `left out of the statistics${timesText(event.count)}`;
    case "implausible number":
      return `${printable(event.subject)}: implausible number ${event.seq} of run ${event.run}${
        timesText(event.count)
      }`;
    case "misreported":
      return `${printable(event.subject)}: what ${
        event.run === undefined ? "it" : `run ${event.run}`
      } says it left out doesn't add up${timesText(event.count)}`;
    case "clock stepped":
      return `our clock stepped by ${signedText(event.byMs)}`;
    case "stall":
      return `our own event loop stood still for ${durationText(event.forMs)}`;
    case "plain timer":
      return `using a plain timer, exact to about 1 ms: ${printable(event.reason)}`;
    case "rejected":
      return `rejected on ${printable(event.subject)}: ${printable(event.reason)}${
        timesText(event.count)
      }`;
  }
}

function deniedText({ reason = "permissions violation" }: { reason?: string }): string {
  return printable(reason);
}

function timesText(count: number): string {
  return count > 1 ? `, ${count} times` : "";
}

function signedText(ms: number): string {
  return `${ms < 0 ? "-" : "+"}${durationText(Math.abs(ms))}`;
}

/** The time an event is shown with: `2026-11-24T07:46:02.123Z`. */
export function timeText(wallUs: number): string {
  return new Date(Math.floor(wallUs / 1000)).toISOString();
}

/** What an event of a bus's connection or rights reads like. */

import type { BusEvent } from "../../bus/bus.ts";
import { durationText } from "../../text/duration.ts";
import { printable } from "../../text/printable.ts";
import { ticksText } from "./layout.ts";

/** One line for a person, without its time. */
export function busEventText(event: BusEvent): string {
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
    case "behind":
      return `reading is ${durationText(event.forMs)} behind ${printable(event.server)}`;
    case "caught up":
      return `caught up with ${printable(event.server)} after ${durationText(event.forMs)}`;
    case "unread":
      return `reading was ${durationText(event.forMs)} behind ${printable(event.server)}: ticks ` +
        "missing since then are not counted as lost, but as not read in time";
    case "left unread":
      return `ended with reading ${durationText(event.forMs)} behind ${printable(event.server)}: ` +
        "what was not read is in no count";
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
      return `${printable(event.server)} has blocked publishing (${
        printable(event.reason)
      }); ticks are not being sent`;
    case "unblocked":
      return `${printable(event.server)} accepts ticks again after ${durationText(event.afterMs)}`;
    case "header left out":
      return `ticks are sent without their header: ${printable(event.reason)}`;
    case "republished":
      return `published again what was unconfirmed: ${ticksText(event.count)}`;
    case "made":
      return `created ${printable(event.what)}`;
    case "fault":
      return `fault: ${printable(event.reason)}`;
  }
}

function deniedText({ reason = "permissions violation" }: { reason?: string }): string {
  return printable(reason);
}

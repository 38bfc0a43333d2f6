/** What is no tick of a peer, or could not be shown: as an event, and in the summary. */

import type { RejectEvent } from "../../stats/events.ts";
import { LOCAL_TICK, NOT_SHOWN, TOO_MANY_SUBJECTS } from "../../stats/rejections.ts";
import type { Summary } from "../../stats/summary.ts";
import { printable } from "../../text/printable.ts";
import { counts, row, type Style, ticksText, timesText } from "./layout.ts";

export function rejectedText({ subject: on, reason, count }: RejectEvent): string {
  const subject = printable(on);
  if (reason === NOT_SHOWN) return `${subject}: ${ticksText(count)} came too fast to be shown`;
  if (reason === TOO_MANY_SUBJECTS) {
    return `${subject}: beyond --peers, ${ticksText(count)} of such subjects not counted`;
  }
  return `malformed message on ${subject}: ${printable(reason)}${timesText(count)}`;
}

/** A row for each kind, where there is any of it. */
export function* rejectedRows(rejected: Summary["rejected"], style: Style): Generator<string> {
  const {
    [LOCAL_TICK]: local = 0,
    [TOO_MANY_SUBJECTS]: further = 0,
    [NOT_SHOWN]: notShown = 0,
    ...malformed
  } = rejected;
  const rows = {
    "malformed": counts(
      Object.entries(malformed).map(([reason, count]) => [count, printable(reason)]),
    ),
    "excluded": counts([
      [local, "local ticks, which are received too"],
      [further, "ticks on subjects beyond --peers"],
    ]),
    "not shown": counts([[notShown, "ticks that came too fast; they are counted"]]),
  };
  for (const [title, parts] of Object.entries(rows)) {
    if (parts.length > 0) yield row(title, parts, style);
  }
}

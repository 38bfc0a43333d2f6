/** The summary at the end, as a person reads it. */

import { durationText } from "../duration.ts";
import type { Facts } from "../stats/recorder.ts";
import { printable } from "./printable.ts";

export function summaryText(name: string, ranMs: number, facts: Facts): string {
  const { sent, unsent, skipped, peers, rejected } = facts;
  const lines = [
    `--- ${name}: ${durationText(ranMs)} ---`,
    `sent ${sent}, unsent ${unsent}, skipped ${skipped}`,
  ];
  if (peers.size === 0) lines.push("heard nothing");
  for (const { subject, heard, dtUs } of peers.values()) {
    const [least, mean, most] = [dtUs.least, dtUs.sum / heard, dtUs.most].map((us) =>
      (us / 1000).toFixed(3)
    );
    lines.push(
      `heard ${heard} on ${printable(subject)}, dt min/mean/max ${least}/${mean}/${most} ms`,
    );
  }
  for (const [reason, count] of rejected) lines.push(`rejected ${count}: ${printable(reason)}`);
  return lines.join("\n");
}

/**
 * Prometheus's text format, version 0.0.4. Written out here: prom-client's counters can only be counted up, while
 * all there is to report is counted already, and its default registry asks the system for more.
 */

import { escaped } from "../text/printable.ts";

/** Upper bounds of the buckets of the delay: 50 µs to 10 s. */
export const DELAY_BOUNDS_S: readonly number[] = [
  ...[0.00005, 0.0001, 0.0002, 0.0003, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075],
  ...[0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
];

export interface DelayCounts {
  /** How many each bucket alone holds, and one more for what is above all bounds. */
  readonly counts: readonly number[];
  readonly sumUs: number;
}

export type Sample = [labels: Record<string, string>, value: number, suffix?: string];
export type Type = "counter" | "gauge" | "histogram";

export function histogram(
  labels: Record<string, string>,
  { counts, sumUs }: DelayCounts,
): Sample[] {
  let count = 0;
  const buckets = counts.map((more, at): Sample => {
    count += more;
    return [{ ...labels, le: String(DELAY_BOUNDS_S[at] ?? "+Inf") }, count, "_bucket"];
  });
  return [...buckets, [labels, sumUs / 1e6, "_sum"], [labels, count, "_count"]];
}

/** Nothing at all where it has no sample. */
export function metric(type: Type, name: string, help: string, samples: Sample[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(([labels, value, suffix = ""]) =>
    `${name}${suffix}${labelsText(labels)} ${value}\n`
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelsText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) =>
    `${name}="${escaped(value).replace(/[\\"]/g, "\\$&")}"`
  );
  return pairs.length > 0 ? `{${pairs}}` : "";
}

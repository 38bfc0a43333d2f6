/** What one round says of a bus, out of the summaries of both apps. Times in seconds. */

import type { Line } from "./pair.ts";

/** Absent where it isn't known, or the bus doesn't say. */
export type Figures = Partial<Record<FigureName, number>>;

export type FigureName = (typeof ROWS)[number]["name"];

/** In the order of the table; whether less or more is better, for the verdict. */
export const ROWS = [
  { name: "rate", label: "rate, ticks/s", scale: 1, digits: 1, best: "max" },
  { name: "loss", label: "loss, % of sent", scale: 100, digits: 2, best: "min" },
  { name: "dtP50", label: "dt p50, ms", scale: 1e3, digits: 3, best: "min" },
  { name: "dtP99", label: "dt p99, ms", scale: 1e3, digits: 3, best: "min" },
  { name: "dtMax", label: "dt max, ms", scale: 1e3, digits: 3, best: "min" },
  { name: "delayP50", label: "delay p50, ms", scale: 1e3, digits: 3, best: "min" },
  { name: "delayP99", label: "delay p99, ms", scale: 1e3, digits: 3, best: "min" },
  { name: "delayMax", label: "delay max, ms", scale: 1e3, digits: 3, best: "min" },
  { name: "ackP50", label: "acknowledged after p50, ms", scale: 1e3, digits: 3, best: "min" },
  { name: "ackP99", label: "acknowledged after p99, ms", scale: 1e3, digits: 3, best: "min" },
  { name: "pdvP99", label: "PDV p99, ms", scale: 1e3, digits: 3, best: "min" },
  { name: "cpu", label: "CPU of the pair, % of a core", scale: 100, digits: 1, best: "min" },
  { name: "outage", label: "longest outage, s", scale: 1, digits: 2, best: "min" },
  { name: "lost", label: "lost", scale: 1, digits: 0, best: "min" },
  { name: "ackLost", label: "acknowledged and lost, min", scale: 1, digits: 0, best: "min" },
  { name: "ackLostMax", label: "acknowledged and lost, max", scale: 1, digits: 0, best: "min" },
  { name: "unsent", label: "unsent", scale: 1, digits: 0, best: "min" },
] as const;

/** Those that only a restart makes worth a row. */
export const RESTART_ROWS: readonly FigureName[] = [
  "outage",
  "lost",
  "ackLost",
  "ackLostMax",
  "unsent",
];

interface Spread {
  p50?: number;
  p99?: number;
  max?: number;
}

/** What is read of an app's summary; `schema.json` describes it. */
interface Summary {
  schedule: { unsent: number; fates?: { acknowledgedAfter?: Spread } };
  peers: {
    rate?: number;
    sequence: { received: number; lost: number };
    dt?: Spread;
    delay?: Spread;
    pdv?: Spread;
    acknowledgedLost?: { min: number; max?: number };
    outages: { longestOnes: { length: number }[] };
  }[];
}

/** Counts of both directions together, the mean of both rates, and of all else the worse direction. */
export function figuresOf(lines: Line[], cpu?: number): Figures {
  const summaries = lines as unknown as Summary[];
  const peers = summaries.flatMap(({ peers }) => peers);
  const fates = summaries.map(({ schedule }) => schedule.fates?.acknowledgedAfter);
  const sequences = peers.map(({ sequence }) => sequence);
  const lost = sum(sequences.map(({ lost }) => lost))!;
  const sent = lost + sum(sequences.map(({ received }) => received))!;
  const rates = sum(peers.map(({ rate }) => rate));
  const stored = peers.map(({ acknowledgedLost }) => acknowledgedLost);
  const figures: Figures = {
    rate: rates === undefined ? undefined : rates / peers.length,
    loss: sent > 0 ? lost / sent : undefined,
    dtP50: worst(peers.map(({ dt }) => dt?.p50)),
    dtP99: worst(peers.map(({ dt }) => dt?.p99)),
    dtMax: worst(peers.map(({ dt }) => dt?.max)),
    delayP50: worst(peers.map(({ delay }) => delay?.p50)),
    delayP99: worst(peers.map(({ delay }) => delay?.p99)),
    delayMax: worst(peers.map(({ delay }) => delay?.max)),
    ackP50: worst(fates.map((after) => after?.p50)),
    ackP99: worst(fates.map((after) => after?.p99)),
    pdvP99: worst(peers.map(({ pdv }) => pdv?.p99)),
    cpu,
    outage: Math.max(
      0,
      ...peers.flatMap(({ outages }) => outages.longestOnes.map(({ length }) => length)),
    ),
    lost,
    ackLost: sum(stored.map((range) => range?.min)),
    // Where no max is known, all that was lost may have been acknowledged.
    ackLostMax: sum(stored.map((range, i) => range && (range.max ?? sequences[i].lost))),
    unsent: sum(summaries.map(({ schedule }) => schedule.unsent)),
  };
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined));
}

function worst(values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => typeof value === "number");
  return known.length > 0 ? Math.max(...known) : undefined;
}

/** Of nothing, or of what isn't known of both, it isn't known. */
function sum(values: (number | undefined | null)[]): number | undefined {
  if (values.some((value) => typeof value !== "number")) return undefined;
  return (values as number[]).reduce((total, value) => total + value, 0);
}

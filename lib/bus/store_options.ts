/** The options of buses that store, which are the same for all of them. */

import { UsageError } from "../text/usage_error.ts";
import type { Start, SubscribeOptions } from "./bus.ts";
import type { OptionRow } from "./kind.ts";

export const STORE_ROWS: readonly OptionRow[] = [
  ["durable", "NAME", "have the server keep ticks under this name while the app is away", ""],
  [
    "start",
    "WHERE",
    "which stored ticks: new (none), last, all, or resume where NAME left off",
    "",
  ],
];

const STARTS: readonly string[] = ["new", "last", "all", "resume"] satisfies Start[];

/** @throws {UsageError} where one of them can't be used */
export function storeOptionsOf(
  { durable, start: written }: Readonly<Record<string, string | undefined>>,
): SubscribeOptions {
  const start = written ?? (durable === undefined ? "new" : "resume");
  if (!STARTS.includes(start)) {
    throw new UsageError(`--start: ${JSON.stringify(start)}; expected ${STARTS.join(", ")}`);
  }
  if (start === "resume" && durable === undefined) {
    throw new UsageError("--start resume needs --durable NAME: it goes on where that one left off");
  }
  if (durable !== undefined && !/^[\w.-]{1,64}$/.test(durable)) {
    throw new UsageError("--durable: expected 1 to 64 letters, digits, and _ . -");
  }
  return { durable, start: start as Start };
}

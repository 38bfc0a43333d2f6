/** What became of a message that the server didn't confirm. */

import type { Fate } from "../bus.ts";
import { CONNECTION_LOST } from "../republish.ts";
import { codeOf, wordsOf } from "./client.ts";

/** Codes of a channel that is closed for the very message. */
const REFUSED = ["ACCESS_REFUSED", "NOT_FOUND", "PRECONDITION_FAILED"];

/** @param error what the client says of it */
export function fateOf(error: unknown): Fate {
  const code = codeOf(error) ?? "";
  if (code === "NACK") return { type: "refused", reason: "a queue is full, or has failed" };
  if (REFUSED.includes(code)) return { type: "refused", reason: wordsOf(error) };
  return { type: "unconfirmed", reason: CONNECTION_LOST };
}

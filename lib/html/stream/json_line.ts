/** One line of an app's JSON, held against its schema. */

import { Ajv, type ErrorObject } from "ajv";
import schema from "../../report/schema.json" with { type: "json" };
import { printable } from "../../text/printable.ts";
import { UsageError } from "../../text/usage_error.ts";
import type { TextLine } from "./lines.ts";

// deno-lint-ignore no-explicit-any -- what the schema has said yes to
export type JsonLine = any;

const TYPES = ["tick", "event", "interval", "summary"] as const;

const ajv = new Ajv({ strict: false });
ajv.addSchema(schema, "lines");
const checks = Object.fromEntries(
  TYPES.map((type) => [type, ajv.compile({ $ref: `lines#/definitions/${type}` })]),
);

/**
 * Reads a line.
 *
 * @returns nothing where the stream was cut off within it
 * @throws {UsageError} with its number, where it is none of an app's
 */
export function readJsonLine({ number, text, isLast }: TextLine): JsonLine | undefined {
  let line: JsonLine;
  try {
    line = JSON.parse(text);
  } catch {
    if (isLast) return undefined;
    throw new UsageError(`line ${number} is not JSON: ${quotedStart(text)}`);
  }
  const type = line?.type;
  const check = TYPES.includes(type) ? checks[type] : undefined;
  if (!check) throw new UsageError(`line ${number} is no line of --json: ${quotedStart(text)}`);
  if (!check(line)) {
    throw new UsageError(`line ${number} is no ${type} of --json: ${faultText(check.errors!)}`);
  }
  if (!isInRange(line)) throw new UsageError(`line ${number} has a number out of range`);
  return line;
}

/** No date is beyond, in seconds; no count is, either. */
const MAX = 8.64e12;

function isInRange(value: unknown): boolean {
  if (typeof value === "number") return Math.abs(value) < MAX;
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(isInRange);
}

function faultText([{ instancePath, message }]: ErrorObject[]): string {
  return printable(`${instancePath || "it"} ${message}`);
}

function quotedStart(text: string): string {
  return printable(JSON.stringify(text.slice(0, 60)));
}

/** Options from a file, in JSON by their names. */

import { readFile } from "../files.ts";
import { quoted } from "../text/printable.ts";
import { UsageError } from "../text/usage_error.ts";
import { ROWS } from "./table.ts";

/** What a file can't say of itself, or isn't asked for by one. */
const NOT_IN_FILES = new Set(["config", "print-config", "completions", "help", "version"]);

/**
 * Reads a file of options as the arguments that they stand for: `{"interval": "20ms", "quiet": true}`.
 *
 * @throws {UsageError} where it can't be read, or has what is no option
 */
export async function configArgs(path: string): Promise<string[]> {
  const text = await readFile({ option: "--config", path });
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    // The parser's own words would quote the file.
    throw new UsageError(`--config: ${quoted(path)} is not JSON`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new UsageError(`--config: ${quoted(path)} holds no JSON object`);
  }
  return Object.entries(config).flatMap(([name, value]) => argsOf(name, value));
}

function argsOf(name: string, value: unknown): string[] {
  const row = ROWS.find(([option]) => option === name);
  if (!row || NOT_IN_FILES.has(name)) {
    throw new UsageError(`--config: unknown option ${quoted(name)}`);
  }
  const isSwitch = row[1] === "";
  if (isSwitch && typeof value === "boolean") return value ? [`--${name}`] : [];
  const values = Array.isArray(value) ? value : [value];
  if (isSwitch || !values.every((one) => ["string", "number"].includes(typeof one))) {
    const expected = isSwitch ? "true or false" : "a string, a number or a list of them";
    throw new UsageError(`--config: invalid value of ${quoted(name)}: use ${expected}`);
  }
  return values.map((one) => `--${name}=${one}`);
}

/** What was given, as a file of options would have it. */
export function configOf(given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    ROWS.map(([name]) => [name, given[name]] as const).filter(([name, value]) =>
      !NOT_IN_FILES.has(name) && value !== undefined && value !== false &&
      !(Array.isArray(value) && value.length === 0)
    ),
  );
}

export function configText(config: Record<string, unknown>): string {
  return JSON.stringify(config, null, 2);
}

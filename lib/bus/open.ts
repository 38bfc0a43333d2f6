/** Opens a bus by its URL: each scheme has its bus, and only the one in use is loaded. */

import { quoted } from "../text/printable.ts";
import { UsageError } from "../text/usage_error.ts";
import type { Bus } from "./bus.ts";
import type { Address, BusKind, BusOptions, OpenOptions, OptionRow } from "./kind.ts";
import { jetstream } from "./jetstream/kind.ts";
import { nats } from "./nats/kind.ts";
import { rabbitmq } from "./rabbitmq/kind.ts";
import { stan } from "./stan/kind.ts";

/** The first one is meant where a server is written without a scheme. */
const KINDS: readonly BusKind[] = [nats, jetstream, rabbitmq, stan];

/** A bus, and where it is. */
export interface Target {
  /** Which bus it is. */
  kind: BusKind;
  /** Where it is. */
  address: Address;
}

/** The options of all buses, each name once. */
export function busRows(): OptionRow[] {
  const rows = KINDS.flatMap(({ rows }) => rows);
  return [...new Map(rows.map((row) => [row[0], row])).values()];
}

/** What --help says of each bus. */
export function busHelp(): string[] {
  return KINDS.map(({ about }) => about);
}

/** What is taken where no server is given, as --help shows it; each bus has a variable of its own. */
export function fallbackText(): string {
  return `$${KINDS[0].urlVariable}, ${KINDS[0].fallback}`;
}

/** @throws {SyntaxError} where it is no server of a bus that there is; never quotes credentials */
export function readTarget(written: string): Target {
  const [, scheme] = /^\s*([a-z][a-z0-9+.-]*):\/\//i.exec(written) ?? [];
  const kind = scheme === undefined
    ? KINDS[0]
    : KINDS.find(({ schemes }) => schemes.includes(scheme.toLowerCase()));
  if (kind) return { kind, address: kind.readAddress(written) };
  // What comes behind the scheme may hold credentials.
  const known = KINDS.flatMap(({ schemes }) => schemes).map((name) => `${name}://`);
  const shown = written.includes("@") ? `${scheme}://…` : written;
  throw new SyntaxError(`invalid server ${quoted(shown)}: use ${known.join(", ")}`);
}

/**
 * What the environment or else the default names.
 *
 * @throws {UsageError} where a variable is set and can't be used
 */
export function defaultTarget(variable: (name: string) => string | undefined): Target {
  for (const { urlVariable } of KINDS) {
    const written = variable(urlVariable);
    if (!written) continue;
    try {
      return readTarget(written);
    } catch (error) {
      throw new UsageError(`${urlVariable}: ${(error as Error).message}`);
    }
  }
  const [kind] = KINDS;
  return { kind, address: kind.readAddress(kind.fallback) };
}

/**
 * Opens a bus; it connects by itself, for as long as it isn't disposed of.
 *
 * @throws {SyntaxError} where the URL is none
 * @throws {UsageError} where an option, a file or a variable can't be used
 */
export async function openBus(
  where: string | Target,
  options: BusOptions & Partial<OpenOptions>,
): Promise<Bus> {
  const { kind, address } = typeof where === "string" ? readTarget(where) : where;
  for (const [name, value] of Object.entries(options.values ?? {})) {
    if (value === undefined || kind.rows.some(([row]) => row === name)) continue;
    throw new UsageError(`--${name} is not for ${kind.schemes[0]}:// servers`);
  }
  const { variable = () => undefined } = options;
  const given = options.values ?? {};
  const values: Record<string, string | undefined> = {};
  const names: Record<string, string> = {};
  for (const [name, , , fallback] of kind.rows) {
    // The variable that a default names, like `$NATS_CA`.
    const standIn = fallback.startsWith("$") ? fallback.slice(1) : undefined;
    const isGiven = given[name] !== undefined || standIn === undefined;
    values[name] = isGiven ? given[name] : variable(standIn) || undefined;
    names[name] = isGiven ? `--${name}` : standIn;
  }
  const writtenAs = (name: string) => names[name];
  return await kind.open(address, { ...options, values, writtenAs, variable });
}

/**
 * The variables that a context of NATS's command line stands for, in place of those of the environment.
 *
 * @throws {UsageError} where it can't be read
 */
export async function contextVariables(
  name: string,
  variable: OpenOptions["variable"],
): Promise<OpenOptions["variable"]> {
  const { readContext } = await import("./nats/context.ts");
  return await readContext(name, variable);
}

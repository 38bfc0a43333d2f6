/** A context of the nats command line: what it says of a server stands for the variables of the environment. */

import { readFile } from "../../files.ts";
import { NotAllowed, UsageError } from "../../text/usage_error.ts";

type Variable = (name: string) => string | undefined;

/** Keys of a context's file, by the variables that they stand for. */
const KEYS: Record<string, string> = {
  NATS_URL: "url",
  NATS_USER: "user",
  NATS_PASSWORD: "password",
  NATS_TOKEN: "token",
  NATS_CREDS: "creds",
  NATS_NKEY: "nkey",
  NATS_CA: "ca",
  NATS_CERT: "cert",
  NATS_KEY: "key",
};
/** Those that hold a path. */
const PATHS = new Set(["creds", "nkey", "ca", "cert", "key"]);
const FOLDERS = ["XDG_CONFIG_HOME", "HOME"];

/**
 * Reads `$XDG_CONFIG_HOME/nats/context/NAME.json`, or else that in `~/.config`.
 *
 * @param name of the context
 * @param variable a variable of the environment, for all that isn't NATS's
 * @returns the variables with those of NATS as the context has them, and no others
 * @throws {UsageError} where it can't be read; never quotes what is in it
 */
export async function readContext(name: string, variable: Variable): Promise<Variable> {
  if (!/^[\w.-]{1,128}$/.test(name) || /^\.+$/.test(name)) {
    throw new UsageError("--context: invalid name: use up to 128 letters, digits, . _ -");
  }
  const [configHome, home] = await Promise.all(FOLDERS.map(async (folder) => {
    const { state } = await Deno.permissions.request({ name: "env", variable: folder });
    if (state === "granted") return variable(folder) || undefined;
    throw new NotAllowed(`--context: may not read the variable ${folder}`, { env: FOLDERS });
  }));
  if (configHome === undefined && home === undefined) {
    throw new UsageError("--context: neither XDG_CONFIG_HOME nor HOME is set");
  }
  const path = `${configHome ?? `${home}/.config`}/nats/context/${name}.json`;
  const context = parse(await readFile({ option: "--context", path }), path);
  const values = new Map(
    Object.entries(KEYS).map(([variable, key]) => [variable, valueOf(context, key, home)] as const),
  );
  if (values.get("NATS_URL")?.includes("@")) {
    throw new UsageError(
      `--context: the URL in ${
        JSON.stringify(path)
      } must not hold credentials; use its user and password`,
    );
  }
  return (name) => values.has(name) ? values.get(name) : variable(name);
}

function parse(text: string, path: string): Record<string, unknown> {
  let context: unknown;
  try {
    context = JSON.parse(text);
  } catch { /* the parser's own words would quote the file */ }
  if (typeof context === "object" && context !== null && !Array.isArray(context)) {
    return context as Record<string, unknown>;
  }
  throw new UsageError(`--context: ${JSON.stringify(path)} holds no JSON object`);
}

/** What isn't given is written as an empty text there. */
function valueOf(
  context: Record<string, unknown>,
  key: string,
  home: string | undefined,
): string | undefined {
  const value = context[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw new UsageError(`--context: its ${key} is not a text`);
  const isHome = PATHS.has(key) && home !== undefined && value.startsWith("~/");
  return isHome ? `${home}${value.slice(1)}` : value;
}

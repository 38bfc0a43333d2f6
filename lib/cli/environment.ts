/** Variables of the environment. */

import { UsageError } from "../text/usage_error.ts";

/**
 * A variable of the environment, where it is set and may be read.
 *
 * @throws {UsageError} where it is no text; never quotes it, as it may be a secret
 */
export function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  if (state !== "granted") return undefined;
  try {
    return Deno.env.get(name);
  } catch {
    throw new UsageError(`cannot read the variable ${name}: it is not valid UTF-8`);
  }
}

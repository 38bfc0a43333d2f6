/** Finds what we show a server. The password comes from the environment only, and is never printed. */

import { UsageError } from "../../text/usage_error.ts";

export interface Credentials {
  user: string;
  password: string;
  /** Whether they were given; else they are those that each server begins with, for loopback alone. */
  given: boolean;
}

/**
 * @param variable a variable of the environment, where it is set and may be read
 * @throws {UsageError} where one is set without the other
 */
export function readCredentials(
  variable: (name: string) => string | undefined,
): Credentials {
  const [user, password] = ["RABBITMQ_USER", "RABBITMQ_PASSWORD"]
    .map((name) => variable(name) || undefined);
  if (user === undefined && password === undefined) {
    return { user: "guest", password: "guest", given: false };
  }
  if (user === undefined) {
    throw new UsageError("RABBITMQ_PASSWORD is set, but RABBITMQ_USER is not");
  }
  if (password === undefined) {
    throw new UsageError("RABBITMQ_USER is set, but RABBITMQ_PASSWORD is not");
  }
  return { user, password, given: true };
}

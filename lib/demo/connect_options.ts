/** The options of CONNECT that make a difference to the stand-in. */

import { Violation } from "./stand_in_protocol.ts";

/** As they are before a client gives any. */
export const DEFAULT_OPTIONS = {
  /** Everything that succeeds is answered with +OK. */
  verbose: true,
  /** Subjects to publish on are checked. */
  pedantic: true,
  /** What a client publishes also goes to its own subscriptions. */
  echo: true,
  headers: false,
  /** A request that nobody can answer is answered with status 503. */
  no_responders: false,
  protocol: 0,
};

export type ConnectOptions = typeof DEFAULT_OPTIONS;

/**
 * Those options with the ones that are given.
 *
 * @param json a client's CONNECT without that word
 * @throws {Violation} where they can't be read or used
 */
export function readOptions(json: string, options: ConnectOptions): ConnectOptions {
  const read = { ...options, ...knownOptions(json) };
  if (read.protocol !== 0 && read.protocol !== 1) throw new Violation("invalid client protocol");
  if (read.no_responders && !read.headers) {
    throw new Violation("no responders requires headers support");
  }
  return read;
}

function knownOptions(json: string): Partial<ConnectOptions> {
  let given: unknown;
  try {
    given = JSON.parse(json) ?? {};
  } catch {
    throw new Violation();
  }
  if (typeof given !== "object" || Array.isArray(given)) throw new Violation();
  const known = Object.entries(given!).filter(([name, value]) =>
    Object.hasOwn(DEFAULT_OPTIONS, name) && value !== null
  );
  for (const [name, value] of known) {
    if (typeof value !== typeof DEFAULT_OPTIONS[name as keyof ConnectOptions]) {
      throw new Violation();
    }
  }
  return Object.fromEntries(known);
}

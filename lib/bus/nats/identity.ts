/** What a NATS server says of itself in its INFO. */

import type { ServerIdentity } from "../bus.ts";

/** As much of it as is kept: it may say anything. */
const MAX_LENGTH = 64;

/** @param info as the server sent it */
export function identityOf(info: object | undefined): ServerIdentity {
  const text = (key: string) => {
    const value: unknown = info && Reflect.get(info, key);
    return typeof value === "string" && value !== "" ? value.slice(0, MAX_LENGTH) : undefined;
  };
  const [version, name, cluster] = ["version", "server_name", "cluster"].map(text);
  return {
    ...(version === undefined ? {} : { product: `nats-server ${version}` }),
    ...(name === undefined ? {} : { name }),
    ...(cluster === undefined ? {} : { cluster }),
  };
}

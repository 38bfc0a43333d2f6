/** Buses as the apps open them. */

import type { Bus } from "../../lib/bus/bus.ts";
import { connectNats as connect, type NatsOptions as Options } from "../../lib/bus/nats/nats.ts";
import { TICK_HEADER } from "../../lib/wire.ts";

export type NatsOptions = Omit<Options, "headerName">;

/** Opens a NATS bus whose messages carry the tick header. */
export function connectNats(options: NatsOptions): Bus {
  return connect({ ...options, headerName: TICK_HEADER });
}

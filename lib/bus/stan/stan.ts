/** The NATS Streaming bus: a NATS connection, and a session with the streaming server behind it. */

import type { Bus, Start, SubscribeOptions } from "../bus.ts";
import type { Driver } from "../driver.ts";
import type { BusOptions } from "../kind.ts";
import { link } from "../link.ts";
import { onTopOf } from "../nats/on_top.ts";
import { natsDriver, type NatsDriverOptions } from "../nats/nats.ts";
import { StanLine } from "./connection.ts";
import { startSession } from "./session.ts";
import type { Position } from "./subscription.ts";

export interface StanDriverOptions extends NatsDriverOptions {
  cluster: string;
  start?: Start;
  durable?: string;
}

/** Opens a bus that keeps connected by itself, and known to the streaming server. */
export function connectStan(options: StanDriverOptions & BusOptions): Bus {
  return link(stanDriver(options), options);
}

export function stanDriver(options: StanDriverOptions): Driver {
  const core = natsDriver(options);
  const { cluster, name, headerName, durable, start = durable ? "resume" : "new" } = options;
  // What the server takes for one.
  const clientId = name.replace(/[^\w-]/g, "_").slice(0, 64);
  const positions = new WeakMap<SubscribeOptions, Position>();
  return {
    title: "NATS Streaming",
    hint: "Start one with `nats-streaming-server`",
    can: { acknowledges: true, stores: true, headers: true, wildcards: false },

    async connect(server, attempt) {
      const { onEvent, timeoutMs, signal } = attempt;
      const line = await core.connect(server, attempt);
      return await onTopOf(line, signal, async () => {
        const session = await startSession(line, { cluster, clientId, timeoutMs });
        return new StanLine({ session, headerName, start, durable, positions, onEvent });
      });
    },
  };
}

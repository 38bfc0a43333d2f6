/** The NATS bus: how a connection to one of its servers is made. */

import { type Clock, type Moment, momentOf, systemClock } from "../../time/clock.ts";
import { type Bus, BusRefusal } from "../bus.ts";
import { type Attempt, type Driver, ServerSaid } from "../driver.ts";
import type { BusOptions } from "../kind.ts";
import { link } from "../link.ts";
import { NatsLine } from "./connection.ts";
import { Backlog } from "./backlog.ts";
import { FloodGuard } from "./flood_guard.ts";
import { checkSeed, isSaid, login, type LoginOptions, refusalOf } from "./login.ts";
import { OtherProtocols } from "./other_protocol.ts";
import { TlsNames } from "./tls_names.ts";

export interface NatsOptions extends LoginOptions, BusOptions {
  /** host:port of each server, tried in this order; the others of a cluster are learned from it. */
  servers: string[];
}

/**
 * Opens a bus that connects by itself, now or as soon as a server answers, and again whenever the
 * connection is lost, for as long as it isn't disposed of.
 */
export function connectNats(options: NatsOptions): Bus {
  return link(natsDriver(options), options);
}

export interface NatsDriverOptions extends LoginOptions {
  /** host:port of the servers that were given. */
  servers: string[];
  headerName: string;
  clock?: Clock;
}

export interface NatsDriver extends Driver {
  connect(server: string, attempt: Attempt): Promise<NatsLine>;
}

export function natsDriver(given: NatsDriverOptions): NatsDriver {
  const options = { ...given };
  const { headerName, credentials, clock = systemClock } = options;
  const names = new TlsNames(options.servers);
  const others = new OtherProtocols();
  let isSeedChecked = false;

  return {
    title: "NATS",
    hint: "Start one with `nats-server`, or run `deno task demo`",
    can: { acknowledges: false, stores: false, headers: true, wildcards: true },

    async connect(server, { timeoutMs, signal, onEvent }: Attempt) {
      if (!options.keyOf && credentials && "seed" in credentials) {
        options.keyOf = (await import("./user_key.ts")).userKeys(); // loaded only where it is needed
      }
      if (!isSeedChecked) checkSeed(options);
      isSeedChecked = true;
      let arrived: Moment | undefined;
      const guard = new FloodGuard();
      let line: NatsLine | undefined = undefined;
      const backlog = new Backlog({
        clock,
        onBehind: (forMs) => onEvent({ type: "behind", forMs }),
        onCaughtUp: (forMs) => onEvent({ type: "caught up", forMs }),
        onDoubt: () => void line?.probe().catch(() => {}), // where it is closed, that is seen elsewhere
      });
      const loggingIn = login(options, {
        server,
        tlsName: names.of(server),
        timeoutMs,
        signal,
        onRead(bytes, waitedMs) {
          arrived = momentOf(clock);
          guard.read(bytes);
          backlog.read(bytes, waitedMs, arrived.monoUs);
        },
      });
      const nc = await others.unlessOther(loggingIn, server, signal).catch((error) => {
        loggingIn.then((nc) => nc.close(), () => {}); // it may still be under way, and of no use
        const refusal = refusalOf(error, options);
        if (refusal !== undefined) throw new BusRefusal(refusal);
        throw isSaid(error) ? new ServerSaid(error.message) : error;
      });
      line = new NatsLine(nc, {
        headerName,
        arrived: () => arrived,
        guard,
        backlog,
        refusalOf: (error) => refusalOf(error, options),
        onEvent(event) {
          if (event.type === "servers") names.learn(server, event.servers);
          onEvent(event);
        },
      });
      if (signal.aborted) line.close();
      return line;
    },
  };
}

/** The JetStream bus: a NATS connection, the streams that hold its subjects, and who reads them. */

import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type Bus, BusRefusal, type Start, type SubscribeOptions } from "../bus.ts";
import { type Attempt, type Driver, ServerSaid } from "../driver.ts";
import type { BusOptions } from "../kind.ts";
import { link } from "../link.ts";
import { onTopOf } from "../nats/on_top.ts";
import type { NatsLine } from "../nats/connection.ts";
import { natsDriver, type NatsDriverOptions } from "../nats/nats.ts";
import { JetStreamLine } from "./connection.ts";
import type { Position } from "./position.ts";
import { Streams } from "./streams.ts";
import { errorText, isDenied, isOff } from "./words.ts";

export interface JetStreamDriverOptions extends NatsDriverOptions {
  /** The stream to use or make; else whichever has the subject. */
  stream?: string;
  storage: "file" | "memory";
  start?: Start;
  durable?: string;
  /** What is to be published and subscribed to: its streams are there before anything is sent. */
  subjects?: readonly string[];
}

/** Opens a bus that keeps connected by itself, and finds or makes the streams it needs. */
export function connectJetStream(options: JetStreamDriverOptions & BusOptions): Bus {
  return link(jetStreamDriver(options), options);
}

export function jetStreamDriver(options: JetStreamDriverOptions): Driver {
  const core = natsDriver(options);
  const { headerName, durable, start = durable ? "resume" : "new" } = options;
  /** A server that lost them, as they were in memory, gets them again with the next connection. */
  const subjects = new Set(options.subjects);
  const positions = new WeakMap<SubscribeOptions, Map<string, Position>>();
  return {
    title: "JetStream",
    hint: "Start one with `nats-server -js`",
    can: { acknowledges: true, stores: true, headers: true, wildcards: true },

    async connect(server, attempt) {
      const { onEvent, timeoutMs, signal } = attempt;
      const line = await core.connect(server, attempt);
      return await onTopOf(line, signal, async () => {
        const api = { timeout: timeoutMs };
        const jsm = await jetstreamManager(line.client, { ...api, checkAPI: false });
        const streams = new Streams(jsm, {
          ...options,
          subjects,
          onMade: (name) => onEvent({ type: "made", what: `the stream ${name}` }),
        });
        await prepare(streams, subjects, attempt, line);
        const js = jetstream(line.client, api);
        return new JetStreamLine({
          line,
          js,
          jsm,
          streams,
          headerName,
          start,
          durable,
          positions,
          subjects,
          onEvent,
        });
      });
    },
  };
}

/** @throws {BusRefusal} where there is no JetStream, or no stream can be made */
async function prepare(
  streams: Streams,
  subjects: Iterable<string>,
  { signal }: Attempt,
  line: NatsLine,
) {
  try {
    for (const subject of subjects) await streams.of(subject);
  } catch (error) {
    // Who may not look may still publish and receive.
    if (isDenied(error) || signal.aborted) return;
    // A cluster is without JetStream until it has chosen a leader.
    if (isOff(error) && line.client.info?.cluster === undefined) {
      throw new BusRefusal(errorText(error));
    }
    throw new ServerSaid(errorText(error));
  }
}

/** A pair's end on nats-core and the transport that tick runs on: nats_core.ts HOST:PORT PUBLISH SUBSCRIBE INTERVAL_US */

import { connect } from "@nats-io/transport-deno";
import { systemClock as clock } from "../../../lib/time/clock.ts";
import { printDt, publish, server, subscribe, tick } from "./deno_tick.ts";

const connection = await connect({ servers: server });
connection.subscribe(subscribe, {
  callback(error, message) {
    const arrivedUs = clock.wallUs();
    if (error) throw error;
    printDt(message.string(), arrivedUs);
  },
});
await tick((body) => connection.publish(publish, body));

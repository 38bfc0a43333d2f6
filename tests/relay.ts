/** A relay on the bus itself: hears one subject and publishes on another what it decides to, headers and all. */

import { connect, type Msg } from "@nats-io/transport-deno";

/** What becomes of a tick: passed on so many times, or held back until the next one was passed on. */
export type Fate = "drop" | "pass" | "twice" | "swap";

export async function relay(
  address: string,
  from: string,
  to: string,
  fateOf: (seq: number) => Fate,
): Promise<AsyncDisposable> {
  const nc = await connect({ servers: address });
  let held: Msg | undefined;
  const pass = (message: Msg) => nc.publish(to, message.data, { headers: message.headers });
  nc.subscribe(from, {
    callback(error, message) {
      if (error) throw error;
      const seq = Number(/seq=(\d+)/.exec(message.headers!.get("Tick"))![1]);
      const fate = fateOf(seq);
      if (fate === "drop") return;
      if (fate === "swap") {
        held = message;
        return;
      }
      pass(message);
      if (fate === "twice") pass(message);
      if (held) pass(held);
      held = undefined;
    },
  });
  await nc.flush();
  return { [Symbol.asyncDispose]: () => nc.drain() };
}

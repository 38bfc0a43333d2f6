/** A relay on the bus itself: receives one subject and publishes on another what it decides to, headers and all. */

import { connect, type Msg } from "@nats-io/transport-deno";

/** What becomes of a tick: passed on so often, or held back until the next one is passed on: behind it, or before it. */
export type Fate = "drop" | "pass" | "twice" | "swap" | "hold";

export async function relay(
  address: string,
  from: string,
  to: string,
  fateOf: (seq: number) => Fate,
): Promise<AsyncDisposable> {
  const nc = await connect({ servers: address });
  const before: Msg[] = [];
  const behind: Msg[] = [];
  const pass = (message: Msg) => nc.publish(to, message.data, { headers: message.headers });
  nc.subscribe(from, {
    callback(error, message) {
      if (error) throw error;
      const seq = Number(/seq=(\d+)/.exec(message.headers!.get("Tick"))![1]);
      const fate = fateOf(seq);
      if (fate === "drop") return;
      if (fate === "hold") return void before.push(message);
      if (fate === "swap") return void behind.push(message);
      before.splice(0).forEach(pass);
      pass(message);
      if (fate === "twice") pass(message);
      behind.splice(0).forEach(pass);
    },
  });
  await nc.flush();
  return { [Symbol.asyncDispose]: () => nc.drain() };
}

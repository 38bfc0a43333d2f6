/** Two apps at a rate, ten thousand slots a second each way unless the argument says otherwise (an interval, like `1ms`). */

import { APP_FLAGS } from "../../lib/demo/app_flags.ts";
import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";

const [interval = "100us", duration = "60s"] = Deno.args;
const command = await findNatsServer();
if (!command) throw new Error("there is no nats-server");
await using server = await startNatsServer(command);

const summaries = await Promise.all([1, 2].map(async (n) => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", ...APP_FLAGS, new URL(`../../app${n}.ts`, import.meta.url).href],
      ...["--server", server.address, "--interval", interval, "--duration", duration],
      ...["--json", "--quiet"],
    ],
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1)!);
}));

for (const { name, schedule, peers: [peer] } of summaries) {
  const { received, lost, slots } = peer.sequence;
  const { percentilesUs, max } = peer.dt;
  console.log(
    `${name}: sent ${schedule.sent} of ${schedule.slots} slots, skipped ${schedule.skipped}; received ` +
      `${received} of ${slots}, lost ${lost}; dt p50 ${percentilesUs["50"]}, p99 ${
        percentilesUs["99"]
      }, ` +
      `max ${max.us} µs`,
  );
}

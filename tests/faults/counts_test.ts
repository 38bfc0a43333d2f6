/** Faults again and again: at the end both ends agree to the tick on what was sent, received and lost. */

import type { App } from "../support/app.ts";
import { startApp } from "../support/app.ts";
import { LONG } from "../support/long.ts";
import { freePort, needsRun, startServer } from "../support/nats_server.ts";
import {
  assertAccounts,
  assertAgreement,
  endPair,
  lasting,
  nextEvent,
  nextTick,
} from "../support/pair.ts";

interface Run {
  /** Kills the server and starts it again. */
  killServer(): Promise<void>;
  serverPid(): number;
  app1: App;
  app2: App;
}

async function stopped(pid: number, ms: number) {
  Deno.kill(pid, "SIGSTOP");
  await lasting(ms);
  Deno.kill(pid, "SIGCONT");
}

const FAULTS: Record<string, { times: number; fault(run: Run): Promise<void> }> = {
  "a server killed": { times: LONG ? 100 : 4, fault: ({ killServer }) => killServer() },
  "a server frozen": {
    times: LONG ? 30 : 3,
    fault: ({ serverPid }) => stopped(serverPid(), LONG ? 1000 : 600),
  },
  "app1 stopped": {
    times: LONG ? 30 : 3,
    fault: ({ app1 }) => stopped(app1.pid, LONG ? 1000 : 400),
  },
  "app2 stopped": {
    times: LONG ? 30 : 3,
    fault: ({ app2 }) => stopped(app2.pid, LONG ? 1000 : 400),
  },
};

for (const [what, { times, fault }] of Object.entries(FAULTS)) {
  Deno.test(`${what} ${times} times: both ends agree to the tick`, needsRun, async () => {
    const port = freePort();
    let server = await startServer(port);
    try {
      await using app1 = startApp("app1.ts", ["--server", server.address, "--json"]);
      await nextEvent(app1, "connected"); // so that it receives app2 from its first tick on
      await using app2 = startApp("app2.ts", ["--server", server.address, "--json"]);
      const apps = [app1, app2];
      await Promise.all(apps.map((app) => nextTick(app, { after: 50 })));
      const run: Run = {
        app1,
        app2,
        serverPid: () => server.pid,
        async killServer() {
          Deno.kill(server.pid, "SIGKILL");
          await server.ended;
          server = await startServer(port);
        },
      };
      for (let n = 0; n < times; n++) {
        await fault(run);
        const from = apps.map(({ out }) => out.items.length);
        await Promise.all(apps.map((app, i) => nextTick(app, { from: from[i], after: 20 })));
      }
      // All that was under way is received.
      const from = apps.map(({ out }) => out.items.length);
      await Promise.all(apps.map((app, i) => nextTick(app, { from: from[i], after: 50 })));
      const [one, two] = await endPair({ app1, app2 });
      assertAccounts([one, two]);
      assertAgreement(one, two);
      for (const { name, schedule, peers: [{ sequence }] } of [one, two]) {
        const { received, lost, unsent, skipped } = sequence;
        console.log(
          `${name}: sent ${schedule.sent} of ${schedule.slots}; received ${received}, ` +
            `lost ${lost}, unsent ${unsent}, skipped ${skipped}`,
        );
      }
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
}

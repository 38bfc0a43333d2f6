/** Programs that end with whoever started them. */

import { spawnTied } from "../../lib/demo/tied_process.ts";
import { needsRun } from "../support/nats_server.ts";

Deno.test(
  "kill() does nothing where a program has ended, and we haven't been told yet",
  needsRun,
  async () => {
    // With many that call it and little time to be told, some always call it in that moment; what they'd throw would
    // end this file.
    for (let program = 0; program < 10; program++) {
      const child = spawnTied("sleep", { args: ["0.05"], stdout: "null", stderr: "null" });
      const callers = Array.from({ length: 20 }, () => setInterval(() => child.kill("SIGCONT"), 1));
      const busy = setInterval(() => {
        const untilMs = performance.now() + 15;
        while (performance.now() < untilMs);
      }, 5);
      await child.status;
      [...callers, busy].forEach(clearInterval);
    }
  },
);

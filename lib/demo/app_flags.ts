/** What an app is run with. */

import config from "../../deno.json" with { type: "json" };

/** Those of the task, which reads: deno run FLAGS app1.ts */
export const APP_FLAGS: readonly string[] = config.tasks.app1.command.split(" ").slice(2, -1);

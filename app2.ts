import { run } from "./lib/cli.ts";

await run({ name: "app2", publish: "app2_tick", subscribe: "app1_tick" });

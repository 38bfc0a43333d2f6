import { run } from "./lib/cli.ts";

await run({ name: "app1", publish: "app1_tick", subscribe: "app2_tick" });

/** The stand-in as a process of its own, on the port that is given: prints its address, and serves until it is killed. */

import { startStandIn } from "../../lib/demo/stand_in.ts";

const server = startStandIn({ port: Number(Deno.args[0]) });
console.log(server.address);
await server.ended;

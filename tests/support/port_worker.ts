/** Names ports, as one of several who all begin to look for one at the same place. */

Math.random = () => 0.5;
const { freePort } = await import("../../lib/demo/free_port.ts");
(self as unknown as Worker).postMessage(Array.from({ length: 50 }, freePort));

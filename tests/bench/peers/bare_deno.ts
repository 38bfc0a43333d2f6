/** A pair's end on a socket of Deno's and nothing else: bare_deno.ts HOST:PORT PUBLISH SUBSCRIBE INTERVAL_US [SLEEPER] */

import { systemClock as clock } from "../../../lib/time/clock.ts";
import { printDt, publish, server, subscribe, tick } from "./deno_tick.ts";

const [hostname, port] = server.split(":");
const connection = await Deno.connect({ hostname, port: Number(port) });
connection.setNoDelay(true);
const encoder = new TextEncoder();

/** A tick is far shorter than what a socket takes at once. */
async function write(text: string) {
  await connection.write(encoder.encode(text));
}

/** Takes in whole messages; returns what is left. */
function takeIn(text: string, arrivedUs: number): string {
  for (let end; (end = text.indexOf("\r\n")) >= 0;) {
    let next = end + 2;
    if (text.startsWith("MSG ")) {
      const length = Number(text.slice(text.lastIndexOf(" ", end) + 1, end));
      if (text.length < next + length + 2) break;
      printDt(text.slice(next, next + length), arrivedUs);
      next += length + 2;
    } else if (text.startsWith("PING")) write("PONG\r\n");
    text = text.slice(next);
  }
  return text;
}

async function receive() {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(32_768);
  let text = "";
  for (let length; (length = await connection.read(buffer)) !== null;) {
    const arrivedUs = clock.wallUs();
    text = takeIn(text + decoder.decode(buffer.subarray(0, length)), arrivedUs);
  }
  throw new Error("the server has hung up");
}

await write(`CONNECT {"verbose":false,"pedantic":false}\r\nSUB ${subscribe} 1\r\n`);
await Promise.all([
  receive(),
  tick((body) => write(`PUB ${publish} ${body.length}\r\n${body}\r\n`)),
]);

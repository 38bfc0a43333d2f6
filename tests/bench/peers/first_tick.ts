/** Connects and publishes one tick, by the shortest way there is: first_tick.ts HOST:PORT PUBLISH */

const [server, publish] = Deno.args;
const [hostname, port] = server.split(":");
const connection = await Deno.connect({ hostname, port: Number(port) });
connection.setNoDelay(true);
const body = (Number(Temporal.Now.instant().epochNanoseconds / 1000n) / 1e6).toFixed(6);
await connection.write(
  new TextEncoder().encode(
    `CONNECT {"verbose":false}\r\nPUB ${publish} ${body.length}\r\n${body}\r\n`,
  ),
);
await connection.read(new Uint8Array(4096)); // or else closing resets the connection before the server has read it

/**
 * How many bytes a tick takes on its way: senders and an observer of a fleet, each behind a tap that counts the frames
 * of the protocol, at several intervals; what TCP and IP add is not in it. Also what a sender costs its machine, and a
 * connection the server. Linux only.
 *
 *     deno run -A tests/bench/wire_bytes.ts [--senders N] [--seconds S] [--json]
 */

import { parseArgs } from "@std/cli/parse-args";
import config from "../../deno.json" with { type: "json" };
import { findNatsServer, startNatsServer } from "../../lib/demo/nats_server.ts";
import { readDurationUs } from "../../lib/text/duration.ts";
import { Frames, type Kind } from "./frames.ts";
import { buildSenders } from "./peers.ts";
import { costOf, cpuMsBetween, endWithUs, type Program, start } from "./process.ts";
import { grid } from "./table.ts";
import { tap } from "./tap.ts";
import { until, wait } from "./wait.ts";

const given = parseArgs(Deno.args, {
  string: ["senders", "seconds"],
  boolean: ["json"],
  default: { senders: "100", seconds: "20" },
});
const [SENDERS, SECONDS] = [Number(given.senders), Number(given.seconds)];
const ROOT = new URL("../..", import.meta.url).pathname;
const OBSERVER = "observer.a";
const CONNECTIONS = 1000;
/** Of a sender alone no one echoes, so that its ticks are the shortest there are. */
const ROWS: { sender: string; observer?: string }[] = [
  { sender: "10ms" },
  { sender: "10ms", observer: "10ms" },
  { sender: "10ms", observer: "1s" },
  { sender: "1s", observer: "1s" },
];

/** As the tasks run them, without what they print. */
function app(server: string, publish: string, subscribe: string, interval: string): Program {
  const flags = config.tasks["app1:many"].command.split(" ").slice(2, -1);
  const options = ["--publish", publish, "--subscribe", subscribe, "--interval", interval];
  const command = [Deno.execPath(), "run", "--quiet", ...flags, "app1.ts", "--server", server];
  return start([...command, ...options, "--quiet", "--json"], ROOT, 4096);
}

const isConnected = ({ output }: Program) =>
  until("app", () => output.some(({ text }) => text.includes('"event":"connected"')));

interface Row {
  sender: string;
  observer: string;
  of: string;
  frame: Kind;
  /** A second, of one end. */
  frames: number;
  bytes: number;
  /** Bytes of a frame with no echo in it, and with one or several. */
  plain?: number;
  echoing?: number;
}

/** One sender of tick's own and one observer, each behind a tap, among as many senders as are asked for. */
async function measure(
  generator: string,
  server: string,
  { sender, observer }: typeof ROWS[number],
): Promise<Row[]> {
  const [sent, observed] = [new Frames(), new Frames()];
  await using senderTap = tap(server, sent);
  await using observerTap = tap(server, observed);
  await using watching = app(
    observerTap.address,
    observer ? OBSERVER : "observer.unknown",
    "*",
    observer ?? "10ms",
  );
  await isConnected(watching);
  const joined = String(SENDERS - 1);
  const runS = String(SECONDS + 600);
  await using crowd = start([
    generator,
    ...[server, joined, String(readDurationUs(observer ? sender : "1s")), runS, OBSERVER],
  ]);
  await using one = app(senderTap.address, "ticks-web-0001", OBSERVER, sender);
  await isConnected(one);
  // The first 64 ticks are echoed more often than those after them.
  await wait(70 * Math.max(readDurationUs(sender), readDurationUs(observer ?? "0ms")) / 1e6);
  for (const frames of [sent, observed]) frames.reset();
  const [before, fromMs] = [await costOf(one.pid), performance.now()];
  await wait(SECONDS);
  const [after, seconds] = [await costOf(one.pid), (performance.now() - fromMs) / 1000];
  console.error(
    `a sender every ${sender}, observer ${observer ?? "-"}: ` +
      `${(cpuMsBetween(before, after) / seconds / 10).toFixed(2)} % of a core, ` +
      `${after.rssMb.toFixed(0)} MB`,
  );
  const rows = [
    ...rowsOf("sender", sent, seconds),
    ...rowsOf("observer", observed, seconds),
  ].map((row) => ({ sender, observer: observer ?? "-", ...row }));
  await Promise.all([one, watching, crowd].map((program) => program.end()));
  return rows;
}

function rowsOf(of: string, frames: Frames, seconds: number) {
  const mean = ({ count, bytes }: { count: number; bytes: number }) =>
    count === 0 ? undefined : bytes / count;
  return [...frames.kinds].map(([frame, { plain, echoing }]) => ({
    ...{ of, frame, plain: mean(plain), echoing: mean(echoing) },
    frames: (plain.count + echoing.count) / seconds,
    bytes: (plain.bytes + echoing.bytes) / seconds,
  }));
}

/** With a subscription each, and nothing that comes on it: KB of the server's memory. */
async function connectionKb(server: string, pid: number): Promise<number> {
  const [hostname, port] = server.split(":");
  const before = await costOf(pid);
  const all = [];
  for (let n = 0; n < CONNECTIONS; n++) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    all.push(connection);
    const hello = `CONNECT {"verbose":false,"headers":true}\r\nSUB ${OBSERVER} 1\r\nPING\r\n`;
    await connection.write(new TextEncoder().encode(hello));
    const bytes = new Uint8Array(4096);
    for (let text = ""; !text.includes("PONG");) {
      const length = await connection.read(bytes);
      text += new TextDecoder().decode(bytes.subarray(0, length ?? 0));
      if (length === null) throw new Error("the server closed a connection");
    }
  }
  const { rssMb } = await costOf(pid);
  for (const connection of all) connection.close();
  return (rssMb - before.rssMb) * 1024 / CONNECTIONS;
}

const command = await findNatsServer();
if (!command) throw new Error("there is no nats-server");
const scratch = await Deno.makeTempDir();
try {
  const generator = await buildSenders(scratch);
  const rows: Row[] = [];
  for (const row of ROWS) {
    await using server = await startNatsServer(command);
    endWithUs(server.pid);
    rows.push(...await measure(generator, server.address, row));
  }
  {
    await using server = await startNatsServer(command);
    endWithUs(server.pid);
    const kb = await connectionKb(server.address, server.pid);
    console.error(`${CONNECTIONS} connections: ${kb.toFixed(0)} KB of the server's memory each`);
  }
  if (given.json) console.log(JSON.stringify(rows));
  else console.log(tableText(rows));
} finally {
  await Deno.remove(scratch, { recursive: true });
}

function tableText(rows: Row[]): string {
  const heads = ["sender", "observer", "of the", "frame", "frames/s", "bytes/s"];
  const whole = (value: number | undefined) => value === undefined ? "-" : value.toFixed(0);
  return grid([
    [...heads, "bytes, no echo", "bytes, echo"],
    ...rows.map(({ sender, observer, of, frame, frames, bytes, plain, echoing }) => [
      ...[sender, observer, of, frame, frames.toFixed(1), whole(bytes)],
      ...[whole(plain), whole(echoing)],
    ]),
  ]);
}

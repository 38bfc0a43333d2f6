/** Nothing from the bus reaches a terminal raw: through the app itself, as a process. */

import assert from "node:assert/strict";
import { isPrintable } from "../../lib/text/printable.ts";
import { type App, startApp } from "../support/app.ts";
import { barePeer } from "../support/bare_peer.ts";
import { broker, needsRun } from "../support/nats_server.ts";

/** Parts of a subject that would do something to a terminal, and how each is shown. */
const HOSTILE = [
  ["clear-\x1b[2J", "clear-\\u001b[2J"],
  ["title-\x1b]0;owned\x07", "title-\\u001b]0;owned\\u0007"],
  ["csi-\x9b31m", "csi-\\u009b31m"],
  ["back-\b\b\b", "back-\\u0008\\u0008\\u0008"],
  ["del-\x7f", "del-\\u007f"],
  ["rtl-\u202egpj.exe", "rtl-\\u202egpj.exe"],
  ["isolate-\u2066x\u2069", "isolate-\\u2066x\\u2069"],
  ["zero-\u200b\u200d\u2060", "zero-\\u200b\\u200d\\u2060"],
  ["line-\u2028", "line-\\u2028"],
  ["tag-\u{e0041}", "tag-\\udb40\\udc41"],
] as const;

const bytes = (text: string) => new TextEncoder().encode(text);
const block = (value: string) => bytes(`NATS/1.0\r\nTick: ${value}\r\n\r\n`);
const texts = ({ items }: App["out"]) => items.map(({ text }) => text);

/** An app that receives ticks on each hostile subject: good ones, bare ones, wrong ones, and headers that are wrong. */
async function receivedAll(...args: string[]) {
  await using server = await broker();
  const subject = server.subject("own");
  const prefix = server.subject("all");
  using peer = await barePeer(server.address, [subject], { headers: true });
  const options = ["--server", server.address, "--publish", subject, "--subscribe", `${prefix}.>`];
  await using app = startApp("app1.ts", [...options, ...args]);
  await peer.messages.reach(1, "tick");
  for (const [part] of HOSTILE) {
    const to = `${prefix}.${part}`;
    await peer.send(to, bytes("0"), block(`1; run=a; seq=1`));
    await peer.send(to, bytes("0"), block(`1; run=a; seq=999999999; x=${part}`));
    await peer.send(to, bytes("0"), block(`1; run=${part}; seq=1`));
    await peer.send(to, bytes("0"), block(part));
    await peer.send(to, bytes(`0${part}`));
    await peer.send(to, bytes("7e9"));
  }
  await peer.send(`${prefix}.end`, bytes("0"));
  await app.out.find("the last", ({ text }) => text.includes(`${prefix}.end`));
  app.kill("SIGQUIT"); // a snapshot
  await app.err.find("snapshot", ({ text }) => text.includes(`${prefix}.end: received 1, dt`));
  app.kill("SIGTERM");
  assert.equal(await app.ended(), 0);
  return { out: texts(app.out), err: texts(app.err), prefix };
}

function assertPrintable(lines: string[]) {
  for (const line of lines) assert.ok(isPrintable(line), JSON.stringify(line));
}

Deno.test("subjects and headers are shown escaped, on stdout and stderr", needsRun, async () => {
  const { out, err, prefix } = await receivedAll("--every", "100ms");
  assertPrintable([...out, ...err]);
  for (const [, shown] of HOSTILE) {
    assert.ok(out.some((line) => line.startsWith(`${prefix}.${shown} dt = `)), shown);
  }
  assert.ok(err.some((line) => line.includes(HOSTILE[0][1])), err.join("\n"));
});

Deno.test("subjects are escaped in JSON, and the same once it is read", needsRun, async () => {
  const { out, err, prefix } = await receivedAll("--json", "--every", "100ms");
  assertPrintable([...out, ...err]);
  const read = out.map((line) => JSON.parse(line));
  for (const [part] of HOSTILE) {
    for (const type of ["tick", "event"]) {
      const found = read.some((line) => line.type === type && line.subject === `${prefix}.${part}`);
      assert.ok(found, `${type} ${JSON.stringify(part)}`);
    }
  }
  const { peers } = read.at(-1);
  const subjects = peers.map(({ subject }: { subject: string }) => subject);
  for (const [part] of HOSTILE) assert.ok(subjects.includes(`${prefix}.${part}`), part);
});

Deno.test("what a server says of itself is shown escaped", needsRun, async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const hostile = "\x1b[2J\x9b31m\u202eowned";
  const info = { server_id: hostile, server_name: hostile, version: hostile, headers: true };
  const greeting = { ...info, proto: 1, max_payload: 1 << 20, host: hostile, port };
  const learned = { ...greeting, connect_urls: [`${hostile}:4222`] };
  const serving = (async () => {
    for await (const connection of listener) {
      try {
        await connection.write(bytes(`INFO ${JSON.stringify(greeting)}\r\n`));
        await connection.read(new Uint8Array(65_536)); // CONNECT and PING
        const denied = `-ERR 'Permissions Violation for Publish to "${hostile}"'\r\n`;
        const more = `INFO ${JSON.stringify(learned)}\r\n`;
        await connection.write(bytes(`PONG\r\n${more}${denied}-ERR '${hostile}'\r\n`));
        await connection.read(new Uint8Array(65_536));
      } catch {
        // The app may go at any time.
      } finally {
        connection.close();
      }
    }
  })();
  await using app = startApp("app1.ts", ["--server", `127.0.0.1:${port}`]);
  await app.err.find("the server's words", ({ text }) => text.includes("\\u001b[2J"));
  app.kill("SIGTERM");
  await app.ended();
  assertPrintable([...texts(app.out), ...texts(app.err)]);
  listener.close();
  await serving;
});

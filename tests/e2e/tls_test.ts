/** TLS or nothing: which servers are talked to, and what is on the wire when they aren't. */

import assert from "node:assert/strict";
import { broker, freePort, needsNatsServer, needsRun } from "../support/nats_server.ts";
import { lasting } from "../support/pair.ts";
import { certificates } from "../support/certificates.ts";
import {
  configured,
  lines,
  refusedAtOnce,
  startApp1,
  tlsBlock,
} from "../support/authentication.ts";

/** What an app has to show in these tests, and what must not be seen on the wire. */
const env = { NATS_USER: "me", NATS_PASSWORD: "right-secret" };
const LOGIN = `authorization { user: "${env.NATS_USER}", password: "${env.NATS_PASSWORD}" }\n`;

/** Starts app1 at the server, written as host, with these files of a folder as options. */
function connectApp(
  server: { address: string },
  path: (name: string) => string,
  host: string,
  files: Record<string, string>,
) {
  const url = `tls://${host}:${server.address.split(":")[1]}`;
  const options = Object.entries(files).flatMap(([option, name]) => [`--${option}`, path(name)]);
  return startApp1(["--server", url, "--quiet", ...options], {
    env,
    reads: Object.values(files).map(path),
  });
}

for (
  const [what, certificate, host, files, demands] of [
    ["a host by its name", "host", "localhost", { "tls-ca": "ca.pem" }, false],
    ["an address by its certificate", "address", "127.0.0.1", { "tls-ca": "ca.pem" }, false],
    ["a server that asks for a certificate", "address", "127.0.0.1", {
      "tls-ca": "ca.pem",
      "tls-cert": "client.pem",
      "tls-key": "client.key",
    }, true],
  ] as const
) {
  Deno.test(`app1 connects by TLS to ${what}`, needsNatsServer, async () => {
    const made = await certificates();
    await using server = await tlsServer(made.path, certificate, demands);
    using tap = recorder(server.address);
    await using app = connectApp(tap, made.path, host, files);
    await app.err.find("connection", ({ text }) => text.includes("connected to"));
    app.kill("SIGTERM");
    await app.ended();
    assert.ok(tap.text().length > 500);
    assert.doesNotMatch(tap.text(), /secret|app1_tick/);
  });
}

const CA = { "tls-ca": "ca.pem" };
for (
  const [what, certificate, host, files, demands, cause] of [
    ["from nobody it trusts", "address", "127.0.0.1", {}, false, /unknown authority.*--tls-ca/],
    [
      "from another than --tls-ca",
      "address",
      "127.0.0.1",
      { "tls-ca": "other.pem" },
      false,
      /trust/,
    ],
    ["for another host", "elsewhere", "localhost", CA, false, /another host.*elsewhere\.example/],
    ["for another address", "elsewhere", "127.0.0.1", CA, false, /another host/],
    ["for localhost on an address", "host", "127.0.0.1", CA, false, /another host.*127\.0\.0\.1/],
    ["for an address on a name", "address", "localhost", CA, false, /another host.*localhost/],
    ["that has expired", "expired", "127.0.0.1", CA, false, /has expired/],
    ["that wants one of ours", "address", "127.0.0.1", CA, true, /--tls-cert FILE/],
    [
      "that does not trust ours",
      "address",
      "127.0.0.1",
      {
        ...CA,
        "tls-cert": "stranger.pem",
        "tls-key": "stranger.key",
      },
      true,
      /refuses the client certificate/,
    ],
  ] as const
) {
  Deno.test(
    `app1 ends with one line and 2 for a certificate ${what}`,
    needsNatsServer,
    async () => {
      const made = await certificates();
      await using server = await tlsServer(made.path, certificate, demands);
      using tap = recorder(server.address);
      const app = connectApp(tap, made.path, host, files);
      await refusedAtOnce(app, () => tap.connections);
      assert.match(lines(app.err), cause);
      assert.doesNotMatch(tap.text(), /secret|CONNECT/);
    },
  );
}

Deno.test(
  "app1 ends with one line and 2 where tls:// meets a plain server",
  needsNatsServer,
  async () => {
    await using server = await configured(LOGIN);
    using tap = recorder(server.address);
    const app = startApp1(["--server", `tls://${tap.address}`], { env });
    await refusedAtOnce(app, () => tap.connections);
    assert.match(lines(app.err), /does not speak TLS/);
    assert.doesNotMatch(tap.text(), /secret|CONNECT/);
  },
);

Deno.test(
  "a server that once hangs up without a word has not refused the client certificate",
  needsNatsServer,
  async () => {
    const made = await certificates();
    await using server = await tlsServer(made.path, "address", true);
    using link = hangingUpOnce(server.address);
    const client = { "tls-cert": "client.pem", "tls-key": "client.key" };
    await using app = connectApp(link, made.path, "127.0.0.1", { ...CA, ...client });
    await app.err.find("connection", ({ text }) => text.includes("connected to"));
  },
);

Deno.test("app1 says it where --tls-ca meets a plain server without tls://", needsRun, async () => {
  const made = await certificates();
  await using server = await broker();
  const ca = made.path("ca.pem");
  const args = ["--server", server.address, "--tls-ca", ca];
  await using app = startApp1(args, { env, reads: [ca] });
  assert.equal(await app.ended(), 2);
  assert.match(lines(app.err), /does not speak TLS/);
});

for (
  const [what, files, cause] of [
    ["--tls-cert alone", { "tls-cert": "client.pem" }, /need each other/],
    ["a key of another", { "tls-cert": "client.pem", "tls-key": "stranger.key" }, /not the key/],
    ["a key that is none", { "tls-cert": "client.pem", "tls-key": "ca.pem" }, /no private key/],
    ["authorities that are none", { "tls-ca": "client.key" }, /no certificate/],
    ["a file that isn't there", { "tls-ca": "missing.pem" }, /no file/],
  ] as const
) {
  Deno.test(`app1 ends with one line and 2 for ${what}`, needsRun, async () => {
    const made = await certificates();
    await using app = connectApp({ address: "127.0.0.1:1" }, made.path, "127.0.0.1", files);
    assert.equal(await app.ended(), 2);
    assert.equal(app.err.items.length, 1, lines(app.err));
    assert.match(lines(app.err), cause);
    assert.doesNotMatch(lines(app.err), /BEGIN/);
  });
}

for (
  const [what, certificate, demands, cause] of [
    ["has expired", "expired", false, /has expired/],
    ["is for another host", "elsewhere", false, /another host/],
    ["wants one of ours", "address", true, /--tls-cert FILE/],
  ] as const
) {
  Deno.test(
    `app1 says it where a server is back whose certificate ${what}, and is back itself once it is right`,
    needsNatsServer,
    async () => {
      const made = await certificates();
      const right = await tlsServer(made.path, "address", false);
      const port = Number(right.address.split(":")[1]);
      await using app = connectApp(right, made.path, "127.0.0.1", CA);
      await app.err.find("connection", ({ text }) => text.includes("connected to"));
      await right[Symbol.asyncDispose]();
      {
        await using _wrong = await tlsServer(made.path, certificate, demands, { port });
        await app.err.find("cause", ({ text }) => cause.test(text));
      }
      await using _right = await tlsServer(made.path, "address", false, { port });
      await app.err.find("connection", ({ text }) => text.includes("reconnected to"));
      app.kill("SIGTERM");
      await app.ended();
      const causes = app.err.items.filter(({ text }) => cause.test(text));
      assert.equal(causes.length, 1, lines(app.err));
    },
  );
}

Deno.test(
  "app1 verifies a server that it learned of from a cluster by the name of the one that named it",
  needsNatsServer,
  async () => {
    const made = await certificates(); // for "localhost" only; the cluster names addresses
    const [route1, route2] = [freePort(), freePort()];
    const cluster = (own: number, other: number) => [
      ...["--cluster_name", "tick", "--cluster", `nats://127.0.0.1:${own}`],
      ...["--routes", `nats://127.0.0.1:${other}`],
    ];
    const member = (own: number, other: number) =>
      tlsServer(made.path, "host", false, { args: cluster(own, other) });
    await using first = await member(route1, route2);
    await using second = await member(route2, route1);
    await using app = connectApp(first, made.path, "localhost", CA);
    await app.err.find("connection", ({ text }) => text.includes("connected to"));
    Deno.kill(first.pid, "SIGUSR2"); // a lame duck
    await app.err.find("move", ({ text }) => text.includes(`switched to ${second.address}`));
    app.kill("SIGTERM");
    await app.ended();
    Deno.kill(first.pid, "SIGKILL"); // or else it takes its ten seconds
    await first.ended;
  },
);

function tlsServer(
  path: (name: string) => string,
  certificate: string,
  demands: boolean,
  further?: { args?: string[]; port?: number },
) {
  return configured(LOGIN + tlsBlock(path, certificate, demands), further);
}

/** A TCP link that passes the first client's ClientHello on, and hangs up some time after its certificate came. */
function hangingUpOnce(target: string): { address: string } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [hostname, port] = target.split(":");
  let hasHungUp = false;

  async function carry(client: Deno.TcpConn) {
    const server = await Deno.connect({ hostname, port: Number(port) });
    const down = server.readable.pipeTo(client.writable).catch(() => {});
    if (hasHungUp) return await client.readable.pipeTo(server.writable);
    const reader = client.readable.getReader();
    const hello = await reader.read();
    if (hello.value) await server.write(hello.value);
    if (!(await reader.read()).done) hasHungUp = true;
    await lasting(500); // longer than the handshake took: as one that has looked at the certificate
    server.close();
    await down;
  }

  async function serve() {
    for await (const client of listener) carry(client).catch(() => {}); // either end is gone
  }

  serve();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    [Symbol.dispose]: () => listener.close(),
  };
}

/** A TCP link that keeps all that a client sends. */
function recorder(
  target: string,
): { address: string; readonly connections: number; text(): string } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [hostname, port] = target.split(":");
  const open = new Set<Deno.TcpConn>();
  let seen = "";
  let connections = 0;

  async function copy(from: Deno.TcpConn, to: Deno.TcpConn, keep: boolean) {
    const buffer = new Uint8Array(16_384);
    try {
      for (let length; (length = await from.read(buffer)) !== null;) {
        if (keep) seen += new TextDecoder("latin1").decode(buffer.subarray(0, length));
        for (let at = 0; at < length;) at += await to.write(buffer.subarray(at, length));
      }
    } catch { /* one of the two is closed: so is the other */ }
    for (const connection of [from, to]) if (open.delete(connection)) connection.close();
  }

  (async () => {
    for await (const client of listener) {
      connections++;
      const server = await Deno.connect({ hostname, port: Number(port) });
      open.add(client).add(server);
      copy(client, server, true);
      copy(server, client, false);
    }
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    get connections() {
      return connections;
    },
    text: () => seen,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of open) connection.close();
      open.clear();
    },
  };
}

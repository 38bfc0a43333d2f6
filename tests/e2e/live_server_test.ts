/** The server of a live page: what bounds it, and that what is under way reaches its end. */

import assert from "node:assert/strict";
import { LIMITS, serve } from "../../lib/live/server.ts";
import { Streams } from "../../lib/live/streams.ts";
import { deadline } from "../support/deadline.ts";

const LOCAL = "127.0.0.1";
/** More than a connection takes that nobody reads. */
const MUCH = "x".repeat(20_000_000);

async function served({ limits, whole = "all;" }: {
  limits?: Partial<typeof LIMITS>;
  whole?: string;
} = {}) {
  let opened = 0;
  const streams = new Streams(() => {
    opened++;
    return whole;
  });
  const type = "text/plain";
  let asked = 0;
  const endpoints = {
    "/much": () => ({ type, body: `${++asked}${MUCH}` }),
    "/events": () => ({ type, body: streams.open() }),
  };
  const listening = Promise.withResolvers<number>();
  const server = serve({ hostname: LOCAL, port: 0 }, endpoints, {
    onListening: listening.resolve,
    onError: listening.reject,
    limits,
  });
  const port = await listening.promise;
  return {
    streams,
    opened: () => opened,
    origin: `http://${LOCAL}:${port}`,
    asked: () => asked,
    connect: () => Deno.connect({ hostname: LOCAL, port }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const send = (to: Deno.Conn, text: string) => to.write(new TextEncoder().encode(text));
const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${LOCAL}\r\n\r\n`;

/** All that comes until the connection ends, in order or not. */
async function readToEnd(connection: Deno.Conn): Promise<string> {
  let text = "";
  try {
    for await (const chunk of connection.readable.pipeThrough(new TextDecoderStream())) {
      text += chunk;
    }
  } catch { /* it was cut */ }
  return text;
}

/** Asks for the stream and takes its beginning; false where the connection ends before that. */
async function isAnswered(connection: Deno.Conn): Promise<boolean> {
  try {
    await send(connection, request("/events"));
    return await connection.read(new Uint8Array(1000)) !== null;
  } catch {
    return false;
  }
}

const ended = (connection: Deno.Conn) => deadline(60_000, "end", readToEnd(connection));

Deno.test("a connection beyond so many is closed; one that is given up makes room", async () => {
  await using server = await served({ limits: { connections: 2, requestMs: 60_000 } });
  const [one, two] = [await server.connect(), await server.connect()];
  assert.equal(await ended(await server.connect()), "");
  one.close();
  const untilMs = performance.now() + 60_000;
  for (let text = ""; text === "";) {
    const again = await server.connect();
    await send(again, `GET / HTTP/1.1\r\nHost: ${LOCAL}\r\nConnection: close\r\n\r\n`).catch(
      () => {},
    );
    text = await ended(again);
    assert.ok(performance.now() < untilMs, "still no room");
  }
  two.close();
});

Deno.test("a connection without a request, with half of one, and without another is closed", async () => {
  await using server = await served({ limits: { requestMs: 50, idleMs: 50, stuckMs: 1000 } });
  const [nothing, half] = [await server.connect(), await server.connect()];
  await send(half, "GET / HT").catch(() => {});
  const [none, some] = await Promise.all([nothing, half].map(ended));
  for (const text of [none, some]) assert.match(text, /^$|^HTTP\/1.1 408/);
  let all = "";
  // A busy machine may take longer than it has time for to read a whole request.
  for (let tries = 0; tries < 100 && !all.includes(" 200 "); tries++) {
    const once = await server.connect();
    await send(once, request("/page.css")).catch(() => {});
    all = await ended(once);
  }
  assert.match(all, /^HTTP\/1.1 200 OK\r\n/);
});

Deno.test("who takes nothing of the answer is cut off, and its stream is forgotten", async () => {
  await using server = await served({ limits: { stuckMs: 50 }, whole: MUCH });
  const untilMs = performance.now() + 60_000;
  let stuck = await server.connect();
  // A busy machine may take so long to read the request that the connection is cut off before there is an answer.
  while (!await isAnswered(stuck)) {
    assert.ok(performance.now() < untilMs, "no answer yet");
    stuck.close();
    stuck = await server.connect();
  }
  while (server.opened() === 0 || server.streams.count > 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(performance.now() < untilMs, "still open");
  }
  stuck.close();
});

Deno.test("who asks again and again before there is an answer is cut off", async () => {
  await using server = await served();
  const many = await server.connect();
  await send(many, request("/much").repeat(1000));
  assert.ok((await ended(many)).length < 2 * MUCH.length);
  assert.equal(server.asked(), 1);
});

Deno.test("the end waits for a page that takes the last message late", async () => {
  const server = await served({ limits: { lastMs: 60_000 }, whole: MUCH });
  const slow = await server.connect();
  assert.ok(await isAnswered(slow)); // it has been let in
  server.streams.end("the last message");
  let isOver = false;
  const over = server[Symbol.asyncDispose]().then(() => isOver = true);
  await assert.rejects(() => server.connect()); // it takes nobody new any more
  assert.equal(isOver, false);
  const text = await ended(slow);
  assert.match(text.slice(-100), /the last message\r\n0\r\n\r\n$/);
  await over;
});

Deno.test("the end doesn't wait for ever for a page that takes nothing", async () => {
  const server = await served({ limits: { lastMs: 50 }, whole: MUCH });
  const stuck = await server.connect();
  assert.ok(await isAnswered(stuck));
  server.streams.end("the last message");
  await deadline(60_000, "end", server[Symbol.asyncDispose]());
  assert.doesNotMatch(await ended(stuck), /the last message/);
});

Deno.test("a port that is taken is an error, and the end is none", async () => {
  await using first = await served();
  const { hostname, port } = new URL(first.origin);
  const failed = Promise.withResolvers<string | undefined>();
  await using _second = serve({ hostname, port: Number(port) }, {}, {
    onListening: () => failed.resolve("it listens"),
    onError: ({ code }) => failed.resolve(code),
  });
  assert.equal(await failed.promise, "EADDRINUSE");
});

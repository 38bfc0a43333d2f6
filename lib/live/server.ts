/**
 * The HTTP server of a live page: a few paths, none of which reads a file, and no method that changes anything. On
 * `node:http`, as Deno.serve has no limit of connections: one client that opens as many as there may be files open
 * ends the whole process there.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { within } from "../time/wait.ts";
import { ASSETS, type Endpoint } from "./page.ts";

export interface HttpOptions {
  hostname: string;
  port: number;
}

/** What is computed for each request, by its path. */
export type Endpoints = Record<string, () => Endpoint | Promise<Endpoint>>;

export const LIMITS = {
  /** At once; what comes beyond them is closed. */
  connections: 64,
  /** Of what comes at once so many are taken at a time: where there are no files left, a listener takes no more, ever. */
  backlog: 16,
  /** All of a request is to be there within this. */
  requestMs: 5000,
  /** A connection is closed without another request for so long, */
  idleMs: 5000,
  /** or where nothing of what is written is taken for so long. */
  stuckMs: 15_000,
  /** What is under way at the end is to be taken within this. */
  lastMs: 5000,
};

export interface ServeOptions {
  onListening: (port: number) => void;
  /** It can't listen there. */
  onError: (error: Error & { code?: string }) => void;
  limits?: Partial<typeof LIMITS>;
  /** What is answered as it is, by its path: the page of an app, where it isn't given. */
  assets?: Record<string, Endpoint>;
}

const HEADERS = {
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

/** Serves until it is disposed of, which waits until what is under way is taken, streams to their end. */
export function serve(
  { hostname, port }: HttpOptions,
  endpoints: Endpoints,
  { onListening, onError, limits, assets = ASSETS }: ServeOptions,
): AsyncDisposable {
  const { connections, backlog, requestMs, idleMs, stuckMs, lastMs } = { ...LIMITS, ...limits };
  /** What is under way, by its connection. */
  const answering = new Map<unknown, Promise<unknown>>();
  const server = createServer((request, response) => {
    const { socket } = request;
    // Who asks again before the answer is there has as many answers waiting as it likes; no browser does.
    if (answering.has(socket)) return socket.destroy();
    const answered = answerOf(request, hostname, endpoints, assets)
      .then((answer) => send(answer, request, response))
      .catch(() => {}) // it has gone
      .finally(() => answering.delete(socket));
    answering.set(socket, answered);
  });
  server.maxConnections = connections;
  server.headersTimeout = server.requestTimeout = requestMs;
  server.keepAliveTimeout = idleMs;
  server.timeout = stuckMs;
  server.on("error", onError);
  server.listen({ host: hostname, port, backlog }, () => {
    onListening((server.address() as AddressInfo).port);
  });
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      await within(lastMs, Promise.all(answering.values()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function send(
  { type, status = 200, headers, body }: Answer,
  { method }: IncomingMessage,
  response: ServerResponse,
) {
  response.writeHead(status, { ...HEADERS, "content-type": type, ...headers });
  if (typeof body !== "string" && method !== "HEAD") {
    await pipeline(Readable.fromWeb(body), response);
  } else {
    response.end(body);
    await finished(response);
  }
}

interface Answer extends Endpoint {
  headers?: Record<string, string>;
}

async function answerOf(
  { method, headers: { host = "" }, url = "" }: IncomingMessage,
  hostname: string,
  endpoints: Endpoints,
  assets: Record<string, Endpoint>,
): Promise<Answer> {
  if (!isOurs(host, hostname)) {
    return plain(421, "this host name is not served: use an address, localhost, or the host named");
  }
  if (method !== "GET" && method !== "HEAD") {
    return plain(405, "only GET and HEAD", { allow: "GET, HEAD" });
  }
  const [pathname] = url.split("?");
  if (Object.hasOwn(assets, pathname)) return assets[pathname];
  if (!Object.hasOwn(endpoints, pathname)) {
    return plain(404, `there is nothing here; try ${Object.keys(endpoints).join(" ")}`);
  }
  // A stream has no end to be asked the head of.
  if (method === "HEAD" && pathname === "/events") return plain(200, "");
  try {
    return await endpoints[pathname]();
  } catch {
    return plain(500, "internal error");
  }
}

/**
 * Whether a request is meant for us. Another site's name may be made to resolve to this machine (DNS rebinding), but
 * an address can't be: so that any address is let in, and no name but localhost and the one that was given.
 */
export function isOurs(host: string, hostname: string): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, "");
  if (name === "localhost" || name === hostname.toLowerCase()) return true;
  return /^\[[\da-f:.]+\]$/.test(name) || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return {
    type: "text/plain; charset=utf-8",
    status,
    headers,
    body: text === "" ? text : `${text}\n`,
  };
}
